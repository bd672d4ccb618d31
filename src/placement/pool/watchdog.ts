import { aborted, cpuBreach, memoryBreach, wallBreach } from "../../core/breach.ts";
import type { Failure } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { WorkerHandle, WorkerUsage } from "./worker-handle.ts";

/** The worker enforces its limits itself; after this additional time the watchdog does. */
const GRACE_MS = 300;
const POLL_MS = 50;
/** Memory of Node, the engine and some garbage, beside the memory of the program. */
const RSS_BASE_BYTES = 256 * 1024 * 1024;

/** More memory than a worker may have for runs under `limits`, in bytes. */
export function largestResident({ memoryMb }: Limits): number {
  return RSS_BASE_BYTES + 2 * memoryMb * 1024 * 1024;
}

interface Actions {
  /** Requests the worker to end the run. */
  readonly abort: () => void;
  /** Kills the worker; the run fails with `failure`. */
  readonly kill: (failure: Failure) => void;
}

/**
 * Enforces the limits of a run from outside the worker: wall time by the host's clock, CPU time and resident memory by the
 * operating system's counters, and an abort that the worker does not follow.
 */
export class Watchdog implements Disposable {
  readonly #handle: WorkerHandle;
  readonly #limits: Limits;
  readonly #actions: Actions;
  /** Usage before the run, or at the first successful reading. */
  #start: WorkerUsage | undefined;
  readonly #wallTimer: NodeJS.Timeout;
  readonly #pollTimer: NodeJS.Timeout;
  readonly #unlisten: () => void;
  #abortTimer: NodeJS.Timeout | undefined;

  /** @param before usage before the run, where it is known */
  constructor(
    handle: WorkerHandle,
    limits: Limits,
    before: WorkerUsage | undefined,
    signal: AbortSignal,
    actions: Actions,
  ) {
    this.#handle = handle;
    this.#limits = limits;
    this.#actions = actions;
    this.#start = before;
    this.#wallTimer = setTimeout(() => actions.kill(wallBreach(limits)), limits.wallMs + GRACE_MS);
    this.#pollTimer = setInterval(() => this.#poll(), POLL_MS);
    const onAbort = (): void => this.#abort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#unlisten = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  }

  #abort(): void {
    this.#actions.abort();
    this.#abortTimer = setTimeout(() => this.#actions.kill(aborted()), GRACE_MS);
  }

  #poll(): void {
    const usage = this.#handle.usage();
    if (usage === undefined) return;
    this.#start ??= usage;
    const { cpuMs, compileMs } = this.#limits;
    // Compiling has a separate budget, and the worker's other threads (garbage collection) are counted here too.
    if (usage.cpuMs - this.#start.cpuMs > (cpuMs + compileMs + GRACE_MS) * 1.5)
      this.#actions.kill(cpuBreach(this.#limits));
    else if (usage.rssBytes > largestResident(this.#limits))
      this.#actions.kill(memoryBreach(this.#limits));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#wallTimer);
    clearTimeout(this.#abortTimer);
    clearInterval(this.#pollTimer);
    this.#unlisten();
  }
}
