/** Renders a table for the terminal. */
import { displayWidth, gridOf, oneLine, pad } from "./columns.ts";
import type { Table } from "./presentation.ts";

const GAP = "  ";

/** Renders title, aligned columns and notes, without colours, wrapping or truncation. Every line ends with a newline. */
export function renderConsole(table: Table): string {
  const { header, rows, alignments } = gridOf(table);
  const widths = header.map((_, at) =>
    Math.max(...[header, ...rows].map((row) => displayWidth(row[at]!))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => pad(cell, widths[at]!, alignments[at]!))
      .join(GAP)
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join(GAP);
  const body = header.length > 0 ? [line(header), rule, ...rows.map(line)] : [];
  const notes = (table.notes ?? []).map((note) => `  ${oneLine(note)}`);
  const parts = [[oneLine(table.title)], body, notes].filter((part) => part.length > 0);
  return `${parts.map((part) => part.join("\n")).join("\n\n")}\n`;
}
