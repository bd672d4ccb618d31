import { GROWTH } from "./growth.ts";
import { type Job, JOBS } from "./jobs.ts";
import { OWN_JOBS, type OwnJob } from "./own-jobs.ts";

/** All jobs by id. */
const ALL: ReadonlyMap<string, Job | OwnJob> = new Map(
  [
    ...GROWTH.flatMap(({ sizes, job }) => sizes.map(job)),
    ...OWN_JOBS,
    ...JOBS, // replaces a growth job of the same id
  ].map((job) => [job.id, job]),
);

/** @throws Error for an unknown id */
export function findJob(id: string): Job | OwnJob {
  const job = ALL.get(id);
  if (job === undefined) throw new Error(`there is no job ${id}`);
  return job;
}
