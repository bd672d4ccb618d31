import { isObject } from "./is-object.ts";

/** Deepest nesting that is compared; what is deeper counts as different. */
const MAX_DEPTH = 4_000;

/** Whether two values of JSON are the same, the order of keys included. */
export function sameJson(a: unknown, b: unknown, depth = MAX_DEPTH): boolean {
  if (a === b) return true;
  if (depth === 0) return false;
  if (Array.isArray(a))
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, at) => sameJson(item, b[at], depth - 1))
    );
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  const others = Object.keys(b);
  return (
    keys.length === others.length &&
    keys.every((key, at) => key === others[at] && sameJson(a[key], b[key], depth - 1))
  );
}
