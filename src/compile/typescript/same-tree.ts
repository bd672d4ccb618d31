import type { AnyNode } from "../acorn.ts";

/** Offsets of ends may differ by what was erased; the others are notes of the parser. */
const IGNORED = new Set(["start", "end", "accessor", "equals"]);

/**
 * The offset at which two trees of the same text differ; `undefined` where they are the same. A node that starts with a
 * type in one starts behind it in the other.
 */
export function firstDifference(
  one: AnyNode,
  other: AnyNode,
  space: (at: number) => number = (at) => at,
): number | undefined {
  if (one.start !== other.start && space(one.start) !== space(other.start)) return one.start;
  const [left, right] = [one as unknown as Fields, other as unknown as Fields];
  for (const key of Object.keys(left)) {
    if (IGNORED.has(key)) continue;
    const difference = compare(left[key], right[key], one.start, space);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function compare(
  left: unknown,
  right: unknown,
  at: number,
  space: (at: number) => number,
): number | undefined {
  if (Array.isArray(left)) {
    const [items, others] = [withoutEmpty(left), Array.isArray(right) ? withoutEmpty(right) : []];
    if (items.length !== others.length) return at;
    for (const [index, item] of items.entries()) {
      const difference = compare(item, others[index], at, space);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (isNode(left)) return isNode(right) ? firstDifference(left, right, space) : at;
  const isScalar = left === null || ["string", "number", "boolean"].includes(typeof left);
  return isScalar && left !== right ? at : undefined;
}

/** A semicolon in the place of a declaration can be an empty statement, or the end of the one before it. */
function withoutEmpty(items: readonly unknown[]): readonly unknown[] {
  return items.filter((item) => !isNode(item) || item.type !== "EmptyStatement");
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
