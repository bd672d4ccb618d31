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
  const least = number(schema["minimum"]);
  const most = number(schema["maximum"]);
  const above = number(schema["exclusiveMinimum"]);
  const below = number(schema["exclusiveMaximum"]);
  const exclusive = [
    above === undefined ? "" : `>${above}`,
    below === undefined ? "" : `<${below}`,
  ];
  if (most !== undefined)
    return joined([least === undefined ? `≤${most}` : `${least}..${most}`, ...exclusive]);
  const isTold = least !== undefined && !(least >= 0 && least <= 1);
  return joined([isTold ? `≥${least}` : "", ...(above === 0 ? exclusive.slice(1) : exclusive)]);
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join(", ");
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Math.abs(value) < MAX_NUMBER ? value : undefined;
}

function length({ maxLength }: Readonly<Record<string, unknown>>): string {
  return typeof maxLength === "number" && maxLength <= MAX_LENGTH ? `≤${maxLength} chars` : "";
}

function format({
  contentEncoding,
  format: name = contentEncoding,
}: Readonly<Record<string, unknown>>): string {
  if (typeof name !== "string" || name.length > 20) return "";
  return /^[a-z][a-z0-9-]*$/i.test(name) && !/^u?(?:int|float|double)\d*$/.test(name) ? name : "";
}

function hasMore(schema: Readonly<Record<string, unknown>>): boolean {
  const { pattern, multipleOf, minLength, minItems, maxItems } = schema;
  return (
    (typeof pattern === "string" && typeof schema["format"] !== "string") ||
    (typeof multipleOf === "number" && multipleOf !== 1) ||
    (typeof minLength === "number" && minLength > 1) ||
    (typeof minItems === "number" && minItems > 1) ||
    typeof maxItems === "number"
  );
}
