/** A JSON Schema as a compact TypeScript-like type. Any server can have written it: every look is capped, nothing is coerced. */
import { isIdentifier } from "../core/identifier.ts";
import { isObject } from "../core/is-object.ts";
import { printableJson } from "../core/one-line.ts";
import { cutUnits } from "../core/utf8.ts";
import { inOneDialect } from "./dialect.ts";
import { limitsOf } from "./limits-text.ts";
import { at } from "./pointer.ts";
import type { JsonSchema } from "./tool.ts";

/** Longest value of a schema that is shown. */
const MAX_VALUE = 100;
/** Longest name of a property that is shown. */
const MAX_KEY = 400;
const MAX_REFERENCES = 10;

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
}

/** A property of an object in text. */
export interface PropertyText {
  readonly text: string;
  readonly isRequired: boolean;
}

export function typeText(given: unknown, depth: number, options: TypeTextOptions): string {
  if (!isObject(given) || --options.parts < 0) return "unknown";
  const schema = resolved(given, options);
  if (Array.isArray(schema["enum"]))
    return choice(schema["enum"].slice(0, 50).map(valueText), options);
  if ("const" in schema) return valueText(schema["const"]);
  if (typeof schema["$ref"] === "string") return nameOf(schema["$ref"]);
  const { allOf, type } = schema;
  const hasProperties = isObject(schema["properties"]);
  const parts = schema["anyOf"] ?? schema["oneOf"];
  const each = (list: readonly unknown[]): string[] =>
    list.slice(0, 50).map((part) => typeText(part, depth, options));
  if (Array.isArray(parts) && !hasProperties) return choice(each(parts), options);
  if (Array.isArray(type)) {
    const types = type.slice(0, 10).filter((one) => typeof one === "string");
    return choice(each(types.map((one) => ({ ...schema, type: one }))), options);
  }
  if (type === "array") return arrayOf(typeText(schema["items"], depth, options));
  if (type === "object" || hasProperties) return objectText(schema, depth, options);
  if (Array.isArray(allOf)) return [...new Set(each(allOf.slice(0, 5)))].join(" & ") || "unknown";
  const text = type === "integer" ? "number" : type;
  return typeof text === "string" ? cutUnits(text, MAX_VALUE) : "unknown";
}

/** A schema that references lead to, where they are followed. */
export function resolved(
  given: Readonly<Record<string, unknown>>,
  { root }: Pick<TypeTextOptions, "root">,
): Readonly<Record<string, unknown>> {
  let schema = given;
  for (let followed = 0; root !== undefined && followed < MAX_REFERENCES; followed++) {
    const reference = schema["$ref"];
    if (typeof reference !== "string" || !/^#(?:\/|$)/.test(reference)) break;
    const target = reference === "#" ? root : at(root, reference);
    if (!isObject(target)) break;
    schema = target;
  }
  return inOneDialect(schema);
}

function objectText(
  schema: Readonly<Record<string, unknown>>,
  depth: number,
  options: TypeTextOptions,
): string {
  const { properties, additionalProperties } = schema;
  if (!isObject(properties) || Object.keys(properties).length === 0) {
    if (options.isMarked === true && isObject(additionalProperties) && depth < options.maxDepth)
      return `Record<string, ${typeText(additionalProperties, depth + 1, options)}>`;
    return depth === 0 ? "{}" : "object";
  }
  if (depth >= options.maxDepth) return tooDeep(options);
  return inBraces(propertyTexts(schema, depth, options).map(({ text }) => text));
}

/** Its properties, required ones first, so that a cut loses the least. */
export function propertyTexts(
  schema: Readonly<Record<string, unknown>>,
  depth: number,
  options: TypeTextOptions,
): PropertyText[] {
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const required = new Set<unknown>(Array.isArray(schema["required"]) ? schema["required"] : []);
  const ordered = [
    ...properties.filter(([key]) => required.has(key)),
    ...properties.filter(([key]) => !required.has(key)),
  ].slice(0, 50);
  return ordered.map(([key, value]) => {
    const isRequired = required.has(key);
    const limits = options.isMarked === true && isObject(value) ? limitsOf(value) : "";
    const type = typeText(value, depth + 1, options);
    return { text: `${keyText(key)}${isRequired ? "" : "?"}: ${type}${limits}`, isRequired };
  });
}

export function inBraces(parts: readonly string[]): string {
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function tooDeep({ isMarked }: TypeTextOptions): string {
  return isMarked === true ? "{ … }" : "object";
}

function nameOf(reference: string): string {
  return cutUnits(reference.slice(reference.lastIndexOf("/") + 1), MAX_VALUE) || "unknown";
}

function keyText(key: string): string {
  const text = cutUnits(key, MAX_KEY);
  return isIdentifier(text) ? text : printableJson(text);
}

/** A value of a schema as TypeScript has it; a long one is cut. */
function valueText(value: unknown): string {
  if (typeof value === "string") return printableJson(cutUnits(value, MAX_VALUE));
  return typeof value === "object" && value !== null ? "object" : JSON.stringify(value);
}

function choice(options: readonly string[], { maxChoices }: TypeTextOptions): string {
  const distinct = [...new Set(options)];
  const shown = distinct.slice(0, maxChoices).join(" | ");
  return distinct.length > maxChoices ? `${shown} | …` : shown || "unknown";
}

/** An item of several types needs parentheses; within braces they are there already. */
export function arrayOf(item: string): string {
  return /^[^{(<]*(?: \| | & )/.test(item) || /[})>] [|&] /.test(item)
    ? `(${item})[]`
    : `${item}[]`;
}
