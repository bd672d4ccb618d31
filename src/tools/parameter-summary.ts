import { isIdentifier } from "../core/identifier.ts";
import { isObject } from "../core/is-object.ts";
import { cutUnits } from "../core/utf8.ts";
import type { JsonSchema } from "./tool.ts";

const MAX_LENGTH = 400;
const MAX_DEPTH = 2;
const MAX_CHOICES = 6;

/** The parameters of a tool in one line: `expects { owner: string, labels?: string[] }`, at most ~400 characters. */
export function expectedParameters(schema: JsonSchema | undefined): string {
  const text = `expects ${shapeOf(schema ?? {})}`;
  return text.length > MAX_LENGTH ? `${cutUnits(text, MAX_LENGTH)}…` : text;
}

/** A schema as a compact TypeScript-like type. References are named, not followed. */
function shapeOf(schema: unknown, depth = 0): string {
  if (!isObject(schema)) return "unknown";
  if (Array.isArray(schema["enum"]))
    return choice(schema["enum"].map((value) => JSON.stringify(value)));
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (typeof schema["$ref"] === "string") return schema["$ref"].split("/").at(-1) || "unknown";
  const options = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(options) && !isObject(schema["properties"]))
    return choice(options.map((option) => shapeOf(option, depth)));
  const type = schema["type"];
  if (Array.isArray(type))
    return choice(type.map((one) => shapeOf({ ...schema, type: one }, depth)));
  if (type === "array") return arrayOf(shapeOf(schema["items"], depth));
  if (type === "object" || isObject(schema["properties"])) return objectShape(schema, depth);
  if (type === "integer") return "number";
  return typeof type === "string" ? type : "unknown";
}

function objectShape(schema: Record<string, unknown>, depth: number): string {
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  if (properties.length === 0 || depth >= MAX_DEPTH) return depth === 0 ? "{}" : "object";
  const required = Array.isArray(schema["required"]) ? (schema["required"] as unknown[]) : [];
  // Required ones first, so that a cut loses the least.
  const ordered = [
    ...properties.filter(([key]) => required.includes(key)),
    ...properties.filter(([key]) => !required.includes(key)),
  ].slice(0, 50);
  const parts = ordered.map(
    ([key, value]) =>
      `${keyText(key)}${required.includes(key) ? "" : "?"}: ${shapeOf(value, depth + 1)}`,
  );
  return `{ ${parts.join(", ")} }`;
}

function keyText(key: string): string {
  return isIdentifier(key) ? key : JSON.stringify(key);
}

function choice(options: readonly string[]): string {
  const distinct = [...new Set(options)];
  const shown = distinct.slice(0, MAX_CHOICES).join(" | ");
  return distinct.length > MAX_CHOICES ? `${shown} | …` : shown || "unknown";
}

function arrayOf(item: string): string {
  return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
}
