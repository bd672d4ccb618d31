import { aborted } from "../core/breach.ts";
import { CodecellError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { Host, KeepOptions, Outcome } from "../engine/engine.ts";
import type { NearWorker } from "./near.ts";
import { neverBegan } from "./never-began.ts";
import type { Place, RunRequest, VmLease } from "./placement.ts";

export interface PoolOptions {
  /** Workers kept booted and idle. */
  readonly spare: number;
  /** Workers at most; runs beyond wait for one. */
  readonly max: number;
  /** Runs after which a worker is replaced. */
  readonly runsPerWorker: number;
}

/**
 * A place made of workers, one run each at a time. A worker is used again only after a clean run; any doubt costs the
 * worker, never the next run. Replacements boot before they are needed.
 */
export class WorkerPool implements Place {
  readonly name: string;
  readonly check: (limits: Limits) => void;
  onPressure: (() => void) | undefined;
  readonly #spawn: () => NearWorker;
  readonly #options: PoolOptions;
  readonly #idle: NearWorker[] = [];
  readonly #all = new Set<NearWorker>();
  readonly #queue: PromiseWithResolvers<NearWorker | undefined>[] = [];
  #booting = 0;
  #closed = false;

  private constructor(
    name: string,
    spawn: () => NearWorker,
    options: PoolOptions,
    check: (limits: Limits) => void,
  ) {
    this.name = name;
    this.check = check;
    this.#spawn = spawn;
    this.#options = options;
  }

  /** Resolves when the first worker has booted. Throws `engine_unavailable` when it cannot. */
  static async create(
    name: string,
    spawn: () => NearWorker,
    options: PoolOptions,
    check: (limits: Limits) => void = () => {},
  ): Promise<WorkerPool> {
    const pool = new WorkerPool(name, spawn, options, check);
    try {
      pool.#idle.push(await pool.#boot());
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
    return pool;
  }

  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const worker = await this.#lease(signal);
    if (worker === undefined) return neverBegan();
    worker.hold(true);
    try {
      return await worker.run(request, host, signal);
    } finally {
      void this.#giveBack(worker);
    }
  }

  get waiting(): number {
    return Math.max(0, this.#queue.length - this.#booting);
  }

  async lease(limits: Limits, keep: KeepOptions, signal: AbortSignal): Promise<VmLease> {
    const worker = await this.#lease(signal);
    if (worker === undefined) throw new CodecellError("aborted", aborted().message);
    const end = async (): Promise<void> => {
      if (!worker.dead) {
        worker.hold(true); // until it is free again
        worker.end();
      }
      await this.#giveBack(worker);
    };
    try {
      await worker.open(limits, keep);
    } catch (error) {
      void end();
      throw error;
    }
    return {
      gone: worker.gone,
      run: async (request, host, runSignal) => {
        worker.hold(true);
        return await worker.runKept(request, host, runSignal).finally(() => worker.hold(false));
      },
      save: () => worker.save(),
      [Symbol.asyncDispose]: end,
    };
  }

  /** A worker of one's own, or `undefined` when the caller gave up waiting for one. */
  async #lease(signal: AbortSignal): Promise<NearWorker | undefined> {
    if (this.#closed) throw new CodecellError("aborted", "the runtime is closed");
    if (signal.aborted) return undefined;
    const idle = this.#takeIdle();
    this.#refill();
    if (idle !== undefined) return idle;
    // Whichever comes first serves it: a worker that is given back, or one that boots.
    const place = Promise.withResolvers<NearWorker | undefined>();
    this.#queue.push(place);
    this.#refill();
    if (this.#all.size >= this.#options.max) this.onPressure?.();
    const giveUp = (): void => {
      const at = this.#queue.indexOf(place);
      if (at >= 0) this.#queue.splice(at, 1);
      place.resolve(undefined);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    return await place.promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  #takeIdle(): NearWorker | undefined {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (!worker.dead) return worker;
      this.#all.delete(worker);
    }
    return undefined;
  }

  async #boot(): Promise<NearWorker> {
    const worker = this.#spawn();
    this.#all.add(worker);
    try {
      await worker.booted;
    } catch (error) {
      this.#discard(worker);
      throw error;
    }
    return worker;
  }

  #discard(worker: NearWorker): void {
    this.#all.delete(worker);
    worker.kill();
  }

  async #giveBack(worker: NearWorker): Promise<void> {
    const fit = (await worker.ready) && worker.runs < this.#options.runsPerWorker;
    worker.hold(false);
    if (fit) return this.#offer(worker);
    this.#discard(worker);
    this.#refill();
  }

  /** Boot what is missing for those who wait and for the spares. */
  #refill(): void {
    const missing = this.#queue.length + this.#options.spare - this.#idle.length - this.#booting;
    const room = this.#options.max - this.#all.size;
    for (let count = Math.min(missing, room); count > 0 && !this.#closed; count--)
      void this.#addWorker();
  }

  async #addWorker(): Promise<void> {
    this.#booting++;
    const worker = await this.#boot().catch((error: unknown) => this.#fail(error));
    this.#booting--;
    if (worker === undefined) return;
    worker.hold(false);
    this.#offer(worker);
  }

  /** The engine worked once and does not any more: whoever waits must hear of it. */
  #fail(error: unknown): undefined {
    if (this.#all.size === 0) for (const waiting of this.#queue.splice(0)) waiting.reject(error);
  }

  #offer(worker: NearWorker): void {
    // It may have said that it is ready and been killed for its last run all the same.
    if (this.#closed || worker.dead) {
      this.#discard(worker);
      return this.#refill();
    }
    const next = this.#queue.shift();
    if (next === undefined) this.#idle.push(worker);
    else next.resolve(worker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.resolve(undefined);
    for (const worker of this.#all) worker.kill();
    this.#all.clear();
  }
}
