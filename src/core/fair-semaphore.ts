import { FairQueue, type FlowName } from "./fair-queue.ts";

/** Runs a limited number of tasks at a time. The others wait in a {@link FairQueue}; what a task costs is the time that it takes. */
export class FairSemaphore {
  #free: number;
  readonly #queue = new FairQueue<() => void>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** @param flow the user for whom the work is done */
  async run<T>(flow: FlowName, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#queue.push(flow, resolve);
      this.#serve();
    });
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.#queue.charge(flow, performance.now() - started);
      this.#queue.leave(flow);
      this.#free++;
      this.#serve();
    }
  }

  #serve(): void {
    while (this.#free > 0) {
      const begin = this.#queue.take(() => true);
      if (begin === undefined) return;
      this.#free--;
      begin();
    }
  }
}
