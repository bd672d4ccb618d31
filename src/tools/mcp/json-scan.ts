import { partsOfName } from "../../core/parts.ts";

/**
 * Deepest nesting of JSON that is parsed: far above `limits.valueDepth`, so that a list with one deep schema is a list, and
 * below what ends the stack of what calls itself for each level.
 */
export const MAX_DEPTH = 4_000;
/** Most messages of a batch; they are handled in one go. */
const MAX_BATCH = 1_000;
/** Quotes in a text that are looked for by the engine: where there are more, going through the bytes is faster. */
const FEW_QUOTES = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

/** What is wrong with a text of more levels, for a message. */
export function tooDeep(levels: number): string {
  return `it is nested more than ${levels} levels deep`;
}

/** What is wrong with a text of more parts, for a message. */
export function tooManyParts(parts: number): string {
  return `it has more than ${parts} parts`;
}

/**
 * Reads bytes of JSON before they are parsed, in the pieces they come in: what is nested too deeply, or is a batch of too
 * many messages, never reaches the parser. It does not judge whether the text is JSON.
 */
export class JsonScan {
  #depth = 0;
  readonly #maxParts: number;
  #items = 1;
  #parts = 0;
  #inText = false;
  #isEscaped = false;
  #isBatch: boolean | undefined;
  /** Names so far of the object at each level. */
  readonly #names = [0];

  constructor(maxParts: number) {
    this.#maxParts = maxParts;
  }

  /** What is wrong with the text so far, for a message. */
  push(bytes: Uint8Array): string | undefined {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#inText) {
        at = this.#endOfText(bytes, at);
        continue;
      }
      const byte = bytes[at]!;
      if (byte === QUOTE) this.#inText = true;
      else {
        this.#structure(byte);
        if (this.#depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
        if (this.#parts > this.#maxParts) return tooManyParts(this.#maxParts);
        if (this.#items > MAX_BATCH) return `it is a batch of more than ${MAX_BATCH} messages`;
      }
    }
    return undefined;
  }

  /** The place of the quote that ends a text, or the end of the bytes where it goes on after them. */
  #endOfText(bytes: Uint8Array, from: number): number {
    let at = from;
    for (let quotes = 0; quotes < FEW_QUOTES && !this.#isEscaped; quotes++) {
      const quote = bytes.indexOf(QUOTE, at);
      const end = quote < 0 ? bytes.length : quote;
      let slashes = 0;
      while (end - slashes > at && bytes[end - 1 - slashes] === BACKSLASH) slashes++;
      const isEscaped = slashes % 2 === 1;
      this.#inText = quote < 0 || isEscaped;
      this.#isEscaped = quote < 0 && isEscaped;
      if (quote < 0 || !isEscaped) return end;
      at = quote + 1;
    }
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) {
        this.#inText = false;
        break;
      }
    }
    return at;
  }

  #structure(byte: number): void {
    // Brackets and braces differ in one bit: [ 5b { 7b, ] 5d } 7d.
    const bracket = byte & 0xdf;
    if (bracket === 0x5b) {
      this.#isBatch ??= byte === 0x5b;
      this.#names[++this.#depth] = 0;
      this.#parts++;
    } else if (bracket === 0x5d) this.#depth--;
    else if (byte === COLON) this.#parts += partsOfName(++this.#names[this.#depth]!);
    else if (byte === COMMA) {
      this.#parts++;
      if (this.#depth === 1 && this.#isBatch === true) this.#items++;
    }
  }
}

/** {@link JsonScan.push} for a text that is complete. */
export function scanJson(bytes: Uint8Array, maxParts: number): string | undefined {
  // Most are too short to be too deep.
  return bytes.length <= MAX_BATCH ? undefined : new JsonScan(maxParts).push(bytes);
}
