import { encode } from "../core/encode.ts";
import type { Limits } from "../core/limits.ts";
import { isPlainJson } from "../core/plain-json.ts";
import { ToolError } from "../core/tool-error.ts";
import { exceedsUtf8 } from "../core/utf8.ts";
import { WireError } from "../core/wire-format.ts";
import { labelOf, type Middleware } from "../tools/tool-call.ts";

/** Makes the text of a result that goes to the program. */
export const encodeResults: Middleware = async (call, next) => {
  const { value } = await next(call);
  return { value, text: encodeResult(value, call.run.limits, labelOf(call)) };
};

/** Converts what a tool returned to text for the program. @throws ToolError `output_limit`, `not_serializable` */
function encodeResult(value: unknown, limits: Limits, tool: string): string {
  const text = isPlainJson(value, limits.valueDepth)
    ? JSON.stringify(value)
    : encodeRich(value, limits, tool);
  if (exceedsUtf8(text, limits.callBytes)) throw tooLarge(tool, limits.callBytes);
  return text;
}

function encodeRich(value: unknown, limits: Limits, tool: string): string {
  try {
    return encode(value, {
      maxBytes: limits.callBytes,
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
