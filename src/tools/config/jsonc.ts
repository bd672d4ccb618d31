import { createScanner } from "jsonc-parser";

/**
 * The text as plain JSON: comments and trailing commas become blanks, so that every other character keeps its line and
 * column. Errors of syntax stay, for whoever parses it.
 */
export function plainJson(text: string): string {
  const scanner = createScanner(text);
  const parts: string[] = [];
  /** Where the last comma stands in `parts`, while only blanks and comments have followed it. */
  let comma: number | undefined;
  let before = "";
  while (scanner.getPosition() < text.length) {
    scanner.scan();
    const start = scanner.getTokenOffset();
    const token = text.slice(start, start + scanner.getTokenLength());
    const isComment = /^\/[/*]/.test(token);
    // A comment without an end is an error.
    const isWhole = isComment && Number(scanner.getTokenError()) === 0;
    parts.push(isWhole ? token.replace(/[^\r\n]/g, " ") : token);
    if (isComment || token.trim() === "") continue;
    if (comma !== undefined && /^[}\]]$/.test(token)) parts[comma] = " ";
    // Behind anything but a value a comma is an error.
    comma = token === "," && /^[}\]"\w-]/.test(before) ? parts.length - 1 : undefined;
    before = token;
  }
  return parts.join("");
}
