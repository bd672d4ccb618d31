import * as native from "../../core/primordials.ts";

/** Defines a property as built-ins are defined: writable, configurable, not enumerable. */
export function define(target: object, name: PropertyKey, value: unknown): void {
  const descriptor = { __proto__: null, value, writable: true, configurable: true };
  native.defineProperty(target, name, descriptor as never);
}

/** Defines a method under its name, with the number of arguments of the one that it replaces. */
export function replaceMethod(target: object, name: string, method: object): void {
  const old = (target as Record<string, { readonly length?: number } | undefined>)[name];
  const length = old?.length ?? (method as { readonly length: number }).length;
  describe(method, "name", name);
  describe(method, "length", length);
  define(target, name, method);
}

function describe(method: object, key: string, value: unknown): void {
  native.defineProperty(method, key, { __proto__: null, value, configurable: true } as never);
}
