import { oneLine } from "../core/one-line.ts";
import type { LogEntry } from "../core/result.ts";
import { cutUnits, cutUtf8, utf8Length } from "../core/utf8.ts";

/** Characters beyond the cap up to which a line is made safe before it is cut. */
const FAR = 10_000;

/** The console output of one run, up to a cap. The text comes from hostile code: it is made safe to print here. */
export class LogBuffer {
  readonly #entries: LogEntry[] = [];
  readonly #maxBytes: number;
  #onEntry: ((entry: LogEntry) => void) | undefined;
  #bytes = 0;
  #cut = 0;
  /** Bytes that the VM itself left out; it reports the sum so far. */
  #droppedInside = 0;

  /** @param earlier entries of the same run from before it was saved: they are kept as they are and not reported again */
  constructor(
    maxBytes: number,
    onEntry?: (entry: LogEntry) => void,
    earlier: readonly LogEntry[] = [],
  ) {
    this.#maxBytes = maxBytes;
    for (const { level, text } of earlier) {
      const safe = oneLine(text);
      this.#entries.push({ level, text: safe });
      this.#bytes += sizeOf(safe);
    }
    this.#onEntry = onEntry;
  }

  add({ level, text }: LogEntry): void {
    const room = Math.max(0, this.#maxBytes - this.#bytes);
    // No VM of ours sends a line that is so much longer: the rest of it is measured, and not worked on.
    const near = text.length > room + FAR ? cutUnits(text, room + FAR) : text;
    const unread = near.length < text.length ? utf8Length(text) - utf8Length(near) : 0;
    const safe = oneLine(near);
    const size = sizeOf(safe) + unread;
    this.#bytes += size;
    if (size <= room) return this.#keep({ level, text: safe });
    const start = cutUtf8(safe, room);
    this.#cut += size - utf8Length(start);
    if (room > 0) this.#keep({ level, text: `${start}…` });
  }

  #keep(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#onEntry?.(entry);
  }

  drop(bytes: number): void {
    this.#droppedInside = Math.max(this.#droppedInside, bytes);
  }

  /** Bytes that were left out. */
  get cutBytes(): number {
    return this.#cut + this.#droppedInside;
  }

  /** All entries; the last says what was cut, where something was. */
  entries(): LogEntry[] {
    if (this.cutBytes === 0) return this.#entries;
    const text = `codecell: ${this.cutBytes} more bytes of logs were cut; log less, or return what matters`;
    return [...this.#entries, { level: "warn", text }];
  }
}

/** An entry is a line, and an empty one is not free. */
function sizeOf(text: string): number {
  return utf8Length(text) + 1;
}
