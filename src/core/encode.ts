import { realTag } from "./brands.ts";
import { type ValueWriter, writeBuiltin } from "./encode-builtins.ts";
import { type Frame, inside, refusal } from "./encode-frame.ts";
import { hiddenContent, wayOut } from "./opaque.ts";
import { partsOfNames } from "./parts.ts";
import type { HandleFacts } from "./handle-facts.ts";
import * as native from "./primordials.ts";
import { exceedsUtf8 } from "./utf8.ts";
import {
  MARK,
  MAX_BIGINT_DIGITS,
  type WireError,
  wireError,
  wireFailureOf,
} from "./wire-format.ts";

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
  /** The id of a stub, see handle-facts.ts; `undefined` for any other object. A stub's prototype is its own. It may throw. */
  readonly stubId?: (value: object) => string | undefined;
  /**
   * The facts of an object that crosses as a handle, see handle-facts.ts; `undefined` for one that is data. It may throw.
   * @param failed whether its properties alone cannot be sent
   * @default none: every object is data, or refused
   */
  readonly handleOf?: (value: object, failed: boolean) => HandleFacts | undefined;
  /**
   * Whether an object literal without functions is to be asked about by `handleOf` all the same.
   * @default none is
   */
  readonly isResource?: (value: object) => boolean;
}

const MAX_DEPTH = 200;
/** Number of keys whose text is cached during one encoding. */
const MAX_KEYS = 1_000;

/** The parts of a tag. */
const TAG_PARTS = 3;

class Encoder implements ValueWriter {
  #rich = false;
  /** Characters so far: a lower bound of the text's bytes. */
  #length = 0;
  /** Counted for all parts of a container at once: a call for each would take as long as writing it. */
  #parts = 0;
  readonly #maxBytes: number;
  readonly #maxParts: number;
  readonly #sizeOf: ((text: string) => number) | undefined;
  readonly maxDepth: number;
  readonly label: string;
  readonly settled: ((promise: object) => unknown) | undefined;
  readonly #stubId: EncodeOptions["stubId"];
  #handleOf: EncodeOptions["handleOf"];
  readonly #isResource: EncodeOptions["isResource"];
  /** Keys as JSON, cached because rows of a table repeat the same keys. */
  readonly #keys: Record<string, string | undefined> = { __proto__: null } as never;
  #keyCount = 0;

  constructor(options: EncodeOptions) {
    this.#maxBytes = options.maxBytes ?? Infinity;
    this.#maxParts = options.maxParts ?? Infinity;
    this.#sizeOf = options.sizeOf;
    this.maxDepth = options.maxDepth ?? MAX_DEPTH;
    this.label = options.label ?? "value";
    this.settled = options.settled;
    this.#stubId = options.stubId;
    this.#handleOf = options.handleOf;
    this.#isResource = options.isResource;
  }

