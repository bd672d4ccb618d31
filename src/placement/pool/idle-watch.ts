import type { Limits } from "../../core/limits.ts";
import { largestResident } from "./watchdog.ts";
import type { WorkerHandle, WorkerUsage } from "./worker-handle.ts";

const POLL_MS = 1_000;
/** CPU time that a worker may use after it was used: it collects garbage and prepares VMs. */
const IDLE_CPU_MS = 2_000;
/** Share of the time since then that it may use in addition. */
const IDLE_SHARE = 0.02;

/**
 * Watches a worker that has nothing to do: between two uses it may hold no more memory than a run, and compute next to nothing.
 * A worker that is at work has a watchdog of its own.
 */
export class IdleWatch implements Disposable {
  readonly #handle: WorkerHandle;
  readonly #kill: (reason: string) => void;
  readonly #timer: NodeJS.Timeout;
  #isIdle = false;
  #limits: Limits;
  #since = 0;
  /** Usage at the first look at the idle worker. */
  #start: WorkerUsage | undefined;

  /** @param kill is given what the worker did */
  constructor(handle: WorkerHandle, limits: Limits, kill: (reason: string) => void) {
    this.#handle = handle;
    this.#limits = limits;
    this.#kill = kill;
    this.#timer = setInterval(() => this.#look(), POLL_MS).unref();
  }

  /** It has nothing to do from now on; `limits` are those of its last use. */
  begin(limits = this.#limits): void {
    this.#isIdle = true;
    this.#limits = limits;
    this.#start = undefined;
  }

  /** It is being used. */
  end(): void {
    this.#isIdle = false;
  }

  #look(): void {
    if (!this.#isIdle) return;
    const usage = this.#handle.usage();
    if (usage === undefined) return;
    if (this.#start === undefined) {
      this.#start = usage;
      this.#since = performance.now();
    }
    const allowedMs = IDLE_CPU_MS + IDLE_SHARE * (performance.now() - this.#since);
    if (usage.cpuMs - this.#start.cpuMs > allowedMs)
      this.#kill("it computed while it had nothing to do");
    else if (usage.rssBytes > largestResident(this.#limits))
      this.#kill("it held too much memory while it had nothing to do");
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
