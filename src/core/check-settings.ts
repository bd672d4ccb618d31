/** Checks settings by their schema. Every message has the path of the setting, its value, and what it must be. */
import { isObject } from "./is-object.ts";
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
import { below, unknownKey, wrongValue } from "./setting-errors.ts";

/** Expands the variables in the text of the setting at path `at`. */
export type Expand = (text: string, at: string) => string;

const asItIs: Expand = (text) => text;

/**
 * A checked copy of an object of settings, with what is left out still left out.
 * @param at path of the object, e.g. `codecell.limits`; empty at the top, `file: ` for a whole file
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

/** Checks one setting like {@link readSettings}. A setting that is left out gets its default. */
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
  if (!isOfType(value, schema.type)) throw wrongValue(schema, value, at);
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

/** Throws `config_error` for a key of `object` that the schema does not have, and names the nearest key. */
export function checkKeys(schema: ObjectSchema, object: object, at: string): void {
  const known = Object.keys(schema.properties);
  for (const key of Object.keys(object)) {
    if (known.includes(key) || schema.ignored?.includes(key)) continue;
    throw unknownKey(schema, key, at);
  }
}

function readObject(schema: ObjectSchema, value: unknown, at: string, expand: Expand): object {
  if (!isObject(value)) throw wrongValue(schema, value, at);
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
  throw wrongValue(schema, value, at);
}

function readString(schema: StringSchema, value: string, at: string, expand: Expand): string {
  const text = schema.variables ? expand(value, at) : value;
  const { enum: choices, minLength = 0, maxLength = Infinity, pattern } = schema;
  const fits =
    (choices === undefined || choices.includes(text)) &&
    hasLength(text, minLength, maxLength) &&
    (pattern === undefined || new RegExp(pattern, "u").test(text));
  if (!fits) throw wrongValue(schema, value, at);
  return text;
}

/** Counts code points, as JSON Schema does, and stops as soon as the result is known. */
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
  if (value.length < minItems) throw wrongValue(schema, value, at);
  return Array.from(value, (item, index) =>
    readSetting(items, item, dotted ? `${at}.${index}` : `${at}[${index}]`, expand),
  );
}

/** Maps each entry and leaves out those that become `undefined`. Keys such as `__proto__` stay own keys. */
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
