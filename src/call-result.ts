import type { Limits } from "./core/limits.ts";
import { encode } from "./core/encode.ts";
import { WireError } from "./core/wire.ts";
import { ToolError } from "./tools/tool.ts";

/** What a tool answered, as text for the program. @throws ToolError `output_limit`, `not_serializable` */
export function encodeResult(value: unknown, limits: Limits, tool: string): string {
  const text = isPlain(value, limits.valueDepth)
    ? JSON.stringify(value)
    : encodeRich(value, limits, tool);
  if (text.length > limits.callBytes) throw tooLarge(tool, limits.callBytes);
  return text;
}

function encodeRich(value: unknown, limits: Limits, tool: string): string {
  try {
    return encode(value, {
      maxLength: limits.callBytes,
      maxDepth: limits.valueDepth,
      label: "result",
    });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (error.code === "output_limit") throw tooLarge(tool, limits.callBytes);
    throw new ToolError(
      "not_serializable",
      `${tool} returned what cannot be sent to a program: ${error.message}`,
    );
  }
}

function tooLarge(tool: string, callBytes: number): ToolError {
  const hint = "Ask the tool for less (a page, a filter, fewer fields), or raise limits.callBytes.";
  return new ToolError("output_limit", `the result of ${tool} is larger than ${callBytes} bytes`, {
    hint,
  });
}

/** What `JSON.stringify` carries without loss; most results are, and it is several times faster than our own encoder. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || depth === 0 || "toJSON" in value) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value)
    if (!isPlain((value as Record<string, unknown>)[key], depth - 1)) return false;
  return true;
}
