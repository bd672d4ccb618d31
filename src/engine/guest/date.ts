/** `Date` on the program's clock and in its time zone: everything of it that reads the engine's clock or zone is replaced. */
import * as native from "../../core/primordials.ts";
import { now } from "./clock.ts";
import { define, replaceMethod } from "./define.ts";
import { longZoneName, offsetAt, toUtc } from "./zone.ts";

const { prototype } = native.NativeDate;
const nativeParse = native.NativeDate.parse;
const nativeUtc = native.NativeDate.UTC;
const setTime = native.uncurry(prototype.setTime);

/** The parts of a time, in the names of methods. `FullYear` also as the older `Year`. */
const PARTS = ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

type Method = (this: Date, ...args: unknown[]) => unknown;

/** A date whose UTC time is the local time of `date`. */
function shifted(date: Date): Date {
  const ms = native.dateToMs(date);
  return new native.NativeDate(ms + offsetAt(ms));
}

function getter(part: string): Method {
  const get = prototype[`getUTC${part}` as "getUTCDate"];
  return {
    get(this: Date) {
      return native.reflectApply(get, shifted(this), []);
    },
  }.get;
}

function setter(part: string): Method {
  const set = prototype[`setUTC${part}` as "setUTCDate"];
  return {
    set(this: Date, ...args: never[]) {
      const local = shifted(this);
      native.reflectApply(set, local, args as never);
      return setTime(this, toUtc(native.dateToMs(local)));
    },
  }.set as never;
}

function two(number: number, digits = 2): string {
  let text = `${number < 0 ? -number : number}`;
  while (text.length < digits) text = `0${text}`;
  return text;
}

const getDay = native.uncurry(prototype.getUTCDay);
const getDate = native.uncurry(prototype.getUTCDate);
const getMonth = native.uncurry(prototype.getUTCMonth);
const getYear = native.uncurry(prototype.getUTCFullYear);
const getHours = native.uncurry(prototype.getUTCHours);
const getMinutes = native.uncurry(prototype.getUTCMinutes);
const getSeconds = native.uncurry(prototype.getUTCSeconds);
const setYear = native.uncurry(prototype.setUTCFullYear);

function dateText(local: Date): string {
  const year = getYear(local);
  const sign = year < 0 ? "-" : "";
  const yearText = sign + two(year, sign === "" ? 4 : 6);
  return `${DAYS[getDay(local)]!} ${MONTHS[getMonth(local)]!} ${two(getDate(local))} ${yearText}`;
}

/** In whole minutes: before there were time zones, offsets had seconds. */
function offsetMinutes(ms: number): number {
  const minutes = offsetAt(ms) / 60_000;
  return minutes < 0 ? -native.floor(-minutes) : native.floor(minutes);
}

function timeText(ms: number, local: Date): string {
  const minutes = offsetMinutes(ms);
  const size = minutes < 0 ? -minutes : minutes;
  const offset = `${minutes < 0 ? "-" : "+"}${two(native.floor(size / 60))}${two(size % 60)}`;
  const time = `${two(getHours(local))}:${two(getMinutes(local))}:${two(getSeconds(local))}`;
  return `${time} GMT${offset} (${longZoneName(ms)})`;
}

function textOf(date: Date, write: (ms: number, local: Date) => string): string {
  const ms = native.dateToMs(date);
  return ms === ms ? write(ms, shifted(date)) : "Invalid Date";
}

const texts = {
  toString(this: Date): string {
    return textOf(this, (ms, local) => `${dateText(local)} ${timeText(ms, local)}`);
  },
  toDateString(this: Date): string {
    return textOf(this, (_ms, local) => dateText(local));
  },
  toTimeString(this: Date): string {
    return textOf(this, timeText);
  },
  getTimezoneOffset(this: Date): number {
    const ms = native.dateToMs(this);
    return ms === ms ? 0 - offsetMinutes(ms) : NaN;
  },
  getYear(this: Date): number {
    return getYear(shifted(this)) - 1900;
  },
  setYear(this: Date, given: unknown): number {
    const year = +(given as number);
    const whole = year < 0 ? -native.floor(-year) : native.floor(year);
    const local = shifted(this);
    setYear(local, whole >= 0 && whole <= 99 ? whole + 1900 : year);
    return setTime(this, toUtc(native.dateToMs(local)));
  },
};

/** A text that says by itself which instant it is: a date alone, or one with a zone. */
const ABSOLUTE =
  /^\s*[+-]?\d{4,6}(-\d\d(-\d\d)?)?\s*$|\d\s*Z\b|\b(?:GMT|UTC?|[ECMP][SD]T)\b|:\d\d(?:\.\d+)?\s*[+-]\d/i;
const ISO = /^\s*[+-]?\d{4,6}-\d\d-\d\d[Tt ]/;

function parse(text: string): number {
  const ms = nativeParse(text);
  if (ms !== ms || native.execPattern(ABSOLUTE, text) !== null) return ms;
  const local = nativeParse(native.execPattern(ISO, text) === null ? `${text} UTC` : `${text}Z`);
  return local === local ? toUtc(local) : ms;
}

/** The time that `new Date(…)` with these arguments stands for. */
function timeOf(args: readonly unknown[]): number {
  if (args.length === 0) return now();
  if (args.length > 1) return toUtc(native.reflectApply(nativeUtc, undefined, args as never));
  const given = args[0];
  if (typeof given === "object" && given !== null) {
    const copied = copiedTime(given);
    if (copied !== undefined) return copied;
  }
  const primitive = toPrimitive(given);
  return typeof primitive === "string" ? parse(primitive) : +(primitive as number);
}

function copiedTime(given: object): number | undefined {
  try {
    return native.dateToMs(given as Date);
  } catch {
    return undefined;
  }
}

/** By `Date` itself there is no way to ask an object for its primitive; as a key it gives its text, so numbers are asked first. */
function toPrimitive(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  const convert = (given as { [Symbol.toPrimitive]?: unknown })[Symbol.toPrimitive];
  if (typeof convert === "function")
    return native.reflectApply(convert as never, given, ["default"] as never);
  const { valueOf } = given as { valueOf?: unknown };
  const value: unknown =
    typeof valueOf === "function" ? native.reflectApply(valueOf as never, given, []) : given;
  return typeof value === "object" && value !== null ? `${given as unknown as string}` : value;
}

/** Called once per VM, before any program runs. */
export function installDate(): void {
  for (const part of PARTS) {
    replaceMethod(prototype, `get${part}`, getter(part));
    if (part !== "Day") replaceMethod(prototype, `set${part}`, setter(part));
  }
  for (const [name, method] of Object.entries(texts)) replaceMethod(prototype, name, method);
  define(native.NativeDate, "now", { now: () => now() }.now);
  define(
    native.NativeDate,
    "parse",
    { parse: (text: unknown) => parse(`${text as string}`) }.parse,
  );
  const Zoned = new Proxy(native.NativeDate, {
    __proto__: null,
    apply: () => native.reflectApply(texts.toString, new native.NativeDate(now()), []),
    construct: (target: DateConstructor, args: unknown[], newTarget: never): object =>
      native.reflectConstruct(target, [timeOf(args)], newTarget) as object,
  } as never);
  define(prototype, "constructor", Zoned);
  define(globalThis, "Date", Zoned);
}
