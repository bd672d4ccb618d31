/**
 * Values as text: what crosses between a program and its host.
 *
 * A value that JSON can carry is plain JSON. Any other value is `~` followed by JSON in which what JSON lacks stands as
 * `{ "$type": …, "value": … }`: undefined, NaN, ±Infinity, -0, BigInt, Date, RegExp, Map, Set, typed arrays,
 * ArrayBuffer and Error (a plain object that has a `$type` key of its own is wrapped too, so nothing is ambiguous).
 *
 * The same code runs on the host and, bundled into the guest prelude, inside the VM; hence the primordials.
 */
import { fromBase64, toBase64 } from "./base64.ts";
import * as native from "./primordials.ts";

/** Why a value cannot cross: it is not data (`not_serializable`) or it is too large (`output_limit`). */
export class WireError extends native.NativeError {
  override readonly name = "WireError";
  readonly code: "not_serializable" | "output_limit";

  constructor(code: "not_serializable" | "output_limit", message: string) {
    super(message);
    this.code = code;
  }
}

export interface EncodeOptions {
  /** Characters of text at most; more is an `output_limit`. Default: no cap. */
  readonly maxLength?: number;
  /** Levels of nesting at most; more is `not_serializable`. Default 200. */
  readonly maxDepth?: number;
  /** What to call the value in messages. Default `value`. */
  readonly label?: string;
  /** Asked for what a promise resolved to; without it a promise is `not_serializable`. */
  readonly settled?: (promise: object) => unknown;
}

const MARK = "~";
const MAX_DEPTH = 200;
/** Parsing a decimal BigInt costs more than linear time, which a hostile program could turn against the host. */
const MAX_BIGINT_DIGITS = 10_000;

/** The containers around the value at hand, innermost first. */
interface Frame {
  readonly container: object;
  readonly parent: Frame | undefined;
  readonly depth: number;
  key: string | number;
}

class Encoder {
  rich = false;
  #length = 0;
  readonly #maxLength: number;
  readonly #maxDepth: number;
  readonly #label: string;
  readonly #settled: ((promise: object) => unknown) | undefined;

  constructor(options: EncodeOptions) {
    this.#maxLength = options.maxLength ?? Infinity;
    this.#maxDepth = options.maxDepth ?? MAX_DEPTH;
    this.#label = options.label ?? "value";
    this.#settled = options.settled;
  }

