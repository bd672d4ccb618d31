import { oneLine } from "./core/one-line.ts";
import type { LogEntry } from "./core/result.ts";
import { utf8Length } from "./core/utf8.ts";

/** The console output of one run, up to a cap. The text comes from hostile code: it is made safe to print here. */
export class LogBuffer {
  readonly #entries: LogEntry[] = [];
  readonly #maxBytes: number;
  #onEntry: ((entry: LogEntry) => void) | undefined;
  #bytes = 0;
  #cut = 0;
  /** What the VM itself left out; it tells the sum so far. */
  #droppedInside = 0;

  /** @param earlier entries of the same run from before it was saved; nobody is told of them again */
  constructor(
    maxBytes: number,
    onEntry?: (entry: LogEntry) => void,
    earlier: readonly LogEntry[] = [],
  ) {
    this.#maxBytes = maxBytes;
    for (const entry of earlier) this.add(entry);
    this.#onEntry = onEntry;
  }

  add({ level, text }: LogEntry): void {
    const room = this.#maxBytes - this.#bytes;
    const safe = oneLine(text);
    const size = utf8Length(safe) + 1; // an entry is a line, and an empty one is not free
    this.#bytes += Math.min(size, room);
    this.#cut += Math.max(0, size - room);
    if (room <= 0) return;
    const entry = { level, text: size <= room ? safe : `${safe.slice(0, room)}…` };
    this.#entries.push(entry);
    this.#onEntry?.(entry);
  }

  drop(characters: number): void {
    this.#droppedInside = Math.max(this.#droppedInside, characters);
  }

  /** Bytes that were left out. */
  get cutBytes(): number {
    return this.#cut + this.#droppedInside;
  }

  /** All entries; the last says what was cut, where something was. */
  entries(): LogEntry[] {
    if (this.cutBytes === 0) return this.#entries;
    const text = `codecell: ${this.cutBytes} more bytes of logs were cut; log less, or raise limits.logBytes`;
    return [...this.#entries, { level: "warn", text }];
  }
}
