/** Measures the jobs of memory: each once, one subject after the other. */
import { SubjectProcess } from "./driver.ts";
import { treeBytes } from "./process-memory.ts";
import type { SubjectEntry } from "./registry.ts";
import type { Cell, JobFacts } from "./results.ts";
import type { SubjectPool } from "./subject-pool.ts";
import { Absent } from "./subject.ts";

const MB = 2 ** 20;

export async function measureMemory(
  pool: SubjectPool,
  entries: readonly SubjectEntry[],
  jobs: readonly JobFacts[],
  log: (text: string) => void,
): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const { id: job, title } of jobs.filter(({ unit }) => unit === "MB")) {
    log(`memory: ${title}`);
    for (const { id: subject } of entries) {
      try {
        const bytes = await bytesOf(pool, job, subject);
        cells.push({ job, subject, median: bytes / MB, p99: bytes / MB, samples: 1 });
      } catch (error) {
        if (!(error instanceof Absent)) throw error;
        cells.push({ job, subject, absent: error.message });
      }
    }
  }
  return cells;
}

async function bytesOf(pool: SubjectPool, job: string, subject: string): Promise<number> {
  if (job !== "memory-after")
    return await SubjectProcess.bytesEach(job === "memory-live" ? "live" : "stored", subject);
  const pid = await pool.pid(subject);
  const bytes = pid === undefined ? undefined : await treeBytes(pid);
  if (bytes === undefined) throw new Absent("its processes cannot be seen");
  return bytes;
}
