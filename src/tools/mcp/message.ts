import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";

type Id = string | number;

/** JSON-RPC has -32000 to -32099 for the implementation; the SDK takes the first ones. */
export const OWN_ERROR = -32_050;
const ID = String.raw`"id"\s*:\s*(-?\d+|"(?:[^"\\]|\\.)*")`;
const ID_AT_START = new RegExp(String.raw`^\s*\{\s*(?:"jsonrpc"\s*:\s*"[^"]*"\s*,\s*)?${ID}`);
// The brace ends the text, so this is no id of something inside the result.
const ID_AT_END = new RegExp(String.raw`${ID}\s*(?:,\s*"jsonrpc"\s*:\s*"[^"]*"\s*)?\}\s*$`);

const PLAIN = String.raw`(?:"jsonrpc"\s*:\s*"[^"]*"|${ID})`;
const QUESTION = new RegExp(
  String.raw`^\s*\{\s*(?:${PLAIN}\s*,\s*)*"method"\s*:\s*"[^"]+"\s*(?:,\s*${PLAIN}\s*)*(?:,\s*"params"|\})`,
);

/** Whether a message asks something, from its first bytes. A server may number what it asks as its client does. */
export function isQuestion(head: string): boolean {
  return QUESTION.test(head);
}

/** The id of the request that a message responds to, from its first and last bytes: a question responds to none. */
export function findId(head: string, tail: string): Id | undefined {
  if (isQuestion(head)) return undefined;
  const match = ID_AT_START.exec(head) ?? ID_AT_END.exec(tail);
  if (match === null) return undefined;
  try {
    return JSON.parse(match[1]!) as Id;
  } catch {
    // `"\q"`: no text of JSON.
    return undefined;
  }
}

/**
 * The id of a request of ours, which are all whole numbers; some servers send one back as its text. Nothing else is taken for
 * one: `""`, `" 1"` and `"0x1"` are no ids.
 */
export function requestIdOf(id: unknown): number | undefined {
  if (typeof id === "number") return Number.isSafeInteger(id) ? id : undefined;
  return typeof id === "string" && /^(?:0|[1-9]\d{0,14})$/.test(id) ? Number(id) : undefined;
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
