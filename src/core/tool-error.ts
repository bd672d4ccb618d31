import type { CallFailure } from "./answer.ts";
import { type ErrorCode, messageOf } from "./errors.ts";
import { cutText } from "./utf8.ts";
import { WireError } from "./wire-format.ts";

/** Characters of the message of a failed call, and of its hint; what a tool wrote beyond them is cut. */
export const MAX_MESSAGE = 64_000;

/**
 * A failed tool call. Throw it in a local tool to choose the code and the hint; code, message and hint go to the program,
 * where the call rejects with them.
 */
export class ToolError extends Error {
  /** Always `ToolError`. */
  override readonly name = "ToolError";
  /** `tool_error`, `unknown_tool`, `invalid_arguments`, `denied`, `aborted` … */
  readonly code: ErrorCode;
  /** What to do next, where there is something to do. */
  readonly hint?: string;
  /** `server.tool` with original names, where it is known. */
  readonly tool?: string;
  /** What the tool said of the failure besides, as JSON has it. */
  readonly data?: unknown;

  /**
   * @param options.hint what the program's author can do
   * @param options.tool `server.tool` with original names
   * @param options.data more of the failure for the program, as JSON has it
   * @param options.cause the error that led to this one; it does not go to the program
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; tool?: string; data?: unknown; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.tool !== undefined) this.tool = options.tool;
    if (options.data !== undefined) this.data = options.data;
  }
}

/** The failure of a call for the program, from anything that was thrown. */
export function failureOf(error: unknown, tool: string): CallFailure {
  if (error instanceof ToolError) {
    const { code, message, hint, data } = error;
    const advice = hint === undefined ? {} : { hint: cutText(hint, MAX_MESSAGE) };
    const more = dataText(data) === undefined ? {} : { data };
    return { code, message: cutText(message, MAX_MESSAGE), tool, ...advice, ...more };
  }
  if (error instanceof WireError) {
    const code = error.code === "output_limit" ? error.code : "invalid_arguments";
    return { code, message: error.message, tool };
  }
  return { code: "tool_error", message: cutText(messageOf(error), MAX_MESSAGE), tool };
}

/** The text of what a tool says of a failure besides; nothing where it is no JSON, or larger than a message may be. */
function dataText(data: unknown): string | undefined {
  try {
    const text = JSON.stringify(data);
    return text === undefined || text.length > MAX_MESSAGE ? undefined : text;
  } catch {
    return undefined;
  }
}
