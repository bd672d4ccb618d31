/** A JSON Schema as a compact TypeScript-like type. Any server can have written it: every look is capped, nothing is coerced. */
import { isIdentifier } from "../core/identifier.ts";
import { isObject } from "../core/is-object.ts";
import { printableJson } from "../core/one-line.ts";
import { cutText, cutUnits } from "../core/utf8.ts";
import { inOneDialect } from "./dialect.ts";
import { limitsOf } from "./limits-text.ts";
import { at } from "./pointer.ts";
import type { JsonSchema } from "./tool.ts";

/** Longest value of a schema that is shown. */
const MAX_VALUE = 100;
/** Longest name of a property that is shown. */
const MAX_KEY = 400;
const MAX_REFERENCES = 10;
/** Items of a list that are told one by one. */
const MAX_ITEMS = 5;
/** Choices, and properties of one object, that are looked at. */
const MAX_LOOKED_AT = 50;
/** Properties that are counted as one part more: they are put in order whenever their object is looked at. */
const PROPERTIES_A_PART = 100;
/** Whole numbers that may come as BigInts. */
const LARGE = new Set<unknown>(["int64", "uint64", "int128", "uint128"]);
/** What a type does not say of an object that has properties. */
const UNTOLD = ["anyOf", "oneOf", "allOf", "not", "if", "dependentRequired", "patternProperties"];

/** How a schema is written; `parts` counts down. */
export interface TypeTextOptions {
  /** Objects nested deeper are `object`, or `{ … }`. */
  readonly maxDepth: number;
  /** Choices after that are `…`. */
  readonly maxChoices: number;
  /** How many more parts of a schema are looked at. */
  parts: number;
  /** The schema that references lead into; without it they are named. */
  readonly root?: JsonSchema;
  /** Says what a type cannot say: limits, and `…` for what is left out. */
  readonly isMarked?: boolean;
  /** Says of whole numbers that are announced as large that they may be BigInts. */
  readonly isResult?: boolean;
}

/** A property of an object in text. */
export interface PropertyText {
  readonly text: string;
  readonly isRequired: boolean;
}

export function typeText(given: unknown, depth: number, options: TypeTextOptions): string {
  if (!isObject(given)) return "unknown";
  if (--options.parts < 0) return leftOut("unknown", options);
  const schema = resolved(given, options);
  if (Array.isArray(schema["enum"])) return enumText(schema["enum"], options);
  if ("const" in schema) return valueText(schema["const"], options);
  if (typeof schema["$ref"] === "string") return nameOf(schema["$ref"]);
  const { allOf, type } = schema;
  const hasProperties = isObject(schema["properties"]);
  const parts = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(parts) && !hasProperties) {
    const texts = parts.slice(0, MAX_LOOKED_AT).map((part) => typeText(part, depth, options));
    return choice(texts, parts.length, options);
  }
  if (Array.isArray(type)) {
    const types = [...new Set(type.slice(0, 10))].filter((one) => typeof one === "string");
    const texts = types.map((one) => typeText({ ...schema, type: one }, depth, options));
    return choice(texts, texts.length, options);
  }
  if (type === "array") return listText(schema, depth, options);
  if (Array.isArray(allOf) && !hasProperties) return allText(allOf, depth, options);
  if (type === "object" || hasProperties) return objectText(schema, depth, options);
  if (type === "integer")
    return options.isResult === true && LARGE.has(schema["format"]) ? "number | bigint" : "number";
  return typeof type === "string" ? cutUnits(type, MAX_VALUE) : "unknown";
}

function enumText(values: readonly unknown[], options: TypeTextOptions): string {
  const texts = values.slice(0, MAX_LOOKED_AT).map((value) => valueText(value, options));
  return choice(texts, values.length, options);
}

/** A list, or a tuple, which draft 7 writes as a list of `items`. */
function listText(
  { items, prefixItems = items }: Readonly<Record<string, unknown>>,
  depth: number,
  options: TypeTextOptions,
): string {
  if (!Array.isArray(prefixItems) || prefixItems.length === 0)
    return arrayOf(typeText(items, depth, options));
  const texts = prefixItems.slice(0, MAX_ITEMS).map((item) => typeText(item, depth, options));
  if (prefixItems.length > MAX_ITEMS) texts.push("…");
  else if (prefixItems !== items && isObject(items))
    texts.push(`...${arrayOf(typeText(items, depth, options))}`);
  return `[${texts.join(", ")}]`;
}

function allText(all: readonly unknown[], depth: number, options: TypeTextOptions): string {
  const texts = all.slice(0, 5).map((part) => typeText(part, depth, options));
  if (all.length > texts.length && options.isMarked === true) texts.push("…");
  const distinct = [...new Set(texts)].filter((text) => text !== "unknown");
  return distinct.length > 1
    ? distinct.map((text) => (isUnion(text) ? `(${text})` : text)).join(" & ")
    : (distinct[0] ?? "unknown");
}

