/** The methods of a host's object that a program may call. Nothing of the object is run to find them. */
import { hasResourceSymbol, RESOURCE_SYMBOLS } from "../core/plain-json.ts";

/** Most methods of one object. */
export const MAX_METHODS = 200;
/** Longest name of a method, in characters. */
export const MAX_METHOD_NAME = 100;
const MAX_PROTOTYPES = 20;
const MAX_CLASS_NAME = 60;
/** `then` and `toJSON` would make a stub something else than an object with methods; `close` every stub has. */
const NEVER = new Set(["constructor", "__proto__", "then", "toJSON", "close", "prototype"]);

/**
 * Names of its own functions and of those of its classes; none of `Object.prototype`, none that begins with `_`. One more than
 * may be of an object that has too many.
 */
export function methodsOf(object: object): string[] {
  const names = new Set<string>();
  let at: object | null = object;
  for (let depth = 0; at !== null && at !== Object.prototype && depth < MAX_PROTOTYPES; depth++) {
    for (const key of Object.getOwnPropertyNames(at)) {
      if (NEVER.has(key) || key.startsWith("_") || names.size > MAX_METHODS) continue;
      if (typeof Object.getOwnPropertyDescriptor(at, key)?.value === "function") names.add(key);
    }
    at = Object.getPrototypeOf(at) as object | null;
  }
  return [...names];
}

/**
 * Whether an object is kept on the host, and not data.
 * @param failed whether its properties alone cannot be sent
 */
export function staysOnHost(object: object, failed: boolean): boolean {
  return isResource(object) || (failed && methodsOf(object).length > 0);
}

/** Properties of an object that is more than data and no instance of a class. */
const FEW = 1_000;

/** Whether the bridge makes a handle of what a tool returned. Not all of a large object is looked at. */
export function hasMethods(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return isResource(value);
  if (hasResourceSymbol(value)) return true;
  let looked = 0;
  for (const key in value) {
    if (typeof Object.getOwnPropertyDescriptor(value, key)?.value === "function") return true;
    if (++looked === FEW) return false;
  }
  return false;
}

/** Whether it says itself that it is more than data: it can be disposed of, iterated over as it comes, or has functions of its own. */
export function isResource(object: object): boolean {
  const given = object as Record<PropertyKey, unknown>;
  if (
    Object.keys(object).some(
      (key) => typeof Object.getOwnPropertyDescriptor(object, key)?.value === "function",
    )
  )
    return true;
  return RESOURCE_SYMBOLS.some((key) => typeof given[key] === "function");
}

/** The name of its class, for messages; `undefined` for an object literal. */
export function classNameOf(object: object): string | undefined {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype) return undefined;
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const name: unknown =
    typeof made === "function" ? Object.getOwnPropertyDescriptor(made, "name")?.value : undefined;
  return typeof name === "string" && /^[\p{ID_Continue}$]+$/u.test(name)
    ? name.slice(0, MAX_CLASS_NAME)
    : undefined;
}
