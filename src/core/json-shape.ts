import { partsOfName, WORD_PARTS } from "./parts.ts";

/** The levels of a wire text of a value within `valueDepth`: of a tagged list of pairs each level takes three. */
export function deepestText({ valueDepth }: { readonly valueDepth: number }): number {
  return 3 * valueDepth + 3;
}

/** What bounds the work that a JSON text causes, besides its length. */
export interface ShapeCaps {
  readonly parts: number;
  readonly depth: number;
  /**
   * Count {@link WORD_PARTS} too.
   * @default false
   */
  readonly words?: boolean;
}

/** Parts that a character can stand for at most, rounded up. */
const DENSEST_WORDS = 4;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
/** `[` and `{`, `]` and `}` differ in the bit 32. */
const OPEN = 91;
const CLOSE = 93;

/**
 * Which cap a JSON text goes over, found before it is parsed, in one pass over its characters. Of a text that
 * is not JSON anything may be said: parsing refuses it.
 */
export function breachOfShape(text: string, caps: ShapeCaps): keyof ShapeCaps | undefined {
  // Every level and every part takes a character at least: most texts are too short to go over a cap.
  const most = caps.words === true ? DENSEST_WORDS * text.length : text.length;
  if (text.length <= caps.depth && most <= caps.parts) return undefined;
  const words = caps.words === true ? new Words(text) : undefined;
  let parts = 1;
  let depth = 0;
  /** Names so far of the object at each level. */
  const names = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const start = at;
      at = endOfText(text, at + 1);
      if (words !== undefined) parts += words.text(start, at);
    } else if (code === COMMA) parts++;
    else if ((code & ~32) === OPEN) {
      parts++;
      if (++depth > caps.depth) return "depth";
      words?.open(depth, names[depth - 1]!);
      names[depth] = 0;
    } else if (code === COLON) {
      if (words !== undefined) parts += words.name(depth, names[depth]!);
      parts += partsOfName(++names[depth]!);
    } else if ((code & ~32) === CLOSE) depth--;
    if (parts > caps.parts) return "parts";
  }
  return undefined;
}

/** Places in a text of which names are remembered apart; two that share one are counted as more than they take. */
const PLACES = 1_024;

/** Counts what texts and names take of a text that is gone through. */
class Words {
  readonly #text: string;
  /** At each place, where the names of the last object there begin. */
  readonly #known: number[][] = [];
  /** The place of each level. */
  readonly #places = [0];
  #start = 0;
  #end = 0;

  constructor(text: string) {
    this.#text = text;
  }

  text(start: number, end: number): number {
    this.#start = start;
    this.#end = end;
    return WORD_PARTS.text;
  }

  /** @param name number of names in the object around it */
  open(depth: number, name: number): void {
    this.#places[depth] = (this.#places[depth - 1]! * 31 + name + 1) % PLACES;
  }

  /** The last text was the name number `at` of its object. */
  name(depth: number, at: number): number {
    const known = (this.#known[this.#places[depth]!] ??= []);
    if (at < known.length && this.#isLast(known[at]!)) return -WORD_PARTS.text;
    // What comes after another name makes another kind of object.
    known.length = Math.min(at, known.length);
    known.push(this.#start);
    return WORD_PARTS.newName - WORD_PARTS.text;
  }

  /** Whether the text that begins at `from` is the last one. */
  #isLast(from: number): boolean {
    for (let at = this.#start; at <= this.#end; at++)
      if (this.#text.charCodeAt(at) !== this.#text.charCodeAt(from + at - this.#start))
        return false;
    return true;
  }
}

/** Quotes in a text that are looked for by the engine: where there are more, going through the characters is faster. */
const FEW_QUOTES = 16;

/** The place of the quote that ends the text which begins at `from`. */
export function endOfText(text: string, from: number): number {
  let at = from;
  for (let quotes = 0; quotes < FEW_QUOTES; quotes++) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
    at = quote + 1;
  }
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}