  write(value: unknown, frame: Frame | undefined): string {
    switch (typeof value) {
      case "string":
        return this.#count(native.stringifyJson(value));
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
    if (this.#length > this.#maxLength) {
      throw new WireError("output_limit", `${this.#label} is larger than ${this.#maxLength} bytes`);
    }
    return text;
  }

  #tagged(type: string, valueText?: string): string {
    this.rich = true;
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
        return this.write(native.reflectApply(toJSON, value, [""]), inner);
      }
    }
    return this.#writeProperties(value, inner);
  }

  #enter(container: object, parent: Frame | undefined): Frame {
    const depth = parent === undefined ? 1 : parent.depth + 1;
    if (depth > this.#maxDepth)
      throw this.#refuse(undefined, `is nested deeper than ${this.#maxDepth} levels`);
    for (let frame = parent; frame !== undefined; frame = frame.parent) {
      if (frame.container === container) {
        throw this.#refuse(
          parent,
          `refers back to ${this.#pathOf(frame.parent)}: a cycle cannot be sent as data`,
        );
      }
    }
    return { container, parent, depth, key: "" };
  }

  #writeArray(value: readonly unknown[], frame: Frame): string {
    let text = "[";
    for (let at = 0; at < value.length; at++) {
      frame.key = at;
      const item = this.write(value[at], frame);
      text += at === 0 ? item : `,${item}`;
    }
    this.#count("[]");
    return `${text}]`;
  }

  #writeProperties(value: object, frame: Frame): string {
    const keys = native.objectKeys(value);
    let text = "{";
    let escaped = false;
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!;
      if (key === "$type") escaped = true;
      frame.key = key;
      const name = this.#count(native.stringifyJson(key));
      const item = this.write((value as Record<string, unknown>)[key], frame);
      text += at === 0 ? `${name}:${item}` : `,${name}:${item}`;
    }
    this.#count("{}");
    return escaped ? this.#tagged("Object", `${text}}`) : `${text}}`;
  }

  /** The text of a built-in that JSON lacks, or nothing when `value` is none (whatever its tag claims). */
  #writeBuiltin(value: object, frame: Frame): string | undefined {
    if (native.isView(value)) return this.#writeTypedArray(value);
    try {
      switch (native.tagOf(value)) {
        case "[object Date]": {
          const ms = native.dateToMs(value as Date);
          return this.#tagged("Date", ms === ms ? `${ms}` : "null");
        }
        case "[object RegExp]":
          return this.#tagged(
            "RegExp",
            native.stringifyJson([native.regExpSource(value), native.regExpFlags(value)]),
          );
        case "[object Map]":
          return this.#writeMap(value as Map<unknown, unknown>, frame);
        case "[object Set]":
          return this.#writeSet(value as Set<unknown>, frame);
        case "[object ArrayBuffer]":
          native.bufferLength(value);
          return this.#writeBytes("ArrayBuffer", new native.NativeUint8Array(value as ArrayBuffer));
        case "[object Error]":
          return this.#writeError(value, frame);
        case "[object Promise]":
          return this.#writePromise(value, frame);
        default:
          return undefined;
      }
    } catch (error) {
      if (error instanceof native.NativeTypeError && !(error instanceof WireError))
        return undefined;
      throw error;
    }
  }

  #writeTypedArray(view: object): string | undefined {
    const kind = native.typedArrayKind(view);
    if (kind === undefined) return undefined; // a DataView: no value of its own
    const bytes = new native.NativeUint8Array(
      native.typedArrayBuffer(view),
      native.typedArrayOffset(view),
      native.typedArrayLength(view),
    );
    return this.#writeBytes(kind, bytes);
  }

  #writeBytes(type: string, bytes: Uint8Array): string {
    const size = native.typedArrayLength(bytes);
    if (size > this.#maxLength) this.#length = this.#maxLength; // refuse before the text is made
    return this.#tagged(type, this.#count(`"${toBase64(bytes)}"`));
  }

  #writeMap(map: Map<unknown, unknown>, frame: Frame): string {
    let text = "";
    let at = 0;
    native.mapForEach(map, (value, key) => {
      frame.key = at;
      text += `${at++ === 0 ? "" : ","}[${this.write(key, frame)},${this.write(value, frame)}]`;
    });
    return this.#tagged("Map", `[${text}]`);
  }

  #writeSet(set: Set<unknown>, frame: Frame): string {
    let text = "";
    let at = 0;
    native.setForEach(set, (value) => {
      frame.key = at;
      text += (at++ === 0 ? "" : ",") + this.write(value, frame);
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
    let text = `{"name":${this.#writeText(name)},"message":${this.#writeText(message)}`;
    if (typeof code === "string" || typeof code === "number")
      text += `,"code":${native.stringifyJson(code)}`;
    frame.key = "cause";
    if (cause !== undefined) text += `,"cause":${this.write(cause, frame)}`;
    return this.#tagged("Error", `${text}}`);
  }

  #writeText(value: unknown): string {
    return this.#count(native.stringifyJson(typeof value === "string" ? value : ""));
  }

  #writePromise(promise: object, frame: Frame): string {
    if (this.#settled === undefined)
      throw this.#refuse(frame.parent, "is a Promise: await it first");
    frame.key = "(awaited)";
    return this.write(this.#settled(promise), frame);
  }

  #refuse(frame: Frame | undefined, why: string): WireError {
    return new WireError("not_serializable", `${this.#pathOf(frame)} ${why}`);
  }

  #pathOf(frame: Frame | undefined): string {
    if (frame === undefined) return this.#label;
    const { key } = frame;
    const step = typeof key === "number" ? `[${key}]` : `.${key}`;
    return this.#pathOf(frame.parent) + step;
  }
}

/**
 * The text of `value`.
 * @throws WireError naming the path of what cannot cross (a function, a symbol, a promise, a cycle), or of too much
 */
export function encode(value: unknown, options: EncodeOptions = {}): string {
  const encoder = new Encoder(options);
  const text = encoder.write(value, undefined);
  return encoder.rich ? MARK + text : text;
}

const TYPED_ARRAYS: Readonly<Record<string, (buffer: ArrayBuffer) => unknown>> = {
  __proto__: null,
} as never;
for (const make of [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]) {
  (TYPED_ARRAYS as Record<string, unknown>)[make.name] = (buffer: ArrayBuffer) => new make(buffer);
}

/**
 * The value of a text that {@link encode} made. The text may come from a hostile peer: every part is checked.
 * @throws WireError when it is no such text
 */
