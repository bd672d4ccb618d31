import type { JsonSchema } from "./tool.ts";

/**
 * Keywords that would run a server's regular expression, or more than linear work, on the host's event loop over text
 * of a hostile program. The server checks them itself.
 */
const COSTLY = new Set(["pattern", "patternProperties", "format", "uniqueItems"]);
/** With costly keywords gone, what was rejected may match: these would then reject more than the author meant. */
const TURNED_BY_LOSS = new Set([
  "not",
  "if",
  "then",
  "else",
  "contains",
  "minContains",
  "maxContains",
  "unevaluatedProperties",
  "unevaluatedItems",
]);
const MAPS = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);
const DATA = new Set(["enum", "const", "default", "examples", "required", "dependentRequired"]);
const TYPES = new Set(["string", "number", "integer", "boolean", "array", "object", "null"]);
const MAX_TEXT = 1_000_000;

/**
 * A copy of `schema` that accepts at least what `schema` accepts and runs no regular expression.
 * @param onVisit called each time the validator visits a part of it, so that its work can be bounded: references can
 *   make a small schema take exponential time
 * @throws Error when the schema is too large or no JSON
 */
export function safeSchema(schema: JsonSchema, onVisit: () => void): JsonSchema {
  const text = JSON.stringify(schema);
  if (text.length > MAX_TEXT) throw new Error("the schema is too large");
  const loses = /"(?:pattern|patternProperties|format|uniqueItems)":/.test(text);
  return copy(JSON.parse(text), { loses, onVisit }) as JsonSchema;
}

interface Plan {
  /** True when costly keywords are dropped somewhere. */
  readonly loses: boolean;
  readonly onVisit: () => void;
}

function copy(schema: unknown, plan: Plan): unknown {
  if (Array.isArray(schema)) return schema.map((item) => copy(item, plan));
  if (typeof schema !== "object" || schema === null) return schema;
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (COSTLY.has(key) || (plan.loses && TURNED_BY_LOSS.has(key))) continue;
    // What the dropped patternProperties matched would now count as additional.
    if (key === "additionalProperties" && "patternProperties" in schema) continue;
    if (key === "type" && !isKnownType(value)) continue;
    if (key === "required" && !Array.isArray(value)) continue;
    if (key === "oneOf" && plan.loses)
      entries.push(["allOf", [...existing(schema, plan), { anyOf: copy(value, plan) }]]);
    else if (key === "allOf" && plan.loses && "oneOf" in schema) continue;
    else entries.push([key, copyKeyword(key, value, plan)]);
  }
  // The validator reads this keyword at every step; it is one that we have dropped.
  return Object.defineProperty(Object.fromEntries(entries), "format", { get: plan.onVisit });
}

function existing(schema: object, plan: Plan): unknown[] {
  const all = "allOf" in schema ? copy(schema.allOf, plan) : [];
  return Array.isArray(all) ? all : [];
}

function copyKeyword(key: string, value: unknown, plan: Plan): unknown {
  if (DATA.has(key) || typeof value !== "object" || value === null) return value;
  if (!MAPS.has(key)) return copy(value, plan);
  // In here the keys are names, not keywords: a property may be named "pattern".
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copy(item, plan)]));
}

/** Some servers write `"type": "any"`. */
function isKnownType(type: unknown): boolean {
  return Array.isArray(type)
    ? type.every((one) => TYPES.has(one as string))
    : TYPES.has(type as string);
}
