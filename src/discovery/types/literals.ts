/** Values that a schema names one by one: `enum` and `const`. */

/** A part of a schema in the keywords that the generator of types understands. */
export type Copied = Readonly<Record<string, unknown>>;

/** Values nested deeper are written as unknown. */
const MAX_DEPTH = 50;

/**
 * A schema of exactly these values, of those that fit `type`.
 * @param count is told how many parts it has
 */
export function literals(
  values: readonly unknown[],
  type: string | readonly string[] | undefined,
  count: (parts: number) => void,
): Copied {
  const fitting = values.filter((value) => fits(value, type));
  const known = fitting.length > 0 ? fitting : values;
  count(known.length);
  const plain = known.filter(isPrimitive);
  const others = known
    .filter((value) => !isPrimitive(value))
    .map((value) => literal(value, 0, count));
  if (others.length === 0) return { enum: plain };
  return { anyOf: plain.length === 0 ? others : [{ enum: plain }, ...others] };
}

function literal(value: unknown, depth: number, count: (parts: number) => void): Copied {
  count(1);
  if (isPrimitive(value)) return { enum: [value] };
  if (depth > MAX_DEPTH) return {};
  const inner = (item: unknown): Copied => literal(item, depth + 1, count);
  if (Array.isArray(value)) {
    const items = value.map(inner);
    return {
      type: "array",
      items,
      minItems: items.length,
      maxItems: items.length,
      additionalItems: false,
    };
  }
  const entries = Object.entries(value as object).filter(([name]) => name !== "__proto__");
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, item]) => [name, inner(item)])),
    required: entries.map(([name]) => name),
    additionalProperties: false,
  };
}

function fits(value: unknown, type: string | readonly string[] | undefined): boolean {
  if (type === undefined) return true;
  return [type]
    .flat()
    .some((one) => one === kindOf(value) || (one === "number" && isNumber(value)));
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function isPrimitive(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
