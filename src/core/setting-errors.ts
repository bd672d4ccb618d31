/** The errors of settings. All have the same form: the path of the setting, its value, what it must be. */
import { CodecellError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { oneLine } from "./one-line.ts";
import type { NumberSchema, ObjectSchema, StringSchema, TypedSchema } from "./setting-schema.ts";

/** Messages show at most this many characters of a key or a value. */
const MAX_SHOWN = 200;

/** The path of `key` in the object at path `at`. */
export function below(at: string, key: string): string {
  return `${at}${at === "" || at.endsWith(": ") ? "" : "."}${oneLine(cut(key))}`;
}

export function configError(message: string, hint?: string): CodecellError {
  return new CodecellError("config_error", message, { hint });
}

/** A value for a message: short and on one line. Its own `toString` is never called. */
export function shown(value: unknown): string {
  if (typeof value === "string") return oneLine(JSON.stringify(cut(value)));
  const plain = value === null || ["number", "boolean", "undefined"].includes(typeof value);
  return plain ? `${value as number}` : kindOf(value);
}

/** What kind of value it is, for a message: `a number`, `an array`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return "an array";
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

/** For a key that the schema does not have. */
export function unknownKey(schema: ObjectSchema, key: string, at: string): CodecellError {
  const { noun = "setting", listed = false } = schema;
  const known = Object.keys(schema.properties);
  const [closest] = nearest(key, known, 1);
  const list = closest === undefined || listed ? `; the ${noun}s are ${known.join(", ")}` : "";
  // The path of a key in an entry is long and names the file, that of an option names what takes it: the key alone says enough.
  const isAlone = noun === "key" || noun === "option";
  const spelling = closest === undefined || isAlone ? closest : below(at, closest);
  const advice = spelling === undefined ? "" : `; did you mean ${spelling}?`;
  const kind = { setting: "a setting", limit: "a limit", option: "an option", key: "a known key" };
  return configError(`${below(at, key)} is not ${kind[noun]}${list}${advice}`);
}

/** For a value that the schema does not accept. */
export function wrongValue(schema: TypedSchema, value: unknown, at: string): CodecellError {
  const wanted = schema.wanted ?? wantedBy(schema);
  const byDefault = "minimum" in schema || "enum" in schema ? "value" : "nothing";
  const shows = value === undefined ? "nothing" : (schema.shows ?? byDefault);
  const is =
    shows === "nothing" ? "" : `is ${shows === "value" ? shown(value) : kindOf(value)}; it `;
  // In a config file, text is often written as the number or the boolean that it looks like.
  const quotable =
    schema.type === "string" && shows === "kind" && /^(?:number|boolean)$/.test(typeof value);
  const advice = quotable ? `: write "${value as number}"` : "";
  return configError(`${at.replace(/: $/, "")} ${is}must be ${wanted}${advice}`, schema.hint);
}

function wantedBy(schema: TypedSchema): string {
  switch (schema.type) {
    case "boolean":
      return "true or false";
    case "string":
      return schema.enum === undefined ? textOf(schema) : `one of ${schema.enum.join(", ")}`;
    case "array":
      return schema.items.type === "string" ? "a list of strings" : "a list";
    case "object":
      return "an object";
    default:
      return rangeOf(schema);
  }
}

function textOf({ minLength, maxLength }: StringSchema): string {
  if (maxLength !== undefined) return `a string of ${minLength ?? 0} to ${maxLength} characters`;
  if (minLength === undefined) return "a string";
  return `a string of at least ${minLength} character${minLength === 1 ? "" : "s"}`;
}

function rangeOf({ type, minimum, maximum }: NumberSchema): string {
  const range = maximum === undefined ? `from ${minimum}` : `from ${minimum} to ${maximum}`;
  return `${type === "integer" ? "a whole number" : "a number"} ${range}`;
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text;
}
