import { Bench } from "tinybench";

/** A job and its floor, or two ways to do one job. */
export interface Contest {
  readonly title: string;
  readonly subject: Job;
  readonly floor: Job;
  /** The ratio of medians, or with `difference` the milliseconds between them, that is not to be passed. */
  readonly budget?: number;
  /** Judge `subject − floor` in ms instead of `subject / floor`. */
  readonly difference?: boolean;
  /** Runs per round. */
  readonly iterations: number;
  /** Default 7. Many short ones tell a small difference from the machine's moods. */
  readonly rounds?: number;
  /** Before each run, outside the time: an idle moment in which pools are refilled. */
  readonly pause?: () => Promise<void>;
}

export interface Job {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Verdict {
  readonly title: string;
  readonly subjectMs: number;
  readonly floorMs: number;
  /** Median over the rounds. */
  readonly score: number;
  readonly unit: "×" | "ms";
  readonly budget?: number;
  readonly spread: number;
}

const ROUNDS = 7;

/**
 * Run both jobs in alternating rounds, so that noise hits both, and judge by the median of the rounds' scores.
 * `spread` is the range of the middle half of the scores, relative to the median.
 */
export async function compare(contest: Contest): Promise<Verdict> {
  const rounds: { subject: number; floor: number; score: number }[] = [];
  for (let round = 0; round <= (contest.rounds ?? ROUNDS); round++) {
    const subject = await measure(contest.subject, contest);
    const floor = await measure(contest.floor, contest);
    const score = contest.difference === true ? subject - floor : subject / floor;
    if (round > 0) rounds.push({ subject, floor, score }); // the first one warms up
  }
  const scores = rounds.map((round) => round.score).toSorted((a, b) => a - b);
  const score = median(scores);
  return {
    title: contest.title,
    subjectMs: median(rounds.map((round) => round.subject)),
    floorMs: median(rounds.map((round) => round.floor)),
    score,
    unit: contest.difference === true ? "ms" : "×",
    ...(contest.budget === undefined ? {} : { budget: contest.budget }),
    spread: (quantile(scores, 0.75) - quantile(scores, 0.25)) / Math.abs(score),
  };
}

async function measure({ name, run }: Job, { iterations, pause }: Contest): Promise<number> {
  const bench = new Bench({ iterations, time: 0, warmup: false, retainSamples: true });
  bench.add(name, async () => void (await run()), pause === undefined ? {} : { beforeEach: pause });
  const [task] = await bench.run();
  const result = task!.result;
  if (result.state !== "completed")
    throw new Error(`${name} did not complete: ${result.state}`, { cause: result });
  return result.latency.p50;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)]!;
}