  /** Returns the whole text. Stops early for a value that is far too large. */
  encode(value: unknown): string {
    this.countParts(1);
    const written = this.write(value, undefined);
    const text = this.#rich ? MARK + written : written;
    if (exceedsUtf8(text, this.#maxBytes, this.#sizeOf)) throw this.#tooLarge();
    return text;
  }

  write(value: unknown, frame: Frame | undefined): string {
    switch (typeof value) {
      case "string":
        return this.writeText(value);
      case "number":
        return this.#writeNumber(value);
      case "boolean":
        return this.count(value ? "true" : "false");
      case "undefined":
        return this.tagged("undefined");
      case "bigint":
        return this.#writeBigint(value, frame);
      case "object":
        return value === null ? this.count("null") : this.#writeObject(value, frame);
      default:
        throw refusal(frame, this.label, `is a ${typeof value}, which is not data`);
    }
  }

  count(text: string): string {
    this.#length += text.length;
    if (this.#length > this.#maxBytes) throw this.#tooLarge();
    return text;
  }

  countParts(parts: number): void {
    this.#parts += parts;
    if (this.#parts <= this.#maxParts) return;
    throw wireError("output_limit", `${this.label} has more than ${this.#maxParts} parts`);
  }

  needRoom(characters: number): void {
    if (this.#length + characters > this.#maxBytes) throw this.#tooLarge();
  }

  writeText(text: string): string {
    this.needRoom(text.length);
    return this.count(native.stringifyJson(text));
  }

  #tooLarge(): WireError {
    return wireError("output_limit", `${this.label} is larger than ${this.#maxBytes} bytes`);
  }

  tagged(type: string, valueText?: string): string {
    this.#rich = true;
    this.countParts(TAG_PARTS);
    return (
      this.count(`{"$type":"${type}"`) + (valueText === undefined ? "}" : `,"value":${valueText}}`)
    );
  }

  #writeNumber(value: number): string {
    if (native.isFiniteNumber(value) && (value !== 0 || 1 / value > 0))
      return this.count(`${value}`);
    return this.tagged("number", value === 0 ? '"-0"' : `"${value}"`);
  }

  #writeBigint(value: bigint, frame: Frame | undefined): string {
    // The comparison is cheap; printing a huge BigInt is not.
    if (native.asIntN(MAX_BIGINT_DIGITS * 3, value) !== value) {
      throw refusal(frame, this.label, `is a BigInt of more than ${MAX_BIGINT_DIGITS} digits`);
    }
    return this.tagged("BigInt", `"${native.bigintToText(value)}"`);
  }

  #writeObject(value: object, frame: Frame | undefined): string {
    const inner = inside(value, frame, this);
    if (native.isArray(value)) return this.#writeArray(value, inner);
    const prototype: unknown = native.getPrototypeOf(value);
    const plain = prototype === native.objectPrototype || prototype === null;
    if (!plain) {
      const text = writeBuiltin(value, inner, this);
      if (text !== undefined) return text;
    }
    if (!plain && this.#stubId !== undefined) {
      const id = this.#stubId(value);
      if (id !== undefined) return this.tagged("Handle", `{"id":${this.writeText(id)}}`);
    }
    if (!plain || native.hasOwn(value, "toJSON")) {
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON === "function") {
        inner.key = "toJSON()";
        return this.write(native.reflectApply(toJSON, value, [""]), inner);
      }
      if (!plain && this.#handleOf !== undefined) return this.#writeInstance(value, inner);
      if (!plain) this.#checkWay(value, inner);
    }
    if (plain && this.#isResource?.(value) === true) {
      const facts = this.#handleOf?.(value, false);
      if (facts !== undefined) return this.#writeHandle(value, facts, inner);
    }
    return this.#writeProperties(value, inner);
  }

  /** An instance of a class: a handle where it is more than data, or where its properties alone cannot be sent. */
  #writeInstance(value: object, frame: Frame): string {
    const tag = native.tagOf(value);
    const hasWay = wayOut(tag) !== undefined;
    const mayBe = !hasWay || tag === "[object AsyncGenerator]";
    const facts = mayBe ? this.#handleOf!(value, false) : undefined;
    if (facts !== undefined) return this.#writeHandle(value, facts, frame);
    try {
      this.#checkWay(value, frame);
      return this.#writeClosed(value, frame);
    } catch (error) {
      if (wireFailureOf(error)?.code !== "not_serializable") throw error;
      const handle = hasWay ? undefined : this.#handleOf!(value, true);
      if (handle === undefined) throw error;
      return this.#writeHandle(value, handle, frame);
    }
  }

