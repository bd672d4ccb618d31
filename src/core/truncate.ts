import type { JsonValue } from "./result.ts";
import { cutUnits } from "./utf8.ts";

/** A value that fits, and how many bytes of JSON were left out of it. */
export interface Truncated {
  readonly value: JsonValue;
  readonly cutBytes: number;
}

/** Space for a mark such as `"…": "12 more of 90 entries; return less, or a part at a time"`. */
const MARK_BYTES = 160;
const HOW = "return less, or a part at a time";
/** The mark of a list, and that of an object, in a value that was cut before. */
const MARK = /^(?:… \()?\d{1,15} more of (\d{1,15}) (?:items|entries); /;
/** Sizes of larger parts are kept: a small one is measured again in less time than it takes to look it up. */
const KEPT_FROM = 256;
/** Characters of a text that are measured at a time. */
const STEP = 1_024;

/**
 * Cuts a value to at most `maxBytes` of JSON. It stays valid JSON: whole array items and object entries are left out
 * from the end, long strings are shortened, and a mark replaces what is missing. Large parts are cut first: each part gets an
 * equal share of the space, and what small parts do not use goes to the others. The time for it is linear in the value.
 */
export function truncateJson(value: JsonValue, maxBytes: number): Truncated {
  const bytes = new Sizes(utf8Size);
  return truncate(value, maxBytes, bytes, bytes);
}

/** The same for a cap in characters (UTF-16 units), which is what people who read a text count. */
export function truncateJsonChars(value: JsonValue, maxChars: number): Truncated {
  return truncate(value, maxChars, new Sizes(unitSize), new Sizes(utf8Size));
}

function truncate(value: JsonValue, max: number, sizes: Sizes, bytes: Sizes): Truncated {
  if (sizes.of(value) <= max) return { value, cutBytes: 0 };
  const { value: shortened } = new Cut(sizes).part(value, max);
  return { value: shortened, cutBytes: bytes.of(value) - bytes.of(shortened) };
}

/** Bytes of UTF-8 that `value` takes as JSON. */
export function jsonBytes(value: JsonValue): number {
  return new Sizes(utf8Size).of(value);
}

/** What a text that stands in JSON without escapes takes. */
type TextSize = (text: string) => number;

/** Texts that JSON has as they are. */
const PLAIN = /^[ !#-[\]-~]*$/;

const unitSize: TextSize = (text) =>
  PLAIN.test(text) ? text.length + 2 : JSON.stringify(text).length;
const utf8Size: TextSize = (text) =>
  PLAIN.test(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));

/** Sizes of a value's parts as JSON. Each large part is measured once, at whatever level it is asked for again. */
class Sizes {
  readonly #ofText: TextSize;
  readonly #known = new Map<object, number>();

  constructor(ofText: TextSize) {
    this.#ofText = ofText;
  }

  of(value: JsonValue): number {
    if (typeof value === "string") return this.#ofText(value);
    if (typeof value !== "object" || value === null) return `${value}`.length;
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const size = Array.isArray(value) ? this.#ofItems(value) : this.#ofEntries(value);
    if (size >= KEPT_FROM) this.#known.set(value, size);
    return size;
  }

  #ofItems(items: readonly JsonValue[]): number {
    let size = 2 + Math.max(0, items.length - 1);
    for (const item of items) size += this.of(item);
    return size;
  }

  #ofEntries(object: { readonly [key: string]: JsonValue }): number {
    const keys = Object.keys(object);
    let size = 2 + Math.max(0, keys.length - 1);
    for (const key of keys) size += this.#ofText(key) + 1 + this.of(object[key]!);
    return size;
  }

  /** The longest start of `text` whose JSON fits into `room`; never half a surrogate pair. */
  start(text: string, room: number): string {
    let kept = 0;
    let left = room - 2; // the quotes
    // Whole steps while they fit, then character by character.
    for (; kept < text.length; kept += STEP) {
      const size = this.#ofText(text.slice(kept, kept + STEP)) - 2;
      if (size > left) break;
      left -= size;
    }
    for (const character of text.slice(kept, kept + STEP)) {
      left -= this.#ofText(character) - 2;
      if (left < 0) break;
      kept += character.length;
    }
    return cutUnits(text, Math.min(kept, text.length));
  }
}

/** A part that was cut, with its size. */
interface Sized<Value> {
  readonly value: Value;
  readonly size: number;
}

class Cut {
  readonly #sizes: Sizes;

  constructor(sizes: Sizes) {
    this.#sizes = sizes;
  }

  part(value: JsonValue, room: number): Sized<JsonValue> {
    if (typeof value === "string") return this.#sized(this.#text(value, room));
    if (Array.isArray(value)) return this.#sized(this.#array(value, room));
    if (typeof value === "object" && value !== null) return this.#sized(this.#object(value, room));
    return this.#sized(value);
  }

  /** Its large parts were measured when they were cut. */
  #sized(value: JsonValue): Sized<JsonValue> {
    return { value, size: this.#sizes.of(value) };
  }

  #text(text: string, room: number): string {
    const kept = this.#sizes.start(text, Math.max(0, room - MARK_BYTES / 2));
    return `${kept}… (${text.length - kept.length} more characters; ${HOW})`;
  }

  #array(items: readonly JsonValue[], room: number): JsonValue[] {
    const { own, total } = cutBefore(items.length, items.at(-1));
    const kept = this.#items(items.slice(0, own), room, () => 0);
    const left = total - kept.length;
    if (left > 0) kept.push(`… (${left} more of ${total} items; ${HOW})`);
    return kept;
  }

  #object(object: { [key: string]: JsonValue }, room: number): JsonValue {
    const names = Object.keys(object);
    const { own, total } = cutBefore(names.length, names.at(-1) === "…" ? object["…"] : undefined);
    const keys = names.slice(0, own);
    const nameOf = (at: number): number => this.#sizes.of(keys[at]!) + 1;
    const kept = this.#items(
      keys.map((key) => object[key]!),
      room,
      nameOf,
    );
    const entries = kept.map((item, at) => [keys[at]!, item] as const);
    const left = total - kept.length;
    if (left > 0) entries.push(["…", `${left} more of ${total} entries; ${HOW}`]);
    return Object.fromEntries(entries);
  }

  /**
   * Items from the start while there is space. An item over its equal share of what is left (and over an eighth of
   * the whole) is cut itself, so that one large part does not crowd out what comes after it.
   */
  #items(items: readonly JsonValue[], room: number, nameOf: (at: number) => number): JsonValue[] {
    const kept: JsonValue[] = [];
    let free = room - MARK_BYTES;
    for (const [at, item] of items.entries()) {
      const name = nameOf(at) + 1;
      const size = this.#sizes.of(item) + name;
      const allowed = Math.min(free, Math.max(free / (items.length - at), room / 8));
      const fits = size <= allowed;
      if (!fits && allowed < name + 2 * MARK_BYTES) return kept;
      const part = fits ? { value: item, size } : this.part(item, allowed - name);
      kept.push(part.value);
      free -= fits ? size : part.size + name;
    }
    return kept;
  }
}

/** How many parts of a list or an object are its own, and how many it had: one that was cut before ends with a mark. */
function cutBefore(length: number, last: JsonValue | undefined): { own: number; total: number } {
  const mark = typeof last === "string" ? MARK.exec(last) : null;
  return mark === null
    ? { own: length, total: length }
    : { own: length - 1, total: Number(mark[1]) };
}
