import type { JsonSchema } from "../tools/tool.ts";

/** The few keywords that shapes consist of. `{}` is anything. */
interface Shape {
  readonly [key: string]: unknown;
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** What a whole number is that arrives as a BigInt. */
const LARGE_INTEGER: Shape = { type: "integer", format: "int64" };
const MAX_DEPTH = 6;
/** Results of servers can be as large as they like; what is looked at of one takes about a millisecond. */
const MAX_PARTS = 5_000;
const MAX_ITEMS = 50;
/** An object with more properties is a dictionary, whose keys are values. */
const MAX_PROPERTIES = 60;
const MAX_CHOICES = 5;
/** Anything else as a key may be data: an address, a number, a sentence. */
const NAME = /^[A-Za-z_$][A-Za-z0-9_$-]{0,39}$/;

/** The kinds of a value and the names of its properties, as JSON Schema. */
export function shapeOf(value: unknown): JsonSchema {
  return infer(value, 0, { parts: MAX_PARTS });
}

/** A shape that both fit. */
export function mergeShapes(a: JsonSchema, b: JsonSchema): JsonSchema {
  return merge(a as Shape, b as Shape);
}

/** How many more parts of a value are looked at. */
interface Budget {
  parts: number;
}

function infer(value: unknown, depth: number, budget: Budget): Shape {
  if (value === null) return { type: "null" };
  if (depth > MAX_DEPTH || --budget.parts < 0) return {};
  if (Array.isArray(value)) {
    const items = value
      .slice(0, MAX_ITEMS)
      .flatMap((item) => (budget.parts > 0 ? [infer(item, depth + 1, budget)] : []));
    return items.length === 0 ? { type: "array" } : { type: "array", items: items.reduce(merge) };
  }
  if (typeof value === "object") return inferObject(value, depth, budget);
  if (typeof value === "bigint") return LARGE_INTEGER;
  return ["string", "number", "boolean"].includes(typeof value) ? { type: typeof value } : {};
}

function inferObject(value: object, depth: number, budget: Budget): Shape {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return {};
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.some(([, item]) => typeof item === "function")) return {}; // it has methods, and no shape
  const shapes = entries
    .slice(0, 500)
    .map(([name, item]) => [name, infer(item, depth + 1, budget)] as const);
  if (shapes.length > MAX_PROPERTIES || shapes.some(([name]) => !NAME.test(name)))
    return { type: "object", additionalProperties: shapes.map(([, shape]) => shape).reduce(merge) };
  const properties = Object.fromEntries(shapes);
  return { type: "object", properties, required: shapes.map(([name]) => name).toSorted() };
}

function merge(a: Shape, b: Shape): Shape {
  if (isAnything(a) || isAnything(b)) return {};
  const choices = [...choicesOf(a)];
  for (const choice of choicesOf(b)) {
    const at = choices.findIndex(({ type }) => kindOf(type) === kindOf(choice.type));
    if (at < 0) choices.push(choice);
    else choices[at] = mergeAlike(choices[at]!, choice);
  }
  if (choices.length > MAX_CHOICES) return {};
  return choices.length === 1 ? choices[0]! : { anyOf: choices };
}

function isAnything(shape: Shape): boolean {
  return shape.type === undefined && shape.anyOf === undefined;
}

function choicesOf(shape: Shape): readonly Shape[] {
  return shape.anyOf ?? [shape];
}

/** Numbers beside large ones are one kind. */
function kindOf(type: string | undefined): string | undefined {
  return type === "integer" ? "number" : type;
}

function mergeAlike(a: Shape, b: Shape): Shape {
  if (b.format !== undefined) return b;
  if (a.type === "array") {
    if (a.items === undefined || b.items === undefined) return a.items === undefined ? b : a;
    return { type: "array", items: merge(a.items, b.items) };
  }
  return a.type === "object" ? mergeObjects(a, b) : a;
}

function mergeObjects(a: Shape, b: Shape): Shape {
  const [left, right] = [a.properties, b.properties];
  if (left === undefined || right === undefined) return dictionary([a, b]);
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  if (names.length > MAX_PROPERTIES) return dictionary([a, b]);
  const properties = names.map((name) => {
    const [one, other] = [left[name], right[name]];
    return [name, one === undefined ? other! : other === undefined ? one : merge(one, other)];
  });
  const required = (a.required ?? []).filter((name) => b.required?.includes(name));
  return {
    type: "object",
    properties: Object.fromEntries(properties) as Record<string, Shape>,
    required,
  };
}

function dictionary(shapes: readonly Shape[]): Shape {
  const values = shapes.flatMap(({ properties, additionalProperties }) => [
    ...Object.values(properties ?? {}),
    ...(additionalProperties === undefined ? [] : [additionalProperties]),
  ]);
  return {
    type: "object",
    ...(values.length === 0 ? {} : { additionalProperties: values.reduce(merge) }),
  };
}
