import { fromBase64 } from "./base64.ts";
import { makeError } from "./native-errors.ts";
import * as native from "./primordials.ts";
import {
  MARK,
  MAX_BIGINT_DIGITS,
  type WireError,
  wireError,
  wireFailureOf,
} from "./wire-format.ts";

const TYPED_ARRAYS: Readonly<Record<string, (buffer: ArrayBuffer) => unknown>> = {
  __proto__: null,
} as never;
for (const make of [
  ...(typeof Float16Array === "undefined" ? [] : [Float16Array]),
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

/** Is told what takes longer than its text shows, before it is made; throws where that is too much. */
export interface DecodeCosts {
  /** @param at number of the keys before it in its Map or Set */
  readonly key?: (key: unknown, at: number) => void;
  readonly pattern?: (source: string) => void;
  readonly handle?: ReviveHandle;
}

/** Makes what a handle is on this side; see handle-facts.ts. Without it handles are malformed. */
export type ReviveHandle = (facts: object) => unknown;

/**
 * Decodes a text made by {@link encode}. The text may come from a hostile peer: every part is checked.
 * @throws WireError when the text is malformed
 */
export function decode(text: string, costs?: DecodeCosts): unknown {
  try {
    if (text[0] !== MARK) return native.parseJson(text);
    return revive(native.parseJson(native.sliceText(text, 1)), costs);
  } catch (error) {
    throw wireFailureOf(error) === undefined ? malformed() : error;
  }
}

/** Of what BigInt accepts, what the encoder writes. */
const DIGITS = /^-?[0-9]+$/;

type Costs = DecodeCosts | undefined;

function malformed(): WireError {
  return wireError("not_serializable", "malformed value text");
}

function revive(node: unknown, costs: Costs): unknown {
  if (typeof node !== "object" || node === null) return node;
  if (native.isArray(node)) {
    for (let at = 0; at < node.length; at++) node[at] = revive(node[at], costs);
    return node;
  }
  if (native.hasOwn(node, "$type"))
    return reviveTagged(node as { $type: unknown; value?: unknown }, costs);
  return reviveProperties(node as Record<string, unknown>, costs);
}

function reviveProperties(node: Record<string, unknown>, costs: Costs): object {
  const keys = native.objectKeys(node);
  // Each key is an own data property already (JSON.parse defines, even "__proto__"), so this reaches no setter.
  for (let at = 0; at < keys.length; at++) node[keys[at]!] = revive(node[keys[at]!], costs);
  return node;
}

function reviveTagged(node: { $type: unknown; value?: unknown }, costs: Costs): unknown {
  const { $type: type } = node;
  const value = native.hasOwn(node, "value") ? node.value : undefined;
  switch (type) {
    case "undefined":
      return undefined;
    case "number":
      return reviveNumber(value);
    case "BigInt":
      return reviveBigint(value);
    case "Date":
      return typeof value === "number" || value === null
        ? new native.NativeDate(value ?? NaN)
        : fail();
    case "RegExp":
      return revivePattern(value, costs);
    case "Map":
      return reviveMap(value, costs);
    case "Set":
      return reviveSet(value, costs);
    case "Error":
      return reviveError(value, costs);
    case "Handle":
      return typeof value === "object" && value !== null && costs?.handle !== undefined
        ? costs.handle(reviveProperties(value as Record<string, unknown>, costs))
        : fail();
    case "Object":
      return typeof value === "object" && value !== null
        ? reviveProperties(value as Record<string, unknown>, costs)
        : fail();
    default:
      return reviveBytes(type, value);
  }
}

function fail(): never {
  throw malformed();
}

function reviveNumber(value: unknown): number {
  switch (value) {
    case "-0":
      return -0;
    case "NaN":
      return NaN;
    case "Infinity":
      return Infinity;
    case "-Infinity":
      return -Infinity;
    default:
      return fail();
  }
}

function revivePattern(value: unknown, costs: Costs): RegExp {
  if (!native.isArray(value)) return fail();
  const source: unknown = value[0];
  const flags: unknown = value[1];
  if (typeof source !== "string" || typeof flags !== "string") return fail();
  costs?.pattern?.(source);
  return new native.NativeRegExp(source, flags);
}

function reviveBigint(value: unknown): bigint {
  return typeof value === "string" &&
    value.length <= MAX_BIGINT_DIGITS &&
    native.execPattern(DIGITS, value) !== null
    ? native.toBigInt(value)
    : fail();
}

function reviveMap(value: unknown, costs: Costs): Map<unknown, unknown> {
  const map = new native.NativeMap<unknown, unknown>();
  if (!native.isArray(value)) return fail();
  for (let at = 0; at < value.length; at++) {
    const entry: unknown = value[at];
    if (!native.isArray(entry)) return fail();
    const key = revive(entry[0], costs);
    costs?.key?.(key, at);
    native.mapSet(map, key, revive(entry[1], costs));
  }
  return map;
}

function reviveSet(value: unknown, costs: Costs): Set<unknown> {
  const set = new native.NativeSet<unknown>();
  if (!native.isArray(value)) return fail();
  for (let at = 0; at < value.length; at++) {
    const item = revive(value[at], costs);
    costs?.key?.(item, at);
    native.setAdd(set, item);
  }
  return set;
}

/** What native classes of errors hold in properties that are not enumerable. */
const HELD = ["cause", "errors", "error", "suppressed"];

function reviveError(value: unknown, costs: Costs): Error {
  if (typeof value !== "object" || value === null) return fail();
  const given = value as Record<string, unknown>;
  native.setPrototypeOf(given, null); // what it lacks, a program could put on Object.prototype
  const { class: kind, name, message, code, own } = given;
  if (typeof name !== "string" || typeof message !== "string") return fail();
  const error = makeError(kind ?? "Error", message) ?? fail();
  if (name !== (kind ?? "Error")) define(error, "name", name);
  if (typeof code === "string" || typeof code === "number") define(error, "code", code);
  for (let at = 0; at < HELD.length; at++) {
    const key = HELD[at]!;
    if (native.hasOwn(given, key)) define(error, key, revive(given[key], costs));
  }
  if (own !== undefined) reviveOwn(error, own, costs);
  return error;
}

function reviveOwn(error: Error, own: unknown, costs: Costs): void {
  if (typeof own !== "object" || own === null || native.isArray(own)) fail();
  const keys = native.objectKeys(own);
  for (let at = 0; at < keys.length; at++)
    define(error, keys[at]!, revive((own as Record<string, unknown>)[keys[at]!], costs), true);
}

function define(target: object, key: string, value: unknown, enumerable = false): void {
  native.defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
    enumerable,
  } as never);
}

function reviveBytes(type: unknown, value: unknown): unknown {
  const bytes = typeof value === "string" ? fromBase64(value) : undefined;
  if (typeof type !== "string" || bytes === undefined) return fail();
  if (type === "ArrayBuffer") return bytes.buffer;
  if (type === "DataView") return new native.NativeDataView(bytes.buffer as ArrayBuffer);
  const make = TYPED_ARRAYS[type];
  return make === undefined ? fail() : make(bytes.buffer as ArrayBuffer);
}
