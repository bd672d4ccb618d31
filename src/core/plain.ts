/** Values that are JSON as they stand: most of what programs and tools exchange. */
import * as native from "./primordials.ts";

/** What the functions below say of a value that is more than JSON, or more than allowed. */
const NOT_PLAIN = -1;

/**
 * The JSON of a value that consists of nothing else than JSON has, made by the engine's own serializer; nothing for any
 * other value, and for one that is too large, too deep or a cycle. Looking first and serializing then takes a third of
 * the time of serializing piece by piece. A getter is asked twice; what it answers the second time is text as well.
 * @param maxLength characters; the text may be somewhat longer, which is the caller's to check
 * @param maxDepth levels of nesting
 */
export function plainJson(value: unknown, maxLength: number, maxDepth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined; // no gain
  // The serializer would call it, also where it is inherited.
  if (
    native.hasOwn(native.objectPrototype, "toJSON") ||
    native.hasOwn(native.arrayPrototype, "toJSON")
  )
    return undefined;
  if (plainLength(value, maxLength, maxDepth) === NOT_PLAIN) return undefined;
  try {
    return native.stringifyJson(value);
  } catch {
    return undefined; // a getter that answered something else; who looks piece by piece says what
  }
}

/** At most as many characters as the JSON of `value` has. */
function plainLength(value: unknown, room: number, depth: number): number {
  switch (typeof value) {
    case "string":
      return value.length;
    case "number":
      return native.isFiniteNumber(value) && (value !== 0 || 1 / value > 0) ? 1 : NOT_PLAIN;
    case "boolean":
      return 4;
    case "object":
      if (value === null) return 4;
      if (depth === 0 || native.hasOwn(value, "toJSON")) return NOT_PLAIN;
      return native.isArray(value)
        ? itemsLength(value, room, depth - 1)
        : propertiesLength(value, room, depth - 1);
    default:
      return NOT_PLAIN;
  }
}

function itemsLength(items: readonly unknown[], room: number, depth: number): number {
  if (native.getPrototypeOf(items) !== native.arrayPrototype) return NOT_PLAIN;
  let sum = 2;
  for (let at = 0; at < items.length; at++) {
    const length = plainLength(items[at], room - sum, depth);
    sum += length + 1;
    if (length === NOT_PLAIN || sum > room) return NOT_PLAIN;
  }
  return sum;
}

function propertiesLength(object: object, room: number, depth: number): number {
  const prototype: unknown = native.getPrototypeOf(object);
  if (prototype !== native.objectPrototype && prototype !== null) return NOT_PLAIN;
  const keys = native.objectKeys(object);
  let sum = 2;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    if (key === "$type") return NOT_PLAIN;
    const length = plainLength((object as Record<string, unknown>)[key], room - sum, depth);
    sum += key.length + length + 4;
    if (length === NOT_PLAIN || sum > room) return NOT_PLAIN;
  }
  return sum;
}
