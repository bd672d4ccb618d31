/**
 * `Intl` for engines that lack it. Invariant: a request is text, of which only known classes, methods and options with plain
 * values are used; the same request has the same answer, so nothing of it need be recorded.
 */
import { decodeWithin } from "../core/decode-within.ts";
import {
  AS_JSON,
  DATE_FIELDS,
  DATE_METHODS,
  DATE_OPTIONS,
  DEFAULT_LOCALE,
  INTL_CLASSES,
  type IntlClassName,
  MAX_INTL_TEXT,
  LOCALE_OPTIONS,
} from "../core/intl-classes.ts";
import { isObject } from "../core/is-object.ts";

type Plain = string | number | boolean;
type Options = Readonly<Record<string, Plain>>;
type Formatter = Readonly<Record<string, (...args: unknown[]) => unknown>>;
type Make = new (locales: readonly string[], options: Options) => Formatter;

const DATE_ASKED = ["weekday", "year", "month", "day"];
const TIME_ASKED = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
const MAX_LOCALES = 20;
const MAX_NAME = 100;
const CAPS = { parts: 5_000, depth: 6 };
/** Most segments of one answer. */
const MAX_SEGMENTS = 4_000;
/** Formatters that are kept, because making one takes ICU up to a millisecond. */
const MAX_KEPT = 64;
const kept = new Map<string, unknown>();

/** Answers with JSON: `{ value }`, or `{ error: [name, message] }` as `Intl` itself would throw it. */
export function answerIntl(what: string, text: string): string {
  try {
    return JSON.stringify({ value: carryOut(what, readList(text)) ?? null });
  } catch (error) {
    const { name, message } = error as Error;
    return JSON.stringify({ error: [`${name}`, `${message}`.slice(0, 500)] });
  }
}

/** Compares two texts that were sent as one, or as a list where `length` is `AS_JSON`; the collator is given as JSON `[locales, options]`. */
export function answerCompare(collator: string, text: string, length: number): string {
  try {
    if (collator.length > MAX_INTL_TEXT || text.length > MAX_INTL_TEXT) return "";
    const known = keep(`compare ${collator}`, () => {
      const [locales, options] = readList(collator);
      return new Intl.Collator(choices(readLocales(locales)), readOptions(options, "Collator"));
    });
    const [one, other] =
      length === AS_JSON ? readList(text) : [text.slice(0, length), text.slice(length)];
    return `${known.compare(readText(one), readText(other))}`;
  } catch {
    return "";
  }
}

function readList(text: string): readonly unknown[] {
  if (text.length > MAX_INTL_TEXT)
    throw new RangeError(`Intl takes texts of up to ${MAX_INTL_TEXT} characters here`);
  const list = decodeWithin(text, CAPS);
  if (!Array.isArray(list)) throw new TypeError("malformed request");
  return list;
}

function carryOut(what: string, [locales, options, ...args]: readonly unknown[]): unknown {
  const [name = "", method = ""] = what.split(".");
  const at = readLocales(locales);
  switch (name) {
    case "Date":
      return formatDate(method, at, readDateOptions(options), args[0]);
    case "String":
      return changeCase(method, at, args[0]);
    case "Locale":
      return readLocale(at[0] ?? "", args[0]);
    case "Segmenter":
      return segment(at, options, args[0]);
    case "Intl":
      return method === "supportedValuesOf"
        ? Intl.supportedValuesOf(readText(args[0]) as "currency")
        : Intl.getCanonicalLocales(at as string[]);
    default:
      return format(name, method, at, options, args);
  }
}

function format(
  name: string,
  method: string,
  locales: readonly string[],
  given: unknown,
  args: readonly unknown[],
): unknown {
  if (!Object.hasOwn(INTL_CLASSES, name)) throw new TypeError(`Intl.${name} is not available here`);
  const known = name as IntlClassName;
  const Class = Intl[known as "NumberFormat"] as unknown as Make & {
    supportedLocalesOf(locales: readonly string[], options: Options): string[];
  };
  const options = readOptions(given, known);
  if (method === "supportedLocalesOf") return Class.supportedLocalesOf(locales, options);
  const key = JSON.stringify([name, locales, options]);
  const formatter = keep(key, () => new Class(choices(locales), options));
  const methods: readonly string[] = INTL_CLASSES[known].methods;
  if (method === "resolvedOptions") return formatter["resolvedOptions"]!();
  if (!methods.includes(method)) throw new TypeError(`Intl.${name} has no ${method} here`);
  return formatter[method]!(...args.map(readArgument));
}

