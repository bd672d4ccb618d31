import { oneLine } from "../../core/one-line.ts";
import * as native from "../../core/primordials.ts";
import { cutUnits, cutUtf8, utf8Length } from "../../core/utf8.ts";
import { now } from "./clock.ts";
import { send, sizeOutside } from "./host-port.ts";
import { inspect } from "./inspect.ts";

type Print = (...args: unknown[]) => void;

/** Largest number of characters of one argument that is read. */
const MAX_ARGUMENT = 100_000;
/** Lines up to this length are measured here, which is faster than a request to the host. */
const SHORT_LINE = 500;
/** A line that does not fit is sent with this many bytes over the budget, so that the host sees the excess, cuts and marks it. */
const EXCESS = 3;

let room = 0;
let dropped = 0;
let reported = 0;
let indent = "";

/** Sets the number of bytes that a new run may print. The excess is only counted, so that a flood costs the host nothing. */
export function limitConsole(budget: number): void {
  room = budget;
  dropped = 0;
  reported = 0;
  indent = "";
}

/** Reports the exact number of dropped bytes to the host. */
export function reportDropped(): void {
  if (dropped > reported) send("log", dropped, "dropped", "");
  reported = dropped;
}

/** Writes one line, as the console does. */
export function write(level: string, text: string): void {
  const line = oneLine(indent + text);
  const size = bytesOf(line) + 1; // an entry is a line, and an empty one is not free
  if (room <= 0) dropped += size;
  else if (size <= room + EXCESS) send("log", 0, level, line);
  else {
    const start = cutUtf8(line, room + EXCESS);
    dropped += size - 1 - bytesOf(start);
    send("log", 0, level, start);
  }
  room -= size;
  if (dropped > reported * 2) reportDropped();
}

function bytesOf(line: string): number {
  return line.length > SHORT_LINE ? sizeOutside(line) : utf8Length(line);
}

/** A console whose entries go to the host, one line each. */
export function createConsole(): object {
  const counts: Record<string, number> = { __proto__: null } as never;
  const started: Record<string, number> = { __proto__: null } as never;
  const at =
    (level: string): Print =>
    (...args) =>
      write(level, format(args));
  const label = (name: unknown): string => (name === undefined ? "default" : `${name as string}`);
  const elapsed = (name: unknown): string => {
    const start = started[label(name)];
    return start === undefined
      ? `${label(name)}: no such timer`
      : `${label(name)}: ${now() - start} ms`;
  };

  return {
    debug: at("debug"),
    log: at("log"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    trace: at("debug"),
    dir: ((value) => write("log", inspect(value))) satisfies Print,
    dirxml: at("log"),
    table: ((value) => write("log", inspect(value))) satisfies Print,
    assert: ((condition, ...args) => {
      if (!condition)
        write("error", `Assertion failed${args.length > 0 ? `: ${format(args)}` : ""}`);
    }) satisfies Print,
    group: ((...args) => {
      if (args.length > 0) write("log", format(args));
      indent += "  ";
    }) satisfies Print,
    groupCollapsed: ((...args) => {
      if (args.length > 0) write("log", format(args));
      indent += "  ";
    }) satisfies Print,
    groupEnd: () => {
      indent = native.sliceText(indent, 2);
    },
    count: (name?: unknown) => {
      const count = (counts[label(name)] ?? 0) + 1;
      counts[label(name)] = count;
      write("log", `${label(name)}: ${count}`);
    },
    countReset: (name?: unknown) => {
      counts[label(name)] = 0;
    },
    time: (name?: unknown) => {
      started[label(name)] = now();
    },
    timeLog: (name?: unknown, ...args: unknown[]) =>
      write("log", elapsed(name) + (args.length > 0 ? ` ${format(args)}` : "")),
    timeEnd: (name?: unknown) => {
      write("log", elapsed(name));
      delete started[label(name)];
    },
  };
}

/** The arguments joined by one space, after those for placeholders of a first string were inserted there. */
function format(args: readonly unknown[]): string {
  const first = args[0]; // by index: a program may have replaced the array iterator
  let text = typeof first === "string" ? cut(first) : args.length > 0 ? inspect(first) : "";
  let next = 1;
  if (typeof first === "string" && args.length > 1) {
    const filled = fill(text, args);
    text = filled.text;
    next = filled.next;
  }
  for (; next < args.length; next++) {
    const value = args[next];
    text += ` ${typeof value === "string" ? cut(value) : inspect(value)}`;
  }
  return text;
}

function cut(text: string): string {
  if (text.length <= MAX_ARGUMENT) return text;
  const start = cutUnits(text, MAX_ARGUMENT);
  return `${start}… (${text.length - start.length} more characters)`;
}

function fill(template: string, args: readonly unknown[]): { text: string; next: number } {
  let text = "";
  let from = 0;
  let next = 1;
  for (let at = 0; at + 1 < template.length; at++) {
    if (template[at] !== "%") continue;
    const value =
      template[at + 1] === "%"
        ? "%"
        : next < args.length
          ? placeholder(template[at + 1]!, args[next])
          : undefined;
    if (value === undefined) continue;
    if (template[at + 1] !== "%") next++;
    text += native.sliceText(template, from, at) + value;
    from = at + 2;
    at++;
  }
  return { text: text + native.sliceText(template, from), next };
}

function placeholder(kind: string, value: unknown): string | undefined {
  switch (kind) {
    case "s":
      return typeof value === "string" ? cut(value) : inspect(value, 1);
    case "d":
    case "i":
    case "f":
      return number(kind, value);
    case "j":
    case "o":
    case "O":
      return inspect(value);
    case "c":
      return "";
    default:
      return undefined;
  }
}

function number(kind: string, value: unknown): string {
  if (typeof value === "bigint") return inspect(value);
  if (typeof value === "object" || typeof value === "symbol" || typeof value === "function")
    return "NaN";
  const read = Number(value);
  return `${kind === "i" ? native.trunc(read) : read}`;
}
