import { decode } from "./decode.ts";
import { breachOfShape, type ShapeCaps } from "./json-shape.ts";
import { wireError } from "./wire-format.ts";

/**
 * Decodes the wire text of a value from a program, on a host: a text whose decoding would cost more than `caps` allow is refused
 * before.
 * @throws WireError over a cap, or when the text is malformed
 */
export function decodeWithin(text: string, caps: ShapeCaps): unknown {
  const breached = breachOfShape(text, caps);
  if (breached === "depth")
    throw wireError("not_serializable", `it is nested deeper than ${caps.depth} levels`);
  if (breached === "parts")
    throw wireError("output_limit", `it has more than ${caps.parts} parts; pass less at a time`);
  return decode(text);
}
