import { availableParallelism } from "node:os";

/**
 * Maximum number of concurrent runs of a product that starts a thread or a process for each; the others wait. With 200 runs
 * on two cores, higher concurrency was slower and used gigabytes of memory.
 */
export const AT_ONCE = 16 * availableParallelism();
