/** What the latency bench found: the JSON of `--json`, from which everything else is made. */
import type { Machine } from "../machine.ts";
import type { Finding } from "./probes.ts";
import type { SubjectFacts } from "./subject.ts";

export interface LatencyResults {
  readonly format: 1;
  readonly kind: "latency";
  /** When it ended, ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly subjects: readonly Omit<SubjectFacts, "cannot">[];
  readonly jobs: readonly JobFacts[];
  readonly cells: readonly Cell[];
  readonly probes: readonly ProbeFacts[];
  readonly findings: readonly ProbeCell[];
  readonly growth: readonly GrowthResult[];
  readonly goals: readonly Goal[];
}

export interface JobFacts {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  readonly what: string;
  readonly unit: "ms" | "MB";
}

/** A measured job of a subject. */
export interface Figure {
  readonly job: string;
  readonly subject: string;
  readonly median: number;
  readonly p99: number;
  readonly samples: number;
  /**
   * Against the subject's floor: the median over the rounds of the ratios of the medians. `spread` is the range of the
   * middle half of these ratios, relative to it: above 0.25 the machine was too noisy for this figure.
   */
  readonly ratio?: { readonly to: string; readonly value: number; readonly spread: number };
}

/** A job that a subject cannot do, or a question that does not arise, with the reason. */
export interface Gap {
  readonly job: string;
  readonly subject: string;
  readonly absent: string;
}

export type Cell = Figure | Gap;

export interface ProbeFacts {
  readonly id: string;
  readonly title: string;
  readonly what: string;
}

export type ProbeCell = { readonly probe: string; readonly subject: string } & Finding;

export interface GrowthResult {
  readonly id: string;
  readonly title: string;
  readonly xTitle: string;
  readonly series: readonly {
    readonly subject: string;
    /** Size, and median in ms. */
    readonly points: readonly (readonly [size: number, ms: number])[];
    /** Cost of one more at the large end, against one more at the small end: 1 where it grows linearly. */
    readonly bend?: number;
  }[];
}

export interface Goal {
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "MB" | "×";
  readonly limit: number;
  /** Absent where it was not measured in this run. */
  readonly measured?: number;
  readonly met?: boolean;
}

export function isFigure(cell: Cell | undefined): cell is Figure {
  return cell !== undefined && "median" in cell;
}

/** Looks cells up by job and subject. */
export function cellLookup(
  cells: readonly Cell[],
): (job: string, subject: string) => Figure | undefined {
  const known = new Map(cells.map((cell) => [`${cell.job} ${cell.subject}`, cell]));
  return (job, subject) => {
    const cell = known.get(`${job} ${subject}`);
    return isFigure(cell) ? cell : undefined;
  };
}
