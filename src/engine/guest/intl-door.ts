/** Requests to the host's `Intl`, for an engine without one. Only plain data is sent: known options, texts and numbers. */
import { decode } from "../../core/decode.ts";
import { encode } from "../../core/encode.ts";
import { DEFAULT_LOCALE, MAX_INTL_TEXT } from "../../core/intl-classes.ts";
import { makeError } from "../../core/native-errors.ts";
import * as native from "../../core/primordials.ts";
import { send } from "./host-port.ts";

export type Options = Record<string, string | number | boolean>;

interface Answer {
  readonly value?: unknown;
  readonly error?: readonly [name: string, message: string];
}

/** @throws what the host's `Intl` throws, as an error of this VM */
export function askIntl(
  what: string,
  locales: readonly string[],
  options: unknown,
  ...args: readonly unknown[]
): unknown {
  const list: unknown[] = [locales, options];
  for (let at = 0; at < args.length; at++)
    native.defineProperty(list, at + 2, {
      __proto__: null,
      value: args[at],
      enumerable: true,
    } as never);
  const text = encode(list);
  if (text.length > MAX_INTL_TEXT)
    throw new RangeError(`Intl takes texts of up to ${MAX_INTL_TEXT} characters here`);
  const { value, error } = decode(send("intl", 0, what, text)) as Answer;
  if (error !== undefined) throw makeError(error[0], error[1]) ?? new TypeError(error[1]);
  return value;
}

/** The locales that a program names, as a list of texts. */
export function localesOf(given: unknown): string[] {
  if (given === undefined) return [DEFAULT_LOCALE];
  if (typeof given === "string") return [given];
  if (given === null) throw new TypeError("null is no locale");
  if (native.tagOf(given) === "[object Intl.Locale]") return [`${given as string}`];
  const list = given as ArrayLike<unknown>;
  const tags: string[] = [];
  for (let at = 0; at < list.length; at++) {
    const tag = list[at];
    if (typeof tag !== "string" && (typeof tag !== "object" || tag === null))
      throw new TypeError("a locale is a text, e.g. 'en-GB'");
    tags[at] = `${tag as string}`;
  }
  return tags.length === 0 ? [DEFAULT_LOCALE] : tags;
}

/** Options that can be `true` or `false`: `null` is `false`. */
const SWITCHES: Options = {
  hour12: true,
  ignorePunctuation: true,
  numeric: true,
  useGrouping: true,
};

/** The options with these names. Each is read once, as `Intl` does, and what is no number and no boolean is a text. */
export function optionsOf(given: unknown, names: readonly string[]): Options {
  const options: Options = { __proto__: null } as never;
  if (given === undefined) return options;
  if (given === null) throw new TypeError("the options cannot be null");
  for (let at = 0; at < names.length; at++) {
    const value = (given as Record<string, unknown>)[names[at]!];
    if (value === undefined) continue;
    if (value === null && native.hasOwn(SWITCHES, names[at]!)) options[names[at]!] = false;
    else
      options[names[at]!] =
        typeof value === "number" || typeof value === "boolean" ? value : `${value as string}`;
  }
  return options;
}
