import type { JsonValue } from "./result.ts";
import { cutUnits, utf8Length } from "./utf8.ts";

/** A value that fits, and how many bytes of JSON were left out of it. */
export interface Truncated {
  readonly value: JsonValue;
  readonly cutBytes: number;
}

/** Returns the size of a value as JSON, in the unit of the cap. */
type SizeOf = (value: JsonValue) => number;

/** Space for a mark such as `"…": "12 more of 90 entries; return less, or a part at a time"`. */
const MARK_BYTES = 160;
const HOW = "return less, or a part at a time";

/**
 * Cuts a value to at most `maxBytes` of JSON. It stays valid JSON: whole array items and object entries are left out
 * from the end, long strings are shortened, and a mark replaces what is missing. Large parts are cut first: each part gets an
 * equal share of the space, and what small parts do not use goes to the others.
 */
export function truncateJson(value: JsonValue, maxBytes: number): Truncated {
  return truncate(value, maxBytes, jsonBytes);
}

/** The same for a cap in characters (UTF-16 units), which is what people who read a text count. */
export function truncateJsonChars(value: JsonValue, maxChars: number): Truncated {
  return truncate(value, maxChars, (part) => JSON.stringify(part).length);
}

function truncate(value: JsonValue, max: number, sizeOf: SizeOf): Truncated {
  if (sizeOf(value) <= max) return { value, cutBytes: 0 };
  const shortened = cut(value, max, sizeOf);
  return { value: shortened, cutBytes: jsonBytes(value) - jsonBytes(shortened) };
}

/** Bytes of UTF-8 that `value` takes as JSON. */
export function jsonBytes(value: JsonValue): number {
  return utf8Length(JSON.stringify(value));
}

function cut(value: JsonValue, room: number, sizeOf: SizeOf): JsonValue {
  if (typeof value === "string") return cutText(value, room, sizeOf);
  if (Array.isArray(value)) return cutArray(value, room, sizeOf);
  if (typeof value === "object" && value !== null) return cutObject(value, room, sizeOf);
  return value;
}

function cutText(text: string, room: number, sizeOf: SizeOf): string {
  const kept = keepText(text, Math.max(0, room - MARK_BYTES / 2), sizeOf);
  return `${kept}… (${text.length - kept.length} more characters; ${HOW})`;
}

/** The longest start of `text` whose JSON fits into `room`; never half a surrogate pair. */
function keepText(text: string, room: number, sizeOf: SizeOf): string {
  let low = 0;
  let high = Math.min(text.length, room);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sizeOf(cutUnits(text, middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return cutUnits(text, low);
}

function cutArray(items: readonly JsonValue[], room: number, sizeOf: SizeOf): JsonValue {
  const { kept, left } = keepItems(items, items.map(sizeOf), room, sizeOf);
  if (left > 0) kept.push(`… (${left} more of ${items.length} items; ${HOW})`);
  return kept;
}

function cutObject(object: { [key: string]: JsonValue }, room: number, sizeOf: SizeOf): JsonValue {
  const keys = Object.keys(object);
  const names = keys.map((key) => sizeOf(key) + 1);
  const values = keys.map((key) => object[key]!);
  const sizes = values.map((item, at) => sizeOf(item) + names[at]!);
  const { kept, left } = keepItems(values, sizes, room, sizeOf, names);
  const entries = kept.map((item, at) => [keys[at]!, item] as const);
  if (left > 0) entries.push(["…", `${left} more of ${keys.length} entries; ${HOW}`]);
  return Object.fromEntries(entries);
}

/**
 * Items from the start while there is space. An item over its equal share of what is left (and over an eighth of
 * the whole) is cut itself, so that one large part does not crowd out what comes after it.
 */
function keepItems(
  items: readonly JsonValue[],
  sizes: readonly number[],
  room: number,
  sizeOf: SizeOf,
  names?: readonly number[],
): { kept: JsonValue[]; left: number } {
  const kept: JsonValue[] = [];
  let free = room - MARK_BYTES;
  for (const [at, item] of items.entries()) {
    const name = (names?.[at] ?? 0) + 1;
    const allowed = Math.min(free, Math.max(free / (items.length - at), room / 8));
    const fits = sizes[at]! + 1 <= allowed;
    if (!fits && allowed < name + 2 * MARK_BYTES) return { kept, left: items.length - at };
    const part = fits ? item : cut(item, allowed - name, sizeOf);
    kept.push(part);
    free -= fits ? sizes[at]! + 1 : sizeOf(part) + name;
  }
  return { kept, left: 0 };
}
