import { breachOfShape } from "../../core/json-shape.ts";

/** Largest `data` of an error that a program receives, in characters of JSON, in parts and in levels. */
const MAX_DATA = 64_000;
const MAX_SHAPE = { parts: 10_000, depth: 100 };

/**
 * The `data` of a server's error for a program, without secrets; nothing where it is larger than a message may be.
 * @param redact takes secrets out of a text
 */
export function errorData(data: unknown, redact: (text: string) => string): unknown {
  if (data === undefined || data === null) return undefined;
  const text = textOf(data);
  if (text === undefined || text.length > MAX_DATA || breachOfShape(text, MAX_SHAPE) !== undefined)
    return undefined;
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" ? redact(value) : value,
  );
}

function textOf(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    // Of a caller's own client: it did not come as JSON.
    return undefined;
  }
}
