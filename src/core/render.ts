import { toBase64 } from "./base64.ts";
import type { JsonValue } from "./result.ts";

/**
 * A program's value as JSON. What JSON lacks is rendered so that a model can read it: NaN and the infinities and BigInt
 * as text, Date as ISO text, RegExp as its source text, Map as an object (as pairs when a key is not text), Set and
 * typed arrays as arrays, ArrayBuffer and DataView as base64, Error as `{ name, message }` with its causes and properties; an undefined property is left out, an
 * undefined item is null.
 */
export function renderJson(value: unknown): JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value + 0 : String(value);
    case "bigint":
      return value.toString();
    case "object":
      return value === null ? null : renderObject(value);
    default:
      return null;
  }
}

function renderObject(value: object): JsonValue {
  if (Array.isArray(value)) return value.map(renderJson);
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return renderMap(value);
  if (value instanceof Set) return Array.from(value, renderJson);
  if (value instanceof ArrayBuffer) return toBase64(new Uint8Array(value));
  if (value instanceof DataView)
    return toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, renderJson);
  if (value instanceof Error) return renderError(value);
  return renderEntries(Object.entries(value));
}

function renderMap(map: ReadonlyMap<unknown, unknown>): JsonValue {
  const entries = Array.from(map);
  const named = entries.every((entry): entry is [string, unknown] => typeof entry[0] === "string");
  return named
    ? renderEntries(entries)
    : entries.map(([key, item]) => [renderJson(key), renderJson(item)]);
}

function renderEntries(entries: readonly (readonly [string, unknown])[]): JsonValue {
  const kept = entries.filter(([, item]) => item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, renderJson(item)]));
}

/** What native classes of errors hold in properties that are not enumerable. */
const HELD = ["cause", "errors", "error", "suppressed"] as const;

function renderError(error: Error): JsonValue {
  const { name, message } = error;
  const held = HELD.map(
    (key) => [key, (error as unknown as Record<string, unknown>)[key]] as const,
  );
  return { name, message, ...(renderEntries([...held, ...Object.entries(error)]) as object) };
}
