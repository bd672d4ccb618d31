/**
 * The engine's own `Intl` and `Temporal` on the program's clock, in its time zone and in the default locale, where a program names
 * none: the host's language and zone must not decide what a program answers.
 */
import { DATE_METHODS, DEFAULT_LOCALE } from "../../core/intl-classes.ts";
import * as native from "../../core/primordials.ts";
import { now } from "./clock.ts";
import { define, replaceMethod } from "./define.ts";
import { zoneName } from "./zone.ts";

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type Fill = (args: unknown[]) => unknown[];

/** Called once per VM, before any program runs. */
export function installNativeIntl(): void {
  for (const name of Object.getOwnPropertyNames(Intl)) wrapClass(name);
  for (const name of DATE_METHODS) wrapMethod(Date.prototype, name, withZone);
  for (const { prototype } of [Number, BigInt]) wrapMethod(prototype, "toLocaleString", withLocale);
  for (const name of ["toLocaleUpperCase", "toLocaleLowerCase"])
    wrapMethod(String.prototype, name, withLocale);
  wrapMethod(String.prototype, "localeCompare", ([other, locales, options]) => [
    other,
    locales === undefined ? DEFAULT_LOCALE : locales,
    options,
  ]);
  formatNow();
  installTemporal();
}

const withLocale: Fill = (args) => [args[0] === undefined ? DEFAULT_LOCALE : args[0], args[1]];

const withZone: Fill = (args) => [args[0] === undefined ? DEFAULT_LOCALE : args[0], zoned(args[1])];

/** Options with the program's zone, unless they name one. `null` is left to the engine, which refuses it. */
function zoned(options: unknown): unknown {
  if (options === undefined) return { __proto__: null, timeZone: zoneName() };
  if (typeof options !== "object" || options === null) return options;
  const { timeZone } = options as { timeZone?: unknown };
  if (timeZone !== undefined) return options;
  return { __proto__: options, timeZone: zoneName() };
}

function wrapClass(name: string): void {
  const Class = (Intl as unknown as Record<string, AnyFunction & { prototype: object }>)[name]!;
  if (typeof Class !== "function" || name === "Locale" || !("prototype" in Class)) return;
  const fill = name === "DateTimeFormat" ? withZone : withLocale;
  const Wrapped = new Proxy(Class, {
    __proto__: null,
    apply: (target: AnyFunction, self: unknown, args: unknown[]) =>
      native.reflectApply(target, self, fill(args)),
    construct: (target: AnyFunction, args: unknown[], newTarget: never) =>
      native.reflectConstruct(target, fill(args), newTarget) as object,
  } as never);
  define(Class.prototype, "constructor", Wrapped);
  define(Intl, name, Wrapped);
}

function wrapMethod(prototype: object, name: string, fill: Fill): void {
  const method = (prototype as Record<string, AnyFunction>)[name]!;
  const { wrapped } = {
    wrapped(this: unknown, ...args: unknown[]) {
      return native.reflectApply(method, this, fill(args));
    },
  };
  replaceMethod(prototype, name, wrapped);
}

/** `Intl.DateTimeFormat` without a date formats the current time. */
function formatNow(): void {
  const { prototype } = Intl.DateTimeFormat;
  const getFormat = Object.getOwnPropertyDescriptor(prototype, "format")!.get!;
  const { formatToParts } = prototype;
  native.defineProperty(prototype, "format", {
    __proto__: null,
    get(this: Intl.DateTimeFormat) {
      const format = native.reflectApply(getFormat, this, []) as (date: unknown) => string;
      return (date: unknown) => format(date === undefined ? now() : date);
    },
    configurable: true,
  } as never);
  replaceMethod(prototype, "formatToParts", function (this: Intl.DateTimeFormat, date: unknown) {
    return native.reflectApply(formatToParts, this, [date === undefined ? now() : date] as never);
  });
}

interface Instant {
  toZonedDateTimeISO(zone: unknown): Record<string, () => unknown>;
}

/** Where an engine has Temporal, its `Now` reads the program's clock and zone. */
function installTemporal(): void {
  const { Temporal } = globalThis as unknown as {
    Temporal?: { Now: object; Instant: { fromEpochMilliseconds(ms: number): Instant } };
  };
  if (Temporal === undefined) return;
  const { Now, Instant } = Temporal;
  const instant = (): Instant => Instant.fromEpochMilliseconds(now());
  const inZone = (zone: unknown = zoneName()): Record<string, () => unknown> =>
    instant().toZonedDateTimeISO(zone);
  define(Now, "instant", instant);
  define(Now, "timeZoneId", () => zoneName());
  define(Now, "zonedDateTimeISO", inZone);
  define(Now, "plainDateTimeISO", (zone?: unknown) => inZone(zone)["toPlainDateTime"]!());
  define(Now, "plainDateISO", (zone?: unknown) => inZone(zone)["toPlainDate"]!());
  define(Now, "plainTimeISO", (zone?: unknown) => inZone(zone)["toPlainTime"]!());
}
