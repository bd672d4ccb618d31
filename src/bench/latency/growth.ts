/** Measures cost against size. */
import { callsJob, type Job, resultJob } from "./jobs.ts";
import { type OwnJob, sessionsJob, toolsJob } from "./own-jobs.ts";
import { type Cell, cellLookup, type GrowthResult } from "./results.ts";

export interface GrowthJob {
  readonly id: string;
  readonly title: string;
  readonly xTitle: string;
  readonly sizes: readonly number[];
  /** Ids of the measured subjects. */
  readonly subjects: readonly string[];
  job(size: number): Job | OwnJob;
}

const BOTH = ["v8-process", "quickjs-process"];

export const GROWTH: readonly GrowthJob[] = [
  {
    id: "calls",
    title: "Calls one after the other in one run",
    xTitle: "calls",
    sizes: [100, 500, 1_000, 2_000, 4_000],
    subjects: BOTH,
    job: callsJob,
  },
  {
    id: "bytes",
    title: "A result that comes into the program",
    xTitle: "megabytes",
    sizes: [1, 2, 4, 7, 10],
    subjects: BOTH,
    job: (size) => resultJob(`${size}m`, size * 2 ** 20),
  },
  {
    id: "tools",
    title: "Start with so many tools and the first search",
    xTitle: "tools",
    sizes: [500, 1_000, 2_000, 3_000, 4_000],
    subjects: ["v8-inline", "quickjs-inline"],
    job: toolsJob,
  },
  {
    id: "sessions",
    title: "So many sessions side by side, each with a run",
    xTitle: "sessions",
    sizes: [25, 50, 100, 200],
    subjects: BOTH,
    job: sessionsJob,
  },
];

/** The lines of the charts, from the measured jobs. */
export function growthOf(cells: readonly Cell[]): GrowthResult[] {
  const find = cellLookup(cells);
  return GROWTH.map(({ id, title, xTitle, sizes, subjects, job }) => ({
    id,
    title,
    xTitle,
    series: subjects.flatMap((subject) => {
      const points = sizes.flatMap((size): [number, number][] => {
        const figure = find(job(size).id, subject);
        return figure === undefined ? [] : [[size, figure.median]];
      });
      return points.length === 0 ? [] : [{ subject, points, ...bendOf(points) }];
    }),
  }));
}

/** The slope of the upper half of a line over that of the lower half. */
function bendOf(points: readonly (readonly [number, number])[]): { bend?: number } {
  if (points.length < 3) return {};
  const [first, middle, last] = [points[0]!, points[points.length >> 1]!, points.at(-1)!];
  const slope = (from: readonly [number, number], to: readonly [number, number]): number =>
    (to[1] - from[1]) / (to[0] - from[0]);
  const lower = slope(first, middle);
  return lower > 0 ? { bend: slope(middle, last) / lower } : {};
}
