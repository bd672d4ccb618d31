import type { CallFailure } from "./core/answer.ts";
import { messageOf } from "./core/errors.ts";
import { WireError } from "./core/wire.ts";
import { ToolError } from "./tools/tool.ts";

/** Why a call failed, for the program; whatever was thrown. */
export function failureOf(error: unknown, tool: string): CallFailure {
  if (error instanceof ToolError) {
    return {
      code: error.code,
      message: error.message,
      tool,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  }
  if (error instanceof WireError)
    return { code: "invalid_arguments", message: error.message, tool };
  return { code: "tool_error", message: messageOf(error), tool };
}
