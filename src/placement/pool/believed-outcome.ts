import type { ErrorCode } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { EngineUsage, Outcome } from "../../engine/engine.ts";
import { ProtocolError } from "../channel/fields.ts";
import { largestResident } from "./watchdog.ts";

/** What the host itself has measured of a run. */
export interface Measured {
  readonly limits: Limits;
  /** Time from the command to the outcome. */
  readonly wallMs: number;
  /** Number of calls of the run that the host has not answered. */
  readonly openCalls: number;
  /** Whether the host has aborted the run. */
  readonly isAborted: boolean;
  /** Whether the other side is a service: it has tools, limits and an admission of its own. */
  readonly isService: boolean;
  /** Codes of failed calls that the program can know; `undefined` where these came from another worker too. */
  readonly failedCalls: ReadonlySet<string> | undefined;
}

/** An engine's timers may fire a little early. */
const CLOCK_TOLERANCE_MS = 10;

/**
 * What a program can bring about by itself, and limits that are measured in its VM only. A worker that forges one of them fails
 * its own run, as any program can.
 */
const OF_THE_PROGRAM: ReadonlySet<ErrorCode> = new Set([
  "syntax_error",
  "program_error",
  "unknown_tool",
  "not_serializable",
  "memory",
  "stack_overflow",
  "call_limit",
  "output_limit",
  "internal",
]);

/** What calls fail with. */
const OF_CALLS: ReadonlySet<ErrorCode> = new Set([
  "tool_error",
  "invalid_arguments",
  "denied",
  "approval_required",
  "rate_limited",
  "quota_exceeded",
  "aborted",
]);

/** What a service can refuse a run with, or end it by. Its limits may be lower than ours. */
const OF_A_SERVICE: ReadonlySet<ErrorCode> = new Set([
  "timeout",
  "cpu_limit",
  "memory",
  "source_too_large",
  "denied",
  "rate_limited",
  "quota_exceeded",
  "aborted",
  "worker_crashed",
  "config_error",
  "engine_unavailable",
  "sandbox_unavailable",
]);

/**
 * The outcome as far as its host believes it. The rule: how a program failed is the worker's to say; what the host measures is
 * believed as far as its measures agree (`timeout`, `cpu_limit`, `aborted`, failures of calls, and all of the usage); what only the
 * host decides (admission, settings, engines, types, the death of a worker) is never the worker's to say, because its caller would act on it.
 * @throws ProtocolError for an outcome that cannot be true
 */
export function believed(outcome: Outcome, measured: Measured): Outcome {
  if (!outcome.ok && !isCredible(outcome.error.code, outcome.error.name, measured))
    throw new ProtocolError(`it reported '${outcome.error.code}', which its host knows better`);
  return { ...outcome, usage: bounded(outcome.usage, measured) };
}

/** What a worker refuses a request with: its engine cannot keep, save or restore the VM. */
const OF_AN_ENGINE: ReadonlySet<ErrorCode> = new Set(["config_error", "internal"]);

/** What a service does not save: a VM whose programs have objects of that service. */
const HAS_OBJECTS: ErrorCode = "not_serializable";

/** Whether the other side may refuse to open or save a VM with this code. */
export function mayRefuseWith(code: ErrorCode, isService: boolean): boolean {
  const ofService = OF_A_SERVICE.has(code) || OF_CALLS.has(code) || code === HAS_OBJECTS;
  return OF_AN_ENGINE.has(code) || (isService && ofService);
}

function isCredible(code: ErrorCode, name: string, measured: Measured): boolean {
  const { limits, wallMs, openCalls, isAborted, isService, failedCalls } = measured;
  if (OF_THE_PROGRAM.has(code)) return true;
  if (isService && (OF_A_SERVICE.has(code) || OF_CALLS.has(code))) return true;
  if (code === "aborted" && isAborted) return true;
  // Where no call is open, the program may wait for what cannot happen, which is reported as a time-out at once.
  if (code === "timeout") return openCalls === 0 || wallMs + CLOCK_TOLERANCE_MS >= limits.wallMs;
  if (code === "cpu_limit")
    return wallMs + CLOCK_TOLERANCE_MS >= Math.min(limits.cpuMs, limits.compileMs);
  return name === "ToolError" && OF_CALLS.has(code) && failedCalls?.has(code) !== false;
}

/** A run cannot have computed for longer than it lasted, nor have held more than its worker may have. */
function bounded({ cpuMs, peakBytes, compileMs }: EngineUsage, measured: Measured): EngineUsage {
  const { limits, wallMs } = measured;
  return {
    cpuMs: Math.min(cpuMs, wallMs),
    peakBytes: Math.min(peakBytes, largestResident(limits)),
    ...(compileMs === undefined ? {} : { compileMs: Math.min(compileMs, wallMs) }),
  };
}
