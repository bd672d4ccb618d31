import type { Limits } from "../../core/limits.ts";
import type { ResolvedSandbox } from "./settings.ts";

const MIB = 1024 * 1024;
/**
 * V8 maps 512 MiB of writable memory for the code of each isolate, which counts though next to none of it is used: one
 * for Node, one for its lifeline, the run's, two spares, and up to four that are being disposed. That makes the cap a
 * coarse one; without compilers nothing of the kind is mapped.
 */
const MAPPED_MIB = { normal: 9 * 512, hardened: 0 };

export interface WorkerBudget {
  /** Caps of the largest run the worker may get. */
  readonly limits: Limits;
  readonly runsPerWorker: number;
  readonly hardened: boolean;
}

/** Memory a worker may use in all, beside what it maps at its start: its VMs, its spare ones, and Node. */
export function workerMemoryMib({ memoryMb }: Limits): number {
  return 512 + 6 * memoryMb;
}

/**
 * Arguments of prlimit(1): hard limits that the kernel keeps, also when our own process hangs. There is no cap on
 * processes: it counts all processes of the user (the filter allows none, and a cgroup caps threads), and none on
 * address space: V8 and WebAssembly reserve terabytes of it.
 */
export function prlimitArguments(settings: ResolvedSandbox, budget: WorkerBudget): string[] {
  const { limits, runsPerWorker, hardened } = budget;
  const mapped = hardened ? MAPPED_MIB.hardened : MAPPED_MIB.normal;
  // Enough for every run of the worker's life to use all of its time on all its threads.
  const cpuSeconds =
    Math.ceil((runsPerWorker * (limits.cpuMs + limits.compileMs) * 2) / 1_000) + 60;
  return [
    `--data=${(mapped + workerMemoryMib(limits)) * MIB}`,
    `--nofile=${settings.fileDescriptors}`,
    `--fsize=${settings.fileMb * MIB}`,
    "--core=0",
    `--cpu=${cpuSeconds}`,
  ];
}
