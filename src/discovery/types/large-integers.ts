import type { Copied } from "./literals.ts";

/**
 * Whole numbers that a double may not hold. Any whole number in a result that goes beyond ±(2^53 − 1) is a bigint at run time, and
 * every tool takes bigints; a type says so where the schema announces such numbers. Everywhere else it says `number`: counts and
 * page numbers, with which programs compute.
 */
const FORMATS = new Set(["int64", "uint64", "int128", "uint128"]);
const LIMITS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

const NUMBERS = new Set(["integer", "number"]);
/** Types without keywords of their own. */
const PLAIN = new Set(["string", "boolean", "null"]);

/** The type of whole numbers that a schema announces as large: by its format, or by a limit beyond what a double holds. */
export function largeInteger(schema: Copied): Copied | undefined {
  const types = [schema["type"]].flat();
  const others = types.filter((type) => !NUMBERS.has(type as string));
  if (others.length === types.length || !others.every((type) => PLAIN.has(type as string)))
    return undefined;
  if (!announces(schema, types.includes("integer"))) return undefined;
  const large = { tsType: "(number | bigint)" };
  return others.length === 0 ? large : { anyOf: [large, ...others.map((type) => ({ type }))] };
}

function announces(schema: Copied, isWhole: boolean): boolean {
  const { format } = schema;
  if (typeof format === "string" && FORMATS.has(format)) return true;
  const goesBeyond = (key: string): boolean => {
    const limit = schema[key];
    return typeof limit === "number" && Math.abs(limit) > Number.MAX_SAFE_INTEGER;
  };
  return isWhole && LIMITS.some(goesBeyond);
}
