/** Built-ins of ECMAScript that an engine lacks. */
import { errorClassOf } from "../../core/native-errors.ts";
import * as native from "../../core/primordials.ts";
import { define } from "./define.ts";
import { promiseThen } from "./promises.ts";

/** Defines what is missing. Called once per VM, before any program runs. */
export function installMissing(): void {
  if (!("fromAsync" in Array)) define(Array, "fromAsync", fromAsync);
  nameAggregates();
}

async function fromAsync(
  this: unknown,
  items: unknown,
  map?: (item: unknown, at: number) => unknown,
  self?: unknown,
): Promise<unknown> {
  if (map !== undefined && typeof map !== "function")
    throw new TypeError("the second argument of Array.fromAsync must be a function");
  const given = items as Iterable<unknown> & AsyncIterable<unknown> & ArrayLike<unknown>;
  const isIterable =
    given[Symbol.asyncIterator] !== undefined || given[Symbol.iterator] !== undefined;
  const List = (typeof this === "function" ? this : Array) as new (length?: number) => unknown[];
  const list = isIterable ? new List() : new List(given.length);
  let at = 0;
  const add = async (item: unknown): Promise<void> => {
    const value = map === undefined ? item : await native.reflectApply(map, self, [item, at]);
    const all = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
    native.defineProperty(list, at++, all as never);
  };
  if (isIterable) for await (const item of given) await add(item);
  else for (let index = 0; index < given.length; index++) await add(await given[index]);
  list.length = at;
  return list;
}

const NativePromise = Promise;

/** The message that V8 gives the error of `Promise.any`, where the engine gives none. */
function nameAggregates(): void {
  const { any } = Promise;
  if (typeof Intl !== "undefined") return;
  const { method } = {
    method(this: unknown, values: unknown) {
      const made = native.reflectApply(any, this, [values] as never) as Promise<unknown>;
      if (this !== NativePromise) return made; // a class of the program answers for itself
      return promiseThen(made, undefined, (error) => {
        if (isUnnamed(error)) define(error, "message", "All promises were rejected");
        throw error;
      });
    },
  };
  native.defineProperty(method, "name", { value: "any", configurable: true });
  define(Promise, "any", method);
}

function isUnnamed(error: unknown): error is Error {
  if (typeof error !== "object" || error === null) return false;
  return errorClassOf(error) === "AggregateError" && (error as Error).message === "";
}

/** What to do where a program names what this engine does not have; `undefined` for any other error. */
export function missingHint(name: string, message: string): string | undefined {
  if (name !== "ReferenceError" || native.execPattern(/^'?Temporal'? is not/, message) === null)
    return undefined;
  return "This engine has no Temporal: use Date with Intl.DateTimeFormat, or the engine 'v8'.";
}
