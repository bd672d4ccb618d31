/** `Date` on the program's clock and in its time zone: everything of it that reads the engine's clock or zone is replaced. */
import * as native from "../../core/primordials.ts";
import { now } from "./clock.ts";
import { define, replaceMethod } from "./define.ts";
import { isObject, toPrimitive } from "./to-primitive.ts";
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

/** The calendar repeats after 400 years, with the same days of the week. */
const CYCLE_YEARS = 400;
const CYCLE_MS = 146_097 * 86_400_000;
const LARGEST_MS = 8.64e15;

/** How many cycles a local time is moved by so that it is within the times of `Date`, as those of its last day may not be. */
function cyclesOf(local: number): number {
  return local > LARGEST_MS ? -1 : local < -LARGEST_MS ? 1 : 0;
}

function localOf(date: Date): number {
  const ms = native.dateToMs(date);
  return ms + offsetAt(ms);
}

/** A date whose UTC time is the local time of `date`, moved by whole cycles where it is none of `Date` otherwise. */
function shifted(date: Date): Date {
  const local = localOf(date);
  return new native.NativeDate(local + cyclesOf(local) * CYCLE_MS);
}

/** The local year of `date`. */
function yearOf(date: Date): number {
  return getYear(shifted(date)) - cyclesOf(localOf(date)) * CYCLE_YEARS;
}

function getter(part: string): Method {
  if (part === "FullYear")
    return {
      get(this: Date) {
        return yearOf(this);
      },
    }.get;
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
      const ms = native.dateToMs(local);
      const isNone = ms !== ms;
      const moved = part === "FullYear" ? 0 : cyclesOf(localOf(this)) * CYCLE_MS;
      native.reflectApply(set, local, args as never);
      // No part but the year makes a time of none, and an argument may have set one in the meantime.
      if (isNone && part !== "FullYear") return NaN;
      return setTime(this, toUtc(native.dateToMs(local) - moved));
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

function dateText(local: Date, year: number): string {
  const yearText = (year < 0 ? "-" : "") + two(year, 4);
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
    return textOf(this, (ms, local) => `${dateText(local, yearOf(this))} ${timeText(ms, local)}`);
  },
  toDateString(this: Date): string {
    return textOf(this, (_ms, local) => dateText(local, yearOf(this)));
  },
  toTimeString(this: Date): string {
    return textOf(this, timeText);
  },
  getTimezoneOffset(this: Date): number {
    const ms = native.dateToMs(this);
    return ms === ms ? 0 - offsetMinutes(ms) : NaN;
  },
  getYear(this: Date): number {
    return yearOf(this) - 1900;
  },
  setYear(this: Date, given: unknown): number {
    const year = +(given as number);
    const whole = year < 0 ? -native.floor(-year) : native.floor(year);
    const local = shifted(this);
    setYear(local, whole >= 0 && whole <= 99 ? whole + 1900 : year);
    return setTime(this, toUtc(native.dateToMs(local)));
  },
};

const statics = {
  now(): number {
    return now();
  },
  parse(text: unknown): number {
    return parse(`${text as string}`);
  },
};

/** A date alone, which is in UTC. */
const DATE_ALONE = /^(?:\d{4}|[+-]\d{6})(?:-\d\d(?:-\d\d)?)?$/;
/** A zone. */
const ZONE = /\d\s*Z\b|\b(?:GMT|UTC?|[ECMP][SD]T)\b|:\d\d(?:\.\d+)?\s*[+-]\d/i;
const ISO = /^\s*(?:\d{4}|[+-]\d{6})(?:-\d\d(?:-\d\d)?)?[Tt]|^\s*[+-]?\d{4,6}-\d\d-\d\d /;

const [OPEN, CLOSE] = [40, 41];

function parse(text: string): number {
  const ms = nativeParse(text);
  if (ms !== ms || native.execPattern(DATE_ALONE, text) !== null) return ms;
  const said = withoutComments(text);
  if (native.execPattern(ZONE, said) !== null) return ms;
  const local = nativeParse(native.execPattern(ISO, said) === null ? `${said} UTC` : `${said}Z`);
  return local === local ? toUtc(local) : ms;
}

/** Without what is in parentheses, which parsers of dates skip. */
function withoutComments(text: string): string {
  let said = "";
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = native.charCodeAt(text, at);
    if (code === OPEN && depth++ === 0) said += native.sliceText(text, from, at);
    if (code === CLOSE && depth > 0 && --depth === 0) from = at + 1;
  }
  return depth > 0 ? said : said + native.sliceText(text, from);
}

/** The time that `new Date(…)` with these arguments stands for. */
function timeOf(args: readonly unknown[]): number {
  if (args.length === 0) return now();
  if (args.length > 1) return toUtc(native.reflectApply(nativeUtc, undefined, args as never));
  const given = args[0];
  if (isObject(given)) {
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

/** Called once per VM, before any program runs. */
export function installDate(): void {
  for (const part of PARTS) {
    replaceMethod(prototype, `get${part}`, getter(part));
    if (part !== "Day") replaceMethod(prototype, `set${part}`, setter(part));
  }
  for (const [name, method] of Object.entries(texts)) replaceMethod(prototype, name, method);
  for (const [name, method] of Object.entries(statics))
    replaceMethod(native.NativeDate, name, method);
  const Zoned = new Proxy(native.NativeDate, {
    __proto__: null,
    apply: () => native.reflectApply(texts.toString, new native.NativeDate(now()), []),
    construct: (target: DateConstructor, args: unknown[], newTarget: never): object =>
      native.reflectConstruct(target, [timeOf(args)], newTarget) as object,
  } as never);
  define(prototype, "constructor", Zoned);
  define(globalThis, "Date", Zoned);
}
