/**
 * Promises that are used as if they were what they resolve to: `list.length`, `list.map(…)`, `[...list]`, `${list}`. What a promise
 * lacks is looked for at the end of its prototypes, where a proxy tells the host. So promises that are awaited cost nothing.
 */
import * as native from "../../core/primordials.ts";
import { cutUnits } from "../../core/utf8.ts";
import { send } from "./host-port.ts";
import { watchOf } from "./promises.ts";

/** Promises of one run that are reported. */
const MAX_TOLD = 20;
const MAX_KEY = 100;
/** Longest stack that is told, in characters: a program can make its own. */
const MAX_STACK = 8_192;

const NativeProxy = Proxy;
const { get: reflectGet, has: reflectHas } = Reflect;
const textOfKey = String;
const promisePrototype = Promise.prototype;

const told = new native.NativeWeakMap<object, true>();
let left = 0;
/** Symbols that only a value would have, of those that the language looks for. */
let used: readonly symbol[] = [];

/** A new run begins. */
export function countUses(): void {
  left = MAX_TOLD;
}

/** Installs the proxy. Called once per VM, when the symbols of disposal are there. */
export function watchUses(): void {
  const { toPrimitive, iterator, asyncIterator, dispose, asyncDispose } = Symbol;
  used = [toPrimitive, iterator, asyncIterator, dispose, asyncDispose];
  const handler = {
    __proto__: null,
    get(target: object, key: string | symbol, receiver: unknown): unknown {
      try {
        if (isUse(target, key)) tell(receiver, key);
      } catch {
        // a trap or a hook of the program, which would not run without this
      }
      return reflectGet(target, key, receiver);
    },
  };
  // As an object of its own the target keeps what objects inherit, `instanceof Object` and `toString` among it.
  native.setPrototypeOf(promisePrototype, new NativeProxy({}, handler as never));
}

/** Whether only a value would have it: what any object has is no use, nor are symbols that built-ins look for in whatever they get. */
function isUse(target: object, key: string | symbol): boolean {
  if (typeof key === "string") return key === "toString" || !reflectHas(target, key);
  for (let at = 0; at < used.length; at++) if (used[at] === key) return true;
  return false;
}

function tell(promise: unknown, key: string | symbol): void {
  if (left === 0 || typeof promise !== "object" || promise === null) return;
  const watch = watchOf(promise);
  if (watch === undefined && !isPlainPromise(promise)) return;
  if (native.weakMapGet(told, promise) === true) return;
  native.weakMapSet(told, promise, true);
  left--;
  const what = cutUnits(typeof key === "string" ? key : textOfKey(key), MAX_KEY);
  const { stack } = new native.NativeError();
  const frames = typeof stack === "string" ? cutUnits(stack, MAX_STACK) : "";
  send("unawaited", 0, watch?.name ?? "", `${what}\n${frames}`);
}

/** Neither the prototype of a class of promises nor an instance: what such a class reads of its own may be absent. */
function isPlainPromise(promise: object): boolean {
  return (
    native.getPrototypeOf(promise) === promisePrototype && !native.hasOwn(promise, "constructor")
  );
}
