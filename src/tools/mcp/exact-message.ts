import { type IntegerCaps, mayHaveLargeIntegers, parseExact } from "../../core/exact-json.ts";
import { isObject } from "../../core/is-object.ts";

/**
 * A result with more has more parts than may go to a program with the default of `callBytes`: each is four. Beyond, they are doubles:
 * reading these takes some tens of ms, however many digits each has.
 */
export const LARGE_INTEGERS: IntegerCaps = { integers: 50_000, digits: 1_000_000 };
/** Parts of a message that are any JSON. In everything else of it, a schema for example, numbers are doubles. */
const PARTS = { result: ["structuredContent", "toolResult"], error: ["data"] } as const;

/** A byte order mark, which some servers write before what they send. */
const MARKED = /^\s*\ufeff/;

/** A text of JSON without a byte order mark. */
export function withoutMark(text: string): string {
  return MARKED.test(text) ? text.trimStart() : text;
}

/**
 * Parses a message, or a batch of them. In the values of results and errors no whole number loses digits.
 * @param given was measured before
 * @throws SyntaxError for what is no JSON
 */
export function parseMessage(given: string): unknown {
  const text = withoutMark(given);
  const value: unknown = JSON.parse(text);
  if (!mayHaveLargeIntegers(text)) return value;
  const exact = parseExact(text, LARGE_INTEGERS);
  const others = messagesOf(exact);
  for (const [at, message] of messagesOf(value).entries()) keepDigits(message, others[at]);
  return value;
}

function messagesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function keepDigits(message: unknown, exact: unknown): void {
  if (!isObject(message) || !isObject(exact)) return;
  for (const [key, names] of Object.entries(PARTS)) {
    const whole = message[key];
    const other = exact[key];
    if (!isObject(whole) || !isObject(other)) continue;
    for (const name of names) if (Object.hasOwn(whole, name)) whole[name] = other[name];
  }
}
