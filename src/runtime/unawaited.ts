import { configError } from "../core/setting-errors.ts";

/**
 * The promise, whose use in the place of what it resolves to is an error that says so: without an `await`, JavaScript only says
 * that `run` is not a function.
 * @param prototype has the methods that are used in error
 * @param call the text to write after `await`
 */
export function unawaited<T>(promise: Promise<T>, prototype: object, call: string): Promise<T> {
  for (const name of Reflect.ownKeys(prototype)) {
    if (name === "constructor" || name in Promise.prototype) continue;
    const use = typeof name === "string" ? `.${name}` : `[${String(name)}]`;
    Object.defineProperty(promise, name, {
      get: () => {
        throw configError(`${use} of a promise: write (await ${call})${use}`);
      },
      enumerable: false,
    });
  }
  return promise;
}
