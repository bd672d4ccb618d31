/** Tells what is a schema from what only looks like one, so that nobody is left with a tool or a value that nothing checks. */
import { isObject } from "../core/is-object.ts";
import { configError, kindOf } from "../core/setting-errors.ts";
import { standardOf } from "./to-json-schema.ts";

/** Keywords of JSON Schema, of any version; a schema has at least one. Without those that an example of a value may have as well. */
const KEYWORDS = new Set(
  `$schema $id $ref $defs definitions $anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor
  type enum const allOf anyOf oneOf not if then else
  properties patternProperties additionalProperties propertyNames required minProperties maxProperties dependencies
  dependentRequired dependentSchemas unevaluatedProperties
  items prefixItems additionalItems contains minContains maxContains minItems maxItems uniqueItems unevaluatedItems
  minLength maxLength pattern format contentEncoding contentMediaType contentSchema
  minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
  description`.split(/\s+/),
);

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
  if (keys.length > 0 && !keys.some((key) => KEYWORDS.has(key)))
    throw configError(
      `${name} has no keyword of JSON Schema; it must be ${wanted}`,
      `A JSON Schema looks like { type: "object", properties: { name: { type: "string" } } }.`,
    );
}
