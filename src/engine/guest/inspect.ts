/**
 * Values as one line of text for people, like Node's inspect. Getters of properties are shown, not called. Code that does
 * run (proxy traps, a getter of Symbol.toStringTag or of an error's message) counts as CPU time of the program.
 */
import { realTag } from "../../core/brands.ts";
import { errorClassOf } from "../../core/native-errors.ts";
import { wayOut } from "../../core/opaque.ts";
import * as native from "../../core/primordials.ts";
import { cutUnits } from "../../core/utf8.ts";

const MAX_ITEMS = 100;
const MAX_STRING = 10_000;
const MAX_BIGINT_BITS = 30_000;

const { getOwnPropertyDescriptor } = Object;
const symbolToText = native.uncurry(Symbol.prototype.toString);
const matchText = native.uncurry(String.prototype.match) as (
  text: string,
  pattern: RegExp,
) => string[] | null;
const dateToIso = native.uncurry(Date.prototype.toISOString);
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const CAUSES = ["cause", "errors", "error", "suppressed"];
const PROGRAM_FRAMES = /at [^\n]*program\.ts:[^\n]*/g;

/** Method of the prelude's own classes that returns what is shown of an object whose content is in private fields. */
export const inspectAs: symbol = Symbol("inspect");

/** The containers around the current value, innermost first. */
interface Parent {
  readonly value: object;
  readonly outer: Parent | undefined;
  readonly depth: number;
}

/**
 * @param depth levels that are shown; deeper ones are `[Object]`
 * @param length largest number of characters; the text ends with the number of those left out
 */
export function inspect(value: unknown, depth = 4, length = 10_000): string {
  const inspector = new Inspector(depth, length);
  const text = inspector.show(value, undefined);
  if (text.length <= length) return text;
  const start = cutUnits(text, length);
  return `${start}… (${text.length - start.length} more characters)`;
}

class Inspector {
  readonly #maxDepth: number;
  #room: number;

  constructor(maxDepth: number, room: number) {
    this.#maxDepth = maxDepth;
    this.#room = room;
  }

  show(value: unknown, parent: Parent | undefined): string {
    let text: string;
    try {
      text = this.#showAny(value, parent);
    } catch {
      text = "[not inspectable]"; // a proxy whose traps throw
    }
    this.#room -= text.length;
    return text;
  }

