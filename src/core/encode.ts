import { toBase64 } from "./base64.ts";
import { realTag } from "./brands.ts";
import { partsOfNames } from "./parts.ts";
import * as native from "./primordials.ts";
import { exceedsUtf8 } from "./utf8.ts";
import { MARK, MAX_BIGINT_DIGITS, type WireError, wireError } from "./wire-format.ts";

export interface EncodeOptions {
  /**
   * Largest size of the text in bytes; a larger text is an `output_limit`.
   * @default Infinity
   */
  readonly maxBytes?: number;
  /**
   * Most parts (see parts.ts); more are an `output_limit`.
   * @default Infinity
   */
  readonly maxParts?: number;
  /**
   * Counts bytes of UTF-8, for places where doing that in JavaScript is slow.
   * @default utf8Length of utf8.ts
   */
  readonly sizeOf?: (text: string) => number;
  /**
   * Deepest nesting in levels; a deeper value is `not_serializable`.
   * @default 200
   */
  readonly maxDepth?: number;
  /**
   * Name of the value in messages.
   * @default "value"
   */
  readonly label?: string;
  /** Returns what a promise resolved to. Without this function a promise is `not_serializable`. */
  readonly settled?: (promise: object) => unknown;
}

const MAX_DEPTH = 200;
/** Number of keys whose text is cached during one encoding. */
const MAX_KEYS = 1_000;

/** The parts of a pair of a Map, of a tag and of an error, with those of the values in it. */
const PAIR_PARTS = 3;
const TAG_PARTS = 3;
const ERROR_PARTS = 5;

/** The containers around the current value, innermost first. */
interface Frame {
  readonly container: object;
  readonly parent: Frame | undefined;
  readonly depth: number;
  /** Of the container and those around it, the one whose depth is the largest power of two. */
  landmark: object | undefined;
  key: string | number;
}

class Encoder {
  #rich = false;
  /** Characters so far: a lower bound of the text's bytes. */
  #length = 0;
  /** Counted for all parts of a container at once: a call for each would take as long as writing it. */
  #parts = 0;
  readonly #maxBytes: number;
  readonly #maxParts: number;
  readonly #sizeOf: ((text: string) => number) | undefined;
  readonly #maxDepth: number;
  readonly #label: string;
  readonly #settled: ((promise: object) => unknown) | undefined;
  /** Keys as JSON, cached because rows of a table repeat the same keys. */
  readonly #keys: Record<string, string | undefined> = { __proto__: null } as never;
  #keyCount = 0;

  constructor(options: EncodeOptions) {
    this.#maxBytes = options.maxBytes ?? Infinity;
    this.#maxParts = options.maxParts ?? Infinity;
    this.#sizeOf = options.sizeOf;
    this.#maxDepth = options.maxDepth ?? MAX_DEPTH;
    this.#label = options.label ?? "value";
    this.#settled = options.settled;
  }

  /** Returns the whole text. Stops early for a value that is far too large. */
  encode(value: unknown): string {
    this.#countParts(1);
    const written = this.#write(value, undefined);
    const text = this.#rich ? MARK + written : written;
    if (exceedsUtf8(text, this.#maxBytes, this.#sizeOf)) throw this.#tooLarge();
    return text;
  }

  #write(value: unknown, frame: Frame | undefined): string {
    switch (typeof value) {
      case "string":
        return this.#writeText(value);
      case "number":
        return this.#writeNumber(value);
      case "boolean":
        return this.#count(value ? "true" : "false");
      case "undefined":
        return this.#tagged("undefined");
      case "bigint":
        return this.#writeBigint(value, frame);
      case "object":
        return value === null ? this.#count("null") : this.#writeObject(value, frame);
      default:
        throw this.#refuse(frame, `is a ${typeof value}, which is not data`);
    }
  }

  #count(text: string): string {
    this.#length += text.length;
    if (this.#length > this.#maxBytes) throw this.#tooLarge();
    return text;
  }

  #countParts(parts: number): void {
    this.#parts += parts;
    if (this.#parts <= this.#maxParts) return;
    throw wireError("output_limit", `${this.#label} has more than ${this.#maxParts} parts`);
  }

  /** What is certainly too large is refused before its text is made. */
  #writeText(text: string): string {
    if (this.#length + text.length > this.#maxBytes) throw this.#tooLarge();
    return this.#count(native.stringifyJson(text));
  }

  #tooLarge(): WireError {
    return wireError("output_limit", `${this.#label} is larger than ${this.#maxBytes} bytes`);
  }

