import type { Failure } from "./errors.ts";

/** Any JSON value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };

/** The method of `console` that made the entry. */
export type LogLevel = "debug" | "log" | "info" | "warn" | "error";

const LEVELS: ReadonlySet<unknown> = new Set<LogLevel>(["debug", "log", "info", "warn", "error"]);

/** True for a {@link LogLevel}. Levels come from hostile code. */
export function isLogLevel(value: unknown): value is LogLevel {
  return LEVELS.has(value);
}

/** One console entry of a program. */
export interface LogEntry {
  /** The level of the entry. */
  readonly level: LogLevel;
  /** One line: the arguments as a console prints them, joined by a space; control characters are escaped. */
  readonly text: string;
}

/** One tool call of a run. */
export interface CallRecord {
  /** `server.tool` with original names; at most 200 characters. */
  readonly tool: string;
  /** Whether the call succeeded. */
  readonly ok: boolean;
  /** Duration of the call in ms, without the time that it waited for a free slot (see {@link Limits.parallelCalls}). */
  readonly ms: number;
  /** Size in bytes of the result that went to the program. */
  readonly bytes: number;
  /** The first 1,000 characters of the failure's message. Absent when the call succeeded. */
  readonly error?: string;
}

/** What a run used. */
export interface Usage {
  /** Name of the engine: `v8`, `quickjs`, or the name of a custom engine. */
  readonly engine: string;
  /** Name of the placement, e.g. `process`. */
  readonly placement: string;
  /** Duration of the run in ms, waiting included. */
  readonly wallMs: number;
  /** Time in ms that the program itself computed. */
  readonly cpuMs: number;
  /** The largest heap of the VM in bytes. */
  readonly peakBytes: number;
  /** Number of tool calls. */
  readonly toolCalls: number;
  /** Bytes of tool results that went to the program. */
  readonly bytesIn: number;
  /** Bytes of arguments that came from the program. */
  readonly bytesOut: number;
}

/**
 * The tokens of a run's texts, where the runtime has a `tokenizer`: those that a model reads or writes, and those of tool
 * results, which it does not have to read. Each number is the count of a text that exists. Nothing is estimated: what was
 * not counted is in `uncountedBytes`.
 */
export interface TokenUsage {
  /** Name of the tokenizer, or `custom` for a function. */
  readonly tokenizer: string;
  /** `runtime.startContext()`, which a model reads once at the start, not for each program. */
  readonly catalogue: number;
  /** The program's text as given to `run`. */
  readonly program: number;
  /**
   * The value: a string as it is, any other value as JSON; 0 for none. For a failed run: the error's message, frame and
   * hint. The text of an MCP result may be cut further.
   */
  readonly value: number;
  /** The texts of the logs, one per line; 0 for none. */
  readonly logs: number;
  /**
   * The results of the calls in `calls`: a string as it is, any other value as JSON. They went to the program, not to a
   * model.
   */
  readonly results: number;
  /** @deprecated The same number as {@link results}, under its old name. */
  readonly hidden: number;
  /**
   * Bytes that are not in these numbers. Absent where everything was counted. Not counted are: results beyond 8 MiB of a
   * run, results that take longer than 5 s to count, and those of an aborted run; results that reached the program elsewhere
   * (at a remote service, or before its session was restored); and parts of more than 2,000 characters without a place to
   * cut them, for which tokenizers take too long.
   */
  readonly uncountedBytes?: {
    /** Bytes missing from {@link TokenUsage.catalogue}. */
    readonly catalogue?: number;
    /** Bytes missing from {@link TokenUsage.program}. */
    readonly program?: number;
    /** Bytes missing from {@link TokenUsage.value}. */
    readonly value?: number;
    /** Bytes missing from {@link TokenUsage.logs}. */
    readonly logs?: number;
    /** Bytes missing from {@link TokenUsage.results}. */
    readonly results?: number;
    /** @deprecated The same number as `results`, under its old name. */
    readonly hidden?: number;
  };
}

/** What a result has besides its value or error. */
export interface RunReport {
  /** Console entries in order; present for failed runs too. */
  readonly logs: readonly LogEntry[];
  /** Tool calls in the order of their start; present for failed runs too. */
  readonly calls: readonly CallRecord[];
  /** What the run used. */
  readonly usage: Usage;
  /**
   * What was left out: bytes of the value and of the logs, whose marks name the way to the rest, and call records beyond 256 KiB.
   * Absent where everything is there.
   */
  readonly truncated?: {
    /** Bytes cut from the value. Absent where it is whole. */
    readonly value?: number;
    /** Bytes cut from the logs. Absent where they are whole. */
    readonly logs?: number;
    /** Calls that are not in {@link RunReport.calls}. Absent where all are; `usage.toolCalls` counts all. */
    readonly calls?: number;
  };
  /** Absent without a `tokenizer`, and where it fails. The time for counting is not in `usage`. */
  readonly tokens?: TokenUsage;
  /** UUID of the run; its events have the same. */
  readonly runId: string;
}

/**
 * What `run` resolves to, and the JSON of every interface (CLI, HTTP, MCP). Deeply frozen. Narrow it with `if (result.ok)`:
 * `value` is the program's value as JSON, absent when the program returned nothing; `error` is why a run failed.
 *
 * `T` is the type of the value. Where nothing checked the value (see `output` of {@link RunOptions}), `T` is a claim of who
 * wrote it. A `T` without `undefined` claims that there is a value.
 */
export type ExecutionResult<T = JsonValue | undefined> = (
  | (undefined extends T
      ? { readonly ok: true; readonly value?: Exclude<T, undefined> }
      : { readonly ok: true; readonly value: T })
  | { readonly ok: false; readonly error: Failure }
) &
  RunReport;

/** One request to the network, made or refused. Each hop of a redirect is a request. */
export interface NetworkRequest {
  /** HTTP method in upper case. */
  readonly method: string;
  /** Without query and fragment, which may hold secrets. */
  readonly url: string;
  /** HTTP status. Absent when the request was refused or failed. */
  readonly status?: number;
  /** Size of the response's body in bytes. */
  readonly bytes: number;
  /** Duration in ms. */
  readonly ms: number;
  /** Why the request was refused or failed. */
  readonly error?: string;
}

/** The operations of {@link FileAccess}. */
export const OPERATIONS = ["readFile", "writeFile", "readdir", "mkdir", "rm", "stat"] as const;

/** One of {@link OPERATIONS}. */
export type Operation = (typeof OPERATIONS)[number];

/** One access of a program to a file. */
export interface FileAccess {
  /** The function of `fs` that the program called. */
  readonly operation: Operation;
  /** The path as the program gave it. */
  readonly path: string;
  /** Whether the access succeeded. */
  readonly ok: boolean;
}
