/** Control characters, line and paragraph separators, characters that reorder text, and lone surrogates. */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * `text` on one line, with every character that could forge a line, move a cursor or reorder what is shown written as
 * a visible escape (`\n`, `\x1b`, `\u202e`). A lone surrogate is escaped too: it is not a character, and engines replace it
 * in different ways.
 */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return (
      SHORT[character] ?? (code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`)
    );
  });
}

/** The same for a text of several lines, which stay. */
export function printable(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}

/** A value as JSON that is as safe to print as {@link oneLine}: it means the same, and is a literal of JavaScript too. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  return text.replace(UNPRINTABLE, (character) =>
    // Line breaks in JSON are between its tokens.
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
