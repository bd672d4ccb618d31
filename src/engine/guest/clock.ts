/**
 * What time it is: the engine's own clock, or one that tells the same again. That is one whose every reading comes
 * through the door, where it is recorded, or one that only timers move.
 */
import * as native from "../../core/primordials.ts";
import { send } from "./host-port.ts";

/** `door`: every reading is the host's. A number: where a clock starts that only timers move, in ms since 1970. */
export type Clock = "door" | number;

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

/** When a timer that waits for `ms` is due, on a clock that only timers move. */
export function dueAfter(ms: number): number {
  return virtual === undefined ? 0 : virtual + ms;
}

/** A timer is due: the clock stands at least there. */
export function moveTo(due: number): void {
  if (virtual !== undefined && due > virtual) virtual = due;
}

/** Have the program see `clock` instead of the engine's, from its first line on. */
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

/** Engines that have it read their own clock there too. */
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

/** A format of no date is one of now. */
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
