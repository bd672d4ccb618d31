import { CodecellError } from "../../core/errors.ts";
import { isObject } from "../../core/is-object.ts";
import { near } from "../near.ts";

/** A complaint about one place of a config. */
export function problem(file: string, path: string, what: string): CodecellError {
  return new CodecellError("config_error", `${file}${path} ${what}`);
}

/** `value` when it is an object. Throws `config_error` naming its path and what is wanted. */
export function asObject(value: unknown, path: string, wanted: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new CodecellError("config_error", `${path} is ${kindOf(value)}; it must be ${wanted}`);
}

/** Throws `config_error` for a key that is neither known nor one to ignore, with the nearest known one. */
export function checkKeys(
  object: object,
  known: readonly string[],
  ignored: ReadonlySet<string>,
  file: string,
  prefix: string,
): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key) || ignored.has(key)) continue;
    const closest = near(key, known, 1)[0];
    const advice =
      closest === undefined ? `the keys are ${known.join(", ")}` : `did you mean ${closest}?`;
    throw new CodecellError("config_error", `${file}${prefix}${key} is not a known key; ${advice}`);
  }
}

/** What a value of the wrong kind is, for a message: `a number`, `an array`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value)
    ? "an array"
    : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
