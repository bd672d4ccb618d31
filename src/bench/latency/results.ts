/** Results of the latency bench: the JSON of `--json`, from which all reports are made. */
import type { Machine } from "../machine.ts";
import type { Finding } from "./probes.ts";
import type { SubjectFacts } from "./subject.ts";

/** All results of one call of `benchLatency`: plain JSON. */
export interface LatencyResults {
  /** Version of this layout. */
  readonly format: 1;
  /** Distinguishes these results from token counts. */
  readonly kind: "latency";
  /** When the measurement ended, ISO 8601. */
  readonly at: string;
  /** The machine on which all figures were measured. */
  readonly machine: Machine;
  /** Rounds that count, without the warm-up round. */
  readonly rounds: number;
  /** The measured executors. */
  readonly subjects: readonly Omit<SubjectFacts, "cannot">[];
  /** The measured jobs. */
  readonly jobs: readonly JobFacts[];
  /** One for each job and subject: a figure, or the reason why there is none. */
  readonly cells: readonly Cell[];
  /** The probes of capabilities; empty unless the group `capabilities` was measured. */
  readonly probes: readonly ProbeFacts[];
  /** One for each probe and subject, without the floors. */
  readonly findings: readonly ProbeCell[];
  /** Cost against size; empty unless the group `growth` was measured. */
  readonly growth: readonly GrowthResult[];
  /** The goals of codecell, each judged if its job was measured. */
  readonly goals: readonly Goal[];
}

/** Describes a job. */
export interface JobFacts {
  /** Unique among the jobs: `trivial`, `calls-1000`. */
  readonly id: string;
  /** A short column heading. */
  readonly title: string;
  /** One of the groups of `LatencyOptions.groups`. */
  readonly group: string;
  /** What the job measures, in one sentence. */
  readonly what: string;
  /** Unit of the job's figures. 1 MB is 2²⁰ bytes. */
  readonly unit: "ms" | "MB";
}

/** A measured job of a subject, in the job's unit. */
export interface Figure {
  /** Id of the job. */
  readonly job: string;
  /** Id of the subject. */
  readonly subject: string;
  /** Median over all samples of all rounds. */
  readonly median: number;
  /** 99th percentile over all samples of all rounds. */
  readonly p99: number;
  /** Number of samples. */
  readonly samples: number;
  /** The figure relative to the subject's floor; absent if the subject has no floor, or the floor no figure. */
  readonly ratio?: {
    /** Id of the floor. */
    readonly to: string;
    /** Median over the rounds of (median of the subject / median of the floor). */
    readonly value: number;
    /** Interquartile range of the rounds' ratios, relative to their median. Above 0.25 the machine was too noisy. */
    readonly spread: number;
  };
}

/** A job without a figure for a subject. */
export interface Gap {
  /** Id of the job. */
  readonly job: string;
  /** Id of the subject. */
  readonly subject: string;
  /** Why there is no figure: the subject failed, cannot do the job, or the job does not apply to it. */
  readonly absent: string;
}

/** The result of one job for one subject. */
export type Cell = Figure | Gap;

/** Describes a probe of a capability. */
export interface ProbeFacts {
  /** Unique among the probes: `typescript`, `memory`. */
  readonly id: string;
  /** A short column heading. */
  readonly title: string;
  /** What the probe checks, in one sentence. */
  readonly what: string;
}

/** The result of one probe for one subject. */
export type ProbeCell = {
  /** Id of the probe. */
  readonly probe: string;
  /** Id of the subject. */
  readonly subject: string;
} & Finding;

/** Cost against size for one kind of job. */
export interface GrowthResult {
  /** `calls`, `bytes`, `tools` or `sessions`. */
  readonly id: string;
  /** What was measured. */
  readonly title: string;
  /** Unit of the sizes: `calls`, `megabytes`. */
  readonly xTitle: string;
  /** One line for each subject that has figures. */
  readonly series: readonly {
    /** Id of the subject. */
    readonly subject: string;
    /** Size, and median in ms, by ascending size. */
    readonly points: readonly (readonly [size: number, ms: number])[];
    /**
     * Slope of the upper half of the line over the slope of the lower half: 1 if the cost grows linearly. Absent with
     * fewer than 3 points, or if the lower half does not rise.
     */
    readonly bend?: number;
  }[];
}

/** An upper limit that codecell has set for itself. */
export interface Goal {
  /** Unique among the goals: `warm`, `linear-calls-v8-process`. */
  readonly id: string;
  /** What is limited. */
  readonly title: string;
  /** Unit of `limit` and `measured`; `×` is a ratio. */
  readonly unit: "ms" | "MB" | "×";
  /** Greatest value that meets the goal. */
  readonly limit: number;
  /** Absent if it was not measured in this run. */
  readonly measured?: number;
  /** Whether `measured` is at most `limit`; absent if it was not measured. */
  readonly met?: boolean;
}

export function isFigure(cell: Cell | undefined): cell is Figure {
  return cell !== undefined && "median" in cell;
}

/** Returns a function that finds a figure by job and subject. */
export function cellLookup(
  cells: readonly Cell[],
): (job: string, subject: string) => Figure | undefined {
  const known = new Map(cells.map((cell) => [`${cell.job} ${cell.subject}`, cell]));
  return (job, subject) => {
    const cell = known.get(`${job} ${subject}`);
    return isFigure(cell) ? cell : undefined;
  };
}
