/** Measures one job of one subject, in the subject's own process. */
import { isDeepStrictEqual } from "node:util";
import { Bench } from "tinybench";
import type { Job } from "./jobs.ts";
import type { Executor, Subject } from "./subject.ts";

/** Runs of a job that waits before each. */
const PAUSED_RUNS = 8;
/** Duration of a round of a job without pauses, in ms. */
const ROUND_MS = 120;

/** A job that takes longer needs no warm-up, in ms. */
const SLOW_MS = 500;
const slow = new Set<string>();

/**
 * The times of a round of runs, in ms.
 * @throws Error if a run fails or returns another value than the job expects
 */
export async function measure(subject: Subject, executor: Executor, job: Job): Promise<number[]> {
  const code = job.code((tool, args) => subject.call(tool, args));
  const once = async (): Promise<void> => {
    const value = await executor.run(code);
    if (!isDeepStrictEqual(value, job.value))
      throw new Error(`it answered ${shorten(JSON.stringify(value))}`);
  };
  const many = async (): Promise<void> => {
    await Promise.all(Array.from({ length: job.atOnce ?? 1 }, once));
  };
  return await timed(job.id, job.atOnce === undefined ? once : many, job.pauseMs);
}

/** The times of a round of `work`, in ms. */
export async function timed(
  name: string,
  work: () => Promise<void>,
  pauseMs?: number,
): Promise<number[]> {
  const limits =
    pauseMs === undefined
      ? { time: ROUND_MS, iterations: 1 }
      : { time: 0, iterations: PAUSED_RUNS };
  const bench = new Bench({ ...limits, warmup: false, retainSamples: true });
  if (!slow.has(name)) await work(); // the subject may have been idle since the last round
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs));
  bench.add(name, work, pauseMs === undefined ? {} : { beforeEach: pause });
  const [task] = await bench.run();
  const { result } = task!;
  if (result.state === "errored") throw result.error;
  if (result.state !== "completed") throw new Error(`the benchmark ended as ${result.state}`);
  if (result.latency.p50 > SLOW_MS) slow.add(name);
  return [...(result.latency.samples ?? [])];
}

function shorten(text: string | undefined): string {
  return text === undefined ? "nothing" : text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
