/**
 * Promises that are used as if they were what they resolve to: `list.length`, `list.map(…)`, `[...list]`, `${list}`. What a promise
 * lacks is looked for at the end of its prototypes, where a proxy tells the host. So promises that are awaited cost nothing.
 */
import * as native from "../../core/primordials.ts";
import { cutUnits } from "../../core/utf8.ts";
import { send } from "./host-port.ts";
import { watchOf } from "./promises.ts";

/** Promises of one run that are told of. */
const MAX_TOLD = 20;
const MAX_KEY = 100;

const NativeProxy = Proxy;
const { get: reflectGet, has: reflectHas } = Reflect;
const { toPrimitive } = Symbol;
const textOfKey = String;

const told = new native.NativeWeakMap<object, true>();
let left = 0;

/** A new run begins. */
export function countUses(): void {
  left = MAX_TOLD;
}

/** Installs the proxy. Called once per VM, before any program runs. */
export function watchUses(): void {
  const handler = {
    __proto__: null,
    get(target: object, key: string | symbol, receiver: unknown): unknown {
      if (isUse(target, key)) tell(receiver, key);
      return reflectGet(target, key, receiver);
    },
  };
  // As an object of its own the target keeps what objects inherit, `instanceof Object` and `toString` among it.
  native.setPrototypeOf(Promise.prototype, new NativeProxy({}, handler as never));
}

/** Whether only a value would have it: what any object has is no use, nor are symbols that built-ins look for in whatever they get. */
function isUse(target: object, key: string | symbol): boolean {
  if (typeof key === "string") return key === "toString" || !reflectHas(target, key);
  return key === toPrimitive || key === native.iteratorSymbol || key === native.asyncIteratorSymbol;
}

function tell(promise: unknown, key: string | symbol): void {
  if (left === 0 || typeof promise !== "object" || promise === null) return;
  const watch = watchOf(promise);
  // The prototype of a class of promises is no promise.
  if (watch === undefined && native.hasOwn(promise, "constructor")) return;
  if (native.weakMapGet(told, promise) === true) return;
  native.weakMapSet(told, promise, true);
  left--;
  const { stack } = new native.NativeError();
  const what = cutUnits(typeof key === "string" ? key : textOfKey(key), MAX_KEY);
  send("unawaited", 0, watch?.name ?? "", `${what}\n${typeof stack === "string" ? stack : ""}`);
}
