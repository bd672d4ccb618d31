/** Splits texts into parts whose tokens add up to those of the whole text. */

/**
 * A tokenizer takes quadratic time for a text that it cannot split: 64,000 times the same letter take a second. So parts are
 * short, and longer ones are not counted.
 */
const PART_CHARS = 1_000;
const MAX_PART_CHARS = 2 * PART_CHARS;

/**
 * Positions that no token of either tokenizer crosses: both first split a text by a pattern, and always between a letter or
 * digit and a following character other than a letter, a digit, an accent or an apostrophe. Left out are characters that
 * normalization (NFKC, which one of them does) might change into one of these, and those that are letters only in the tables of a
 * newer Unicode than theirs: all of the supplementary planes, the few of Unicode 16 and 17 before them, what is not assigned yet.
 */
const CUT =
  /(?:[0-9A-Z]|(?![\p{CWKCF}\u088f\u0c5c\u0cdc\u1c89\u1c8a\ua7cb-\ua7dc\u{10000}-\u{10ffff}])\p{L})(?=[^\p{L}\p{M}\p{N}\p{CWKCF}\p{Cn}'])/gu;

/** `text` in parts of about 1,000 characters, longer where there is no place to cut. */
export function* partsOf(text: string): Iterable<string> {
  for (let start = 0; start < text.length;) {
    const end = endAfter(text, start + PART_CHARS);
    yield text.slice(start, end);
    start = end;
  }
}

/** Whether counting `part` takes only milliseconds. */
export function isShort(part: string): boolean {
  return part.length <= MAX_PART_CHARS && part.normalize("NFKC").length <= MAX_PART_CHARS;
}

function endAfter(text: string, at: number): number {
  if (at >= text.length) return text.length;
  CUT.lastIndex = at;
  const cut = CUT.exec(text);
  return cut === null ? text.length : cut.index + cut[0].length;
}
