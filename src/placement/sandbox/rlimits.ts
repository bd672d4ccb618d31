import type { Limits } from "../../core/limits.ts";
import type { ResolvedSandbox } from "./settings.ts";

const MIB = 1024 * 1024;
/**
 * V8 maps 512 MiB of writable memory for the code of each isolate, which counts although almost none of it is used: one for
 * Node, one for the lifeline, one for the run, two spares, and up to four that are being disposed of. So the cap is coarse.
 * Without JIT compilers there is no such mapping.
 */
const MAPPED_MIB = { normal: 9 * 512, hardened: 0 };

export interface WorkerBudget {
  /** Caps of the largest run of the worker. */
  readonly limits: Limits;
  readonly runsPerWorker: number;
  readonly hardened: boolean;
}

/** Memory that a worker may use besides its code mappings: its VMs, the spare ones, and Node. */
export function workerMemoryMib({ memoryMb }: Limits): number {
  return 512 + 6 * memoryMb;
}

/**
 * Arguments of prlimit(1): hard limits that the kernel enforces, even when the host process hangs. There is no cap on
 * processes, because it would count all processes of the user (the filter allows none, and a cgroup caps threads), and none
 * on address space, because V8 and WebAssembly reserve terabytes of it.
 */
export function prlimitArguments(settings: ResolvedSandbox, budget: WorkerBudget): string[] {
  const { limits, runsPerWorker, hardened } = budget;
  const mapped = hardened ? MAPPED_MIB.hardened : MAPPED_MIB.normal;
  // Enough for all runs of the worker, each with all of its time on all threads.
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
