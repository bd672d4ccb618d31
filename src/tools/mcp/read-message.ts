/** The one reader of what servers send: whatever the transport, a message is brought into the form of the protocol here. */
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "../../core/is-object.ts";
import { MAX_MESSAGE } from "../../core/tool-error.ts";
import { cutUnits } from "../../core/utf8.ts";
import { shortJson } from "./error-data.ts";
import { errorAnswer, requestIdOf } from "./message.ts";
import { readMeta, readResult } from "./read-result.ts";

type Part = Readonly<Record<string, unknown>>;

/** What was asked for, so that an answer can be read. */
export interface Asked {
  /** Name of the server, for messages. */
  readonly server: string;
  /** The method of a request without an answer. */
  methodOf(id: number): string | undefined;
  /** The request whose own stream or response the message came in. */
  readonly own: number | undefined;
  /** The only request that the message can be about, if it is about one. */
  readonly only: number | undefined;
}

const METHOD_NOT_FOUND = -32_601;
/** The code of an error that has none: what JSON-RPC has for an internal error. */
const NO_CODE = -32_603;

/** The messages of a value (older versions of the protocol have batches); nothing where it holds none. */
export function messagesIn(value: unknown): readonly Part[] | undefined {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.every(isMessage) ? all : undefined;
}

function isMessage(value: unknown): value is Part {
  return (
    isObject(value) &&
    (typeof value["method"] === "string" || ["id", "result", "error"].some((key) => key in value))
  );
}

/** Whether a message is an answer. Some servers write all parts of every message, and some repeat the method. */
export function isAnswer({ method, result, error }: Part): boolean {
  return typeof method !== "string" || method === "" || !isNothing(result) || !isNothing(error);
}

function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/**
 * A message in the form of the protocol; nothing where it is nobody's. What is odd but clear is repaired, what is not clear
 * becomes a short error of its request; no part is converted from one type to another.
 */
export function readMessage(message: Part, asked: Asked): JSONRPCMessage | undefined {
  return isAnswer(message) ? readAnswer(message, asked) : readQuestion(message);
}

/** A request of the server, or a notification. */
function readQuestion({ id, method, params }: Part): JSONRPCMessage | undefined {
  const given = isObject(params) ? withMeta(params) : undefined;
  const question = {
    jsonrpc: "2.0" as const,
    method: method as string,
    ...(given === undefined ? {} : { params: given }),
  };
  if (isNothing(id))
    return method === "notifications/progress"
      ? { ...question, params: progress(given) }
      : question;
  // Without an id of a form that JSON-RPC has, it cannot be answered.
  return typeof id === "string" || Number.isSafeInteger(id)
    ? { ...question, id: id as string | number }
    : undefined;
}

function withMeta({ _meta, ...rest }: Part): Record<string, unknown> {
  const meta = readMeta(_meta);
  return meta === undefined ? rest : { ...rest, _meta: meta };
}

/** What is no number or no text of it is left out. */
function progress({ total, message, ...rest }: Part = {}): Record<string, unknown> {
  return {
    ...rest,
    ...(typeof total === "number" ? { total } : {}),
    ...(typeof message === "string" ? { message } : {}),
  };
}

function readAnswer(message: Part, asked: Asked): JSONRPCMessage | undefined {
  const { result, error } = message;
  const isError = !isNothing(error) && !(isEmpty(error) && isObject(result));
  const id = answeredBy(message, isError, asked);
  if (id === undefined) return undefined;
  if (isError) return { jsonrpc: "2.0", id, error: readError(error) };
  const read = readResult(asked.methodOf(id)!, result);
  if (read !== undefined) return { jsonrpc: "2.0", id, result: read };
  const what = result === undefined ? "without a result" : `with ${kindOf(result)}, not an object`;
  return errorAnswer(id, `server "${asked.server}" answered ${asked.methodOf(id)} ${what}`);
}

/** The request that a message answers. */
function answeredBy({ id, error }: Part, isError: boolean, asked: Asked): number | undefined {
  const known = requestIdOf(id);
  if (known !== undefined && asked.methodOf(known) !== undefined) return known;
  if (!isNothing(id)) return undefined;
  const own = asked.own !== undefined && asked.methodOf(asked.own) !== undefined;
  // A server that could not read a request does not know its id either. One that knows the method has read it.
  const isUnread = isError && !(isObject(error) && error["code"] === METHOD_NOT_FOUND);
  return own ? asked.own : isUnread ? asked.only : undefined;
}

/** Some servers write what is no error in these ways; PHP writes an empty object as an array. */
function isEmpty(error: unknown): boolean {
  if (Array.isArray(error)) return error.length === 0;
  if (isObject(error)) return Object.keys(error).length === 0;
  return error === false || error === 0 || error === "";
}

function readError(error: unknown): { code: number; message: string; data?: unknown } {
  const { code, message, data } = isObject(error)
    ? error
    : { code: undefined, message: error, data: undefined };
  return {
    code: Number.isSafeInteger(code) ? (code as number) : NO_CODE,
    message: errorText(message),
    ...(data === undefined ? {} : { data }),
  };
}

function errorText(message: unknown): string {
  if (typeof message === "string" && message.trim() !== "") return cutUnits(message, MAX_MESSAGE);
  if (isNothing(message) || isEmpty(message) || typeof message === "string")
    return "an error without a message";
  return shortJson(message) ?? "an error with a message that is too large";
}

/** What a value is, for a message. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