/** A schema that references lead to, where they are followed. */
export function resolved(
  given: Readonly<Record<string, unknown>>,
  { root }: Pick<TypeTextOptions, "root">,
): Readonly<Record<string, unknown>> {
  let schema = inOneDialect(given);
  for (let followed = 0; root !== undefined && followed < MAX_REFERENCES; followed++) {
    const reference = schema["$ref"];
    if (typeof reference !== "string" || !/^#(?:\/|$)/.test(reference)) break;
    const target = reference === "#" ? root : at(root, reference);
    if (!isObject(target)) break;
    schema = inOneDialect(target);
  }
  return schema;
}

function objectText(
  schema: Readonly<Record<string, unknown>>,
  depth: number,
  options: TypeTextOptions,
): string {
  const { properties, additionalProperties } = schema;
  const count = isObject(properties) ? Object.keys(properties).length : 0;
  if (count === 0) {
    if (options.isMarked === true && isObject(additionalProperties))
      return `Record<string, ${depth < options.maxDepth ? typeText(additionalProperties, depth + 1, options) : "…"}>`;
    const isMap = additionalProperties === true || isObject(schema["patternProperties"]);
    if (options.isMarked === true && isMap && depth === 0) return "Record<string, unknown>";
    return depth === 0 ? "{}" : "object";
  }
  if (depth >= options.maxDepth) return leftOut("object", options);
  const texts = propertyTexts(schema, depth, options).map(({ text }) => text);
  if (options.isMarked === true && (count > texts.length || hasMore(schema))) texts.push("…");
  return inBraces(texts);
}

/** Whether a schema says more of an object than its properties. */
export function hasMore(schema: Readonly<Record<string, unknown>>): boolean {
  const { additionalProperties: others } = schema;
  return (
    (isObject(others) && Object.keys(others).length > 0) || UNTOLD.some((key) => key in schema)
  );
}

/** Its properties, required ones first, so that a cut loses the least. */
export function propertyTexts(
  schema: Readonly<Record<string, unknown>>,
  depth: number,
  options: TypeTextOptions,
): PropertyText[] {
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const required = new Set<unknown>(Array.isArray(schema["required"]) ? schema["required"] : []);
  options.parts -= Math.floor(properties.length / PROPERTIES_A_PART);
  const ordered = [
    ...properties.filter(([key]) => required.has(key)),
    ...properties.filter(([key]) => !required.has(key)),
  ].slice(0, MAX_LOOKED_AT);
  return ordered.map(([key, value]) => {
    const isRequired = required.has(key);
    const limits = options.isMarked === true && isObject(value) ? limitsText(value, options) : "";
    const type = typeText(value, depth + 1, options);
    return { text: `${keyText(key)}${isRequired ? "" : "?"}: ${type}${limits}`, isRequired };
  });
}

export function inBraces(parts: readonly string[]): string {
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function leftOut(text: string, { isMarked }: TypeTextOptions): string {
  if (isMarked !== true) return text;
  return text === "object" ? "{ … }" : "…";
}

/** The limits of a value that may be null; of items and of several choices only that there are some. */
function limitsText(value: Readonly<Record<string, unknown>>, options: TypeTextOptions): string {
  const schema = resolved(value, options);
  const own = limitsOf(schema);
  if (own.endsWith("…")) return own;
  const parts: unknown[] = [schema["items"], schema["anyOf"], schema["oneOf"], schema["allOf"]];
  const inner = parts
    .flat()
    .slice(0, MAX_LOOKED_AT)
    .filter((part) => isObject(part))
    .filter(({ type }) => type !== "null")
    .map((part) => resolved(part, options));
  const [only] = inner;
  if (own === "" && only !== undefined && inner.length === 1 && schema["items"] === undefined)
    return limitsOf(only);
  return inner.some((part) => limitsOf(part) !== "") ? `${own}…` : own;
}

function nameOf(reference: string): string {
  return cutUnits(reference.slice(reference.lastIndexOf("/") + 1), MAX_VALUE) || "unknown";
}

function keyText(key: string): string {
  const text = cutText(key, MAX_KEY);
  return isIdentifier(text) ? text : printableJson(text);
}

/** A value of a schema as TypeScript has it; a long one is cut, and no literal then. */
function valueText(value: unknown, options: TypeTextOptions): string {
  if (typeof value === "string") {
    const text = printableJson(cutUnits(value, MAX_VALUE));
    return value.length > MAX_VALUE ? `${text}…` : text;
  }
  if (typeof value === "bigint") return `${cutUnits(String(value), MAX_VALUE)}n`;
  if (Array.isArray(value)) return "unknown[]";
  return typeof value === "object" && value !== null
    ? leftOut("object", options)
    : String(JSON.stringify(value));
}

/** @param count how many there are, of which `texts` are the first */
function choice(texts: readonly string[], count: number, options: TypeTextOptions): string {
  const distinct = [...new Set(texts)];
  const shown = distinct.slice(0, options.maxChoices).join(" | ");
  const isCut = distinct.length > options.maxChoices || count > texts.length;
  return isCut ? `${shown} | …` : shown || "unknown";
}

/** An item of several types needs parentheses; within braces they are there already. */
export function arrayOf(item: string): string {
  return isUnion(item) ? `(${item})[]` : `${item}[]`;
}

/** Whether a type has ` | ` or ` & ` outside of braces; texts in it may hold anything. */
function isUnion(type: string): boolean {
  const plain = type.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return /^[^{(<[]*(?: \| | & )/.test(plain) || /[})>\]] [|&] /.test(plain);
}
