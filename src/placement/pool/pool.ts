import { outsideRuns } from "../../core/async-context.ts";
import { aborted } from "../../core/breach.ts";
import { CodecellError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Host, KeepOptions, Outcome } from "../../engine/engine.ts";
import { neverBegan } from "../../engine/failed-outcome.ts";
import type { Place, RunRequest, VmLease } from "../placement.ts";
import type { WorkerClient } from "./worker-client.ts";

export interface PoolOptions {
  /** Number of workers kept booted and idle. */
  readonly spare: number;
  /** Largest number of workers; further runs wait for one. */
  readonly max: number;
  /**
   * Number of runs that may compute at the same time; a further run waits until one of them waits for a tool or a timer. More
   * runs than cores would not end sooner, and their duration would exceed their CPU time.
   */
  readonly computing: number;
  /** Time in ms after which an unused worker ends, unless it is one of the few that are kept. */
  readonly idleMs: number;
  /** Runs after which a worker is replaced. */
  readonly runsPerWorker: number;
}

/**
 * A place with a pool of workers, each with one run at a time. A worker is reused only after a clean run; otherwise it is
 * replaced, so that the next run is not affected. Replacements boot before they are needed. Programs mostly wait for their
 * tools; meanwhile others run in further workers, which end when they are not needed for a while.
 */
export class WorkerPool implements Place {
  readonly name: string;
  readonly check: (limits: Limits) => void;
  onPressure: (() => void) | undefined;
  readonly #spawn: () => WorkerClient;
  readonly #options: PoolOptions;
  readonly #idle: WorkerClient[] = [];
  readonly #all = new Set<WorkerClient>();
  readonly #queue: PromiseWithResolvers<WorkerClient | undefined>[] = [];
  /** Workers that run a program, or are reserved for one. */
  readonly #running = new Set<WorkerClient>();
  readonly #idleSince = new WeakMap<WorkerClient, number>();
  /** `onPressure` was called, and no worker has become idle since. */
  #pressed = false;
  #booting = 0;
  /** Number of workers that have ended a run and have not reported yet that they are ready. */
  #returning = 0;
  #closed = false;
  #trimTimer: NodeJS.Timeout | undefined;

  private constructor(
    name: string,
    spawn: () => WorkerClient,
    options: PoolOptions,
    check: (limits: Limits) => void,
  ) {
    this.name = name;
    this.check = check;
    this.#spawn = spawn;
    this.#options = options;
  }

  /**
   * Resolves when the first worker has booted.
   * @throws CodecellError `engine_unavailable` when it cannot boot
   */
  static async create(
    name: string,
    spawn: () => WorkerClient,
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
    const release = worker.hold();
    try {
      return await worker.run(request, host, signal);
    } finally {
      this.#ran(worker);
      void this.#giveBack(worker, release);
    }
  }

  get waiting(): number {
    if (!this.#mayStart) return 0; // they wait for a core, not for a worker
    const coming = this.#booting + this.#options.max - this.#all.size;
    return Math.max(0, this.#queue.length - coming);
  }

  /** Whether another program may compute now. */
  get #mayStart(): boolean {
    let computing = 0;
    for (const worker of this.#running) if (!worker.waits) computing++;
    return computing < this.#options.computing;
  }

  async lease(limits: Limits, keep: KeepOptions, signal: AbortSignal): Promise<VmLease> {
    const worker = await this.#lease(signal);
    if (worker === undefined) throw new CodecellError("aborted", aborted().message);
    const end = async (): Promise<void> => {
      const release = worker.hold();
      if (!worker.dead) worker.end();
      await this.#giveBack(worker, release);
    };
    try {
      await worker.open(limits, keep);
    } catch (error) {
      void end();
      throw error;
    } finally {
      this.#ran(worker);
    }
    return {
      gone: worker.gone,
      run: async (request, host, runSignal) => {
        const release = worker.hold();
        this.#running.add(worker);
        return await worker.runKept(request, host, runSignal).finally(() => {
          release();
          this.#ran(worker);
        });
      },
      save: () => worker.save(),
      [Symbol.asyncDispose]: end,
    };
  }

  /** Leases a worker; `undefined` when `signal` is aborted before one is free. */
  async #lease(signal: AbortSignal): Promise<WorkerClient | undefined> {
    if (this.#closed) throw new CodecellError("aborted", "the runtime is closed");
    if (signal.aborted) return undefined;
    const place = Promise.withResolvers<WorkerClient | undefined>();
    this.#queue.push(place);
    this.#serve();
    this.#press();
    const giveUp = (): void => {
      const at = this.#queue.indexOf(place);
      if (at < 0) return; // it already has a worker
      this.#queue.splice(at, 1);
      place.resolve(undefined);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    return await place.promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  /** Assigns idle workers to the waiting requests in order, while more programs may compute. */
  #serve(): void {
    while (this.#queue.length > 0 && this.#mayStart) {
      const worker = this.#takeIdle();
      if (worker === undefined) break;
      this.#running.add(worker);
      this.#queue.shift()!.resolve(worker);
    }
    this.#refill();
    if (!this.#pressed) this.#press();
  }

  /** Calls `onPressure` if requests wait and no more workers can be started. */
  #press(): void {
    if (this.waiting === 0) return;
    this.#pressed = true;
    this.onPressure?.();
  }

  /** Called when a worker does not run a program any more. */
  #ran(worker: WorkerClient): void {
    this.#running.delete(worker);
    this.#serve();
  }

  #takeIdle(): WorkerClient | undefined {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (!worker.dead) return worker;
      this.#all.delete(worker);
    }
    return undefined;
  }

