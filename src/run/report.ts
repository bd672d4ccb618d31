/** Builds the ExecutionResult of a run from what its place and its bridge report. */
import { codeFrame } from "../compile/code-frame.ts";
import { readCutValue } from "../core/cut-value.ts";
import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { ExecutionResult, JsonValue } from "../core/result.ts";
import type { Outcome } from "../engine/engine.ts";
import { unreadableValue } from "../engine/failed-outcome.ts";
import { cutFailure } from "../placement/channel/write-message.ts";
import type { Bridge } from "./bridge.ts";
import { cappedCalls } from "./capped-calls.ts";

/** What is to be reported. */
export interface FinishedRun {
  readonly runId: string;
  readonly source: string;
  readonly limits: Limits;
  readonly outcome: Outcome;
  readonly bridge: Bridge;
  readonly engine: string;
  readonly placement: string;
  readonly wallMs: number;
}

export function report(run: FinishedRun): ExecutionResult {
  const { outcome, bridge, limits } = run;
  const ended = outcome.ok
    ? readValue(outcome, limits)
    : { ok: false as const, error: outcome.error };
  const { cutValue, ...verdict } = { cutValue: 0, ...ended };
  const cutLogs = bridge.logs.cutBytes;
  const { calls, left } = cappedCalls(bridge.calls);
  const truncated = {
    ...(cutValue > 0 ? { value: cutValue } : {}),
    ...(cutLogs > 0 ? { logs: cutLogs } : {}),
    ...(left > 0 ? { calls: left } : {}),
  };
  return {
    ...(verdict.ok
      ? verdict
      : { ok: false, error: withFrame(cutFailure(verdict.error), run.source) }),
    logs: bridge.logs.entries(),
    calls,
    usage: {
      engine: run.engine,
      placement: run.placement,
      wallMs: round(run.wallMs),
      cpuMs: round(outcome.usage.cpuMs),
      peakBytes: outcome.usage.peakBytes,
      toolCalls: bridge.calls.length,
      bytesIn: bridge.bytesIn,
      bytesOut: bridge.bytesOut,
    },
    ...(Object.keys(truncated).length > 0 ? { truncated } : {}),
    runId: run.runId,
  };
}

type Rendered = { ok: true; value?: JsonValue; cutValue?: number } | { ok: false; error: Failure };

/** The place may be compromised: whatever text it sent as the value, this returns a verdict, and costs what the caps allow. */
function readValue({ value: text, cutBytes }: Outcome & { ok: true }, limits: Limits): Rendered {
  if (text === undefined) return { ok: true };
  const value = readCutValue(text, limits.resultBytes);
  if (value === undefined) return { ok: false, error: unreadableValue() };
  return { ok: true, value, cutValue: cutBytes ?? 0 };
}

function withFrame(error: Failure, source: string): Failure {
  if (error.line === undefined) return error;
  return { ...error, frame: codeFrame(source, error.line, error.column ?? 1) };
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
