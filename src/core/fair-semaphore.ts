import { FairQueue, type FlowName } from "./fair-queue.ts";
import { Tally } from "./tally.ts";

interface Waiting {
  readonly flow: FlowName;
  readonly begin: () => void;
}

/** Runs a limited number of tasks at a time. The others wait in a {@link FairQueue}; what a task costs is the time that it takes. */
export class FairSemaphore {
  readonly #slots: number;
  readonly #beyond: number;
  readonly #queue = new FairQueue<Waiting>();
  /** Tasks at work, by user. */
  readonly #working = new Tally<FlowName>();

  /** @param beyond number of slots beside these, for users who have no task at work: nothing ends those of the others */
  constructor(slots: number, beyond = 0) {
    this.#slots = slots;
    this.#beyond = beyond;
  }

  /**
   * @param flow the user for whom the work is done
   * @param signal aborting it while the work waits takes it out of the queue: then this rejects with the signal's reason
   */
  async run<T>(flow: FlowName, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(flow, signal);
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.#working.remove(flow);
      this.#queue.charge(flow, performance.now() - started);
      this.#queue.leave(flow);
      this.#serve();
    }
  }

  async #turn(flow: FlowName, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { flow, begin: resolve };
    const giveUp = (): void => {
      if (this.#queue.withdraw(flow, waiting)) reject(signal!.reason);
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    this.#queue.push(flow, waiting);
    this.#serve();
    await promise.finally(() => signal?.removeEventListener("abort", giveUp));
  }

  #serve(): void {
    const next = (): Waiting | undefined => this.#queue.take(({ flow }) => this.#mayBegin(flow));
    for (let waiting = next(); waiting !== undefined; waiting = next()) {
      this.#working.add(waiting.flow);
      waiting.begin();
    }
  }

  #mayBegin(flow: FlowName): boolean {
    const { total } = this.#working;
    if (total < this.#slots) return true;
    return this.#working.of(flow) === 0 && total < this.#slots + this.#beyond;
  }
}
