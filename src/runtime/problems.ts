import { guarded } from "../core/events.ts";
import { oneLine } from "../core/one-line.ts";
import { cutText } from "../core/utf8.ts";

/** What receives problems: `true` is standard error, `false` nothing. */
export type Warn = boolean | ((message: string) => void);

/** Longest line, in characters: what a server wrote on its standard error is a part of it. */
const MAX_LINE = 1_000;
/** Most problems that one runtime tells; servers decide how many there are. */
const MAX_PROBLEMS = 50;

/** Tells each problem once, as one line. What is in it was redacted where it was written. */
export class Problems {
  readonly #tell: ((message: string) => void) | undefined;
  readonly #told = new Set<string>();
  readonly #failed = new Map<string, "failed" | "recovered">();
  #count = 0;

  constructor(warn: Warn) {
    const tell = warn === true ? onStandardError : warn === false ? undefined : warn;
    this.#tell = guarded("warn", tell);
  }

  /** A problem that may come again with other numbers, which make it no new one. */
  tell(message: string): void {
    const key = message.replace(/\d+/g, "#");
    if (this.#told.has(key) || this.#told.size >= MAX_PROBLEMS) return;
    this.#told.add(key);
    this.#line(message);
  }

  /** A server cannot be used: told at its first failure, and at no later attempt. */
  failed(server: string, failure: string): void {
    if (this.#failed.has(server)) return;
    this.#failed.set(server, "failed");
    this.#line(failure);
  }

  /** A server is connected, which is news where its failure was told. */
  connected(server: string): void {
    if (this.#failed.get(server) !== "failed") return;
    this.#failed.set(server, "recovered");
    this.#line(`server "${server}" is connected now`);
  }

  #line(message: string): void {
    if (++this.#count > 2 * MAX_PROBLEMS) return;
    this.#tell?.(cutText(oneLine(message), MAX_LINE));
  }
}

function onStandardError(message: string): void {
  const line = `codecell: ${message}`;
  const stream = globalThis.process?.stderr;
  // Not every host has Node's streams.
  if (stream === undefined) console.error(line);
  else stream.write(`${line}\n`);
}