function keep<T>(key: string, make: () => T): T {
  const known = kept.get(key) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, made);
  return made;
}

/** The locales to choose from: where none is known, the default of programs counts, not that of the host. */
function choices(locales: readonly string[]): string[] {
  return [...locales, DEFAULT_LOCALE];
}

function formatDate(
  method: string,
  locales: readonly string[],
  options: Options,
  ms: unknown,
): string {
  const known = DATE_METHODS.find((name) => name === method);
  if (known === undefined || typeof ms !== "number") throw new TypeError("malformed request");
  const other = {
    toLocaleString: "",
    toLocaleDateString: "timeStyle",
    toLocaleTimeString: "dateStyle",
  };
  if (other[known] in options) return new Date(ms)[known](choices(locales), options); // is refused
  const key = JSON.stringify([known, locales, options]);
  const make = (): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(choices(locales), { ...defaultFields(known, options), ...options });
  return keep(key, make).format(ms);
}

/** The fields of a date that are written where the options ask for none that the method is about. */
function defaultFields(
  method: (typeof DATE_METHODS)[number],
  options: Options,
): Readonly<Record<string, "numeric">> {
  const fields = DATE_FIELDS[method];
  const asked = {
    toLocaleString: [...DATE_ASKED, ...TIME_ASKED],
    toLocaleDateString: DATE_ASKED,
    toLocaleTimeString: TIME_ASKED,
  }[method];
  return [...asked, "dateStyle", "timeStyle"].some((name) => name in options) ? {} : fields;
}

function changeCase(method: string, locales: readonly string[], text: unknown): string {
  const upper = method === "toLocaleUpperCase";
  return upper
    ? readText(text).toLocaleUpperCase(locales as string[])
    : readText(text).toLocaleLowerCase(locales as string[]);
}

const LOCALE_PARTS = ["baseName", ...LOCALE_OPTIONS] as const;

function readLocale(tag: string, given: unknown): object {
  const locale = new Intl.Locale(tag, checkPlain(given, LOCALE_PARTS));
  const parts = LOCALE_PARTS.map((part) => [part, locale[part]]);
  const [maximized, minimized] = [`${locale.maximize()}`, `${locale.minimize()}`];
  return { ...Object.fromEntries(parts), tag: `${locale}`, maximized, minimized };
}

/** The first segments of a text: a guest asks again for the rest, so that no request takes long. */
function segment(locales: readonly string[], given: unknown, text: unknown): unknown {
  const options = checkPlain(given, ["localeMatcher", "granularity"]);
  const segmenter = new Intl.Segmenter(choices(locales), options);
  if (text === undefined) return segmenter.resolvedOptions();
  const found: object[] = [];
  for (const { segment: part, index, isWordLike } of segmenter.segment(readText(text))) {
    found.push({ segment: part, index, ...(isWordLike === undefined ? {} : { isWordLike }) });
    if (found.length >= MAX_SEGMENTS) break;
  }
  return found;
}

function readLocales(given: unknown): readonly string[] {
  if (!Array.isArray(given) || given.length > MAX_LOCALES)
    throw new RangeError(`at most ${MAX_LOCALES} locales`);
  return given.map((tag) => readText(tag, MAX_NAME));
}

function readOptions(given: unknown, name: IntlClassName): Options {
  return checkPlain(given, INTL_CLASSES[name].options);
}

function readDateOptions(given: unknown): Options {
  return checkPlain(given, DATE_OPTIONS);
}

function checkPlain(given: unknown, names: readonly string[]): Options {
  if (!isObject(given)) throw new TypeError("the options must be an object");
  for (const [key, value] of Object.entries(given)) {
    const isPlain = ["string", "number", "boolean"].includes(typeof value);
    if (!names.includes(key) || !isPlain || `${value as Plain}`.length > MAX_NAME)
      throw new RangeError(`the option ${key.slice(0, MAX_NAME)} is not available here`);
  }
  return given as Options;
}

/** A number, a text, or a list or an object of such. */
function readArgument(given: unknown): unknown {
  if (Array.isArray(given)) return given.map((item) => readText(item));
  if (isObject(given)) {
    if (Object.values(given).every((value) => typeof value === "number")) return given;
  } else if (["string", "number", "bigint", "undefined"].includes(typeof given)) return given;
  throw new TypeError("Intl takes numbers and texts here");
}

function readText(given: unknown, most = MAX_INTL_TEXT): string {
  if (typeof given === "string" && given.length <= most) return given;
  throw new TypeError(`a text of up to ${most} characters is needed`);
}
