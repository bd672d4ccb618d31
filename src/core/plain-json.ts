import { partsOfName } from "./parts.ts";

/** Symbols by which an object says that it is more than data: it can be disposed of, or gives its items as they come. */
export const RESOURCE_SYMBOLS: readonly symbol[] = [
  Symbol.asyncDispose,
  Symbol.dispose,
  Symbol.asyncIterator,
];

/** Whether an object has one of {@link RESOURCE_SYMBOLS}. Written out, for it is asked of each row of a table. */
export function hasResourceSymbol(value: object): boolean {
  return Symbol.asyncDispose in value || Symbol.dispose in value || Symbol.asyncIterator in value;
}

/** What bounds the work of looking at a value. */
export interface PlainCaps {
  /** Levels of nesting; a deeper value counts as not plain. */
  readonly depth: number;
  /** @default Infinity */
  readonly parts?: number;
  /**
   * Characters of its texts and property names together.
   * @default Infinity
   */
  readonly characters?: number;
}

/** `plain`: `JSON.stringify` carries it without loss. `large`: it goes over a cap. `other`: it does not, or cannot be told. */
export type Plainness = "plain" | "large" | "other";

/**
 * Whether `JSON.stringify` carries `value` without loss, within the caps. Most arguments and results are such values, and the
 * engine serializes them several times faster than our own encoder. Looking ends at the first cap: it costs no more than the
 * caps allow, whatever the value is.
 */
export function plainness(value: unknown, caps: PlainCaps): Plainness {
  return new Look(caps).at(value, caps.depth);
}

class Look {
  #parts: number;
  #characters: number;

  constructor({ parts = Infinity, characters = Infinity }: PlainCaps) {
    this.#parts = parts;
    this.#characters = characters;
  }

  at(value: unknown, depth: number): Plainness {
    if (--this.#parts < 0) return "large";
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "boolean" || value === null) return "plain";
    if (typeof value === "number")
      return Number.isFinite(value) && !Object.is(value, -0) ? "plain" : "other";
    if (typeof value !== "object" || depth === 0 || "toJSON" in value || --this.#parts < 0)
      return "other";
    return Array.isArray(value) ? this.#items(value, depth) : this.#properties(value, depth);
  }

  #text(text: string): Plainness {
    this.#characters -= text.length;
    return this.#characters < 0 ? "large" : "plain";
  }

  #items(items: readonly unknown[], depth: number): Plainness {
    for (let at = 0; at < items.length; at++) {
      const found = this.at(items[at], depth - 1);
      if (found !== "plain") return found;
    }
    return "plain";
  }

  #properties(value: object, depth: number): Plainness {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return "other";
    if (hasResourceSymbol(value)) return "other";
    let names = 0;
    for (const key in value) {
      if (this.#text(key) === "large") return "large";
      this.#parts -= partsOfName(++names);
      const found = this.at((value as Record<string, unknown>)[key], depth - 1);
      if (found !== "plain") return found;
    }
    return "plain";
  }
}
