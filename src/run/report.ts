/** Builds the ExecutionResult of a run from what its place and its bridge report. */
import { codeFrame } from "../compile/code-frame.ts";
import { decode } from "../core/decode.ts";
import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { renderJson } from "../core/render.ts";
import type { ExecutionResult, JsonValue } from "../core/result.ts";
import { truncateJson } from "../core/truncate.ts";
import type { Outcome } from "../engine/engine.ts";
import type { Bridge } from "./bridge.ts";

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
    ? renderValue(outcome.value, limits)
    : { ok: false as const, error: outcome.error };
  const { cutValue, ...verdict } = { cutValue: 0, ...ended };
  const cutLogs = bridge.logs.cutBytes;
  const truncated = {
    ...(cutValue > 0 ? { value: cutValue } : {}),
    ...(cutLogs > 0 ? { logs: cutLogs } : {}),
  };
  return {
    ...(verdict.ok ? verdict : { ok: false, error: withFrame(verdict.error, run.source) }),
    logs: bridge.logs.entries(),
    calls: bridge.calls,
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

/** The place may be compromised: whatever text it sent as the value, this returns a verdict. */
function renderValue(text: string | undefined, limits: Limits): Rendered {
  if (text === undefined) return { ok: true };
  try {
    const { value, cutBytes } = truncateJson(renderJson(decode(text)), limits.resultBytes);
    return { ok: true, value, cutValue: cutBytes };
  } catch {
    const message = "the value of the program could not be read";
    return { ok: false, error: { code: "not_serializable", name: "NotSerializable", message } };
  }
}

function withFrame(error: Failure, source: string): Failure {
  if (error.line === undefined) return error;
  return { ...error, frame: codeFrame(source, error.line, error.column ?? 1) };
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
