/** The offset of a time zone from UTC over time, from what can tell it at one instant. */
import * as native from "./primordials.ts";

/** Changes of an offset are looked for in spans of this length: no zone has changed twice and back in one. */
const SPAN_MS = 4 * 24 * 3_600_000;
const LARGEST_MS = 8.64e15;
const DAY_MS = 86_400_000;
const MAX_SPANS = 5_000;

interface Span {
  readonly before: number;
  readonly after: number;
  /** Where the offset changes. */
  readonly changesAt: number;
}

/** The offsets of one zone. Times are in ms since 1970. */
export class ZoneOffsets {
  readonly #ask: (ms: number) => number;
  #spans: Record<string, Span | undefined> = { __proto__: null } as never;
  #count = 0;

  /** @param ask the offset at an instant, in ms */
  constructor(ask: (ms: number) => number) {
    this.#ask = ask;
  }

  /** The offset at an instant, in ms. */
  at(ms: number): number {
    if (ms !== ms) return 0;
    const number = native.floor(ms / SPAN_MS);
    const { before, after, changesAt } = this.#spans[number] ?? this.#find(number);
    return ms < changesAt ? before : after;
  }

  #find(number: number): Span {
    let from = within(number * SPAN_MS);
    let to = within((number + 1) * SPAN_MS);
    const [before, after] = [this.#ask(from), this.#ask(to)];
    while (before !== after && to - from > 1_000) {
      const middle = native.floor((from + to) / 2_000) * 1_000;
      if (middle <= from || middle >= to) break;
      if (this.#ask(middle) === before) from = middle;
      else to = middle;
    }
    if (this.#count++ >= MAX_SPANS) {
      this.#spans = { __proto__: null } as never;
      this.#count = 0;
    }
    const span = { before, after, changesAt: to };
    this.#spans[number] = span;
    return span;
  }

  /** The instant of a local time, which is given as if it were one in UTC. See `UTC(t)` of ECMA-262. */
  toUtc(local: number): number {
    const before = this.at(local - DAY_MS);
    const early = local - before;
    if (this.at(early) === before) return early;
    const after = this.at(local + DAY_MS);
    const late = local - after;
    return this.at(late) === after ? late : early;
  }
}

function within(ms: number): number {
  return ms > LARGEST_MS ? LARGEST_MS : ms < -LARGEST_MS ? -LARGEST_MS : ms;
}

const LONG_OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** Reads what `Intl` writes for `timeZoneName: "longOffset"`, as ms. */
export function parseOffset(text: string): number {
  const parts = native.execPattern(LONG_OFFSET, text);
  if (parts === null || parts[1] === undefined) return 0;
  const seconds = +parts[2]! * 3_600 + +parts[3]! * 60 + +(parts[4] ?? 0);
  return parts[1] === "-" ? -1_000 * seconds : 1_000 * seconds;
}