  #tagged(type: string, valueText?: string): string {
    this.#rich = true;
    this.#countParts(TAG_PARTS);
    return (
      this.#count(`{"$type":"${type}"`) + (valueText === undefined ? "}" : `,"value":${valueText}}`)
    );
  }

  #writeNumber(value: number): string {
    if (native.isFiniteNumber(value) && (value !== 0 || 1 / value > 0))
      return this.#count(`${value}`);
    return this.#tagged("number", value === 0 ? '"-0"' : `"${value}"`);
  }

  #writeBigint(value: bigint, frame: Frame | undefined): string {
    // The comparison is cheap; printing a huge BigInt is not.
    if (native.toBigInt.asIntN(MAX_BIGINT_DIGITS * 3, value) !== value) {
      throw this.#refuse(frame, `is a BigInt of more than ${MAX_BIGINT_DIGITS} digits`);
    }
    return this.#tagged("BigInt", `"${native.bigintToText(value)}"`);
  }

  #writeObject(value: object, frame: Frame | undefined): string {
    const inner = this.#enter(value, frame);
    if (native.isArray(value)) return this.#writeArray(value, inner);
    const prototype: unknown = native.getPrototypeOf(value);
    const plain = prototype === native.objectPrototype || prototype === null;
    if (!plain) {
      const text = this.#writeBuiltin(value, inner);
      if (text !== undefined) return text;
    }
    if (!plain || native.hasOwn(value, "toJSON")) {
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON === "function") {
        inner.key = "toJSON()";
        return this.#write(native.reflectApply(toJSON, value, [""]), inner);
      }
    }
    return this.#writeProperties(value, inner);
  }

  /**
   * A cycle comes by one of its landmarks (Brent 1980), or is too deep: comparing with all containers around would cost each as
   * much as it is deep.
   */
  #enter(container: object, parent: Frame | undefined): Frame {
    const depth = parent === undefined ? 1 : parent.depth + 1;
    const frame: Frame = { container, parent, depth, landmark: parent?.landmark, key: "" };
    if (depth > this.#maxDepth || container === frame.landmark) throw this.#tooDeep(frame);
    if ((depth & (depth - 1)) === 0) frame.landmark = container;
    return frame;
  }

  #tooDeep(deepest: Frame): WireError {
    const outermostFirst: Frame[] = [];
    for (let at: Frame | undefined = deepest; at !== undefined; at = at.parent)
      native.defineProperty(outermostFirst, at.depth - 1, { __proto__: null, value: at } as never);
    for (let at = 1; at < outermostFirst.length; at++) {
      const { container, parent } = outermostFirst[at]!;
      for (let outer = 0; outer < at; outer++) {
        if (outermostFirst[outer]!.container !== container) continue;
        const target = this.#pathOf(outermostFirst[outer]!.parent);
        return this.#refuse(parent, `refers back to ${target}: a cycle cannot be sent as data`);
      }
    }
    return this.#refuse(undefined, `is nested deeper than ${this.#maxDepth} levels`);
  }

  #writeArray(value: readonly unknown[], frame: Frame): string {
    const { length } = value; // read once, as JSON.stringify does: a `toJSON` may add items
    this.#countParts(length + 1);
    let text = "[";
    for (let at = 0; at < length; at++) {
      frame.key = at;
      const item = this.#write(value[at], frame);
      text += at === 0 ? item : `,${item}`;
    }
    this.#count("[]");
    return `${text}]`;
  }

  #writeProperties(value: object, frame: Frame): string {
    const keys = native.objectKeys(value);
    this.#countParts(keys.length + partsOfNames(keys.length) + 1);
    let text = "{";
    let escaped = false;
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!;
      if (key === "$type") escaped = true;
      frame.key = key;
      const name = this.#count(this.#keys[key] ?? this.#keyText(key));
      const item = this.#write((value as Record<string, unknown>)[key], frame);
      text += at === 0 ? `${name}:${item}` : `,${name}:${item}`;
    }
    this.#count("{}");
    return escaped ? this.#tagged("Object", `${text}}`) : `${text}}`;
  }

  #keyText(key: string): string {
    const text = native.stringifyJson(key);
    if (this.#keyCount++ < MAX_KEYS) this.#keys[key] = text;
    return text;
  }

  /** The text of a built-in that JSON lacks, or `undefined` when `value` is not one (whatever its tag claims). */
  #writeBuiltin(value: object, frame: Frame): string | undefined {
    if (native.isView(value)) return this.#writeTypedArray(value);
    switch (realTag(value)) {
      case "[object Date]": {
        const ms = native.dateToMs(value as Date);
        return this.#tagged("Date", ms === ms ? `${ms}` : "null");
      }
      case "[object RegExp]":
        return this.#writeRegExp(value);
      case "[object Map]":
        return this.#writeMap(value as Map<unknown, unknown>, frame);
      case "[object Set]":
        return this.#writeSet(value as Set<unknown>, frame);
      case "[object ArrayBuffer]":
        return this.#writeBytes("ArrayBuffer", new native.NativeUint8Array(value as ArrayBuffer));
      case "[object Error]":
        return this.#writeError(value, frame);
      case "[object Promise]":
        return this.#writePromise(value, frame);
      default:
        return undefined;
    }
  }

  #writeRegExp(value: object): string {
    const parts = [native.regExpSource(value), native.regExpFlags(value)];
    this.#countParts(parts.length);
    return this.#tagged("RegExp", this.#count(native.stringifyJson(parts)));
  }

  #writeTypedArray(view: object): string | undefined {
    const kind = native.typedArrayKind(view);
    if (kind === undefined) return undefined; // a DataView, which is not a value type of the wire format
    const bytes = new native.NativeUint8Array(
      native.typedArrayBuffer(view),
      native.typedArrayOffset(view),
      native.typedArrayLength(view),
    );
    return this.#writeBytes(kind, bytes);
  }

  #writeBytes(type: string, bytes: Uint8Array): string {
    const size = native.typedArrayLength(bytes);
    if (this.#length + (size / 3) * 4 > this.#maxBytes) throw this.#tooLarge(); // before the text is made
    return this.#tagged(type, this.#count(`"${toBase64(bytes)}"`));
  }

  #writeMap(map: Map<unknown, unknown>, frame: Frame): string {
    let text = "";
    let at = 0;
    native.mapForEach(map, (value, key) => {
      frame.key = at;
      this.#countParts(PAIR_PARTS);
      text += `${at++ === 0 ? "" : ","}[${this.#write(key, frame)},${this.#write(value, frame)}]`;
    });
    return this.#tagged("Map", `[${text}]`);
  }

  #writeSet(set: Set<unknown>, frame: Frame): string {
    let text = "";
    let at = 0;
    native.setForEach(set, (value) => {
      frame.key = at;
      this.#countParts(1);
      text += (at++ === 0 ? "" : ",") + this.#write(value, frame);
    });
    return this.#tagged("Set", `[${text}]`);
  }

  #writeError(error: object, frame: Frame): string {
    const { name, message, code, cause } = error as {
      name?: unknown;
      message?: unknown;
      code?: unknown;
      cause?: unknown;
    };
    this.#countParts(ERROR_PARTS);
    let text = `{"name":${this.#writeText(textOr(name))},"message":${this.#writeText(textOr(message))}`;
    if (typeof code === "string" || typeof code === "number")
      text += `,"code":${native.stringifyJson(code)}`;
    frame.key = "cause";
    if (cause !== undefined) text += `,"cause":${this.#write(cause, frame)}`;
    return this.#tagged("Error", `${text}}`);
  }

  #writePromise(promise: object, frame: Frame): string {
    if (this.#settled === undefined)
      throw this.#refuse(frame.parent, "is a Promise: await it first");
    frame.key = "(awaited)";
    return this.#write(this.#settled(promise), frame);
  }

  #refuse(frame: Frame | undefined, why: string): WireError {
    return wireError("not_serializable", `${this.#pathOf(frame)} ${why}`);
  }

  #pathOf(frame: Frame | undefined): string {
    if (frame === undefined) return this.#label;
    const { key } = frame;
    const step = typeof key === "number" ? `[${key}]` : `.${key}`;
    return this.#pathOf(frame.parent) + step;
  }
}

function textOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * Encodes `value` as wire text.
 * @throws WireError with the path of a part that cannot cross (a function, a symbol, a promise, a cycle), or for a value
 * that is too large
 */
export function encode(value: unknown, options: EncodeOptions = {}): string {
  return new Encoder(options).encode(value);
}
