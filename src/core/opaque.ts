/**
 * Objects whose content is not in their properties. Invariant: a value arrives as its content, or is refused with the way to
 * get at the content; none becomes `{}` on its way.
 */
import * as native from "./primordials.ts";

const ITERATOR = "use [...it], a list of what it gives";
const ASYNC_ITERATOR = "use `await Array.fromAsync(it)`, a list of what it gives";
const PAIRS = "use Object.fromEntries(it), or [...it] where names repeat";
const WEAK = "what it holds cannot be listed; keep that in a Map or a Set";

/** What to use instead of a built-in or web object that has no properties, by its tag. */
const WAYS: Readonly<Record<string, string | undefined>> = {
  __proto__: null,
  "[object Generator]": ITERATOR,
  "[object AsyncGenerator]": ASYNC_ITERATOR,
  "[object WeakMap]": WEAK,
  "[object WeakSet]": WEAK,
  "[object WeakRef]": "use it.deref(), the object itself",
  "[object FinalizationRegistry]": WEAK,
  "[object URLSearchParams]": `use it.toString(); or ${PAIRS}`,
  "[object Headers]": PAIRS,
  "[object FormData]": PAIRS,
  "[object Response]": "use `await it.json()` or `await it.text()`, with it.status",
  "[object Request]": "use `await it.json()` or `await it.text()`, with it.url",
  "[object Blob]": "use `await it.text()` or `await it.arrayBuffer()`",
  "[object File]": "use `await it.text()` or `await it.arrayBuffer()`",
  "[object ReadableStream]": "use `await new Response(it).text()`, or read it with `for await`",
  "[object AbortSignal]": "use it.aborted and it.reason",
  "[object AbortController]": "it is control, not data",
} as never;

const ITERATOR_TAG = /Iterator( Helper)?\]$/;
const testPattern = native.execPattern;

/** What to do instead of passing on a built-in that has no properties; `undefined` for objects of a program's own classes. */
export function wayOut(tag: string): string | undefined {
  const way = WAYS[tag];
  if (way !== undefined) return way;
  if (testPattern(ITERATOR_TAG, tag) === null) return undefined;
  return testPattern(/^\[object Async/, tag) === null ? ITERATOR : ASYNC_ITERATOR;
}

/**
 * Why an object without own properties, whose prototype is not the ordinary one, is not an empty object; `undefined` where
 * nothing shows that it holds anything.
 */
export function hiddenContent(value: object, tag: string): string | undefined {
  const name = `is ${article(nameOf(value, tag))}`;
  const way = wayOut(tag) ?? wayOutByProtocol(value);
  if (way !== undefined) return `${name}, whose content is not in properties: ${way}`;
  if (native.hasOwn(value, native.tagSymbol)) return `${name}, which is not data`;
  if (!hasMembers(value)) return undefined;
  return `${name} without properties of its own (private fields, accessors and inherited properties cannot be seen): return what is needed of it, or give its class a toJSON method`;
}

function wayOutByProtocol(value: object): string | undefined {
  const given = value as Record<PropertyKey, unknown>;
  if (typeof given[native.asyncIteratorSymbol] === "function") return ASYNC_ITERATOR;
  if (typeof given[native.iteratorSymbol] === "function") return ITERATOR;
  return typeof given["next"] === "function" ? "use Iterator.from(it).toArray()" : undefined;
}

/** Whether anything but a constructor is inherited, except from the end of the chain, which is an `Object.prototype`. */
function hasMembers(value: object): boolean {
  let at = native.getPrototypeOf(value) as object | null;
  for (; at !== null && at !== native.objectPrototype; at = native.getPrototypeOf(at) as never) {
    const foreign = native.getPrototypeOf(at) === null && native.hasOwn(at, "isPrototypeOf");
    if (foreign) return false;
    const keys = native.ownKeys(at);
    if (keys.length > 1 || (keys.length === 1 && keys[0] !== "constructor")) return true;
  }
  return false;
}

function nameOf(value: object, tag: string): string {
  if (tag !== "[object Object]") return native.sliceText(tag, 8, -1);
  const made = (value as { constructor?: unknown }).constructor;
  const name: unknown = typeof made === "function" ? (made as { name?: unknown }).name : undefined;
  return typeof name === "string" && name !== "" && name !== "Object" && name.length < 100
    ? name
    : "object of a class";
}

function article(name: string): string {
  return native.execPattern(/^[AEIOaeio]/, name) === null ? `a ${name}` : `an ${name}`;
}
