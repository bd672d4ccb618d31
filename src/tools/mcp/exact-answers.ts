import { mayHaveLargeIntegers, parseExact } from "../../core/exact-json.ts";
import { isObject } from "../../core/is-object.ts";

/**
 * A result with more has more parts than may go to a program with the default of `callBytes`: each is four. Beyond, they are doubles:
 * reading these takes up to 50 ms.
 */
export const MAX_LARGE_INTEGERS = 50_000;
/** Parts of a result that are any JSON. Of everything else in a message numbers are doubles, as the SDK reads them. */
const PARTS = ["structuredContent", "toolResult"] as const;

/** Parts of one answer, in which no whole number has lost digits. */
export interface ExactAnswer {
  readonly id: number;
  readonly parts: Readonly<Record<string, unknown>>;
}

/**
 * What of the answers in a message, or in a batch of them, has whole numbers that a double cannot hold. Most messages have none, and
 * are not parsed here.
 * @param text a message that was measured: it is parsed
 */
export function exactAnswers(text: string): ExactAnswer[] {
  if (!mayHaveLargeIntegers(text)) return [];
  let value: unknown;
  try {
    value = parseExact(text, MAX_LARGE_INTEGERS);
  } catch {
    return [];
  }
  const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
  return messages.flatMap((message) => {
    const result = isObject(message) ? message["result"] : undefined;
    if (!isObject(message) || !isObject(result)) return [];
    const parts = PARTS.flatMap((name) => (name in result ? [[name, result[name]] as const] : []));
    const { id } = message;
    return parts.length > 0 && typeof id === "number"
      ? [{ id, parts: Object.fromEntries(parts) }]
      : [];
  });
}
