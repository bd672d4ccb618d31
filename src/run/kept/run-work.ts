/** What the host computes for one run over its kept results: one piece at a time, in turns, and within the run's time. */
import { ToolError } from "../../core/tool-error.ts";
import { inTurns, OutOfTimeError, type Steps, Turns } from "../../core/turns.ts";
import type { ToolCall } from "../../tools/tool-call.ts";

export class RunWork {
  #last: Promise<unknown> = Promise.resolve();
  #spentMs = 0;

  /**
   * Waits for the run's work before, and does the steps.
   * @throws ToolError `aborted`, `cpu_limit`
   */
  do<Result>(call: ToolCall, begin: () => Steps<Result>): Promise<Result> {
    const done = this.#last.then(async () => {
      const { cpuMs } = call.run.limits;
      const turns = new Turns(Math.max(0, cpuMs - this.#spentMs));
      try {
        return await inTurns(untilEnded(begin(), call.signal), turns);
      } catch (error) {
        throw error instanceof OutOfTimeError ? outOfTime(cpuMs) : error;
      } finally {
        this.#spentMs += turns.spentMs;
      }
    });
    this.#last = done.catch(() => {});
    return done;
  }
}

function* untilEnded<Result>(steps: Steps<Result>, signal: AbortSignal): Steps<Result> {
  for (;;) {
    if (signal.aborted) throw new ToolError("aborted", "the run is over");
    const step = steps.next();
    if (step.done === true) return step.value;
    yield;
  }
}

function outOfTime(cpuMs: number): ToolError {
  return new ToolError(
    "cpu_limit",
    `the host computed for more than ${cpuMs} ms over results that the run left there`,
    { hint: "Ask the tool for less, or filter once and use the handle that you get." },
  );
}
