import { GROWTH } from "./growth.ts";
import { type Job, JOBS } from "./jobs.ts";
import { OWN_JOBS, type OwnJob } from "./own-jobs.ts";

/** Every job there is, by id. */
const ALL: ReadonlyMap<string, Job | OwnJob> = new Map(
  [
    ...GROWTH.flatMap(({ sizes, job }) => sizes.map(job)),
    ...OWN_JOBS,
    ...JOBS, // the same job where a size of a growth chart is one of these
  ].map((job) => [job.id, job]),
);

/** @throws Error for an id that is none */
export function findJob(id: string): Job | OwnJob {
  const job = ALL.get(id);
  if (job === undefined) throw new Error(`there is no job ${id}`);
  return job;
}
