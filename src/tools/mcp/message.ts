import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "../../core/is-object.ts";

type Id = string | number;

/** JSON-RPC has -32000 to -32099 for the implementation; the SDK takes the first ones. */
const OWN_ERROR = -32_050;
const ID = String.raw`"id"\s*:\s*(-?\d+|"(?:[^"\\]|\\.)*")`;
const ID_AT_START = new RegExp(String.raw`^\s*\{\s*(?:"jsonrpc"\s*:\s*"[^"]*"\s*,\s*)?${ID}`);
// The brace ends the text, so this is no id of something inside the result.
const ID_AT_END = new RegExp(String.raw`${ID}\s*(?:,\s*"jsonrpc"\s*:\s*"[^"]*"\s*)?\}\s*$`);

/** The id of the request that a message responds to, from its first and last bytes. */
export function findId(head: string, tail: string): Id | undefined {
  const match = ID_AT_START.exec(head) ?? ID_AT_END.exec(tail);
  if (match === null) return undefined;
  try {
    return JSON.parse(match[1]!) as Id;
  } catch {
    // `"\q"`: no text of JSON.
    return undefined;
  }
}

/** An error response made here, in place of the server's. */
export function errorAnswer(id: Id, message: string): JSONRPCMessage {
  return { jsonrpc: "2.0", id, error: { code: OWN_ERROR, message } };
}

/** The message for the caller of a tool whose result is over the cap. */
export function tooLargeMessage(maxBytes: number): string {
  return `the result is larger than ${maxBytes} bytes; ask the tool for less`;
}

/** The message for a caller whose answer is not parsed. @param problem e.g. `it is nested more than 1010 levels deep` */
export function refusedMessage(problem: string): string {
  return `the result cannot be used: ${problem}; ask the tool for less`;
}

/** The messages of one line (older protocol versions have batches), or nothing when it holds none. */
export function parseMessages(line: string): JSONRPCMessage[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const messages = Array.isArray(value) ? (value as unknown[]) : [value];
  if (!messages.every(isMessage)) return undefined;
  return messages.map(repair);
}

function isMessage(value: unknown): value is Record<string, unknown> {
  return isObject(value) && (typeof value["method"] === "string" || "id" in value);
}

/** The SDK drops an invalid response, and its caller waits without end. */
function repair(message: Record<string, unknown>): JSONRPCMessage {
  const { method, id, result, error } = message;
  if (typeof method === "string")
    return { ...message, jsonrpc: "2.0" } as unknown as JSONRPCMessage;
  if (error !== undefined && error !== null)
    return { jsonrpc: "2.0", id: id as Id, error: repairError(error) };
  if (!isObject(result))
    return errorAnswer(id as Id, "the server answered with something that is not an object");
  const { _meta, ...rest } = result;
  return { jsonrpc: "2.0", id: id as Id, result: isObject(_meta) ? { ...rest, _meta } : rest };
}

function repairError(error: unknown): { code: number; message: string; data?: unknown } {
  const { code, message, data } = isObject(error)
    ? error
    : { code: undefined, message: error, data: undefined };
  return {
    code: Number.isInteger(code) ? (code as number) : OWN_ERROR,
    message:
      typeof message === "string"
        ? message
        : (JSON.stringify(message) ?? "an error without a message"),
    ...(data === undefined ? {} : { data }),
  };
}
