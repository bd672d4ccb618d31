import { DEFAULT_LOCALE } from "../../core/intl-classes.ts";
import * as native from "../../core/primordials.ts";

/** The locales for the engine's `Intl` in place of those that a program names. */
export type Choose = (locales: unknown) => unknown;

interface Service {
  supportedLocalesOf(locales: unknown): unknown[];
}

const MAX_KNOWN = 100;
const getCanonicalLocales = typeof Intl === "undefined" ? undefined : Intl.getCanonicalLocales;

/**
 * Invariant: where a program names no locale, or none that a service knows, it is the default of programs, never the host's.
 *
 * @param service the class that says which locales it knows; `undefined` for one that treats unknown ones all alike
 */
export function localeChooser(service: Service | undefined): Choose {
  const supportedLocalesOf = service?.supportedLocalesOf;
  let known: Record<string, string> = { __proto__: null } as never;
  let count = 0;
  // A text stays one, because engines keep formatters by it.
  const chooseOne = (tag: string): string => {
    if (supportedLocalesOf === undefined) return tag;
    const before = known[tag];
    if (before !== undefined) return before;
    const found = native.reflectApply(supportedLocalesOf, service, [tag]);
    if (count++ >= MAX_KNOWN) {
      known = { __proto__: null } as never;
      count = 1;
    }
    known[tag] = found.length === 0 ? DEFAULT_LOCALE : tag;
    return known[tag];
  };
  return (locales) => {
    if (locales === undefined) return DEFAULT_LOCALE;
    if (typeof locales === "string") return chooseOne(locales);
    const tags = getCanonicalLocales!(locales as string[]);
    if (tags.length === 0) return DEFAULT_LOCALE;
    if (tags.length === 1) return chooseOne(tags[0]!);
    native.defineProperty(tags, tags.length, {
      __proto__: null,
      value: DEFAULT_LOCALE,
      enumerable: true,
    } as never);
    return tags;
  };
}
