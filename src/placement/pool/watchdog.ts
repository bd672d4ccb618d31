import { aborted, cpuBreach, memoryBreach, wallBreach } from "../../core/breach.ts";
import type { Failure } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { WorkerHandle, WorkerUsage } from "./worker-handle.ts";

/** The worker enforces its limits itself; this much later it is taken to be unable to. */
const GRACE_MS = 300;
const POLL_MS = 50;
/** Node, the engine and a little garbage, beside what the program may use. */
const RSS_BASE_BYTES = 256 * 1024 * 1024;

interface Actions {
  /** Ask the worker to end the run. */
  readonly abort: () => void;
  /** End the worker, with the failure this makes of the run. */
  readonly kill: (failure: Failure) => void;
}

/**
 * Holds a worker to its limits from outside while a run lasts: wall time by our own clock, CPU time and resident
 * memory by what the operating system counts, an abort that is not followed.
 */
export class Watchdog implements Disposable {
  readonly #handle: WorkerHandle;
  readonly #limits: Limits;
  readonly #actions: Actions;
  /** What was used before the run; of a worker that cannot be read at once, what it had when it first could. */
  #start: WorkerUsage | undefined;
  readonly #wallTimer: NodeJS.Timeout;
  readonly #pollTimer: NodeJS.Timeout;
  readonly #unlisten: () => void;
  #abortTimer: NodeJS.Timeout | undefined;

  constructor(handle: WorkerHandle, limits: Limits, signal: AbortSignal, actions: Actions) {
    this.#handle = handle;
    this.#limits = limits;
    this.#actions = actions;
    this.#start = handle.usage();
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
    const { cpuMs, compileMs, memoryMb } = this.#limits;
    // Compiling has a budget of its own, and a worker's other threads (garbage collection) count here too.
    if (usage.cpuMs - this.#start.cpuMs > (cpuMs + compileMs + GRACE_MS) * 1.5)
      this.#actions.kill(cpuBreach(this.#limits));
    else if (usage.rssBytes > RSS_BASE_BYTES + 2 * memoryMb * 1024 * 1024)
      this.#actions.kill(memoryBreach(this.#limits));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#wallTimer);
    clearTimeout(this.#abortTimer);
    clearInterval(this.#pollTimer);
    this.#unlisten();
  }
}
