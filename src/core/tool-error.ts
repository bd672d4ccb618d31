import type { CallFailure } from "./answer.ts";
import { encode } from "./encode.ts";
import { type ErrorCode, messageOf } from "./errors.ts";
import { cutText } from "./utf8.ts";
import { WireError } from "./wire-format.ts";

/** Characters of the message of a failed call, and of its hint; what a tool wrote beyond them is cut. */
export const MAX_MESSAGE = 64_000;
/** Bytes and parts of the data of a failed call; larger data is left out. */
const MAX_DATA = { maxBytes: 64 * 1024, maxParts: 5_000 };

/**
 * A failed tool call. Throw it in a local tool to choose the code, the hint and the data; with the message they go to the program,
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
  /** What else the tool says of the failure, as data: of an MCP result that is an error, its `structuredContent`. */
  readonly data?: unknown;

  /**
   * @param options.hint what the program's author can do
   * @param options.tool `server.tool` with original names
   * @param options.data what else there is to say, as data of up to 64 KiB
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
    const { code, message } = error;
    return { code, message: cutText(message, MAX_MESSAGE), tool, ...detailsOf(error) };
  }
  if (error instanceof WireError) {
    const code = error.code === "output_limit" ? error.code : "invalid_arguments";
    return { code, message: error.message, tool };
  }
  return { code: "tool_error", message: cutText(messageOf(error), MAX_MESSAGE), tool };
}

/** The hint and the data of a failure, as far as they can go to a program. */
function detailsOf({ hint, data }: ToolError): Pick<CallFailure, "hint" | "data"> {
  const advice = hint === undefined ? {} : { hint: cutText(hint, MAX_MESSAGE) };
  if (data === undefined) return advice;
  try {
    return { ...advice, data: encode(data, { ...MAX_DATA, label: "the data of the error" }) };
  } catch (error) {
    // Whatever a tool gives as data, the failure itself goes to the program.
    return { hint: `It has no data, because ${messageOf(error)}.`, ...advice };
  }
}
