import * as native from "./primordials.ts";

/**
 * JSON whose whole numbers keep their digits. The one rule: a whole number beyond ±(2^53 − 1), which a double cannot hold, is a
 * BigInt; every other number is a number. (Of more than {@link MAX_DIGITS} digits it is a text.)
 *
 * The same code runs on the host and inside a VM, where one engine has no `context.source` for revivers.
 */

/** What a BigInt that crosses the bridge may have, see MAX_BIGINT_DIGITS. */
const MAX_DIGITS = 9_000;
/** Most texts have no such run: looking for one is all that they cost. */
const MANY_DIGITS = /\d{16}/;
/** A run outside of a text, probably: ids in quotes are common. */
const MAYBE_NUMBER = /(?:^|[[:,\s])-?[1-9]\d{15}/;
/** The start of a run that begins a number, or a quote that begins a text. */
const NUMBER_OR_TEXT = /"|(?<![\d.eE+-])-?[1-9]\d{15}/g;
/** A sign and sixteen digits: what is longer is not safe. */
const MAX_SAFE_LENGTH = 17;
/** The rest of a run, in pieces: for each digit an engine may remember where it was. */
const MORE_DIGITS = /\d{0,1000}/y;
/** After a run: it is no whole number, or a name where none can stand. */
const NO_INTEGER = /[.eE]|\s*:/y;
/** What is inside of a text, in pieces: for each repetition an engine remembers where it was. */
const INSIDE_OF_TEXT = /[^"\\]*(?:\\[^][^"\\]*){0,1000}/y;
/**
 * Characters for private use. The first that a text has neither as it is nor as an escape marks the numbers in it; there are few, since
 * each is looked for in the whole text.
 */
const MARKS = [
  { mark: "\ue101", used: /\ue101|\\u[eE]101/ },
  { mark: "\ue202", used: /\ue202|\\u[eE]202/ },
  { mark: "\ue303", used: /\ue303|\\u[eE]303/ },
];

/** Whether a JSON text may have whole numbers that a double cannot hold. A quick look: it can say yes where there are none. */
export function mayHaveLargeIntegers(text: string): boolean {
  return has(MANY_DIGITS, text) && has(MAYBE_NUMBER, text);
}

/** What bounds the work for large numbers. Those beyond are doubles: a text with more must be of no use to the caller. */
export interface IntegerCaps {
  /** @default Infinity */
  readonly integers?: number;
  /**
   * Digits of them together, and of all other numbers of 16 digits or more.
   * @default Infinity
   */
  readonly digits?: number;
}

/**
 * `JSON.parse`, but no whole number loses digits.
 * @throws SyntaxError for what is no JSON
 */
export function parseExact(text: string, caps: IntegerCaps = {}): unknown {
  const marked = mayHaveLargeIntegers(text) ? markLargeIntegers(text, caps) : undefined;
  if (marked === undefined) return native.parseJson(text);
  let value: unknown;
  try {
    value = native.parseJson(marked.text);
  } catch {
    return native.parseJson(text); // throws, and names a place in the text as it is
  }
  return revive(value, marked.mark);
}

interface Marked {
  readonly text: string;
  readonly mark: string;
}

/** The text with each large number as a text that begins with the mark; nothing where there is none. */
function markLargeIntegers(
  text: string,
  { integers = Infinity, digits = Infinity }: IntegerCaps,
): Marked | undefined {
  let mark: string | undefined;
  let written = "";
  let from = 0;
  let count = 0;
  let total = 0;
  let match: Match | undefined;
  for (let at = 0; (match = next(NUMBER_OR_TEXT, text, at)) !== undefined;) {
    const { 0: found, index } = match;
    if (found === '"') {
      at = endOfText(text, index + 1) + 1;
      continue;
    }
    at = endOfDigits(text, index + found.length);
    total += at - index;
    if (total > digits) break;
    const number = native.sliceText(text, index, at);
    const isSafe = number.length <= MAX_SAFE_LENGTH && native.isSafeInteger(+number);
    if (isSafe || next(NO_INTEGER, text, at) !== undefined) continue;
    mark ??= unusedMark(text);
    if (mark === undefined || ++count > integers) break;
    written += `${native.sliceText(text, from, index)}"${mark}${number}"`;
    from = at;
  }
  return mark === undefined ? undefined : { text: written + native.sliceText(text, from), mark };
}

function endOfDigits(text: string, from: number): number {
  for (let at = from; ;) {
    const end = at + next(MORE_DIGITS, text, at)![0].length;
    if (end === at) return at;
    at = end;
  }
}

/** The place of the quote that ends the text which begins at `from`. */
function endOfText(text: string, from: number): number {
  let at = from;
  for (;;) {
    at += next(INSIDE_OF_TEXT, text, at)![0].length;
    if (at >= text.length || text[at] === '"') return at;
    if (text[at] === "\\" && at + 1 >= text.length) return text.length;
  }
}

/** A character that no text in `text` can have; none in a text that was made for this, whose numbers are doubles. */
function unusedMark(text: string): string | undefined {
  for (let at = 0; at < MARKS.length; at++) if (!has(MARKS[at]!.used, text)) return MARKS[at]!.mark;
  return undefined;
}

function revive(node: unknown, mark: string): unknown {
  if (typeof node === "string")
    return node[0] === mark ? toInteger(native.sliceText(node, 1)) : node;
  if (typeof node !== "object" || node === null) return node;
  const object = node as Record<string | number, unknown>;
  if (native.isArray(node)) {
    for (let at = 0; at < node.length; at++) object[at] = revive(object[at], mark);
    return node;
  }
  const keys = native.objectKeys(node);
  // Each key is an own data property already, so this reaches no setter.
  for (let at = 0; at < keys.length; at++) object[keys[at]!] = revive(object[keys[at]!], mark);
  return node;
}

function toInteger(digits: string): unknown {
  return digits.length > MAX_DIGITS ? digits : native.toBigInt(digits);
}

interface Match {
  readonly 0: string;
  readonly index: number;
}

function next(pattern: RegExp, text: string, at: number): Match | undefined {
  pattern.lastIndex = at;
  return (native.execPattern(pattern, text) as Match | null) ?? undefined;
}

function has(pattern: RegExp, text: string): boolean {
  return native.execPattern(pattern, text) !== null;
}
