import { type Answer, type CallFailure, failureIn } from "../../core/answer.ts";
import { KEEP, SEVERAL } from "../../core/call-arguments.ts";
import { decode } from "../../core/decode.ts";
import { encode } from "../../core/encode.ts";
import { mostParts } from "../../core/parts.ts";
import * as native from "../../core/primordials.ts";
import { wireFailureOf } from "../../core/wire-format.ts";
import { decodeAnswer, idOf } from "./handles.ts";
import { send, sizeOutside } from "./host-port.ts";
import { isCallback } from "./item-callbacks.ts";
import { giveUp, noteFailure, type Watch, watchCall } from "./promises.ts";

/** The error of a failed call: the tool's message, one of codecell's error codes, the tool's name, and what else it says as data. */
export class ToolError extends native.NativeError {
  declare readonly code: string;
  declare readonly tool: string | undefined;
  declare readonly hint: string | undefined;
  declare readonly data: unknown;

  static {
    native.defineProperty(this.prototype, "name", {
      value: "ToolError",
      writable: true,
      configurable: true,
    });
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly read: (text: string) => unknown;
  /** Created at the call, so that a failure has the stack of its line. */
  readonly site: Error;
  readonly watch: Watch;
}

const NativePromise = Promise;
const { withResolvers } = Promise;
const pendingGet = native.uncurry(Map.prototype.get) as (
  map: unknown,
  id: number,
) => Pending | undefined;
const pendingDelete = native.uncurry(Map.prototype.delete) as (map: unknown, id: number) => boolean;

const matchText = native.uncurry(String.prototype.match) as (
  text: string,
  pattern: RegExp,
) => string[] | null;
/** See PROGRAM_FILE in vm.ts. */
const PROGRAM_FRAMES = /^ *at .*program\.ts:.*$/gm;

const pending = new native.NativeMap<number, Pending>();
/** Failures that came from the host. A program can give its error any name, but cannot add it here. */
const genuine = new native.NativeWeakMap<object, CallFailure>();
const caps = { callBytes: Infinity, valueDepth: 100 };
let lastId = 0;

/** Sets the caps of the run. */
export function limitCalls(callBytes: number, valueDepth: number): void {
  caps.callBytes = callBytes;
  caps.valueDepth = valueDepth;
}

/** Sends a request to the host; `read` turns the text of the answer into the value. */
export function request(
  kind: string,
  name: string,
  text: string,
  read: (text: string) => unknown,
): Promise<unknown> {
  const site = new native.NativeError();
  const id = ++lastId;
  const { promise, resolve, reject } = newPromise();
  native.mapSet(pending, id, { resolve, reject, read, site, watch: watchCall(promise, name) });
  send(kind, id, name, text);
  return promise;
}

/**
 * A promise to be settled later. It is not made by `new Promise(executor)`: when QuickJS interrupts a program inside an
 * executor, the interruption becomes a rejection, and an endless loop of calls would continue.
 */
function newPromise(): PromiseWithResolvers<unknown> {
  return native.reflectApply(withResolvers, NativePromise, []) as PromiseWithResolvers<unknown>;
}

/** Calls a method of an object on the host with what a program gave it. */
export function callMethod(
  id: string,
  name: string,
  given: readonly unknown[],
  label: string,
  keeps = false,
): Promise<unknown> {
  const start = keeps ? KEEP + SEVERAL : SEVERAL;
  return callTool(`~${id}`, name, isCallback(given) ? [given[0]] : given, start, label);
}

/**
 * Calls a tool with what a program gave it: nothing is `{}`, and what its host makes of several arguments is for the host.
 * @param keep {@link KEEP} leaves the result on the host
 */
export function callWith(
  server: string,
  tool: string,
  given: readonly unknown[],
  keep = "",
): Promise<unknown> {
  let { length } = given;
  while (length > 0 && given[length - 1] === undefined) length--;
  if (length === 0) return callTool(server, tool, {}, keep);
  if (length === 1 || isCallback(given)) return callTool(server, tool, given[0], keep);
  const all: unknown[] = [];
  for (let at = 0; at < length; at++)
    native.defineProperty(all, at, {
      __proto__: null,
      value: given[at],
      enumerable: true,
    } as never);
  return callTool(server, tool, all, keep + SEVERAL);
}

/**
 * Calls a tool. Never throws: arguments that cannot be sent are a rejection too.
 * @param start begins the text
 * @param label names it in errors
 */
export function callTool(
  server: string,
  tool: string,
  args: unknown,
  start = "",
  label?: string,
): Promise<unknown> {
  let text: string;
  try {
    text =
      start +
      encode(args, {
        maxBytes: caps.callBytes - start.length,
        maxParts: mostParts(caps.callBytes),
        sizeOf: sizeOutside,
        maxDepth: start.length < SEVERAL.length ? caps.valueDepth : caps.valueDepth + 1,
        label: "arguments",
        stubId: idOf,
      });
  } catch (error) {
    const failure = sendable(error, new native.NativeError(), label ?? `${server}.${tool}`);
    return refused(failure, `${server}\n${tool}`);
  }
  return request("call", `${server}\n${tool}`, text, decodeAnswer);
}

/** A call that fails before it is made. */
export function refused(reason: unknown, name = ""): Promise<unknown> {
  const { promise, reject } = newPromise();
  fail({ reject, watch: watchCall(promise, name) }, reason);
  return promise;
}

/**
 * An error of the encoder or the decoder as the failure of a call. An error thrown by the program's own getters is returned as
 * it is.
 */
function sendable(error: unknown, site: Error, tool?: string): unknown {
  const failure = wireFailureOf(error);
  if (failure === undefined) return error;
  const { code, message } = failure;
  return toolError(tool === undefined ? { code, message } : { code, message, tool }, site);
}

/** Settles a request with the host's answer. */
export function settle(id: number, answer: Answer): void {
  const call = pendingGet(pending, id);
  if (call === undefined) return;
  pendingDelete(pending, id);
  try {
    const failure = failureIn(answer);
    if (failure === undefined) call.resolve(call.read(answer));
    else fail(call, toolError(failure, call.site));
  } catch (error) {
    fail(call, sendable(error, call.site));
  }
}

function fail({ reject, watch }: Pick<Pending, "reject" | "watch">, reason: unknown): void {
  noteFailure(watch, reason);
  reject(reason);
}

/** Numbers of the open calls that the program does not wait for any more, with commas. */
export function givenUpCalls(): string {
  const last = giveUp();
  let ids = "";
  native.mapForEach(pending, (call, id) => {
    const { number, isSeen, isGivenUp } = (call as Pending).watch;
    // An input that is no call waits for calls that it made: which ones is not known, only that something waits for them.
    if (isGivenUp || (isSeen && number <= last)) ids += `${ids === "" ? "" : ","}${id as number}`;
  });
  return ids;
}

/** The error that a program gets for a failure of the host; `site` supplies its stack. */
export function toolError(failure: CallFailure, site: Error): Error {
  native.setPrototypeOf(failure, null); // what it lacks, a program could put on Object.prototype
  const error = new ToolError(failure.message);
  setHidden(error, "code", failure.code);
  if (failure.tool !== undefined) setHidden(error, "tool", failure.tool);
  if (failure.hint !== undefined) setHidden(error, "hint", failure.hint);
  if (failure.data !== undefined) setHidden(error, "data", decode(failure.data));
  setHidden(error, "stack", `ToolError: ${failure.message}${framesOf(site)}`);
  native.weakMapSet(genuine, error, failure);
  return error;
}

/** The frames of the program, without those of the prelude. */
function framesOf(site: Error): string {
  const frames = matchText(typeof site.stack === "string" ? site.stack : "", PROGRAM_FRAMES);
  let text = "";
  for (let at = 0; frames !== null && at < frames.length; at++) text += `\n${frames[at]!}`;
  return text;
}

function setHidden(target: object, key: string, value: unknown): void {
  const descriptor = {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
    enumerable: key !== "stack",
  };
  native.defineProperty(target, key, descriptor as never);
}

/** The failure from the host that `error` represents, if it does. */
export function failureOf(error: unknown): CallFailure | undefined {
  return typeof error === "object" && error !== null
    ? (native.weakMapGet(genuine, error) as CallFailure | undefined)
    : undefined;
}
