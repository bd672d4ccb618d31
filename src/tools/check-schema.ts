/** Tells what is a schema from what only looks like one, so that nobody is left with a tool or a value that nothing checks. */
import { isObject } from "../core/is-object.ts";
import { configError, kindOf } from "../core/setting-errors.ts";
import { standardOf } from "./to-json-schema.ts";

/** Keywords of which a JSON Schema has at least one. */
const KEYWORDS = [
  "type",
  "properties",
  "items",
  "required",
  "enum",
  "const",
  "anyOf",
  "oneOf",
  "allOf",
  "not",
  "if",
  "$ref",
  "$defs",
  "$schema",
  "additionalProperties",
  "description",
];

/**
 * @param name the option that holds it, for messages
 * @throws CodecellError `config_error` for what is neither a Standard Schema nor a JSON Schema
 */
export function checkSchema(schema: unknown, name: string): void {
  if (standardOf(schema) !== undefined) return;
  const wanted = "a Standard Schema (zod, valibot, arktype …) or a JSON Schema";
  if (!isObject(schema)) throw configError(`${name} is ${kindOf(schema)}; it must be ${wanted}`);
  if (typeof schema["parse"] === "function" || "_def" in schema)
    throw configError(
      `${name} is a schema of an old version, which codecell cannot read; update the library`,
    );
  if (Object.values(schema).some((part) => standardOf(part) !== undefined))
    throw configError(`${name} is an object of schemas; wrap it: z.object({ … })`);
  const keys = Object.keys(schema);
  if (keys.length > 0 && !keys.some((key) => KEYWORDS.includes(key)))
    throw configError(
      `${name} has no keyword of JSON Schema; it must be ${wanted}`,
      `A JSON Schema looks like { type: "object", properties: { name: { type: "string" } } }.`,
    );
}
