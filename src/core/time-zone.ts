import { wrongValue } from "./setting-errors.ts";
import type { StringSchema } from "./setting-schema.ts";

/**
 * The time zone of programs where none is set. Not the host's: a model's program should give the same answer on every machine, in
 * every placement, and when a session goes on elsewhere.
 */
export const DEFAULT_TIME_ZONE = "UTC";

/** What a time zone is as a setting; {@link checkTimeZone} checks that there is one of this name. */
export const TIME_ZONE: StringSchema = {
  type: "string",
  pattern: "^[A-Za-z0-9_+:/-]{1,100}$",
  wanted: "a time zone of the IANA database, e.g. 'Europe/Berlin'",
  shows: "value",
  hint: "The names are those of Intl.supportedValuesOf('timeZone'), and UTC.",
};

/** Spellings that were checked: doing that takes ICU as long as a small program. */
const checked = new Map<string, string>();
const MAX_CHECKED = 1_000;

/** A time zone that was given, else `other`. Throws like {@link checkTimeZone}. */
export function zoneOf(given: unknown, other: string, at?: string): string {
  return given === undefined ? other : checkTimeZone(given, at);
}

/**
 * A time zone in its canonical spelling.
 * @param at path of the setting, for messages
 * @throws CodecellError `config_error` for what is no time zone
 */
export function checkTimeZone(given: unknown, at = "timeZone"): string {
  const known = typeof given === "string" ? checked.get(given) : undefined;
  if (known !== undefined) return known;
  try {
    if (typeof given === "string" && new RegExp(TIME_ZONE.pattern!, "u").test(given)) {
      const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: given }).resolvedOptions();
      if (checked.size < MAX_CHECKED) checked.set(given, timeZone);
      return timeZone;
    }
  } catch {
    // there is none of this name
  }
  throw wrongValue(TIME_ZONE, given, at);
}
