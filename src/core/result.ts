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

interface RunReport {
  readonly logs: readonly LogEntry[];
  /** In order of start; present when the run failed too. */
  readonly calls: readonly CallRecord[];
  readonly usage: Usage;
  /** Bytes that were cut from the value and from the logs; the text of each mark says how to get the rest. */
  readonly truncated?: { readonly value?: number; readonly logs?: number };
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
