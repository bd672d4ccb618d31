/** The shape of an answer in TypeScript's words: kinds and names of properties, and no value. */
import { isObject } from "../../core/is-object.ts";
import { mergeShapes } from "../../discovery/infer-shape.ts";
import type { JsonSchema } from "../../tools/tool.ts";

/** A name that is hardly data: no digits, no separators. */
const NAME = /^[A-Za-z_$]{1,40}$/;
/** An object with more properties is a map, whose keys are data, unless its tool declares them. */
const MAX_NAMES = 40;
/** So many properties that are alike are a map: objects, lists, texts and numbers. One alone may be either. */
const ALIKE_OBJECTS = 2;
const ALIKE_LISTS = 3;
const ALIKE_VALUES = 12;
const MAX_DEPTH = 4;
const MAX_DECLARED = 2_000;

/**
 * @param shape as `shapeOf` infers it
 * @param declared names of properties that are known not to be data
 * @param most characters, where levels are left out for it
 */
export function shapeText(shape: JsonSchema, declared: ReadonlySet<string>, most: number): string {
  let text = "";
  for (let depth = MAX_DEPTH; depth > 0; depth--) {
    text = textOf(shape, declared, depth);
    if (text.length <= most) return text;
  }
  return text;
}

function textOf(shape: JsonSchema, declared: ReadonlySet<string>, depth: number): string {
  const { type, anyOf, items } = shape;
  if (Array.isArray(anyOf))
    return anyOf.map((each) => textOf(each as JsonSchema, declared, depth)).join(" | ");
  if (type === "array") {
    if (!isObject(items)) return "[]";
    const item = textOf(items, declared, depth);
    return item.includes(" | ") && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
  }
  if (type === "object") return objectText(shape, declared, depth);
  if (type === "integer") return "bigint";
  return typeof type === "string" ? type : "unknown";
}

function objectText(shape: JsonSchema, declared: ReadonlySet<string>, depth: number): string {
  const { properties, required, additionalProperties } = shape;
  if (depth === 0) return "{ … }";
  if (!isObject(properties)) return mapText(additionalProperties, declared, depth);
  const entries = Object.entries(properties) as [string, JsonSchema][];
  if (entries.length === 0) return "{}";
  const texts = entries.map(([, value]) => textOf(value, declared, depth - 1));
  const names = entries.map(([name]) => name);
  if (!names.every((name) => declared.has(name)) && areData(names, texts, declared))
    return mapText(entries.map(([, value]) => value).reduce(mergeShapes), declared, depth);
  const isRequired = (name: string): boolean => Array.isArray(required) && required.includes(name);
  const members = names.map((name, at) => `${name}${isRequired(name) ? "" : "?"}: ${texts[at]!}`);
  return `{ ${members.join("; ")} }`;
}

function areData(
  names: readonly string[],
  texts: readonly string[],
  declared: ReadonlySet<string>,
): boolean {
  if (names.length > MAX_NAMES) return true;
  if (!names.every((name) => declared.has(name) || NAME.test(name))) return true;
  if (new Set(texts).size > 1) return false;
  const [text = ""] = texts;
  const areObjects = text.startsWith("{") && text.endsWith("}");
  return (
    names.length >= (areObjects ? ALIKE_OBJECTS : /[{[]/.test(text) ? ALIKE_LISTS : ALIKE_VALUES)
  );
}

function mapText(values: unknown, declared: ReadonlySet<string>, depth: number): string {
  const text = isObject(values) ? textOf(values, declared, depth - 1) : "unknown";
  return `{ [key: string]: ${text} }`;
}

/** The names of properties in a schema. */
export function declaredNames(schema: JsonSchema | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  const open: unknown[] = [schema];
  for (let seen = 0; open.length > 0 && seen < MAX_DECLARED; seen++) {
    const part = open.pop();
    if (Array.isArray(part)) open.push(...part.slice(0, MAX_DECLARED));
    if (!isObject(part)) continue;
    for (const [key, value] of Object.entries(part).slice(0, MAX_DECLARED)) {
      open.push(value);
      if (key === "properties" && isObject(value))
        for (const name of Object.keys(value).slice(0, MAX_DECLARED)) names.add(name);
    }
  }
  return names;
}
