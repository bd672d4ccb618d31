import { isObject } from "../../core/is-object.ts";
import { cutUnits } from "../../core/utf8.ts";
import { typeSummary } from "../../tools/parameter-summary.ts";
import { commentText } from "./comment.ts";
import type { Copied } from "./literals.ts";

const MAX_DESCRIPTION = 1_000;
/** Patterns of names that are told. */
const MAX_PATTERNS = 3;
/** Keywords that depend on more than one value. */
const CONDITIONS = [
  "not",
  "if",
  "contains",
  "propertyNames",
  "dependentRequired",
  "dependentSchemas",
  "dependencies",
];

/** Its description, and the constraints that a type cannot say. */
export function describe(schema: Copied): string {
  const { description } = schema;
  const text =
    typeof description === "string" ? commentText(cutUnits(description, 2 * MAX_DESCRIPTION)) : "";
  const cut = text.length > MAX_DESCRIPTION ? `${cutUnits(text, MAX_DESCRIPTION)}…` : text;
  const facts = [
    range(schema),
    ...losses(schema),
    ...["default", "format", "pattern"].flatMap((key) => fact(schema, key)),
  ];
  const listed = facts.filter(Boolean).join(", ");
  if (listed === "") return cut;
  return cut === "" ? listed : `${cut} (${listed})`;
}

function fact(schema: Copied, key: string): string[] {
  const value = schema[key];
  if (value === undefined || value === null || (key !== "default" && typeof value !== "string"))
    return [];
  if (typeof value === "string" && value.length > 1_000) return [];
  const text = commentText(
    typeof value === "string" && key !== "default" ? value : JSON.stringify(value),
  );
  return text.length > 80 ? [] : [`${key} ${text}`];
}

function range(schema: Copied): string {
  const least =
    limit(schema, "minimum", "at least") ?? limit(schema, "exclusiveMinimum", "more than");
  const most =
    limit(schema, "maximum", "at most") ?? limit(schema, "exclusiveMaximum", "less than");
  const { minimum, maximum } = schema;
  if (typeof minimum === "number" && typeof maximum === "number") return `${minimum} to ${maximum}`;
  return [least, most].filter((text) => text !== undefined).join(", ");
}

function limit(schema: Copied, key: string, phrase: string): string | undefined {
  const value = schema[key];
  return typeof value === "number" ? `${phrase} ${value}` : undefined;
}

/** What the type of a schema leaves open, though the schema does not: the check refuses it. */
export function losses(schema: Copied): string[] {
  const { multipleOf } = schema;
  const conditions = CONDITIONS.filter((key) => key in schema);
  return [
    ...(typeof multipleOf === "number" ? [`a multiple of ${multipleOf}`] : []),
    ...otherProperties(schema),
    ...(conditions.length > 0 ? [`further conditions: ${conditions.join(", ")}`] : []),
  ];
}

/** An index signature has to fit the named properties too, and so says less of the others. */
function otherProperties({
  properties,
  patternProperties,
  additionalProperties,
}: Copied): string[] {
  const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : [];
  const named = patterns
    .slice(0, MAX_PATTERNS)
    .map(([pattern, part]) => `properties like ${short(pattern)}: ${words(part)}`);
  if (!isObject(properties) || !isObject(additionalProperties)) return named;
  const other = words(additionalProperties);
  const differs = Object.values(properties)
    .slice(0, 100)
    .some((part) => words(part) !== other);
  return differs && other !== "unknown" ? [...named, `other properties: ${other}`] : named;
}

function words(part: unknown): string {
  return commentText(typeSummary(part));
}

function short(pattern: string): string {
  return commentText(cutUnits(pattern, 50));
}
