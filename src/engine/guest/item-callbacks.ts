/**
 * Tools as callbacks: `list.map(tool)` calls a tool with an item, its index and the list, `Array.from(list, tool)` with an item
 * and its index. The item is the argument. Of the first that can be seen in the call itself; the built-ins that pass an
 * index alone are told apart from a program's own calls here: they get a function that takes only the item.
 */
import * as native from "../../core/primordials.ts";
import { replaceMethod } from "./define.ts";

type AnyFunction = (...given: unknown[]) => unknown;

const toolFunctions = new native.NativeWeakMap<object, true>();

/** Notes that `call` is a tool. */
export function noteTool<T extends AnyFunction>(call: T): T {
  native.weakMapSet(toolFunctions, call, true);
  return call;
}

/** Makes a method pass only items to a tool. @param at which of its arguments is the callback */
function passItems(target: object, name: string, at: number): void {
  const method = (target as Record<string, AnyFunction | undefined>)[name];
  if (method === undefined) return;
  const { [name]: passing } = {
    [name](this: unknown, ...given: unknown[]): unknown {
      const callback = given[at];
      if (typeof callback === "function" && native.weakMapGet(toolFunctions, callback) === true)
        given[at] = (item: unknown) => (callback as AnyFunction)(item);
      return native.reflectApply(method, this, given);
    },
  };
  replaceMethod(target, name, passing!);
}

/** For the built-ins that pass a callback an item and a number, and not what they go through. */
export function installItemCallbacks(): void {
  const typedArray = native.getPrototypeOf(native.NativeUint8Array) as object;
  passItems(Array, "from", 1);
  passItems(Array, "fromAsync", 1);
  passItems(typedArray, "from", 1);
  const iterator = native.getPrototypeOf(native.getPrototypeOf([].values())) as object;
  const helpers = ["map", "flatMap", "filter", "forEach", "some", "every", "find"];
  for (let at = 0; at < helpers.length; at++) passItems(iterator, helpers[at]!, 0);
}

/** Whether a call is one of a collection's method, `list.map(tool)`: the item, its key, and the collection that has it there. */
export function isCallback(given: readonly unknown[]): boolean {
  if (given.length !== 3) return false;
  const collection = given[2];
  return (
    typeof collection === "object" && collection !== null && holds(collection, given[1], given[0])
  );
}

const mapGet = native.uncurry(Map.prototype.get) as (map: unknown, key: unknown) => unknown;
const setHas = native.uncurry(Set.prototype.has) as (set: unknown, item: unknown) => boolean;

function holds(collection: object, key: unknown, item: unknown): boolean {
  if (native.isArray(collection) || native.typedArrayKind(collection) !== undefined)
    return typeof key === "number" && isSame((collection as Record<number, unknown>)[key], item);
  try {
    return isSame(mapGet(collection, key), item);
  } catch {
    // It is no Map.
  }
  try {
    return isSame(key, item) && setHas(collection, item);
  } catch {
    return false;
  }
}

/** NaN is the same as NaN. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a !== a && b !== b);
}