  #showAny(value: unknown, parent: Parent | undefined): string {
    switch (typeof value) {
      case "string":
        return quote(value);
      case "bigint":
        return showBigint(value);
      case "symbol":
        return symbolToText(value);
      case "number":
        return value === 0 && 1 / value < 0 ? "-0" : `${value}`;
      case "function":
        return this.#showFunction(value);
      case "object":
        return value === null ? "null" : this.#showObject(value, parent);
      default:
        return `${value as undefined}`;
    }
  }

  #showFunction(value: object): string {
    const name = ownText(value, "name");
    const descriptor = getOwnPropertyDescriptor(value, "prototype");
    const kind = descriptor !== undefined && descriptor.writable === false ? "class" : "Function";
    return name === ""
      ? `[${kind} (anonymous)]`
      : `[${kind}${kind === "class" ? " " : ": "}${name}]`;
  }

  #showObject(value: object, outer: Parent | undefined): string {
    for (let at = outer; at !== undefined; at = at.outer)
      if (at.value === value) return "[Circular]";
    const depth = outer === undefined ? 0 : outer.depth + 1;
    const parent: Parent = { value, outer, depth };
    const tag = native.isArray(value) ? "" : realTag(value);
    const special = showLeaf(value, tag);
    if (special !== undefined) return special;
    if (depth > this.#maxDepth || this.#room < 0)
      return native.isArray(value) ? "[Array]" : `[${nameOf(value) || "Object"}]`;
    if (native.isArray(value))
      return this.#list("", "[", value.length, (at) => this.#showItem(value, at, parent), "]");
    return (
      this.#showCollection(value, tag, parent) ??
      this.#showBoxed(value, tag, parent) ??
      this.#showView(value, parent) ??
      this.#showProperties(value, parent)
    );
  }

  #showItem(array: readonly unknown[], at: number, parent: Parent): string {
    return native.hasOwn(array, at) ? this.#showProperty(array, `${at}`, parent) : "<empty>";
  }

  #showCollection(value: object, tag: string, parent: Parent): string | undefined {
    if (native.isView(value)) return this.#showTypedArray(value, parent);
    const items: string[] = [];
    let size = 0;
    const add = (text: () => string): void => {
      if (size++ < MAX_ITEMS && this.#room > 0) put(items, text());
    };
    if (tag === "[object Map]") {
      native.mapForEach(value as Map<unknown, unknown>, (item, key) =>
        add(() => `${this.show(key, parent)} => ${this.show(item, parent)}`),
      );
      return this.#list(`Map(${size}) `, "{", size, (at) => items[at] ?? "…", "}");
    }
    if (tag === "[object Set]") {
      native.setForEach(value as Set<unknown>, (item) => add(() => this.show(item, parent)));
      return this.#list(`Set(${size}) `, "{", size, (at) => items[at] ?? "…", "}");
    }
    return undefined;
  }

  /** A boxed primitive, as `[Number: 1]`. */
  #showBoxed(value: object, tag: string, parent: Parent): string | undefined {
    const primitive = unbox(value, tag);
    if (primitive === undefined) return undefined;
    return `[${native.sliceText(tag, 8, -1)}: ${this.show(primitive, parent)}]`;
  }

  #showView(value: object, parent: Parent): string | undefined {
    const view = (value as Record<symbol, unknown>)[inspectAs];
    if (typeof view !== "function") return undefined;
    const shown = this.show(native.reflectApply(view as never, value, []), parent);
    return `${nameOf(value)} ${shown}`;
  }

  #showTypedArray(value: object, parent: Parent): string {
    const kind = native.typedArrayKind(value);
    const items = kind === undefined ? bytesOf(value) : (value as Uint8Array);
    return this.#list(
      `${kind ?? "DataView"}(${items.length}) `,
      "[",
      items.length,
      (at) => this.show(items[at], parent),
      "]",
    );
  }

  #showProperties(value: object, parent: Parent): string {
    const keys = native.objectKeys(value);
    const prototype: unknown = native.getPrototypeOf(value);
    const name =
      prototype === null
        ? "[Object: null prototype]"
        : prototype === native.objectPrototype
          ? ""
          : nameOf(value);
    const isError = errorClassOf(value) !== undefined;
    const head = isError ? errorText(value) + this.#showCauses(value, parent) : name;
    if (keys.length === 0 && isError) return head;
    const show = (at: number): string =>
      `${keyText(keys[at]!)}: ${this.#showProperty(value, keys[at]!, parent)}`;
    return this.#list(head === "" ? "" : `${head} `, "{", keys.length, show, "}");
  }

  /** The causes of an error. They are not enumerable, and often the reason. */
  #showCauses(error: object, parent: Parent): string {
    let text = "";
    for (let at = 0; at < CAUSES.length; at++) {
      const key = CAUSES[at]!;
      const descriptor = getOwnPropertyDescriptor(error, key);
      if (descriptor?.enumerable === false)
        text += ` [${key}: ${this.#showProperty(error, key, parent)}]`;
    }
    return text;
  }

  #showProperty(value: object, key: string, parent: Parent): string {
    const descriptor = getOwnPropertyDescriptor(value, key);
    if (descriptor === undefined) return "undefined";
    if (descriptor.get !== undefined)
      return descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
    return descriptor.set === undefined ? this.show(descriptor.value, parent) : "[Setter]";
  }

  #list(
    head: string,
    open: string,
    count: number,
    item: (at: number) => string,
    close: string,
  ): string {
    if (count === 0) return `${head}${open}${close}`;
    let text = `${head}${open} `;
    let at = 0;
    for (; at < count && at < MAX_ITEMS && this.#room > 0; at++)
      text += (at === 0 ? "" : ", ") + item(at);
    if (at < count)
      text += `${at === 0 ? "" : ", "}... ${count - at} more item${count - at === 1 ? "" : "s"}`;
    return `${text} ${close}`;
  }
}

