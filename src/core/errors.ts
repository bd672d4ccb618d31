/**
 * The stable error codes of every face of codecell (library, CLI, HTTP, MCP).
 * What each one means and what to do about it is in the README's table.
 */
export const ERROR_CODES = [
  "syntax_error",
  "type_error",
  "program_error",
  "tool_error",
  "unknown_tool",
  "invalid_arguments",
  "denied",
  "approval_required",
  "rate_limited",
  "quota_exceeded",
  "timeout",
  "cpu_limit",
  "memory",
  "stack_overflow",
  "call_limit",
  "output_limit",
  "source_too_large",
  "not_serializable",
  "aborted",
  "worker_crashed",
  "engine_unavailable",
  "sandbox_unavailable",
  "config_error",
  "internal",
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** True for a string that is one of {@link ERROR_CODES}. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}

/** Why a run failed, as plain data: the `error` of an ExecutionResult. */
export interface Failure {
  readonly code: ErrorCode;
  /** The error's class name in the program, e.g. `TypeError`; for codecell's own errors a readable class name. */
  readonly name: string;
  readonly message: string;
  /** 1-based position in the source as the caller gave it. */
  readonly line?: number;
  /** 1-based position in the source as the caller gave it. */
  readonly column?: number;
  /** The lines around the position with a caret under it. */
  readonly frame?: string;
  /** What to do next. */
  readonly hint?: string;
  /** The tool concerned, as `server.tool` with original names. */
  readonly tool?: string;
}

const BRAND = Symbol.for("codecell.CodecellError");

/**
 * Thrown for misuse of the library and for a runtime that cannot start
 * (`config_error`, `engine_unavailable`, `sandbox_unavailable`, `aborted` …).
 * What a program does is never thrown: it is the `error` of the result.
 */
export class CodecellError extends Error {
  override readonly name = "CodecellError";
  readonly code: ErrorCode;
  /** What to do next, where there is something to do. */
  readonly hint: string | undefined;
  readonly [BRAND] = true;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  /** True for a CodecellError of any copy of this package. */
  static is(value: unknown): value is CodecellError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return "an error that cannot be described";
  }
}
