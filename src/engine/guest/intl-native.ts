/**
 * The engine's own `Intl` on the program's clock, in its time zone and in the default locale, where a program names
 * none: the host's language and zone must not decide what a program answers.
 */
import { DATE_FIELDS, DATE_METHODS } from "../../core/intl-classes.ts";
import * as native from "../../core/primordials.ts";
import { now } from "./clock.ts";
import { define, replaceMethod } from "./define.ts";
import { type Choose, localeChooser } from "./locale-choice.ts";
import { formatOf, zoneName } from "./zone.ts";

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
export type Fill = (args: unknown[]) => unknown[];

/** Called once per VM, before any program runs. */
export function installNativeIntl(): void {
  const { NumberFormat, DateTimeFormat, Collator } = Intl;
  const [ofDates, ofNumbers, ofTexts] = [
    localeChooser(DateTimeFormat),
    localeChooser(NumberFormat),
    localeChooser(Collator),
  ];
  for (const name of DATE_METHODS) wrapDateMethod(name, DateTimeFormat, ofDates);
  for (const { prototype } of [Number, BigInt])
    wrapMethod(prototype, "toLocaleString", withLocale(ofNumbers));
  for (const name of ["toLocaleUpperCase", "toLocaleLowerCase"])
    wrapMethod(String.prototype, name, withLocale(localeChooser(undefined)));
  wrapMethod(String.prototype, "localeCompare", (args) => [args[0], ofTexts(args[1]), args[2]]);
  for (const name of Object.getOwnPropertyNames(Intl)) wrapClass(name);
  formatNow();
}

export function withLocale(choose: Choose): Fill {
  return (args) => [choose(args[0]), args[1]];
}

export function withZone(choose: Choose): Fill {
  return (args) => [choose(args[0]), zoned(args[1])];
}

/** Options with the program's zone, unless they name one. `null` is left to the engine, which refuses it. */
function zoned(options: unknown): unknown {
  if (options === undefined) return { __proto__: null, timeZone: zoneName() };
  if (typeof options !== "object" || options === null) return options;
  const { timeZone } = options as { timeZone?: unknown };
  if (timeZone !== undefined) return options;
  return { __proto__: options, timeZone: zoneName() };
}

/** Formatters of dates that are kept, because making one takes ICU long. */
const MAX_KEPT = 32;

/** Without options the formatter is kept, as the engine keeps one of its own. */
function wrapDateMethod(
  name: (typeof DATE_METHODS)[number],
  Format: typeof Intl.DateTimeFormat,
  choose: Choose,
): void {
  const method = Date.prototype[name] as AnyFunction;
  const fill = withZone(choose);
  let kept: Record<string, unknown> = { __proto__: null };
  let count = 0;
  const formatterOf = (locale: string): unknown => {
    const key = `${zoneName()} ${locale}`;
    if (kept[key] !== undefined) return kept[key];
    if (count++ >= MAX_KEPT) {
      kept = { __proto__: null };
      count = 1;
    }
    const options = { __proto__: null, ...DATE_FIELDS[name], timeZone: zoneName() };
    kept[key] = new Format(locale, options as never);
    return kept[key];
  };
  const { wrapped } = {
    wrapped(this: unknown, ...args: unknown[]) {
      if (args[1] !== undefined) return native.reflectApply(method, this, fill(args));
      const ms = native.dateToMs(this as Date);
      const locale = choose(args[0]);
      if (typeof locale !== "string") return native.reflectApply(method, this, fill(args));
      return ms === ms ? formatOf!(formatterOf(locale), ms) : "Invalid Date";
    },
  };
  replaceMethod(Date.prototype, name, wrapped);
}

function wrapClass(name: string): void {
  const Class = (Intl as unknown as Record<string, AnyFunction & { prototype: object }>)[name]!;
  if (typeof Class !== "function" || name === "Locale" || !("prototype" in Class)) return;
  const choose = localeChooser(Class as never);
  const fill = name === "DateTimeFormat" ? withZone(choose) : withLocale(choose);
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

export function wrapMethod(prototype: object, name: string, fill: Fill): void {
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
  const bound = new native.NativeWeakMap<object, unknown>();
  native.defineProperty(prototype, "format", {
    __proto__: null,
    get(this: Intl.DateTimeFormat) {
      const format = native.reflectApply(getFormat, this, []) as (date: unknown) => string;
      const made = native.weakMapGet(bound, format);
      if (made !== undefined) return made;
      const formatOrNow = (date: unknown): string => format(date === undefined ? now() : date);
      native.weakMapSet(bound, format, formatOrNow);
      return formatOrNow;
    },
    configurable: true,
  } as never);
  replaceMethod(prototype, "formatToParts", function (this: Intl.DateTimeFormat, date: unknown) {
    return native.reflectApply(formatToParts, this, [date === undefined ? now() : date] as never);
  });
}
