/** The variables that programs of a session share: properties of the global object. See compile/session-declarations.ts. */
import * as native from "../../core/primordials.ts";

const NativeProxy = Proxy;

const { deleteProperty, getOwnPropertyDescriptor } = Reflect;

function declare(name: PropertyKey, value: unknown, writable: boolean): void {
  deleteProperty(globalThis, name); // QuickJS would still treat a former constant as one
  native.defineProperty(globalThis, name, {
    __proto__: null,
    value,
    writable,
    enumerable: true,
    configurable: true,
  } as never);
}

/** An object that turns each property set on it into a variable. */
function keeper(writable: boolean): object {
  return new NativeProxy(
    { __proto__: null },
    {
      set: (_target, name, value) => {
        declare(name, value, writable);
        return true;
      },
    },
  );
}

export const lets = keeper(true);
export const consts = keeper(false);

export function functions(given: Readonly<Record<string, object>>): void {
  const names = native.objectKeys(given);
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    native.defineProperty(given[name]!, "name", {
      __proto__: null,
      value: name,
      configurable: true,
    } as never);
    declare(name, given[name], true);
  }
}

/** After it, plain assignments to these names work, which cost no more than those to any global variable. */
export function vars(names: readonly string[]): void {
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    const known = getOwnPropertyDescriptor(globalThis, name);
    if (known === undefined) declare(name, undefined, true);
    else if (known.writable !== true && known.configurable === true)
      declare(name, (globalThis as unknown as Record<string, unknown>)[name], true);
  }
}
