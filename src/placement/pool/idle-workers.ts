import { outsideRuns } from "../../core/async-context.ts";
import type { WorkerClient } from "./worker-client.ts";

interface IdleOptions {
  /** Number of workers that stay, however long they are idle. */
  readonly kept: number;
  /** Time in ms after which the others end. */
  readonly idleMs: number;
  /** Ends a worker. */
  readonly discard: (worker: WorkerClient) => void;
}

/** Booted workers without a run. A stack: the most recently used one is used again, those at its start have been idle for longest. */
export class IdleWorkers {
  readonly #options: IdleOptions;
  readonly #workers: WorkerClient[] = [];
  readonly #since = new WeakMap<WorkerClient, number>();
  #trimTimer: NodeJS.Timeout | undefined;

  constructor(options: IdleOptions) {
    this.#options = options;
  }

  /** Number of workers that can be taken, but for some that may have died unnoticed. */
  get count(): number {
    this.#dropDead();
    return this.#workers.length;
  }

  push(worker: WorkerClient): void {
    this.#workers.push(worker);
    this.#since.set(worker, performance.now());
  }

  take(): WorkerClient | undefined {
    this.#dropDead();
    return this.#workers.pop();
  }

  /** Drops what has died on top of the stack, so that a worker that can be taken is there. */
  #dropDead(): void {
    while (this.#workers.at(-1)?.dead === true) this.#options.discard(this.#workers.pop()!);
  }

  /** Ends workers that were idle for `idleMs`, now or when the time has come. */
  trim(): void {
    this.#trimAfter(this.#options.idleMs);
  }

  #trimAfter(ms: number): void {
    const { kept, idleMs, discard } = this.#options;
    if (this.#workers.length <= kept || this.#trimTimer !== undefined) return;
    const trim = (): void => {
      this.#trimTimer = undefined;
      const left = (): number =>
        (this.#since.get(this.#workers[0]!) ?? 0) + idleMs - performance.now();
      while (this.#workers.length > kept && left() <= 0) discard(this.#workers.shift()!);
      if (this.#workers.length > kept) this.#trimAfter(Math.max(1, left()));
    };
    this.#trimTimer = outsideRuns(() => setTimeout(trim, ms).unref());
  }

  stop(): void {
    clearTimeout(this.#trimTimer);
  }
}
