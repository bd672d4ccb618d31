/** `Intl` for an engine without one: classes like those of ECMA-402 whose work the host's `Intl` does. */
import { INTL_CLASSES, type IntlClassName } from "../../core/intl-classes.ts";
import * as native from "../../core/primordials.ts";
import { now } from "./clock.ts";
import { comparer } from "./collate.ts";
import { define, replaceMethod } from "./define.ts";
import { askIntl, localesOf, type Options, optionsOf } from "./intl-door.ts";
import { Locale } from "./intl-locale.ts";
import { Segmenter } from "./intl-segmenter.ts";
import { zoneName } from "./zone.ts";

/** The classes that can be called without `new`. */
const CALLABLE = ["NumberFormat", "DateTimeFormat", "Collator"];

/** The request of each formatter. A WeakMap: what is not in it was not made here. */
interface Request {
  readonly locales: readonly string[];
  readonly options: Options;
  /** Made at first use of a bound getter. */
  bound?: unknown;
}

/** `Intl`. Called once per VM, before any program runs. */
export function createIntl(): object {
  const intl = {};
  native.defineProperty(intl, Symbol.toStringTag, { value: "Intl", configurable: true });
  for (const name of native.objectKeys(INTL_CLASSES))
    define(intl, name, createClass(name as IntlClassName));
  define(intl, "Locale", Locale);
  define(intl, "Segmenter", Segmenter);
  define(intl, "getCanonicalLocales", (locales: unknown) =>
    locales === undefined ? [] : askIntl("Intl.getCanonicalLocales", localesOf(locales), {}),
  );
  define(intl, "supportedValuesOf", (key: unknown) =>
    askIntl("Intl.supportedValuesOf", [], {}, `${key as string}`),
  );
  return intl;
}

function createClass(name: IntlClassName): object {
  const requests = new native.NativeWeakMap<object, Request>();
  const names = INTL_CLASSES[name].options;
  const requestOf = (self: unknown): Request => {
    const request =
      typeof self === "object" && self !== null ? native.weakMapGet(requests, self) : undefined;
    if (request === undefined) throw new TypeError(`this is no Intl.${name}`);
    return request as Request;
  };

  const { [name]: Class } = {
    [name]: class {
      constructor(locales?: unknown, options?: unknown) {
        if (name === "DisplayNames" && options === undefined)
          throw new TypeError("Intl.DisplayNames needs options with a type, e.g. 'region'");
        const read = optionsOf(options, names);
        if (name === "DateTimeFormat" && read["timeZone"] === undefined)
          read["timeZone"] = zoneName();
        const request = { locales: localesOf(locales), options: read };
        askIntl(`${name}.resolvedOptions`, request.locales, read); // refuses now what cannot be used
        native.weakMapSet(requests, this, request);
      }

      resolvedOptions(): unknown {
        const { locales, options } = requestOf(this);
        return askIntl(`${name}.resolvedOptions`, locales, options);
      }

      static supportedLocalesOf(locales: unknown, options?: unknown): unknown {
        const read = optionsOf(options, ["localeMatcher"]);
        return askIntl(`${name}.supportedLocalesOf`, localesOf(locales), read);
      }
    },
  };
  const { prototype } = Class!;
  native.defineProperty(prototype, Symbol.toStringTag, {
    value: `Intl.${name}`,
    configurable: true,
  });
  const ask = (self: unknown, method: string, args: readonly unknown[]): unknown => {
    const { locales, options } = requestOf(self);
    return askIntl(`${name}.${method}`, locales, options, ...argumentsOf(name, args));
  };
  for (const method of INTL_CLASSES[name].methods) {
    const { called } = {
      called(this: unknown, ...args: unknown[]) {
        return ask(this, method, args);
      },
    };
    if (method === "format" && (CALLABLE as readonly string[]).includes(name))
      defineBound(prototype, method, requestOf, (self) => (value) => ask(self, method, [value]));
    else replaceMethod(prototype, method, called);
  }
  if (name === "Collator")
    defineBound(prototype, "compare", requestOf, (self) => {
      const { locales, options } = requestOf(self);
      return comparer(locales, options);
    });
  return CALLABLE.includes(name) ? callable(Class!) : Class!;
}

/** A getter of a function that needs no `this`, so that it can be passed to `map` and `sort`. */
function defineBound(
  prototype: object,
  name: string,
  requestOf: (self: unknown) => Request,
  bind: (self: unknown) => (...args: unknown[]) => unknown,
): void {
  native.defineProperty(prototype, name, {
    __proto__: null,
    get(this: unknown) {
      const request = requestOf(this);
      request.bound ??= bind(this);
      return request.bound;
    },
    configurable: true,
  } as never);
}

function callable(Class: new (locales?: unknown, options?: unknown) => object): object {
  const Called = new Proxy(Class, {
    __proto__: null,
    apply: (_target: unknown, _self: unknown, args: unknown[]) => new Class(args[0], args[1]),
  } as never);
  define(Class.prototype, "constructor", Called);
  return Called;
}

/** What of the arguments crosses: dates as their time, lists and durations as plain data. */
function argumentsOf(name: IntlClassName, args: readonly unknown[]): readonly unknown[] {
  switch (name) {
    case "DateTimeFormat":
      return args.length === 0 ? [timeOf(undefined)] : Array.from(args, timeOf);
    case "ListFormat":
      return [Array.from(args[0] as Iterable<unknown>, textOf)];
    case "DurationFormat":
      return [{ ...(args[0] as object) }];
    case "RelativeTimeFormat":
      return [+(args[0] as number), `${args[1] as string}`];
    case "DisplayNames":
      return [`${args[0] as string}`];
    default:
      return Array.from(args, numeric);
  }
}

function timeOf(date: unknown): number {
  if (date === undefined) return now();
  return +(date as number);
}

function textOf(item: unknown): string {
  if (typeof item === "string") return item;
  throw new TypeError("Intl.ListFormat takes a list of texts");
}

/** A number, a BigInt, or the text of a number, which keeps all of its digits. */
function numeric(given: unknown): unknown {
  if (typeof given === "number" || typeof given === "bigint" || typeof given === "string")
    return given;
  return typeof given === "object" && given !== null && typeof given.valueOf() === "bigint"
    ? given.valueOf()
    : +(given as number);
}
