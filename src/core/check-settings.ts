/** Checks settings by their schema. Every message says where the setting stands, what it is, and what it must be. */
import { CodecellError } from "./errors.ts";
import { isObject } from "./is-object.ts";
import { nearest } from "./nearest.ts";
import { oneLine } from "./one-line.ts";
import type {
  ListSchema,
  MapSchema,
  NumberSchema,
  ObjectSchema,
  Schema,
  SchemaFor,
  StringSchema,
  TypedSchema,
} from "./setting-schema.ts";

/** Expands the variables in a text that stands at `at`. */
export type Expand = (text: string, at: string) => string;

/** Messages show no more than this of a key or a value. */
const MAX_SHOWN = 200;
const asItIs: Expand = (text) => text;

/**
 * A checked copy of an object of settings, with what is left out still left out.
 * @param at where the object stands, e.g. `codecell.limits`; empty at the top, `file: ` for a whole file
 * @param expand expands the texts whose schema has `variables`
 * @throws CodecellError `config_error` for the first setting that is wrong
 */
export function readSettings<T>(
  schema: SchemaFor<T>,
  value: unknown,
  at: string,
  expand: Expand = asItIs,
): Partial<T> {
  return readObject(schema, value, at, expand) as Partial<T>;
}

/** One setting, checked: see {@link readSettings}. One that is left out has its default. */
export function readSetting(
  schema: Schema,
  value: unknown,
  at: string,
  expand: Expand = asItIs,
): unknown {
  if (value === undefined && "default" in schema) return schema.default;
  if (schema.type !== undefined) return readTyped(schema, value, at, expand);
  if (schema.anyOf === undefined) return value;
  const fitting = schema.anyOf.find(({ type }) => isOfType(value, type));
  return readTyped(fitting ?? schema.anyOf[0]!, value, at, expand);
}

function readTyped(schema: TypedSchema, value: unknown, at: string, expand: Expand): unknown {
  if (!isOfType(value, schema.type)) throw wrong(schema, value, at);
  switch (schema.type) {
    case "boolean":
      return value;
    case "integer":
    case "number":
      return readNumber(schema, value, at);
    case "string":
      return readString(schema, value as string, at, expand);
    case "array":
      return readList(schema, value as readonly unknown[], at, expand);
    case "object":
      return "properties" in schema
        ? readObject(schema, value, at, expand)
        : readMap(schema, value as object, at, expand);
  }
}

/** Throws `config_error` for a key of `object` that is none of the schema's, naming the nearest one. */
export function checkKeys(schema: ObjectSchema, object: object, at: string): void {
  const known = Object.keys(schema.properties);
  for (const key of Object.keys(object)) {
    if (known.includes(key) || schema.ignored?.includes(key)) continue;
    throw unknownKey(schema, key, at);
  }
}

function unknownKey(schema: ObjectSchema, key: string, at: string): CodecellError {
  const { noun = "setting", listed = false } = schema;
  const known = Object.keys(schema.properties);
  const [closest] = nearest(key, known, 1);
  const list = closest === undefined || listed ? `; the ${noun}s are ${known.join(", ")}` : "";
  // The path of a key in an entry is long and names the file: the key alone says enough.
  const spelling = closest === undefined || noun === "key" ? closest : below(at, closest);
  const advice = spelling === undefined ? "" : `; did you mean ${spelling}?`;
  const kind = noun === "key" ? "known key" : noun;
  return configError(`${below(at, key)} is not a ${kind}${list}${advice}`);
}

/** Where `key` of what stands at `at` stands. */
export function below(at: string, key: string): string {
  return `${at}${at === "" || at.endsWith(": ") ? "" : "."}${oneLine(cut(key))}`;
}

export function configError(message: string, hint?: string): CodecellError {
  return new CodecellError("config_error", message, { hint });
}

/** A value in a message: short, on one line, and never asked to describe itself. */
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

function readObject(schema: ObjectSchema, value: unknown, at: string, expand: Expand): object {
  if (!isObject(value)) throw wrong(schema, value, at);
  checkKeys(schema, value, at);
  return mapEntries(schema.properties, (key, property) => {
    const given =
      "nullable" in property && property.nullable ? (value[key] ?? undefined) : value[key];
    if (given === undefined && !schema.required?.includes(key)) return undefined;
    return readSetting(property, given, below(at, key), expand);
  });
}

function readMap(schema: MapSchema, value: object, at: string, expand: Expand): object {
  return mapEntries(value, (key, item) =>
    readSetting(schema.additionalProperties, item, below(at, key), expand),
  );
}

function readNumber(schema: NumberSchema, value: unknown, at: string): number {
  const { minimum, maximum = Infinity } = schema;
  const number = value as number;
  if (number >= minimum && number <= maximum) return number;
  throw wrong(schema, value, at);
}

function readString(schema: StringSchema, value: string, at: string, expand: Expand): string {
  const text = schema.variables ? expand(value, at) : value;
  const { enum: choices, minLength = 0, maxLength = Infinity, pattern } = schema;
  const fits =
    (choices === undefined || choices.includes(text)) &&
    hasLength(text, minLength, maxLength) &&
    (pattern === undefined || new RegExp(pattern, "u").test(text));
  if (!fits) throw wrong(schema, value, at);
  return text;
}

/** Counts code points, as JSON Schema does, of no more than it has to. */
function hasLength(text: string, minimum: number, maximum: number): boolean {
  if (minimum === 0 && maximum === Infinity) return true;
  const enough = maximum === Infinity ? minimum : maximum + 1;
  const { length } = [...text.slice(0, 2 * enough)];
  return length >= minimum && length <= maximum;
}

function readList(
  schema: ListSchema,
  value: readonly unknown[],
  at: string,
  expand: Expand,
): unknown[] {
  const { items, minItems = 0, dotted } = schema;
  if (value.length < minItems) throw wrong(schema, value, at);
  return Array.from(value, (item, index) =>
    readSetting(items, item, dotted ? `${at}.${index}` : `${at}[${index}]`, expand),
  );
}

/** What each entry becomes; those that become nothing are left out. Keys such as `__proto__` stay keys. */
function mapEntries<V>(
  object: Readonly<Record<string, V>> | object,
  map: (key: string, value: V) => unknown,
): object {
  const entries = Object.entries(object).map(
    ([key, value]) => [key, map(key, value as V)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function isOfType(value: unknown, type: TypedSchema["type"]): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "number") return Number.isFinite(value);
  return typeof value === type;
}

function wrong(schema: TypedSchema, value: unknown, at: string): CodecellError {
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
