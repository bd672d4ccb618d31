/** Columns of a table, for all of its forms. */
import { stripVTControlCharacters } from "node:util";
import type { Table } from "./presentation.ts";

/** Alignment of the cells of a column. */
export type Alignment = "left" | "right";

/** Header and rows of equal length; each cell is one line of printable text. */
export interface Grid {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly alignments: readonly Alignment[];
}

/** Fills short rows with empty cells; cells beyond the last column get a column without a name. */
export function gridOf(table: Table): Grid {
  const width = Math.max(table.columns.length, ...table.rows.map((row) => row.length));
  const fill = (cells: readonly string[]): string[] =>
    Array.from({ length: width }, (_, at) => oneLine(cells[at] ?? ""));
  const rows = table.rows.map(fill);
  const header = fill(table.columns);
  const alignments = header.map((_, at) =>
    alignmentOf(
      rows.map((row) => row[at]!),
      at,
    ),
  );
  return { header, rows, alignments };
}

/** Columns of figures are right-aligned; the first column, which names the rows, never is. */
function alignmentOf(cells: readonly string[], at: number): Alignment {
  const said = cells.filter((cell) => /[\p{L}\d]/u.test(cell));
  const figures = said.filter((cell) => /^[^\p{L}]*\d/u.test(cell));
  return at > 0 && figures.length > 0 && figures.length * 2 >= said.length ? "right" : "left";
}

/** Names are foreign text: none may move the cursor of a terminal or break a row. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text.toWellFormed())
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

/** Width of a text in terminal columns: East Asian characters and emoji take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) width += isInvisible(char) ? 0 : isWide(char) ? 2 : 1;
  return width;
}

export function isInvisible(char: string): boolean {
  return /[\p{Mn}\p{Me}\p{Cf}]/u.test(char);
}

export function isWide(char: string): boolean {
  return /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u{3000}-\u{303e}\u{ff01}-\u{ff60}]/u.test(
    char,
  );
}

/** Pads a text with spaces to the given width. */
export function pad(text: string, width: number, alignment: Alignment): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return alignment === "left" ? text + spaces : spaces + text;
}