/** Printing a huge BigInt takes seconds and cannot be interrupted. */
function showBigint(value: bigint): string {
  if (native.asIntN(MAX_BIGINT_BITS, value) !== value) return "[BigInt]";
  return `${native.bigintToText(value)}n`;
}

/** Objects without properties to show. @param tag the real one */
function showLeaf(value: object, tag: string): string | undefined {
  switch (tag) {
    case "[object Date]": {
      const ms = native.dateToMs(value as Date);
      return ms === ms ? dateToIso(value as Date) : "Invalid Date";
    }
    case "[object RegExp]":
      return `/${native.regExpSource(value)}/${native.regExpFlags(value)}`;
    case "[object ArrayBuffer]":
      return `ArrayBuffer { byteLength: ${native.bufferLength(value)} }`;
    case "[object Promise]":
      return "Promise {}";
    default: {
      if (tag === "" || tag === "[object Object]") return undefined;
      const isOurs = (value as Record<symbol, unknown>)[inspectAs] !== undefined;
      const way = isOurs || native.objectKeys(value).length > 0 ? undefined : wayOut(tag);
      return way === undefined ? undefined : `${native.sliceText(tag, 8, -1)} { … } (${way})`;
    }
  }
}

function unbox(value: object, tag: string): unknown {
  switch (tag) {
    case "[object String]":
      return native.unboxText(value);
    case "[object Number]":
      return native.unboxNumber(value);
    case "[object Boolean]":
      return native.unboxBoolean(value);
    case "[object BigInt]":
      return native.unboxBigint(value);
    default:
      return undefined;
  }
}

function bytesOf(view: object): Uint8Array {
  return new native.NativeUint8Array(
    native.dataViewBuffer(view),
    native.dataViewOffset(view),
    native.dataViewLength(view),
  );
}

/** `TypeError: message`, followed by the program's own frames. */
function errorText(error: object): string {
  const { name, message, stack } = error as { name?: unknown; message?: unknown; stack?: unknown };
  const title = typeof name === "string" ? name : "Error";
  let text = typeof message === "string" && message !== "" ? `${title}: ${message}` : title;
  const frames = typeof stack === "string" ? matchText(stack, PROGRAM_FRAMES) : null;
  for (let at = 0; frames !== null && at < frames.length && at < 5; at++)
    text += ` | ${frames[at]!}`;
  return text;
}

function nameOf(value: object): string {
  const prototype = native.getPrototypeOf(value) as object | null;
  const constructor: unknown =
    prototype === null ? undefined : getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof constructor === "function" ? ownText(constructor, "name") : "";
}

function ownText(value: object, key: string): string {
  const text: unknown = getOwnPropertyDescriptor(value, key)?.value;
  return typeof text === "string" ? text : "";
}

function keyText(key: string): string {
  return matchText(key, IDENTIFIER) === null ? quote(key) : key;
}

function quote(text: string): string {
  const shown = cutUnits(text, MAX_STRING);
  let quoted = "";
  let from = 0;
  for (let at = 0; at < shown.length; at++) {
    const code = native.charCodeAt(shown, at);
    if (code !== 39 && code !== 92 && code !== 10) continue;
    quoted += `${native.sliceText(shown, from, at)}\\${code === 10 ? "n" : shown[at]!}`;
    from = at + 1;
  }
  const left = text.length - shown.length;
  const cut = left > 0 ? `… (${left} more characters)` : "";
  return `'${quoted}${native.sliceText(shown, from)}${cut}'`;
}

/** `push`, which a patched prototype cannot intercept. */
function put(list: string[], item: string): void {
  native.defineProperty(list, list.length, {
    __proto__: null,
    value: item,
    enumerable: true,
  } as never);
}
