/**
 * Rejections that are handled late. V8 tells of a rejection without a handler when the guest waits, and never that it got one
 * after that. So from the first such rejection to the end of the run, the prototype of promises tells it: whatever waits for a
 * promise asks it for its `constructor` first, see promises.ts. This slows promises, so it is not there before.
 */
import * as native from "../../core/primordials.ts";
import { promiseThen } from "./promises.ts";

const NativePromise = Promise;
const promisePrototype = Promise.prototype;
const resolved = Promise.resolve();
const { getOwnPropertyDescriptor } = Object;

let report: ((reason: unknown) => void) | undefined;
/** `then` asks for the constructor too. */
let isAsking = false;

const watching = {
  __proto__: null,
  get(this: unknown): unknown {
    if (!isAsking) look(this as Promise<unknown>);
    return NativePromise;
  },
  set(this: object, value: unknown): void {
    const own = { __proto__: null, value, writable: true, configurable: true, enumerable: true };
    native.defineProperty(this, "constructor", own as never);
  },
  configurable: true,
};

/** Reports every promise that gets a handler after it was rejected. */
export function watchHandlers(handled: (reason: unknown) => void): void {
  if (getOwnPropertyDescriptor(promisePrototype, "constructor")?.value !== NativePromise) return;
  report = handled;
  native.defineProperty(promisePrototype, "constructor", watching as never);
}

/** Ends that, unless the program has changed the property. */
export function unwatchHandlers(): void {
  if (report === undefined) return;
  report = undefined;
  if (getOwnPropertyDescriptor(promisePrototype, "constructor")?.get !== watching.get) return;
  native.defineProperty(promisePrototype, "constructor", {
    __proto__: null,
    value: NativePromise,
    writable: true,
    configurable: true,
    enumerable: false,
  } as never);
}

function look(promise: Promise<unknown>): void {
  isAsking = true;
  try {
    let isLate = true;
    promiseThen(promise, undefined, (reason) => {
      if (isLate) report?.(reason);
    });
    // It comes after the reaction above only where the promise was rejected before.
    promiseThen(resolved, () => {
      isLate = false;
    });
  } catch {
    // it is no promise
  } finally {
    isAsking = false;
  }
}
