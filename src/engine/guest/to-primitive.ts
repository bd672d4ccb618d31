/** What the language calls ToPrimitive, without a hint: no built-in offers it by itself. */
import * as native from "../../core/primordials.ts";

const { toPrimitive: convertSymbol } = Symbol;
const METHODS = ["valueOf", "toString"];

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** @throws TypeError for an object that has no primitive value */
export function toPrimitive(given: unknown): unknown {
  if (!isObject(given)) return given;
  const object = given as Record<PropertyKey, unknown>;
  const convert = object[convertSymbol];
  if (convert !== undefined && convert !== null)
    return primitiveOf(native.reflectApply(convert as never, given, ["default"] as never));
  for (let at = 0; at < METHODS.length; at++) {
    const method = object[METHODS[at]!];
    if (typeof method !== "function") continue;
    const value: unknown = native.reflectApply(method as never, given, []);
    if (!isObject(value)) return value;
  }
  return primitiveOf(given);
}

function primitiveOf(value: unknown): unknown {
  if (isObject(value)) throw new TypeError("Cannot convert object to primitive value");
  return value;
}
