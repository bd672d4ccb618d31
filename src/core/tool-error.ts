import type { CallFailure } from "./answer.ts";
import { type ErrorCode, messageOf } from "./errors.ts";
import { WireError } from "./wire-format.ts";

/** Why a call failed. Its message goes to the program. */
export class ToolError extends Error {
  override readonly name = "ToolError";
  /** `tool_error`, `unknown_tool`, `invalid_arguments`, `denied`, `aborted` … */
  readonly code: ErrorCode;
  /** What to do next. */
  readonly hint?: string;
  /** `server.tool` with original names. */
  readonly tool?: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; tool?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.tool !== undefined) this.tool = options.tool;
  }
}

/** Why a call failed, for the program; whatever was thrown. */
export function failureOf(error: unknown, tool: string): CallFailure {
  if (error instanceof ToolError) {
    const { code, message, hint } = error;
    return { code, message, tool, ...(hint === undefined ? {} : { hint }) };
  }
  if (error instanceof WireError)
    return { code: "invalid_arguments", message: error.message, tool };
  return { code: "tool_error", message: messageOf(error), tool };
}
