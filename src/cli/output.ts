import { styleText } from "node:util";
import { oneLine } from "../core/one-line.ts";

type Style = Parameters<typeof styleText>[0];

/** `text` in a style where `stream` is a terminal that wants colours (NO_COLOR and FORCE_COLOR are honoured). */
export function paint(
  style: Style,
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(style, text, { stream, validateStream: true });
}

/** Text that came from a program or a server: it must not steer the terminal. Line breaks stay. */
export function printable(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}

export interface Complaint {
  readonly message: string;
  readonly code?: string | undefined;
  readonly hint?: string | undefined;
}

/** Reports to a person, on stderr, what went wrong and what to do. */
export function fail({ message, code, hint }: Complaint): void {
  const label = paint("red", code ?? "error", process.stderr);
  process.stderr.write(`${label}: ${printable(message)}\n`);
  if (hint !== undefined) process.stderr.write(`  ${printable(hint)}\n`);
}

/** One JSON object on stdout, and nothing else. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A one-line remark on stderr. */
export function note(text: string): void {
  process.stderr.write(`${paint("dim", `codecell: ${printable(text)}`, process.stderr)}\n`);
}
