import type { Failure } from "./errors.ts";

/** What JSON can carry. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };

export type LogLevel = "debug" | "log" | "info" | "warn" | "error";

const LEVELS: ReadonlySet<unknown> = new Set<LogLevel>(["debug", "log", "info", "warn", "error"]);

/** True for what is a {@link LogLevel}; levels come from hostile code. */
export function isLogLevel(value: unknown): value is LogLevel {
  return LEVELS.has(value);
}

/** One console entry; its arguments are joined by one space, as a console prints them, on one line. */
export interface LogEntry {
  readonly level: LogLevel;
  readonly text: string;
}

/** One tool call of a run. */
export interface CallRecord {
  /** `server.tool` with original names. */
  readonly tool: string;
  readonly ok: boolean;
  /** From its start to its end; waiting for a free slot is not counted. */
  readonly ms: number;
  /** Size of the result that went to the program. */
  readonly bytes: number;
  /** What went wrong, where it did. */
  readonly error?: string;
}

export interface Usage {
  readonly engine: string;
  readonly placement: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
  readonly toolCalls: number;
  /** Bytes of tool results that went to the program. */
  readonly bytesIn: number;
  /** Bytes of arguments that came from the program. */
  readonly bytesOut: number;
}

/**
 * What a run cost a model in tokens, and what it was spared: there where the runtime has a `tokenizer`. Each number is the
 * count of a text that exists; what was not counted is told in `uncountedBytes`, never estimated.
 */
export interface TokenUsage {
  /** Its name, or `custom` for a function. */
  readonly tokenizer: string;
  /** `runtime.startContext()`, which a model is shown at the start. It is paid once for many programs. */
  readonly catalogue: number;
  /** The program's text as it was given. */
  readonly program: number;
  /**
   * The value: a string as it is, any other as JSON; 0 for none. Of a failed run the error's message, frame and hint. An
   * MCP answer may be cut further.
   */
  readonly value: number;
  /** The texts of the logs, one a line; 0 for none. */
  readonly logs: number;
  /** The results of the calls in `calls`, strings as they are and others as JSON: what went to the program, and did not have to go to a model. */
  readonly results: number;
  /** @deprecated The same number as {@link results}, under its old name. */
  readonly hidden: number;
  /**
   * Bytes that are not in these numbers, where there are any: results over 8 MiB in a run, or that take longer than 5 s to
   * count, or of an aborted run; results that came to the program elsewhere (at a remote service, or before its session was
   * restored); and parts of 2,000 characters with no place to cut them, which tokenizers take too long for.
   */
  readonly uncountedBytes?: {
    readonly catalogue?: number;
    readonly program?: number;
    readonly value?: number;
    readonly logs?: number;
    readonly results?: number;
    /** @deprecated The same number as `results`, under its old name. */
    readonly hidden?: number;
  };
}

interface RunReport {
  readonly logs: readonly LogEntry[];
  /** In order of start; present when the run failed too. */
  readonly calls: readonly CallRecord[];
  readonly usage: Usage;
  /** Bytes that were cut from the value and from the logs; the text of each mark says how to get the rest. */
  readonly truncated?: { readonly value?: number; readonly logs?: number };
  /** Absent without a `tokenizer`, and where that fails. Counting comes after the run and is not in `usage`. */
  readonly tokens?: TokenUsage;
  readonly runId: string;
}

/**
 * What `run` resolves to, and the JSON of every face. Narrow it with `if (result.ok)`.
 * `value` is absent when the program returned nothing.
 */
export type ExecutionResult = (
  | { readonly ok: true; readonly value?: JsonValue }
  | { readonly ok: false; readonly error: Failure }
) &
  RunReport;

/** One request to the network, made or refused. Of redirects, each hop is one. */
export interface NetworkRequest {
  readonly method: string;
  /** Without its query and fragment, which may hold secrets. */
  readonly url: string;
  /** Absent when it was refused or failed. */
  readonly status?: number;
  /** Of the response's body. */
  readonly bytes: number;
  readonly ms: number;
  readonly error?: string;
}

export const OPERATIONS = ["readFile", "writeFile", "readdir", "mkdir", "rm", "stat"] as const;

export type Operation = (typeof OPERATIONS)[number];

/** One access of a program to a file. */
export interface FileAccess {
  readonly operation: Operation;
  readonly path: string;
  readonly ok: boolean;
}
