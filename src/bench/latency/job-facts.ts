/** Titles and groups of all jobs. */
import { JOBS } from "./jobs.ts";
import { OWN_JOBS } from "./own-jobs.ts";
import type { JobFacts } from "./results.ts";

/** Jobs of processes rather than of a subject that runs. */
const PROCESS_JOBS: readonly JobFacts[] = [
  {
    id: "cold",
    title: "cold start",
    group: "starts",
    what: "From the start of a process to its first result, modules loaded and all.",
    unit: "ms",
  },
  {
    id: "cli",
    title: "command line",
    group: "starts",
    what: "From the start of `codecell run` to its value on standard output.",
    unit: "ms",
  },
  {
    id: "memory-live",
    title: "idle VM or session",
    group: "memory",
    what: "One more idle VM; of codecell, one more session that is not parked.",
    unit: "MB",
  },
  {
    id: "memory-stored",
    title: "parked session",
    group: "memory",
    what: "One more session that is parked.",
    unit: "MB",
  },
  {
    id: "memory-after",
    title: "all, afterwards",
    group: "memory",
    what: "All processes of the subject, after all jobs.",
    unit: "MB",
  },
];

export const JOB_FACTS: readonly JobFacts[] = [
  ...[...JOBS, ...OWN_JOBS].map(({ id, title, group, what }) => ({
    id,
    title,
    group,
    what,
    unit: "ms" as const,
  })),
  ...PROCESS_JOBS,
];

/** Groups that can be selected. */
export const GROUPS: readonly string[] = [
  ...new Set(JOB_FACTS.map(({ group }) => group)),
  "growth",
  "capabilities",
];
