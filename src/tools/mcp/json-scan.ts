/**
 * Deepest nesting of JSON that is parsed: far above `limits.valueDepth`, so that a list with one deep schema is a list, and
 * below what ends the stack of what calls itself for each level.
 */
export const MAX_DEPTH = 4_000;
/** Most messages of a batch; they are handled in one go. */
const MAX_BATCH = 1_000;
/** Most values in a text: a value of two bytes takes fifty in memory. */
export const MAX_PARTS = 2_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

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

  constructor(maxParts = MAX_PARTS) {
    this.#maxParts = maxParts;
  }

  /** What is wrong with the text so far, for a message. */
  push(bytes: Uint8Array): string | undefined {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.#inText) this.#text(byte);
      else if (byte === QUOTE) this.#inText = true;
      else {
        this.#structure(byte);
        if (this.#depth > MAX_DEPTH) return `it is nested more than ${MAX_DEPTH} levels deep`;
        if (this.#parts > this.#maxParts) return `it has more than ${this.#maxParts} parts`;
        if (this.#items > MAX_BATCH) return `it is a batch of more than ${MAX_BATCH} messages`;
      }
    }
    return undefined;
  }

  #text(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#inText = false;
  }

  #structure(byte: number): void {
    // Brackets and braces differ in one bit: [ 5b { 7b, ] 5d } 7d.
    const bracket = byte & 0xdf;
    if (bracket === 0x5b) {
      this.#isBatch ??= byte === 0x5b;
      this.#depth++;
      this.#parts++;
    } else if (bracket === 0x5d) this.#depth--;
    else if (byte === COMMA) {
      this.#parts++;
      if (this.#depth === 1 && this.#isBatch === true) this.#items++;
    }
  }
}

/** {@link JsonScan.push} for a text that is complete. */
export function scanJson(bytes: Uint8Array, maxParts = MAX_PARTS): string | undefined {
  // Most are too short to be too deep.
  return bytes.length <= MAX_BATCH ? undefined : new JsonScan(maxParts).push(bytes);
}
