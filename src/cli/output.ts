import { styleText } from "node:util";
import { printable, printableJson } from "../core/one-line.ts";

export { printable } from "../core/one-line.ts";

type Style = Parameters<typeof styleText>[0];

/** `text` in a style where `stream` is a terminal that wants colours (NO_COLOR and FORCE_COLOR are honoured). */
export function paint(
  style: Style,
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(style, text, { stream, validateStream: true });
}

export interface Complaint {
  readonly message: string;
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
}

/** Reports to a person, on stderr, what went wrong and what to do. */
export function fail({ message, code, hint }: Complaint): void {
  const label = paint("red", code ?? "error", process.stderr);
  process.stderr.write(`${label}: ${remark(message)}\n`);
  if (hint !== undefined) process.stderr.write(`  ${remark(hint)}\n`);
}

/** One JSON object on stdout, and nothing else. */
export function printJson(value: unknown): void {
  process.stdout.write(`${printableJson(value)}\n`);
}

/** A remark on stderr. */
export function note(text: string): void {
  process.stderr.write(`${paint("dim", `codecell: ${remark(text)}`, process.stderr)}\n`);
}

/** Further lines are indented: what a server wrote does not pass for a remark of ours. */
function remark(text: string): string {
  return printable(text).replaceAll("\n", "\n  ");
}
