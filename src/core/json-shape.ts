import { partsOfName } from "./parts.ts";

/** The levels of a wire text of a value within `valueDepth`: of a tagged list of pairs each level takes three. */
export function deepestText({ valueDepth }: { readonly valueDepth: number }): number {
  return 3 * valueDepth + 3;
}

/** What bounds the work that a JSON text causes, besides its length. */
export interface ShapeCaps {
  readonly parts: number;
  readonly depth: number;
}

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
  if (text.length <= caps.depth && text.length <= caps.parts) return undefined;
  let parts = 1;
  let depth = 0;
  /** Names so far of the object at each level. */
  const names = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at + 1);
    else if (code === COMMA) {
      if (++parts > caps.parts) return "parts";
    } else if ((code & ~32) === OPEN) {
      if (++parts > caps.parts) return "parts";
      if (++depth > caps.depth) return "depth";
      names[depth] = 0;
    } else if (code === COLON) {
      parts += partsOfName(++names[depth]!);
    } else if ((code & ~32) === CLOSE) depth--;
  }
  return undefined;
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