  async #boot(): Promise<WorkerClient> {
    const worker = outsideRuns(this.#spawn);
    worker.onWait = () => this.#serve();
    this.#all.add(worker);
    try {
      await worker.booted;
    } catch (error) {
      this.#discard(worker);
      throw error;
    }
    return worker;
  }

  #discard(worker: WorkerClient): void {
    this.#all.delete(worker);
    worker.kill();
  }

  /** @param release ends the hold on the worker, once it is ready */
  async #giveBack(worker: WorkerClient, release: () => void): Promise<void> {
    this.#returning++;
    const fit = (await worker.ready) && worker.runs < this.#options.runsPerWorker;
    this.#returning--;
    release();
    if (fit) return this.#offer(worker);
    this.#discard(worker);
    this.#serve();
  }

  /** Boots workers for the waiting requests and the spares. Booting computes, so its number is capped too. */
  #refill(): void {
    const { spare, max, computing } = this.#options;
    const wanted = this.#mayStart ? Math.max(0, this.#queue.length - this.#returning) : 0;
    const missing = wanted + spare - this.#idle.length - this.#booting;
    const room = Math.min(max - this.#all.size, Math.max(computing, spare) - this.#booting);
    for (let count = Math.min(missing, room); count > 0 && !this.#closed; count--)
      void this.#addWorker();
  }

  async #addWorker(): Promise<void> {
    this.#booting++;
    const worker = await this.#boot().catch((error: unknown) => this.#fail(error));
    this.#booting--;
    if (worker !== undefined) this.#offer(worker);
  }

  /** A boot failed. Without any worker left, all waiting requests fail with the error. */
  #fail(error: unknown): undefined {
    if (this.#all.size === 0) for (const waiting of this.#queue.splice(0)) waiting.reject(error);
  }

  #offer(worker: WorkerClient): void {
    // It may have been killed because of its last run after it reported that it is ready.
    if (this.#closed || worker.dead) {
      this.#discard(worker);
      return this.#serve();
    }
    this.#idle.push(worker);
    this.#idleSince.set(worker, performance.now());
    this.#pressed = false;
    this.#serve();
    this.#trimLater(this.#options.idleMs);
  }

  /** Ends workers that were idle for `idleMs`, down to the number that can compute at the same time. */
  #trimLater(ms: number): void {
    const { spare, computing, idleMs } = this.#options;
    const kept = Math.max(spare, computing);
    if (this.#idle.length <= kept || this.#trimTimer !== undefined) return;
    const trim = (): void => {
      this.#trimTimer = undefined;
      // The idle list is a stack: the workers at its start have been idle for longest.
      const left = (): number =>
        (this.#idleSince.get(this.#idle[0]!) ?? 0) + idleMs - performance.now();
      while (this.#idle.length > kept && left() <= 0) this.#discard(this.#idle.shift()!);
      if (this.#idle.length > kept) this.#trimLater(Math.max(1, left()));
    };
    this.#trimTimer = outsideRuns(() => setTimeout(trim, ms).unref());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#trimTimer);
    for (const waiting of this.#queue.splice(0)) waiting.resolve(undefined);
    for (const worker of this.#all) worker.kill();
    this.#all.clear();
  }
}
