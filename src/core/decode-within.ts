import { decode, type DecodeCosts, type ReviveHandle } from "./decode.ts";
import { breachOfShape, type ShapeCaps } from "./json-shape.ts";
import { wireError } from "./wire-format.ts";

/**
 * Decodes the wire text of a value from a program, on a host: a text whose decoding would cost more than `caps` allow is refused
 * before, and one whose Maps, Sets and patterns would cost too much, while it is decoded.
 * @throws WireError over a cap, or when the text is malformed
 */
export function decodeWithin(text: string, caps: ShapeCaps, handle?: ReviveHandle): unknown {
  const breached = breachOfShape(text, { ...caps, words: true });
  if (breached === "depth")
    throw wireError("not_serializable", `it is nested deeper than ${caps.depth} levels`);
  if (breached === "parts")
    throw wireError("output_limit", `it has more than ${caps.parts} parts; pass less at a time`);
  return decode(text, new Steps(handle));
}

/** Steps of one value, of two or three nanoseconds: about 15 ms. */
const MAX_STEPS = 5_000_000;
/** BigInts are compared digit by digit. */
const BIGINT_STEPS = 4;
const CHARACTER_STEPS = 1_000;
/** A class like `\p{L}` is made from tables of Unicode. */
const PROPERTY_STEPS = 600_000;

class Steps implements DecodeCosts {
  readonly handle?: ReviveHandle;
  #left = MAX_STEPS;

  constructor(handle: ReviveHandle | undefined) {
    if (handle !== undefined) this.handle = handle;
  }

  /** A program can choose numbers that an engine hashes alike: each is compared with all before it. */
  key(key: unknown, at: number): void {
    if (typeof key === "number") this.#charge(at, "a Map or a Set of so many numbers");
    if (typeof key === "bigint")
      this.#charge(at * BIGINT_STEPS, "a Map or a Set of so many BigInts");
  }

  /** Checking one takes V8 up to a microsecond for a character, a millisecond for a property. */
  pattern(source: string): void {
    const properties = source.split(/\\p/i).length - 1;
    const steps = source.length * CHARACTER_STEPS + properties * PROPERTY_STEPS;
    this.#charge(steps, "patterns of so many characters");
  }

  #charge(steps: number, what: string): void {
    this.#left -= steps;
    if (this.#left < 0)
      throw wireError(
        "output_limit",
        `it has ${what} that it cannot be read; pass a text or a list`,
      );
  }
}
