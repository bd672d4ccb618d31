/** Stubs of objects with methods that stay on the host: each method is a call. */
import type { HandleFacts } from "../../core/handle-facts.ts";
import * as native from "../../core/primordials.ts";
import { decode } from "../../core/decode.ts";
import { noteTool } from "./item-callbacks.ts";

type Call = (
  id: string,
  name: string,
  given: readonly unknown[],
  label: string,
  keeps?: boolean,
) => Promise<unknown>;
type Method = (...args: unknown[]) => Promise<unknown>;

interface Iterator {
  readonly next: Method;
  readonly close: Method;
}

/** Rows of a result that stays on the host, and where the next ones begin. */
interface Page {
  readonly rows: readonly unknown[];
  readonly next: number | null;
}

const known = new native.NativeWeakMap<object, HandleFacts>();
/** Not the ordinary one, so that only encoding what is not plain looks for stubs. */
const prototype: object = native.freeze({ __proto__: null } as never);
const NativeProxy = Proxy;
const NativeTypeError = TypeError;
const listPrototype = Array.prototype;
/** That of a result on the host: whoever reads what it lacks takes it for the result, and would get nothing. */
const keptPrototype: object = new NativeProxy(prototype, {
  __proto__: null,
  get: (_target: object, key: string | symbol, stub: object) => lacks(key, factsOf(stub)?.label),
} as never);
/** What engines, `await` and printers read from any object. */
const ANY = /^(?:then|toJSON|constructor|valueOf|toString|next)$/;
let symbols: { readonly dispose: symbol; readonly asyncDispose: symbol };
let callHost: Call;
const then = native.uncurry(Promise.prototype.then) as (
  promise: unknown,
  done: unknown,
  failed: unknown,
) => unknown;

/** Called when the symbols of disposal are there. */
export function installHandles(call: Call): void {
  symbols = { dispose: Symbol.dispose, asyncDispose: Symbol.asyncDispose };
  callHost = call;
}

const REVIVE = native.freeze({ __proto__: null, handle: stubOf } as never) as {
  handle: (facts: object) => unknown;
};

/** Decodes an answer, with stubs where objects with methods are. */
export function decodeAnswer(text: string): unknown {
  return decode(text, REVIVE);
}

/** The id of a stub; `undefined` for anything else. */
export function idOf(value: object): string | undefined {
  return factsOf(value)?.id;
}

/** The facts of a stub; `undefined` for anything else. */
export function factsOf(value: object): HandleFacts | undefined {
  return native.weakMapGet(known, value) as HandleFacts | undefined;
}

function lacks(key: string | symbol, label: string | undefined): void {
  const isIteration = key === native.iteratorSymbol;
  if (label === undefined || (typeof key === "symbol" && !isIteration)) return;
  const name = typeof key === "symbol" ? "iterator" : key;
  if (native.execPattern(ANY, name) !== null) return;
  const instead =
    name === "length" || name === "size"
      ? "await h.count()"
      : isIteration || name in listPrototype
        ? "for await (const row of h) {}` or `(await h.slice(0, 100))"
        : `await h.get(${native.stringifyJson(name)})`;
  throw new NativeTypeError(
    `the result of ${label} stays on the host, and its handle h has no ${name}; write \`${instead}\``,
  );
}

function stubOf(given: object): object {
  native.setPrototypeOf(given, null);
  const facts = given as HandleFacts;
  const stub = (facts.data ?? {}) as object;
  const method =
    (name: string, keeps = false): Method =>
    (...args) => {
      // A function cannot cross; the host says what to give instead of a condition.
      const isCondition = name === "filter" && typeof args[0] === "function";
      const sent = facts.pages === true && isCondition ? [] : args;
      return callHost(facts.id, name, sent, `${facts.label}.${name}`, keeps);
    };
  for (let at = 0; at < facts.methods.length; at++) {
    const name = facts.methods[at]!;
    const call = method(name);
    hide(call, "handle", method(name, true));
    hide(stub, name, noteTool(call));
  }
  const dispose = method("@@dispose");
  hide(stub, "close", method("close"));
  hide(stub, symbols.asyncDispose, () => dispose());
  hide(stub, symbols.dispose, () => void then(dispose(), undefined, () => {}));
  if (facts.pages === true) hide(stub, native.asyncIteratorSymbol, () => pagesOf(method("@@page")));
  else if (facts.iterable)
    hide(stub, native.asyncIteratorSymbol, () => iteratorOf(method("@@iterate")));
  native.setPrototypeOf(stub, facts.pages === true ? keptPrototype : prototype);
  native.weakMapSet(known, stub, facts);
  return stub;
}

function iteratorOf(start: Method): object {
  let begun: Promise<unknown> | undefined;
  let isOver = false; // then its host has ended it
  const step = async (): Promise<object> => {
    if (isOver) return { done: true, value: undefined };
    try {
      const found = (await ((await (begun ??= start())) as Iterator).next()) as { done?: unknown };
      isOver = found.done === true;
      return found;
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  return {
    next: inOrder(step),
    return: async (value: unknown) => {
      const isOpen = begun !== undefined && !isOver;
      isOver = true;
      if (isOpen) await ((await begun) as Iterator).close();
      return { done: true, value };
    },
  };
}

/** Several steps at once come one after the other. */
function inOrder(step: () => Promise<object>): () => unknown {
  let last: unknown;
  return () => (last = last === undefined ? step() : then(last, step, step));
}

/** One call a page, not one a row. */
function pagesOf(page: Method): object {
  let rows: readonly unknown[] = [];
  let at = 0;
  let from: number | null = 0;
  const step = async (): Promise<object> => {
    while (at >= rows.length && from !== null) {
      const found = (await page(from)) as Page;
      ({ rows, next: from } = found);
      at = 0;
    }
    return at < rows.length ? { done: false, value: rows[at++] } : { done: true, value: undefined };
  };
  return {
    next: inOrder(step),
    return: async (value: unknown) => {
      rows = [];
      from = null;
      return { done: true, value };
    },
  };
}

function hide(stub: object, key: PropertyKey, value: unknown): void {
  native.defineProperty(stub, key, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
  } as never);
}
