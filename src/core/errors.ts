/**
 * The stable error codes of every interface of codecell: library, CLI, HTTP, MCP. Each comment says what the code means
 * and what to do (`@cure`); `npm run docs` writes docs/reference/errors.md from them.
 */
export const ERROR_CODES = [
  /**
   * The program's text cannot be parsed, or uses syntax that programs do not have. Nothing ran.
   * @cure Correct the program at `line` and `column`.
   */
  "syntax_error",
  /**
   * The type check found a call that does not fit its tool. Nothing ran.
   * @cure Correct the program at `line` and `column`; the hint holds the tool's declaration.
   */
  "type_error",
  /**
   * The program threw an error that it did not catch, or its value does not fit the schema `output` of the run.
   * @cure See `line` and `frame`, or the paths in the message, and correct the program.
   */
  "program_error",
  /**
   * A tool failed.
   * @cure Read the message: it is the tool's own.
   */
  "tool_error",
  /**
   * No tool has this name.
   * @cure Use one of the names in the message, which are the nearest ones.
   */
  "unknown_tool",
  /**
   * The arguments of a call, or of a request, do not fit their schema, or are too large to be checked against it.
   * @cure The message names what is wrong and where, the hint what is expected.
   */
  "invalid_arguments",
  /**
   * The call or the request is refused: by the network settings, by the scopes of the credentials, or because it is for another user.
   * @cure Ask for something that is allowed, or change the settings.
   */
  "denied",
  /**
   * A call needs the approval of a person: a tool of another framework asks for it (`needsApproval` and the like), and codecell itself
   * cannot ask yet. The tool was not called.
   * @cure Leave this step to the model, with a tool outside of the program, or give the tool without the flag.
   */
  "approval_required",
  /**
   * Too many runs at once or in this time, or the session is in use by another process.
   * @cure Wait, and try again: after `retryAfterMs` (`Retry-After` over HTTP), where it is known.
   */
  "rate_limited",
  /**
   * A user, or this process, has as many runs or sessions, or keeps as much for them, as it may.
   * @cure Wait until one ends, close one, or raise the setting.
   */
  "quota_exceeded",
  /**
   * The run took longer than `wallMs`.
   * @cure Do less in one program, or raise the limit.
   */
  "timeout",
  /**
   * The program computed for longer than `cpuMs`, or compiling it took longer than `compileMs`.
   * @cure Do less in one program, or raise the limit.
   */
  "cpu_limit",
  /**
   * The program needed more than `memoryMb`.
   * @cure Hold less data at once, or raise the limit.
   */
  "memory",
  /**
   * The program's calls are nested too deeply.
   * @cure Use a loop in place of recursion.
   */
  "stack_overflow",
  /**
   * The program made more than `toolCalls` calls.
   * @cure Do less in one program, or raise the limit.
   */
  "call_limit",
  /**
   * An argument, a result or the value is larger than `callBytes` or has too many parts, or all of them together are larger than
   * `bridgeBytes`.
   * @cure Pass less data, or raise the limit.
   */
  "output_limit",
  /**
   * The program's text, or the body of a request, is too large.
   * @cure Send a shorter program, or raise `sourceBytes` (`maxBodyBytes` of the service).
   */
  "source_too_large",
  /**
   * A value that crosses the bridge is not data: a function, a symbol, a cycle, an iterator, what keeps its content in private fields, or nested deeper than `valueDepth`.
   * @cure The message has the path of it: leave it out, or convert it.
   */
  "not_serializable",
  /**
   * The run was ended by its signal, or by closing the runtime or the session.
   * @cure If this was not intended, run the program again.
   */
  "aborted",
  /**
   * The worker ended unexpectedly, not because of a limit.
   * @cure Run the program again: the next run gets a new worker. For a session the message names what was lost.
   */
  "worker_crashed",
  /**
   * The engine cannot be loaded here.
   * @cure The hint holds the remedy; `codecell doctor` shows which engines work.
   */
  "engine_unavailable",
  /**
   * The sandbox cannot be set up here.
   * @cure The hint holds the remedy; `codecell doctor` tries it.
   */
  "sandbox_unavailable",
  /**
   * An option or a setting is wrong.
   * @cure The message names its path, its value and what is allowed.
   */
  "config_error",
  /**
   * A bug of codecell.
   * @cure Please report it.
   */
  "internal",
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** True for a string that is one of {@link ERROR_CODES}. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}

/** Why a run failed, as plain data: the `error` of an {@link ExecutionResult}. */
export interface Failure {
  /** Stable code; the meaning of each is in docs/reference/errors.md. */
  readonly code: ErrorCode;
  /** The error's class name in the program, e.g. `TypeError`; for codecell's own errors e.g. `LimitError`. */
  readonly name: string;
  /** For people and models. Its wording is not stable. */
  readonly message: string;
  /** Line in the source as the caller gave it, from 1. */
  readonly line?: number;
  /** Column in the source as the caller gave it, from 1, in UTF-16 units. */
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
 * (`config_error`, `engine_unavailable`, `sandbox_unavailable`, `aborted` …), and where a run is not let in (`rate_limited`).
 * A program's failure is not thrown: it is the `error` of the result.
 */
export class CodecellError extends Error {
  /** Always `CodecellError`. */
  override readonly name = "CodecellError";
  /** Stable code; the meaning of each is in docs/reference/errors.md. */
  readonly code: ErrorCode;
  /** What to do next, where there is something to do. */
  readonly hint: string | undefined;
  /** Time in ms after which the same can be tried again, where it is known: with `rate_limited`. */
  readonly retryAfterMs: number | undefined;
  /** @internal */
  readonly [BRAND] = true;

  /**
   * @param options.hint what to do next
   * @param options.retryAfterMs time in ms after which the same can be tried again
   * @param options.cause the error that led to this one
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: {
      hint?: string | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** True for a CodecellError of any copy of this package, where `instanceof` sees only its own. */
  static is(value: unknown): value is CodecellError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** The message of any thrown value. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return "an error that cannot be described";
  }
}
