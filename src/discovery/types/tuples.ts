import type { Copied } from "./literals.ts";

/** A tuple is written once for each number of its optional items; of more than these it is a list. */
const MAX_OPTIONAL = 8;

/**
 * A list whose items have a type each: `prefixItems`, or a list as `items` until 2019-09. Without `minItems` all of them are
 * required, which is what authors mean, though a shorter list would be valid. Nothing for any other list.
 */
export function tupleOf(schema: Copied, copy: (part: unknown) => unknown): Copied | undefined {
  const { prefixItems, items: given, additionalItems } = schema;
  const parts: unknown = Array.isArray(prefixItems) ? prefixItems : given;
  if (!Array.isArray(parts)) return undefined;
  const rest: unknown = parts === given ? additionalItems : given;
  const maxItems = countOf(schema["maxItems"]);
  const most = Math.min(parts.length, maxItems ?? Infinity);
  const least = Math.min(most, countOf(schema["minItems"]) ?? Infinity);
  const isClosed = rest === false || most === maxItems;
  if (most - least > MAX_OPTIONAL || (most === 0 && !isClosed))
    return { items: { anyOf: [...parts, ...(isClosed ? [] : [rest])].map(copy) } };
  const ofLength = (length: number): Copied => ({
    type: "array",
    items: parts.slice(0, length).map(copy),
    minItems: length,
    ...(length < most || isClosed
      ? { maxItems: length, additionalItems: false }
      : { additionalItems: rest === undefined ? true : copy(rest) }),
  });
  if (least === most) return ofLength(most);
  return { anyOf: Array.from({ length: most - least + 1 }, (_, at) => ofLength(least + at)) };
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
