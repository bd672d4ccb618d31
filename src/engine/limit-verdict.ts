/** Decides why a run has ended, from what the host owns (clocks, counters, the state of the VM), never from the guest's report. */
import { cpuBreach, memoryBreach, wallBreach } from "../core/breach.ts";
import { type Failure, messageOf } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { Program } from "../core/program.ts";
import { locate } from "./guest-failure.ts";
import { EngineSyntaxError, type Vm } from "./vm.ts";

/** An engine's timer may fire a little early. */
const CLOCK_TOLERANCE_MS = 2;

export interface TimeLeft {
  readonly cpuLeftMs: number;
  readonly wallLeftMs: number;
}

export interface LimitVerdict {
  readonly error: Failure;
  /** True where the program ended by itself. Otherwise the run was stopped, and the VM must not be used any more. */
  readonly ended: boolean;
}

/** @param thrown what the engine threw. It shows only that something happened; the cause is read from the host's own facts */
export function limitVerdict(
  vm: Vm,
  limits: Limits,
  program: Program,
  thrown: unknown,
  { cpuLeftMs, wallLeftMs }: TimeLeft,
): LimitVerdict | undefined {
  const stopped = (error: Failure): LimitVerdict => ({ error, ended: false });
  // Whatever the program did about it: one that catches the error and goes on has gone over its limit all the same.
  if (vm.state === "out_of_memory" || vm.exhausted) return stopped(memoryBreach(limits));
  if (cpuLeftMs <= CLOCK_TOLERANCE_MS) return stopped(cpuBreach(limits));
  if (wallLeftMs <= CLOCK_TOLERANCE_MS) return stopped(wallBreach(limits));
  if (thrown instanceof EngineSyntaxError) {
    const place = locate(thrown.stack, program);
    const { message } = thrown;
    return {
      error: { code: "syntax_error", name: "SyntaxError", message, ...place },
      ended: true,
    };
  }
  if (vm.state === "out_of_stack")
    return stopped({ code: "stack_overflow", name: "RangeError", message: "stack overflow" });
  if (vm.state === "broken") {
    const message = `the engine failed: ${messageOf(thrown)}`;
    return stopped({ code: "internal", name: "EngineError", message });
  }
  // Anything else is V8 rethrowing a rejection that the program did not handle: not an outcome.
  return undefined;
}

/** Without a pending call or timer nothing can wake the program: the time-out is certain, so the run ends now. */
export function stalled(limits: Limits): Failure {
  return {
    ...wallBreach(limits),
    message:
      "the program waits for a promise that nothing can settle: no tool call and no timer is pending",
    hint: "Await tool calls or timers; a promise of your own must be resolved.",
  };
}
