import { mayHaveLargeIntegers, parseExact } from "../../core/exact-json.ts";
import { isObject } from "../../core/is-object.ts";

/**
 * A result with more has more parts than may go to a program with the default of `callBytes`: each is four. Beyond, they are doubles:
 * reading these takes up to 50 ms.
 */
export const MAX_LARGE_INTEGERS = 50_000;
/** Parts of a result that are any JSON. In everything else of a message, a schema for example, numbers are doubles. */
const PARTS = ["structuredContent", "toolResult"] as const;

/**
 * Parses a message, or a batch of them. In the values of results no whole number loses digits.
 * @param text was measured before
 * @throws SyntaxError for what is no JSON
 */
export function parseMessage(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!mayHaveLargeIntegers(text)) return value;
  const exact = parseExact(text, MAX_LARGE_INTEGERS);
  const others = messagesOf(exact);
  for (const [at, message] of messagesOf(value).entries()) keepDigits(message, others[at]);
  return value;
}

function messagesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function keepDigits(message: unknown, exact: unknown): void {
  const result = isObject(message) ? message["result"] : undefined;
  const other = isObject(exact) ? exact["result"] : undefined;
  if (!isObject(result) || !isObject(other)) return;
  for (const part of PARTS) if (part in result) result[part] = other[part];
}
