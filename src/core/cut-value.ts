/** The value of a program on its way into its result: rendered and cut beside the VM, read on the host. */
import { decode } from "./decode.ts";
import { breachOfShape, type ShapeCaps } from "./json-shape.ts";
import { renderJson } from "./render.ts";
import type { JsonValue } from "./result.ts";
import { truncateJson } from "./truncate.ts";
import { exceedsUtf8 } from "./utf8.ts";
import { MARK } from "./wire-format.ts";

/** A value as JSON text, and how many bytes of it were left out. */
export interface CutValue {
  readonly text: string;
  readonly cutBytes: number;
}

/** More levels than a value can have that came out of a VM: of a Map each level is rendered as three. */
const MAX_RENDERED_DEPTH = 4_000;

/**
 * Most parts (see parts.ts) of the value in a result, which a host parses, freezes and shows without a pause: more than
 * the default of `resultBytes` has room for.
 */
const MAX_RESULT_PARTS = 100_000;
/** Texts and names of a shorter text take no time to speak of. */
const MANY_WORDS = 64 * 1024;

function breachOf(text: string): keyof ShapeCaps | undefined {
  const words = text.length > MANY_WORDS;
  return breachOfShape(text, { parts: MAX_RESULT_PARTS, depth: MAX_RENDERED_DEPTH, words });
}

/**
 * Renders the wire text of a value as JSON of at most `maxBytes` and {@link MAX_RESULT_PARTS}. This is the work that grows with what a
 * program returns, and is done where the program runs: a worker can be killed, a host cannot.
 * @throws WireError for a text that is none
 */
export function cutValue(wireText: string, maxBytes: number): CutValue {
  // Without the mark it is JSON already: what fits is passed on as it is.
  const isJson = wireText[0] !== MARK;
  if (isJson && !exceedsUtf8(wireText, maxBytes) && breachOf(wireText) !== "parts")
    return { text: wireText, cutBytes: 0 };
  const value = isJson ? (decode(wireText) as JsonValue) : renderJson(decode(wireText));
  for (let bytes = maxBytes; ; bytes = Math.floor(bytes / 2)) {
    const cut = cutTo(value, bytes);
    if (breachOf(cut.text) !== "parts") return cut;
  }
}

function cutTo(whole: JsonValue, maxBytes: number): CutValue {
  const { value, cutBytes } = truncateJson(whole, maxBytes);
  return { text: JSON.stringify(value), cutBytes };
}

/**
 * Reads such a JSON text, which may come from a worker that was taken over.
 * @returns `undefined` for a text that {@link cutValue} does not make
 */
export function readCutValue(text: string, maxBytes: number): JsonValue | undefined {
  if (exceedsUtf8(text, maxBytes) || breachOf(text) !== undefined) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
