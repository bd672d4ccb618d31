/** How built-ins that JSON lacks are written on the wire. */
import { toBase64 } from "./base64.ts";
import { realTag } from "./brands.ts";
import { type Frame, refusal } from "./encode-frame.ts";
import { errorClassOf } from "./native-errors.ts";
import { partsOfNames } from "./parts.ts";
import * as native from "./primordials.ts";

/** The encoder, as far as its parts need it. What it counts is refused over a cap. */
export interface ValueWriter {
  readonly label: string;
  /** See `EncodeOptions`. */
  readonly settled: ((promise: object) => unknown) | undefined;
  write(value: unknown, frame: Frame | undefined): string;
  writeText(text: string): string;
  tagged(type: string, valueText?: string): string;
  /** Counts a text, which it returns. */
  count(text: string): string;
  countParts(parts: number): void;
  /** Refuses what is certainly too large before its text is made. */
  needRoom(characters: number): void;
}

/** The parts of a pair of a Map and of an error, with those of the values in it. */
const PAIR_PARTS = 3;
const ERROR_PARTS = 5;

/** The text of a built-in, or `undefined` when `value` is none that is a type of the wire (whatever its tag claims). */
export function writeBuiltin(value: object, frame: Frame, to: ValueWriter): string | undefined {
  if (native.isView(value)) return writeView(value, frame, to);
  const tag = realTag(value);
  switch (tag) {
    case "[object Object]":
      return undefined; // of a class without a tag of its own, as most are
    case "[object Date]": {
      const ms = native.dateToMs(value as Date);
      return to.tagged("Date", ms === ms ? `${ms}` : "null");
    }
    case "[object RegExp]":
      return writeRegExp(value, to);
    case "[object Map]":
      return writeMap(value as Map<unknown, unknown>, frame, to);
    case "[object Set]":
      return writeSet(value as Set<unknown>, frame, to);
    case "[object ArrayBuffer]":
      return writeBytes("ArrayBuffer", new native.NativeUint8Array(value as ArrayBuffer), to);
    case "[object Promise]":
      return writePromise(value, frame, to);
    default:
      if (errorClassOf(value) !== undefined) return writeError(value, frame, to);
      return writeBoxed(tag, value, frame, to);
  }
}

/** A boxed primitive is the primitive, as for `JSON.stringify`. */
function writeBoxed(tag: string, value: object, frame: Frame, to: ValueWriter): string | undefined {
  switch (tag) {
    case "[object String]":
      return to.writeText(native.unboxText(value));
    case "[object Number]":
      return to.write(native.unboxNumber(value), frame);
    case "[object Boolean]":
      return to.write(native.unboxBoolean(value), frame);
    case "[object BigInt]":
      return to.write(native.unboxBigint(value), frame);
    default:
      return undefined;
  }
}

function writeRegExp(value: object, to: ValueWriter): string {
  const parts = [native.regExpSource(value), native.regExpFlags(value)];
  to.countParts(parts.length);
  return to.tagged("RegExp", to.count(native.stringifyJson(parts)));
}

function writeView(view: object, frame: Frame, to: ValueWriter): string {
  const kind = native.typedArrayKind(view);
  if (kind === undefined) return writeBytes("DataView", bytesOfDataView(view, frame, to), to);
  const bytes = new native.NativeUint8Array(
    native.typedArrayBuffer(view),
    native.typedArrayOffset(view),
    native.typedArrayLength(view),
  );
  return writeBytes(kind, bytes, to);
}

function bytesOfDataView(view: object, frame: Frame, to: ValueWriter): Uint8Array {
  try {
    return new native.NativeUint8Array(
      native.dataViewBuffer(view),
      native.dataViewOffset(view),
      native.dataViewLength(view),
    );
  } catch {
    throw refusal(frame.parent, to.label, "is a DataView of a buffer that is gone");
  }
}

function writeBytes(type: string, bytes: Uint8Array, to: ValueWriter): string {
  to.needRoom((native.typedArrayLength(bytes) / 3) * 4);
  return to.tagged(type, to.count(`"${toBase64(bytes)}"`));
}

function writeMap(map: Map<unknown, unknown>, frame: Frame, to: ValueWriter): string {
  let text = "";
  let at = 0;
  native.mapForEach(map, (value, key) => {
    frame.key = at;
    to.countParts(PAIR_PARTS);
    text += `${at++ === 0 ? "" : ","}[${to.write(key, frame)},${to.write(value, frame)}]`;
  });
  return to.tagged("Map", `[${text}]`);
}

function writeSet(set: Set<unknown>, frame: Frame, to: ValueWriter): string {
  let text = "";
  let at = 0;
  native.setForEach(set, (value) => {
    frame.key = at;
    to.countParts(1);
    text += (at++ === 0 ? "" : ",") + to.write(value, frame);
  });
  return to.tagged("Set", `[${text}]`);
}

/** What native classes of errors hold in properties that are not enumerable. */
const HELD = ["cause", "errors", "error", "suppressed"];
/** Types of what an error says in further properties. */
const SIMPLE = ["string", "number", "boolean", "bigint"];
/** Written apart, or not at all. */
const APART = ["name", "message", "stack", "cause", "errors", "error", "suppressed"];

/**
 * An error with its native class, its name, message, code and causes, and with those of its own properties that are texts, numbers and
 * the like: what else libraries hang on their errors (requests, sockets, config with credentials) is not what the error says.
 */
function writeError(error: object, frame: Frame, to: ValueWriter): string {
  const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown };
  const keys = native.objectKeys(error);
  to.countParts(ERROR_PARTS + partsOfNames(keys.length));
  let text = `{"class":"${errorClassOf(error)!}","name":${to.writeText(textOr(name))},"message":${to.writeText(textOr(message))}`;
  const isData = typeof code === "string" || typeof code === "number";
  if (isData && !contains(keys, "code")) text += `,"code":${to.write(code, frame)}`;
  for (let at = 0; at < HELD.length; at++) {
    if (native.hasOwn(error, HELD[at]!)) text += writeOwn(error, HELD[at]!, frame, to);
  }
  const own = writeOthers(error, keys, frame, to);
  return to.tagged("Error", own === "" ? `${text}}` : `${text},"own":{${own}}}`);
}

function writeOthers(
  error: object,
  keys: readonly string[],
  frame: Frame,
  to: ValueWriter,
): string {
  let text = "";
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    const value = (error as Record<string, unknown>)[key];
    const isSimple = value === null || contains(SIMPLE, typeof value);
    if (isSimple && !contains(APART, key)) text += writeProperty(key, value, frame, to);
  }
  return native.sliceText(text, 1);
}

/** A property as JSON with a comma before it; nothing for a function, a symbol and `undefined`. */
function writeOwn(error: object, key: string, frame: Frame, to: ValueWriter): string {
  const value = (error as Record<string, unknown>)[key];
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return "";
  return writeProperty(key, value, frame, to);
}

function writeProperty(key: string, value: unknown, frame: Frame, to: ValueWriter): string {
  frame.key = key;
  to.countParts(1);
  return `,${to.writeText(key)}:${to.write(value, frame)}`;
}

function contains(list: readonly string[], text: string): boolean {
  for (let at = 0; at < list.length; at++) if (list[at] === text) return true;
  return false;
}

function textOr(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function writePromise(promise: object, frame: Frame, to: ValueWriter): string {
  if (to.settled === undefined)
    throw refusal(frame.parent, to.label, "is a Promise: await it first");
  frame.key = "(awaited)";
  return to.write(to.settled(promise), frame);
}
