import { oneLine } from "../../core/one-line.ts";

/** A server's text on one line, as it can stand in a comment: it neither ends the comment nor reorders what is shown. */
export function commentText(text: string): string {
  return oneLine(text.replace(/\s+/gu, " ").trim())
    .replaceAll("*/", "*\\/")
    .replaceAll("/*", "/ *");
}

/** Lines as a JSDoc comment; empty lines at both ends go. */
export function jsDoc(lines: readonly string[]): string {
  const texts = lines
    .map(commentText)
    .join("\n")
    .replace(/^\n+|\n+$/g, "")
    .replace(/\n{3,}/g, "\n\n");
  if (texts === "") return "";
  const all = texts.split("\n");
  if (all.length === 1) return `/** ${all[0]} */\n`;
  return `/**\n${all.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n`;
}
