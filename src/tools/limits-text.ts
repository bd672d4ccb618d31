/** What a parameter's type cannot say of its values, in a few characters: ` (1..100)`, ` (date-time)`; `…` for what is longer. */

/** Longest text of a limit, in characters. */
const MAX_LENGTH = 1_000;
/** Numbers beyond are no limits that anybody meant. */
const MAX_NUMBER = 1_000_000_000;

/** The limits of a value; empty for none. What no caller would break, as at least one character, is no limit. */
export function limitsOf(schema: Readonly<Record<string, unknown>>): string {
  const texts = [range(schema), length(schema), format(schema)].filter((text) => text !== "");
  const says = texts.length === 0 ? "" : ` (${texts.join(", ")})`;
  return hasMore(schema) ? `${says}…` : says;
}

function range(schema: Readonly<Record<string, unknown>>): string {
  const least = number(schema["minimum"]) ?? number(schema["exclusiveMinimum"]);
  const most = number(schema["maximum"]) ?? number(schema["exclusiveMaximum"]);
  if (most !== undefined) return least === undefined ? `≤${most}` : `${least}..${most}`;
  return least === undefined || (least >= 0 && least <= 1) ? "" : `≥${least}`;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Math.abs(value) < MAX_NUMBER ? value : undefined;
}

function length({ maxLength }: Readonly<Record<string, unknown>>): string {
  return typeof maxLength === "number" && maxLength <= MAX_LENGTH ? `≤${maxLength} chars` : "";
}

function format({ format: name }: Readonly<Record<string, unknown>>): string {
  if (typeof name !== "string" || name.length > 20) return "";
  return /^[a-z][a-z0-9-]*$/i.test(name) && !/^u?(?:int|float|double)\d*$/.test(name) ? name : "";
}

function hasMore(schema: Readonly<Record<string, unknown>>): boolean {
  const { pattern, multipleOf, minItems, maxItems } = schema;
  return (
    (typeof pattern === "string" && typeof schema["format"] !== "string") ||
    (typeof multipleOf === "number" && multipleOf !== 1) ||
    (typeof minItems === "number" && minItems > 1) ||
    typeof maxItems === "number"
  );
}
