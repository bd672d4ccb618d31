import * as native from "../../core/primordials.ts";

/** Defines a property as built-ins are defined: writable, configurable, not enumerable. */
export function define(target: object, name: PropertyKey, value: unknown): void {
  const descriptor = { __proto__: null, value, writable: true, configurable: true };
  native.defineProperty(target, name, descriptor as never);
}

/** Defines a method under its name, with the number of arguments of the one that it replaces. */
export function replaceMethod(target: object, name: string, method: object): void {
  const old = (target as Record<string, { readonly length?: number } | undefined>)[name];
  for (const [key, value] of [
    ["name", name],
    ["length", old?.length ?? (method as { readonly length: number }).length],
  ] as const)
    native.defineProperty(method, key, { __proto__: null, value, configurable: true } as never);
  define(target, name, method);
}
