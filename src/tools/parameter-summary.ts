import { isIdentifier } from "../core/identifier.ts";
import { oneLine, printableJson } from "../core/one-line.ts";
import { isObject } from "../core/is-object.ts";
import { cutText, cutUnits } from "../core/utf8.ts";
import { inOneDialect } from "./dialect.ts";
import type { JsonSchema } from "./tool.ts";

const MAX_LENGTH = 400;
const MAX_DEPTH = 2;
const MAX_CHOICES = 6;
/** Parts of a schema that are looked at: many more than fit into the text. */
const MAX_PARTS = 500;
/** Longest value of a schema that is shown. */
const MAX_VALUE = 100;

/** The parameters of a tool in one line: `expects { owner: string, labels?: string[] }`, at most ~400 characters. */
export function expectedParameters(schema: JsonSchema | undefined): string {
  const text = `expects ${shapeOf(schema ?? {}, 0, { parts: MAX_PARTS })}`;
  // Names of types and of references are a server's text too.
  return oneLine(text.length > MAX_LENGTH ? `${cutUnits(text, MAX_LENGTH)}…` : text);
}

/** A schema in a few words of TypeScript, at most ~100 characters. */
export function typeSummary(schema: unknown): string {
  return oneLine(cutText(shapeOf(schema, MAX_DEPTH, { parts: MAX_CHOICES }), MAX_VALUE));
}

/** How many more parts of a schema are looked at. */
interface Budget {
  parts: number;
}

/** A schema as a compact TypeScript-like type. References are named, not followed. */
function shapeOf(given: unknown, depth: number, budget: Budget): string {
  if (!isObject(given) || --budget.parts < 0) return "unknown";
  const schema = inOneDialect(given);
  if (Array.isArray(schema["enum"])) return choice(schema["enum"].slice(0, 50).map(valueText));
  if ("const" in schema) return valueText(schema["const"]);
  if (typeof schema["$ref"] === "string")
    return (
      cutUnits(schema["$ref"].slice(schema["$ref"].lastIndexOf("/") + 1), MAX_VALUE) || "unknown"
    );
  const options = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(options) && !isObject(schema["properties"]))
    return choice(options.slice(0, 50).map((option) => shapeOf(option, depth, budget)));
  const type = schema["type"];
  if (Array.isArray(type))
    return choice(
      type
        .slice(0, 10)
        .filter((one) => typeof one === "string")
        .map((one) => shapeOf({ ...schema, type: one }, depth, budget)),
    );
  if (type === "array") return arrayOf(shapeOf(schema["items"], depth, budget));
  if (type === "object" || isObject(schema["properties"]))
    return objectShape(schema, depth, budget);
  if (type === "integer") return "number";
  return typeof type === "string" ? cutUnits(type, MAX_VALUE) : "unknown";
}

function objectShape(schema: Record<string, unknown>, depth: number, budget: Budget): string {
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  if (properties.length === 0 || depth >= MAX_DEPTH) return depth === 0 ? "{}" : "object";
  const required = new Set<unknown>(Array.isArray(schema["required"]) ? schema["required"] : []);
  // Required ones first, so that a cut loses the least.
  const ordered = [
    ...properties.filter(([key]) => required.has(key)),
    ...properties.filter(([key]) => !required.has(key)),
  ].slice(0, 50);
  const parts = ordered.map(
    ([key, value]) =>
      `${keyText(key)}${required.has(key) ? "" : "?"}: ${shapeOf(value, depth + 1, budget)}`,
  );
  return `{ ${parts.join(", ")} }`;
}

function keyText(key: string): string {
  const text = cutUnits(key, MAX_LENGTH);
  return isIdentifier(text) ? text : printableJson(text);
}

/** A value of a schema as TypeScript has it; a long one is cut. */
function valueText(value: unknown): string {
  if (typeof value === "string") return printableJson(cutUnits(value, MAX_VALUE));
  return typeof value === "object" && value !== null ? "object" : JSON.stringify(value);
}

function choice(options: readonly string[]): string {
  const distinct = [...new Set(options)];
  const shown = distinct.slice(0, MAX_CHOICES).join(" | ");
  return distinct.length > MAX_CHOICES ? `${shown} | …` : shown || "unknown";
}

function arrayOf(item: string): string {
  return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
}
