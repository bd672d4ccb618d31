/** Renders a table for a README. */
import { type Alignment, displayWidth, gridOf, oneLine, pad } from "./columns.ts";
import type { Table } from "./presentation.ts";

/** Minimum length of a delimiter. */
const MIN_WIDTH = 3;

/**
 * Renders a bold title, a table in GitHub Flavored Markdown, and its notes as a list, formatted as by oxfmt. Markdown and
 * HTML syntax in the texts is escaped.
 */
export function renderMarkdown(table: Table): string {
  const grid = gridOf(table);
  const header = grid.header.map(escapeMarkdown);
  const rows = grid.rows.map((row) => row.map(escapeMarkdown));
  const widths = header.map((_, at) =>
    Math.max(MIN_WIDTH, ...[header, ...rows].map((row) => displayWidth(row[at]!))),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => pad(cell, widths[at]!, grid.alignments[at]!)).join(" | ")} |`;
  const rule = line(widths.map((width, at) => delimiter(width, grid.alignments[at]!)));
  const title = escapeMarkdown(oneLine(table.title));
  const notes = (table.notes ?? []).map(
    (note) => `- ${escapeStart(escapeMarkdown(oneLine(note)))}`,
  );
  const parts = [
    title === "" ? [] : [`**${title}**`],
    header.length > 0 ? [line(header), rule, ...rows.map(line)] : [],
    notes,
  ].filter((part) => part.length > 0);
  return `${parts.map((part) => part.join("\n")).join("\n\n")}\n`;
}

function delimiter(width: number, alignment: Alignment): string {
  return alignment === "left" ? "-".repeat(width) : `${"-".repeat(width - 1)}:`;
}

/** Underscores within words and ampersands that do not begin an entity need no escape. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\|<*`[\]~$]|(?<![\p{L}\d])_|_(?![\p{L}\d])|&(?=#?\w+;)/gu, "\\$&");
}

/** Escapes what would begin a heading, a list or a quotation at the start of a line. */
function escapeStart(text: string): string {
  return text.replace(/^[#+>-]/, "\\$&").replace(/^(\d+)([.)])(?=\s)/, "$1\\$2");
}
