import type { Doc } from "./declaration.ts";

/** Text as code. A default that is written as code already stays as it is. */
export function code(text: string): string {
  return text.includes("`") ? text : `\`${text}\``;
}

/** A link to the section of the same page that `heading` begins. */
export function linkTo(heading: string): string {
  return `[${heading}](#${heading.toLowerCase()})`;
}

/** The text of a comment with its tags, without those that are shown elsewhere. */
export function describe({ text, tags }: Doc, without: readonly string[]): string {
  const more = [...tags].filter(([tag]) => !without.includes(tag));
  const parts = [text, ...more.map(([tag, value]) => `${capitalised(tag)}: ${value}`)];
  return parts.filter((part) => part !== "").join(" ");
}

/** A table; oxfmt aligns it. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

function capitalised(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
