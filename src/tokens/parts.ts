/** Texts in parts whose tokens add up to those of the whole. */

/**
 * What cannot be taken apart costs a tokenizer time that grows with its square: 64,000 times one letter take a second.
 * So parts are short, and a part that is not is not counted.
 */
const PART_CHARS = 1_000;
const MAX_PART_CHARS = 2 * PART_CHARS;

/**
 * Where no token of either tokenizer can reach across: both first cut a text by a pattern, and always after a letter or a
 * digit that something else follows, other than an accent or an apostrophe. What normalization (NFKC, which one of them
 * does) might change into one of these is left out.
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

/** Whether counting `part` is a matter of milliseconds. */
export function isShort(part: string): boolean {
  return part.length <= MAX_PART_CHARS && part.normalize("NFKC").length <= MAX_PART_CHARS;
}

function endAfter(text: string, at: number): number {
  if (at >= text.length) return text.length;
  CUT.lastIndex = at;
  const cut = CUT.exec(text);
  return cut === null ? text.length : cut.index + cut[0].length;
}
