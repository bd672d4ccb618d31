import { isObject } from "../core/is-object.ts";
import type { JsonSchema } from "./tool.ts";

/**
 * The dialects of JSON Schema. The check of arguments and the types for programs read a schema through this file, so that both
 * mean the same by it.
 */

/** A dialect, as the validator names it. */
export type Dialect = "7" | "2019-09" | "2020-12";

/** Where `nullable` cannot be written into the schema, which has others inside that have to allow null too. */
const COMBINED = ["$ref", "$recursiveRef", "$dynamicRef", "anyOf", "oneOf", "allOf", "not", "if"];
/** What stays where it is, since references lead to it. */
const OUTER = ["$schema", "$id", "$anchor", "$defs", "definitions", "description", "deprecated"];

/**
 * The dialect that `$schema` names; 2020-12 without one, as MCP has it. Drafts 4 and 6 are read as 7: what they write otherwise,
 * {@link inOneDialect} rewrites.
 */
export function dialectOf({ $schema }: JsonSchema): Dialect {
  const id = typeof $schema === "string" ? $schema.slice(0, 200) : "";
  if (/\bdraft-0?[3467]\b/.test(id)) return "7";
  return /\b2019-09\b/.test(id) ? "2019-09" : "2020-12";
}

/** Whether keywords beside `$ref` count: until draft 7 they do not. */
export function readsBesideReferences(schema: JsonSchema): boolean {
  return dialectOf(schema) !== "7";
}

/**
 * One schema, without those inside, with the keywords that only some dialects have in the words of all: `exclusiveMinimum: true`
 * of draft 4 becomes a number, `nullable: true` of OpenAPI becomes null among its types. They are read whatever `$schema` says:
 * nobody means anything else by them.
 */
export function inOneDialect(
  schema: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (typeof schema["exclusiveMinimum"] === "boolean")
    return inOneDialect(withLimit(schema, "minimum", "exclusiveMinimum"));
  if (typeof schema["exclusiveMaximum"] === "boolean")
    return inOneDialect(withLimit(schema, "maximum", "exclusiveMaximum"));
  const { oneOf } = schema;
  if (Array.isArray(oneOf) && oneOf.some(isNullable)) return inOneDialect(withoutOneOf(schema));
  return "nullable" in schema ? withNull(schema) : schema;
}

function isNullable(part: unknown): boolean {
  return isObject(part) && part["nullable"] === true;
}

/** Of choices that all allow null, null fits more than one: OpenAPI means any of them. */
function withoutOneOf(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { oneOf, ...rest } = schema;
  if (!("anyOf" in rest)) return { ...rest, anyOf: oneOf };
  const all: readonly unknown[] = Array.isArray(rest["allOf"]) ? rest["allOf"] : [];
  return { ...rest, allOf: [...all, { anyOf: oneOf }] };
}

function withLimit(
  schema: Readonly<Record<string, unknown>>,
  limit: string,
  exclusive: string,
): Record<string, unknown> {
  const { [exclusive]: isExclusive, ...rest } = schema;
  if (isExclusive !== true || typeof rest[limit] !== "number") return rest;
  const { [limit]: value, ...others } = rest;
  return { ...others, [exclusive]: value };
}

function withNull({
  nullable,
  ...schema
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (nullable !== true) return schema;
  if (COMBINED.some((key) => key in schema)) {
    const isOuter = ([key]: readonly [string, unknown]): boolean => OUTER.includes(key);
    const entries = Object.entries(schema);
    const inner = Object.fromEntries(entries.filter((entry) => !isOuter(entry)));
    return {
      ...Object.fromEntries(entries.filter(isOuter)),
      anyOf: [inner, { type: "null" }],
    };
  }
  // In its place, so that references into it still lead there.
  const { type, const: constant, ...rest } = schema;
  const given: unknown = "const" in schema ? [constant] : rest["enum"];
  return {
    ...rest,
    ...(type === undefined ? {} : { type: [...new Set([type, "null"].flat())] }),
    ...(Array.isArray(given) ? { enum: [...new Set([...(given as unknown[]), null])] } : {}),
  };
}
