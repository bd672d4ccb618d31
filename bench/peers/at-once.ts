import { availableParallelism } from "node:os";

/**
 * So many runs at once are given to a product that starts a thread or a process for each; the others wait.
 * With 200 at once on two cores, more of them at a time were slower and took gigabytes.
 */
export const AT_ONCE = 16 * availableParallelism();
