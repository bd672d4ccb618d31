/**
 * The clock of programs: the engine's own, or one that a replay can repeat. The latter either reads the host's clock, where
 * each reading is recorded, or is a virtual clock that only timers move.
 */
import * as native from "../../core/primordials.ts";
import { send } from "./host-port.ts";

/** `host`: every reading comes from the host. A number: the start, in ms since 1970, of a clock that only timers move. */
export type Clock = "host" | number;

const NativeDate = Date;
const nativeNow = Date.now;
const { construct } = Reflect;
const dateToText = native.uncurry(Date.prototype.toString);
const NativeNumber = Number;
let virtual: number | undefined;
let read: () => number = nativeNow;

export function now(): number {
  return read();
}

/** The time at which a timer of `ms` is due, on a clock that only timers move. */
export function dueAfter(ms: number): number {
  return virtual === undefined ? 0 : virtual + ms;
}

/** Advances the clock to the time at which a timer is due. */
export function moveTo(due: number): void {
  if (virtual !== undefined && due > virtual) virtual = due;
}

/** Replaces the engine's clock by `clock` for the program. */
export function useClock(clock: Clock): void {
  if (typeof clock === "number") {
    virtual = clock;
    read = () => virtual!;
  } else read = () => NativeNumber(send("now", 0, "", ""));
  replaceDate();
  replaceTemporal();
  replaceFormat();
}

function define(target: object, name: string, value: unknown): void {
  native.defineProperty(target, name, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
  } as never);
}

function replaceDate(): void {
  define(NativeDate, "now", () => read());
  const Clocked = new Proxy(NativeDate, {
    __proto__: null,
    apply: () => dateToText(new NativeDate(read())),
    construct: (target: DateConstructor, args: unknown[], newTarget: never): object =>
      construct(target, args.length === 0 ? [read()] : args, newTarget) as object,
  } as never);
  define(NativeDate.prototype, "constructor", Clocked);
  define(globalThis, "Date", Clocked);
}

interface Instant {
  toZonedDateTimeISO(zone: unknown): Record<string, () => unknown>;
}

/** Where an engine has Temporal, it reads the engine's clock too. */
function replaceTemporal(): void {
  const { Temporal } = globalThis as unknown as {
    Temporal?: { Now: object; Instant: { fromEpochMilliseconds(ms: number): Instant } };
  };
  if (Temporal === undefined) return;
  const { Now, Instant } = Temporal;
  const instant = (): Instant => Instant.fromEpochMilliseconds(read());
  const zoned = (zone: unknown = "UTC"): Record<string, () => unknown> =>
    instant().toZonedDateTimeISO(zone);
  define(Now, "instant", instant);
  define(Now, "timeZoneId", () => "UTC");
  define(Now, "zonedDateTimeISO", zoned);
  define(Now, "plainDateTimeISO", (zone?: unknown) => zoned(zone)["toPlainDateTime"]!());
  define(Now, "plainDateISO", (zone?: unknown) => zoned(zone)["toPlainDate"]!());
  define(Now, "plainTimeISO", (zone?: unknown) => zoned(zone)["toPlainTime"]!());
}

/** `Intl.DateTimeFormat` without a date formats the current time. */
function replaceFormat(): void {
  if (typeof Intl === "undefined") return;
  const { prototype } = Intl.DateTimeFormat;
  const getFormat = Object.getOwnPropertyDescriptor(prototype, "format")!.get!;
  const { formatToParts } = prototype;
  native.defineProperty(prototype, "format", {
    __proto__: null,
    get(this: Intl.DateTimeFormat) {
      const format = native.reflectApply(getFormat, this, []) as (date: unknown) => string;
      return (date: unknown) => format(date === undefined ? read() : date);
    },
    configurable: true,
  } as never);
  define(prototype, "formatToParts", function (this: Intl.DateTimeFormat, date: unknown) {
    return native.reflectApply(formatToParts, this, [date === undefined ? read() : date] as never);
  });
}
