/** Questions to the person at the terminal. */
import { readSync } from "node:fs";
import { isatty } from "node:tty";

const STDIN = 0;
const STDERR = 2;
/** A terminal gives one line at a time; more than this is no answer. */
const MAX_ANSWER_BYTES = 64;

/** A person is there: CI has a terminal sometimes, and nobody behind it. */
export function isTerminal(): boolean {
  const isCi = !["", "0", "false"].includes(process.env["CI"] ?? "");
  return isatty(STDIN) && isatty(STDERR) && !isCi;
}

/**
 * Asks, and reads one line of the terminal; its end is no. Not through `process.stdin`, which would keep what follows, a program
 * maybe, or this process.
 */
export function askYes(question: string): boolean {
  process.stderr.write(`${question} [y/N] `);
  const answer = Buffer.alloc(MAX_ANSWER_BYTES);
  try {
    const length = readSync(STDIN, answer);
    return /^\s*y(?:es)?\s*$/i.test(answer.toString("utf8", 0, length));
  } catch {
    return false; // nobody can answer
  }
}
