/** What every form of a table has to know of its columns. */
import { stripVTControlCharacters } from "node:util";
import type { Table } from "./presentation.ts";

/** Where the cells of a column stand. */
export type Alignment = "left" | "right";

/** A rectangle of cells: the header first, and one line of printable text in each. */
export interface Grid {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly alignments: readonly Alignment[];
}

/** Short rows are filled with empty cells; cells beyond the last column get a column without a name. */
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

/** Figures stand right, one under the other; the column that names the rows never does. */
function alignmentOf(cells: readonly string[], at: number): Alignment {
  const said = cells.filter((cell) => /[\p{L}\d]/u.test(cell));
  const figures = said.filter((cell) => /^[^\p{L}]*\d/u.test(cell));
  return at > 0 && figures.length > 0 && figures.length * 2 >= said.length ? "right" : "left";
}

/** Names come from outside: none of them may move a terminal's cursor or break a row. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text.toWellFormed())
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

/** Columns that a text takes where characters are of equal width: two for East Asian ones and emoji. */
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

/** Spaces to the given width. */
export function pad(text: string, width: number, alignment: Alignment): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return alignment === "left" ? text + spaces : spaces + text;
}
