/** Methods of values that depend on a locale, for an engine without `Intl`: its own ignore their arguments. */
import {
  DATE_METHODS,
  DATE_OPTIONS,
  DEFAULT_LOCALE,
  INTL_CLASSES,
} from "../../core/intl-classes.ts";
import * as native from "../../core/primordials.ts";
import { comparer } from "./collate.ts";
import { define, replaceMethod } from "./define.ts";
import { askIntl, localesOf, optionsOf } from "./intl-door.ts";
import { createIntl } from "./intl.ts";
import { zoneName } from "./zone.ts";

const { toUpperCase, toLowerCase } = String.prototype;

/** Defines `Intl` and replaces the methods. Called once per VM, before any program runs. */
export function installIntl(): void {
  define(globalThis, "Intl", createIntl());
  const { NumberFormat } = INTL_CLASSES;
  const formatNumber = (value: unknown, locales: unknown, options: unknown): unknown =>
    askIntl(
      "NumberFormat.format",
      localesOf(locales),
      optionsOf(options, NumberFormat.options),
      value,
    );
  const { ofNumber, ofBigint } = {
    ofNumber(this: number, locales?: unknown, options?: unknown) {
      return formatNumber(native.unboxNumber(this), locales, options);
    },
    ofBigint(this: bigint, locales?: unknown, options?: unknown) {
      return formatNumber(native.unboxBigint(this), locales, options);
    },
  };
  replaceMethod(Number.prototype, "toLocaleString", ofNumber);
  replaceMethod(BigInt.prototype, "toLocaleString", ofBigint);
  for (const name of DATE_METHODS) installDateMethod(name);
  installTextMethods();
  installListMethods();
}

function installDateMethod(name: (typeof DATE_METHODS)[number]): void {
  const { method } = {
    method(this: Date, locales?: unknown, options?: unknown) {
      const ms = native.dateToMs(this);
      if (ms !== ms) return "Invalid Date";
      const read = optionsOf(options, DATE_OPTIONS);
      read["timeZone"] ??= zoneName();
      return askIntl(`Date.${name}`, localesOf(locales), read, ms);
    },
  };
  replaceMethod(Date.prototype, name, method);
}

/** Languages whose letters change their case in other ways than everywhere else. */
const OWN_CASES = /^(?:az|el|lt|tr)(?:-|$)/i;

function installTextMethods(): void {
  const plain = comparer([DEFAULT_LOCALE], optionsOf(undefined, []));
  const { compare } = {
    compare(this: string, other: unknown, locales?: unknown, options?: unknown) {
      if (this === undefined || this === null)
        throw new TypeError("String.prototype.localeCompare called on null or undefined");
      if (locales === undefined && options === undefined) return plain(this, other);
      const read = optionsOf(options, INTL_CLASSES.Collator.options);
      return comparer(localesOf(locales), read)(this, other);
    },
  };
  replaceMethod(String.prototype, "localeCompare", compare);
  for (const [name, change] of [
    ["toLocaleUpperCase", toUpperCase],
    ["toLocaleLowerCase", toLowerCase],
  ] as const) {
    const { method } = {
      method(this: string, locales?: unknown) {
        const [first = ""] = localesOf(locales);
        if (native.execPattern(OWN_CASES, first) === null)
          return native.reflectApply(change, this, []);
        return askIntl(`String.${name}`, localesOf(locales), {}, `${this}`);
      },
    };
    replaceMethod(String.prototype, name, method);
  }
}

/** The engine's own pass no arguments on. */
function installListMethods(): void {
  const { method } = {
    method(this: ArrayLike<unknown>, ...args: unknown[]) {
      let text = "";
      for (let at = 0; at < this.length; at++) {
        const item = this[at] as { toLocaleString(...args: unknown[]): string } | null | undefined;
        if (at > 0) text += ",";
        if (item !== undefined && item !== null) text += item.toLocaleString(...args);
      }
      return text;
    },
  };
  replaceMethod(Array.prototype, "toLocaleString", method);
  replaceMethod(native.getPrototypeOf(Uint8Array.prototype) as object, "toLocaleString", method);
}