  /** The objects that an instance holds, such as its connection, are its own business: no program gets a handle of them. */
  #writeClosed(value: object, frame: Frame): string {
    const handleOf = this.#handleOf;
    this.#handleOf = undefined;
    try {
      return this.#writeProperties(value, frame);
    } finally {
      this.#handleOf = handleOf;
    }
  }

  #writeHandle(value: object, facts: HandleFacts, frame: Frame): string {
    const isLiteral = native.getPrototypeOf(value) === native.objectPrototype;
    const whole = isLiteral ? undefined : this.#wholeData(value, frame);
    const data = whole ?? this.write(this.#dataOf(value, isLiteral), frame);
    return this.tagged(
      "Handle",
      `${native.sliceText(this.write(facts, frame), 0, -1)},"data":${data}}`,
    );
  }

  /** All properties of an instance, where they are data. */
  #wholeData(value: object, { depth }: Frame): string | undefined {
    const apart = new Encoder({
      maxBytes: this.#maxBytes - this.#length,
      maxParts: this.#maxParts - this.#parts,
      maxDepth: this.maxDepth - depth,
      label: this.label,
    });
    try {
      const text = apart.#writeProperties(value, inside(value, undefined, apart));
      this.countParts(apart.#parts);
      return this.count(text);
    } catch (error) {
      if (wireFailureOf(error) === undefined) throw error;
      return undefined;
    }
  }

  /** Of an object literal all that is data; of an instance, which may hold what is its own business, what is simple. */
  #dataOf(value: object, isLiteral: boolean): object {
    const data: Record<string, unknown> = { __proto__: null } as never;
    const keys = native.objectKeys(value);
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!;
      const item = (value as Record<string, unknown>)[key];
      const isSimple = item === null || (typeof item !== "object" && key[0] !== "_");
      if (typeof item !== "function" && typeof item !== "symbol" && (isLiteral || isSimple))
        data[key] = item;
    }
    return data;
  }

  #writeArray(value: readonly unknown[], frame: Frame): string {
    const { length } = value; // read once, as JSON.stringify does: a `toJSON` may add items
    this.countParts(length + 1);
    let text = "[";
    for (let at = 0; at < length; at++) {
      frame.key = at;
      const item = this.write(value[at], frame);
      text += at === 0 ? item : `,${item}`;
    }
    this.count("[]");
    return `${text}]`;
  }

  #writeProperties(value: object, frame: Frame): string {
    const keys = native.objectKeys(value);
    if (keys.length === 0) this.#checkEmpty(value, frame);
    this.countParts(keys.length + partsOfNames(keys.length) + 1);
    let text = "{";
    let escaped = false;
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!;
      if (key === "$type") escaped = true;
      frame.key = key;
      const name = this.count(this.#keys[key] ?? this.#keyText(key));
      const property = (value as Record<string, unknown>)[key];
      if (typeof property === "function" && this.#handleOf !== undefined) {
        const facts = this.#handleOf(value, true);
        if (facts !== undefined) return this.#writeHandle(value, facts, frame);
      }
      const item = this.write(property, frame);
      text += at === 0 ? `${name}:${item}` : `,${name}:${item}`;
    }
    this.count("{}");
    return escaped ? this.tagged("Object", `${text}}`) : `${text}}`;
  }

  #checkWay(value: object, frame: Frame): void {
    const tag = native.tagOf(value);
    if (tag !== "[object Object]" && wayOut(tag) !== undefined)
      throw refusal(frame.parent, this.label, hiddenContent(value, tag)!);
  }

  /** What only looks empty is refused, see opaque.ts. Only here, so that rows of a table take no longer. */
  #checkEmpty(value: object, frame: Frame): void {
    const prototype: unknown = native.getPrototypeOf(value);
    if (prototype === null) return;
    const isOrdinary = prototype === native.objectPrototype;
    if (isOrdinary && !native.hasOwn(value, native.tagSymbol)) return;
    const why = hiddenContent(value, realTag(value));
    if (why !== undefined) throw refusal(frame.parent, this.label, why);
  }

  #keyText(key: string): string {
    const text = native.stringifyJson(key);
    if (this.#keyCount++ < MAX_KEYS) this.#keys[key] = text;
    return text;
  }
}

/**
 * Encodes `value` as wire text.
 * @throws WireError with the path of a part that cannot cross (a function, a symbol, a promise, a cycle), or for a value
 * that is too large
 */
export function encode(value: unknown, options: EncodeOptions = {}): string {
  return new Encoder(options).encode(value);
}
