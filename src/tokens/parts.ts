/** Splits texts into parts whose tokens add up to those of the whole text. */

/**
 * A tokenizer takes quadratic time for a text that it cannot split: 64,000 times the same letter take a second. So parts are
 * short, and longer ones are not counted.
 */
const PART_CHARS = 1_000;
const MAX_PART_CHARS = 2 * PART_CHARS;

/**
 * Positions that no token of either tokenizer crosses: both first split a text by a pattern, and always between a letter or
 * digit and a following character other than a letter, a digit, an accent or an apostrophe. Characters that normalization
 * (NFKC, which one of them does) might change into one of these are left out.
 */
const CUT = /[0-9A-Z[\p{L}--\p{CWKCF}]](?=[^\p{L}\p{M}\p{N}\p{CWKCF}'])/gv;

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
