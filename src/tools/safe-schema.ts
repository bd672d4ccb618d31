import { isObject } from "../core/is-object.ts";
import { breachOfShape } from "../core/json-shape.ts";
import { plainness } from "../core/plain-json.ts";
import type { CheckBudget } from "./check-budget.ts";
import { LONG_TEXT } from "./checkable.ts";
import { inOneDialect } from "./dialect.ts";
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
const MAPS = new Set(["properties", "$defs", "definitions", "dependentSchemas", "dependencies"]);
const LISTS = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
/** Keywords whose value is a schema, which may be `true`. */
const SCHEMAS = new Set([
  "items",
  "additionalItems",
  "additionalProperties",
  "propertyNames",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
const DATA = new Set(["enum", "const", "default", "examples", "required", "dependentRequired"]);
const TYPES = new Set(["string", "number", "integer", "boolean", "array", "object", "null"]);
/** Making a validator of a schema takes time for every part of it, too: about 20 ms for these. */
const MAX_TEXT = 262_144;
const MAX_PARTS = 20_000;
const MAX_DEPTH = 100;
/** Characters of a schema's own data that the validator compares or prints in the time of one step. */
const CHARACTERS_A_STEP = 16;
/** Characters of an argument that are counted in the time of one step. */
const CHARACTERS_MEASURED_A_STEP = 500;

/**
 * A copy of `schema` that accepts at least what `schema` accepts, runs no regular expression, and charges `budget` each time the
 * validator visits a part of it: references can make a small schema take exponential time.
 * @param rounded whether it is for arguments with whole numbers that were rounded
 * @throws Error when the schema is too large or no JSON
 */
export function safeSchema(schema: JsonSchema, budget: CheckBudget, rounded = false): JsonSchema {
  const caps = { depth: MAX_DEPTH, parts: MAX_PARTS, characters: MAX_TEXT };
  if (plainness(schema, caps) === "large") throw tooLarge();
  const text = JSON.stringify(schema);
  if (text.length > MAX_TEXT || breachOfShape(text, caps) !== undefined) throw tooLarge();
  const drops = rounded ? isCostlyOrExact : isCostly;
  return copy(JSON.parse(text), { loses: losesIn(schema, drops), drops, budget }) as JsonSchema;
}

function tooLarge(): Error {
  return new Error(
    `the schema has more than ${MAX_TEXT} characters, ${MAX_PARTS} parts or ${MAX_DEPTH} levels`,
  );
}

type Drops = (keyword: string, value: unknown) => boolean;

interface Plan {
  /** Whether a keyword is left to the server. */
  readonly drops: Drops;
  /** True when one of them is somewhere. */
  readonly loses: boolean;
  readonly budget: CheckBudget;
}

/** Whether something that is dropped is anywhere in a schema. */
function losesIn(schema: unknown, drops: Drops): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  if (Array.isArray(schema)) return schema.some((item) => losesIn(item, drops));
  return Object.entries(schema).some(([key, value]) => drops(key, value) || losesIn(value, drops));
}

/** Texts that are compared were shortened to {@link LONG_TEXT}: what would see the difference is left to the server. */
function isCostly(key: string, value: unknown): boolean {
  if (COSTLY.has(key)) return true;
  if (key === "minLength" || key === "maxLength") return !((value as number) <= LONG_TEXT);
  return (key === "enum" || key === "const") && hasLongText(value);
}

/** Of a number that was rounded, it cannot be told what it is a multiple of, nor whether it is just beyond a limit of its size. */
function isCostlyOrExact(key: string, value: unknown): boolean {
  const isLimit = key === "exclusiveMinimum" || key === "exclusiveMaximum";
  if (isLimit && typeof value === "number") return Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return key === "multipleOf" || isCostly(key, value);
}

function hasLongText(value: unknown): boolean {
  if (typeof value === "string") return value.length > LONG_TEXT;
  return typeof value === "object" && value !== null && Object.values(value).some(hasLongText);
}

function copy(given: unknown, plan: Plan): unknown {
  if (Array.isArray(given)) return given.map((item) => copy(item, plan));
  if (!isObject(given)) return given;
  const schema = inOneDialect(given);
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (plan.drops(key, value) || (plan.loses && TURNED_BY_LOSS.has(key))) continue;
    // What the dropped patternProperties matched would now count as additional.
    if (key === "additionalProperties" && "patternProperties" in schema) continue;
    if (key === "type" && !isKnownType(value)) continue;
    if (key === "required" && !Array.isArray(value)) continue;
    if (key === "oneOf" && plan.loses)
      entries.push([
        "allOf",
        [...existing(schema, plan), { anyOf: copyKeyword("anyOf", value, plan) }],
      ]);
    else if (key === "allOf" && plan.loses && "oneOf" in schema) continue;
    else entries.push([key, copyKeyword(key, value, plan)]);
  }
  return charging(entries, plan.budget);
}

/** The validator reads the keyword `format` at every visit; it is one that we have dropped. */
function charging(entries: readonly (readonly [string, unknown])[], budget: CheckBudget): object {
  const steps = stepsOf(entries);
  const measures = entries.some(([key]) => key === "minLength" || key === "maxLength");
  const get = (): void =>
    budget.charge(measures ? steps + budget.longestText / CHARACTERS_MEASURED_A_STEP : steps);
  return Object.defineProperty(Object.fromEntries(entries), "format", { get });
}

/** What one visit takes besides the visits of what is inside. */
function stepsOf(entries: readonly (readonly [string, unknown])[]): number {
  let characters = 0;
  for (const [key, value] of entries) {
    if (DATA.has(key) || (key === "type" && Array.isArray(value)))
      characters += JSON.stringify(value).length;
    else if (MAPS.has(key) && typeof value === "object" && value !== null)
      characters += 4 * Object.keys(value).length;
    else if (LISTS.has(key) && Array.isArray(value)) characters += CHARACTERS_A_STEP * value.length;
  }
  return 1 + characters / CHARACTERS_A_STEP;
}

function existing(schema: object, plan: Plan): unknown[] {
  const all = "allOf" in schema ? copyKeyword("allOf", schema.allOf, plan) : [];
  return Array.isArray(all) ? all : [];
}

function copyKeyword(key: string, value: unknown, plan: Plan): unknown {
  if (SCHEMAS.has(key)) return subSchema(value, plan);
  if (DATA.has(key) || typeof value !== "object" || value === null) return value;
  if (LISTS.has(key) && Array.isArray(value)) return value.map((item) => subSchema(item, plan));
  if (!MAPS.has(key)) return copy(value, plan);
  // In here the keys are names, not keywords: a property may be named "pattern".
  const named = Object.entries(value).map(([name, item]) => [name, subSchema(item, plan)]);
  return Object.fromEntries(named);
}

/** A visit of the schema `true` would not be charged: `{}` accepts the same. */
function subSchema(schema: unknown, plan: Plan): unknown {
  return schema === true ? charging([], plan.budget) : copy(schema, plan);
}

/** Some servers write `"type": "any"`. */
function isKnownType(type: unknown): boolean {
  return Array.isArray(type)
    ? type.every((one) => TYPES.has(one as string))
    : TYPES.has(type as string);
}