export function decode(text: string): unknown {
  try {
    if (text[0] !== MARK) return native.parseJson(text);
    return revive(native.parseJson(native.sliceText(text, 1)));
  } catch (error) {
    throw error instanceof WireError ? error : malformed();
  }
}

function malformed(): WireError {
  return new WireError("not_serializable", "malformed value text");
}

function revive(node: unknown): unknown {
  if (typeof node !== "object" || node === null) return node;
  if (native.isArray(node)) {
    for (let at = 0; at < node.length; at++) node[at] = revive(node[at]);
    return node;
  }
  if (native.hasOwn(node, "$type"))
    return reviveTagged(node as { $type: unknown; value?: unknown });
  return reviveProperties(node as Record<string, unknown>);
}

function reviveProperties(node: Record<string, unknown>): object {
  const keys = native.objectKeys(node);
  // Each key is an own data property already (JSON.parse defines, even "__proto__"), so this reaches no setter.
  for (let at = 0; at < keys.length; at++) node[keys[at]!] = revive(node[keys[at]!]);
  return node;
}

function reviveTagged(node: { $type: unknown; value?: unknown }): unknown {
  const { $type: type } = node;
  const value = native.hasOwn(node, "value") ? node.value : undefined;
  switch (type) {
    case "undefined":
      return undefined;
    case "number":
      return value === "-0"
        ? -0
        : value === "NaN"
          ? NaN
          : value === "Infinity"
            ? Infinity
            : -Infinity;
    case "BigInt":
      return reviveBigint(value);
    case "Date":
      return new native.NativeDate(typeof value === "number" ? value : NaN);
    case "RegExp":
      return native.isArray(value) ? new native.NativeRegExp(`${value[0]}`, `${value[1]}`) : fail();
    case "Map":
      return reviveMap(value);
    case "Set":
      return reviveSet(value);
    case "Error":
      return reviveError(value);
    case "Object":
      return typeof value === "object" && value !== null
        ? reviveProperties(value as Record<string, unknown>)
        : fail();
    default:
      return reviveBytes(type, value);
  }
}

function fail(): never {
  throw malformed();
}

function reviveBigint(value: unknown): bigint {
  return typeof value === "string" && value.length <= MAX_BIGINT_DIGITS
    ? native.toBigInt(value)
    : fail();
}

function reviveMap(value: unknown): Map<unknown, unknown> {
  const map = new native.NativeMap<unknown, unknown>();
  if (!native.isArray(value)) return fail();
  for (let at = 0; at < value.length; at++) {
    const entry: unknown = value[at];
    if (!native.isArray(entry)) return fail();
    native.mapSet(map, revive(entry[0]), revive(entry[1]));
  }
  return map;
}

function reviveSet(value: unknown): Set<unknown> {
  const set = new native.NativeSet<unknown>();
  if (!native.isArray(value)) return fail();
  for (let at = 0; at < value.length; at++) native.setAdd(set, revive(value[at]));
  return set;
}

function reviveError(value: unknown): Error {
  if (typeof value !== "object" || value === null) return fail();
  const { name, message, code, cause } = value as Record<string, unknown>;
  const error = new native.NativeError(`${typeof message === "string" ? message : ""}`);
  define(error, "name", typeof name === "string" ? name : "Error");
  if (typeof code === "string" || typeof code === "number") define(error, "code", code);
  if (native.hasOwn(value, "cause")) define(error, "cause", revive(cause));
  return error;
}

function define(target: object, key: string, value: unknown): void {
  native.defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  } as never);
}

function reviveBytes(type: unknown, value: unknown): unknown {
  const bytes = typeof value === "string" ? fromBase64(value) : undefined;
  if (typeof type !== "string" || bytes === undefined) return fail();
  if (type === "ArrayBuffer") return bytes.buffer;
  const make = TYPED_ARRAYS[type];
  return make === undefined ? fail() : make(bytes.buffer as ArrayBuffer);
}

/** The answer to a host call: the value's text as it is, or `!`, which no such text begins with, and the failure as JSON. */
export type Answer = string;

const FAILURE = "!";

/** What the program's `catch` gets when a call fails. */
export interface CallFailure {
  readonly code: string;
  readonly message: string;
  readonly tool?: string;
  readonly hint?: string;
}

export function answerFailure(failure: CallFailure): Answer {
  return FAILURE + native.stringifyJson(failure);
}

/** The failure that an answer tells, or `undefined` for the text of a value. */
export function failureIn(answer: Answer): CallFailure | undefined {
  if (answer[0] !== FAILURE) return undefined;
  return native.parseJson(native.sliceText(answer, 1)) as CallFailure;
}
