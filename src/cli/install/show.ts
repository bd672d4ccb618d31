/** What a command is going to change, one line for each server. Entries are not shown: they may hold secrets. */
import { CodecellError } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { note, paint } from "../output.ts";
import { askYes, isTerminal } from "../terminal.ts";
import { describeFound } from "../trust/describe.ts";
import type { Servers } from "./document.ts";
import type { Entry } from "./entry.ts";
import type { TokensSaved } from "./tokens-saved.ts";

/** What happens to a server: it is added, removed, changed, or stays. */
export type Mark = "+" | "-" | "~" | "=";

export interface Line {
  readonly mark: Mark;
  readonly name: string;
  readonly about: string;
}

const STYLES = { "+": "green", "-": "red", "~": "yellow", "=": "dim" } as const;

export function showFile(path: string, lines: readonly Line[]): void {
  const text = lines.map(({ mark, name, about }) => {
    const line = `  ${mark} ${oneLine(name)}${about === "" ? "" : `: ${oneLine(about)}`}`;
    return paint(STYLES[mark], line, process.stderr);
  });
  process.stderr.write(`${[oneLine(path), ...text].join("\n")}\n`);
}

/** The command of codecell's own entry, which holds nothing secret. */
export function commandLine({ command, args }: Entry): string {
  const word = (text: string): string => (/^[\w@%+=:,./~\\${}-]+$/.test(text) ? text : `"${text}"`);
  return [command, ...args].map(word).join(" ");
}

export function showTokens({ before, after, counted }: TokensSaved): void {
  const number = (value: number): string => value.toLocaleString("en-US");
  const saved =
    before > after
      ? `${number(before - after)} tokens less`
      : "no tokens less: these servers have few tools";
  note(
    `tool definitions of each conversation: ${number(before)} tokens now, ${number(after)} behind codecell, ${saved} (${counted})`,
  );
}

/** What the servers of a project would start: its file may have come with its folder. */
export function showServers(path: string, servers: Servers): void {
  process.stderr.write(`${oneLine(path)}\n`);
  for (const line of describeFound({ servers }, path)) process.stderr.write(`  ${oneLine(line)}\n`);
}

/**
 * Asks a person, unless `--yes` has answered.
 * @returns whether to go on
 * @throws CodecellError `config_error` where nobody can be asked
 */
export function confirm(yes: boolean, question = "Make these changes?"): boolean {
  if (yes) return true;
  if (!isTerminal())
    throw new CodecellError("config_error", "nobody can be asked here: nothing was written", {
      hint: "--yes goes on without asking.",
    });
  if (askYes(question)) return true;
  note("nothing was written");
  return false;
}
