/**
 * Whether `JSON.stringify` carries `value` without loss. Most arguments and results are such values, and the engine
 * serializes them several times faster than our own encoder.
 * @param depth levels of nesting that are looked at; a deeper value counts as not plain
 */
export function isPlainJson(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || depth === 0 || "toJSON" in value) return false;
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value)
    if (!isPlainJson((value as Record<string, unknown>)[key], depth - 1)) return false;
  return true;
}
