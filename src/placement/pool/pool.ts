import { outsideRuns } from "../../core/async-context.ts";
import { aborted } from "../../core/breach.ts";
import { CodecellError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Host, KeepOptions, Outcome } from "../../engine/engine.ts";
import { neverBegan } from "../../engine/failed-outcome.ts";
import type { Place, RunRequest, VmLease } from "../placement.ts";
import { IdleWorkers } from "./idle-workers.ts";
import { TurnQueue, type TurnOptions } from "./turn-queue.ts";
import type { WorkerClient } from "./worker-client.ts";

export interface PoolOptions extends TurnOptions {
  /** Number of workers kept booted and idle. */
  readonly spare: number;
  /** Time in ms after which an unused worker ends, unless it is one of the few that are kept. */
  readonly idleMs: number;
  /** Runs after which a worker is replaced. */
  readonly runsPerWorker: number;
}

/**
 * A place with a pool of workers, each with one run at a time. A worker is reused only after a clean run; otherwise it is
 * replaced, so that the next run is not affected. Replacements boot before they are needed. Programs mostly wait for their
 * tools; meanwhile others run in further workers, which end when they are not needed for a while. Whose turn it is decides a
 * {@link TurnQueue}.
 */
export class WorkerPool implements Place {
  readonly name: string;
  readonly check: (limits: Limits) => void;
  onPressure: (() => void) | undefined;
  readonly #spawn: () => WorkerClient;
  readonly #options: PoolOptions;
  readonly #all = new Set<WorkerClient>();
  readonly #idle: IdleWorkers;
  readonly #turns: TurnQueue;
  /** `onPressure` was called, and no worker has become idle since. */
  #pressed = false;
  #booting = 0;
  /** Number of workers that have ended a run and have not reported yet that they are ready. */
  #returning = 0;
  #closed = false;

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
    const { spare, computing, idleMs } = options;
    this.#idle = new IdleWorkers({
      kept: Math.max(spare, computing),
      idleMs,
      discard: (worker) => this.#discard(worker),
    });
    this.#turns = new TurnQueue(options, this.#idle, () => {
      this.#refill();
      if (!this.#pressed) this.#press();
    });
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
    const { user } = request;
    const worker = await this.#turn(user, signal);
    if (worker === undefined) return neverBegan();
    const release = worker.hold();
    try {
      return await worker.run(request, host, signal);
    } finally {
      this.#turns.end(worker, user);
      void this.#giveBack(worker, user, release);
    }
  }

  async lease(
    limits: Limits,
    keep: KeepOptions,
    signal: AbortSignal,
    user: string | undefined,
  ): Promise<VmLease> {
    const worker = await this.#turn(user, signal);
    if (worker === undefined) throw neverOpened();
    const end = async (): Promise<void> => {
      const release = worker.hold();
      if (!worker.dead) worker.end();
      await this.#giveBack(worker, user, release);
    };
    // Restoring a VM can take long, and its worker follows nothing meanwhile.
    const giveUp = (): void => worker.kill();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await worker.open(limits, keep);
    } catch (error) {
      void end();
      throw signal.aborted ? neverOpened() : error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#turns.end(worker, user);
    }
    return {
      gone: worker.gone,
      run: async (request, host, runSignal) => {
        if ((await this.#turn(user, runSignal, worker)) === undefined) return neverBegan();
        const release = worker.hold();
        return await worker.runKept(request, host, runSignal).finally(() => {
          release();
          this.#turns.end(worker, user);
        });
      },
      save: () => worker.save(),
      [Symbol.asyncDispose]: end,
    };
  }

  get waiting(): number {
    return Math.max(0, this.#turns.wanted - this.#booting - this.#room);
  }

  mayTakeFrom(holder: string | undefined): boolean {
    return this.#turns.mayTakeFrom(holder, this.#booting + this.#room);
  }

  /** See {@link TurnQueue.enter}. */
  async #turn(
    user: string | undefined,
    signal: AbortSignal,
    own?: WorkerClient,
  ): Promise<WorkerClient | undefined> {
    if (this.#closed) throw new CodecellError("aborted", "the runtime is closed");
    const turn = this.#turns.enter(user, signal, own);
    this.#press();
    return await turn;
  }

  /** Number of workers that may be started. */
  get #room(): number {
    const beyond = this.#all.size < this.#options.max ? 0 : this.#turns.beyond;
    return Math.max(0, this.#options.max + beyond - this.#all.size);
  }

  /** Calls `onPressure` if requests wait and no more workers can be started. */
  #press(): void {
    if (this.waiting === 0) return;
    this.#pressed = true;
    this.onPressure?.();
  }

  async #boot(): Promise<WorkerClient> {
    const worker = outsideRuns(this.#spawn);
    worker.onReport = () => this.#turns.notice(worker);
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
  async #giveBack(
    worker: WorkerClient,
    user: string | undefined,
    release: () => void,
  ): Promise<void> {
    this.#returning++;
    const fit = (await worker.ready) && worker.runs < this.#options.runsPerWorker;
    this.#returning--;
    this.#turns.release(user);
    release();
    if (fit) return this.#offer(worker);
    this.#discard(worker);
    this.#turns.serve();
  }

  /** Boots workers for the waiting requests and the spares. Booting computes, so its number is capped too. */
  #refill(): void {
    if (this.#closed) return;
    const { spare, computing } = this.#options;
    const wanted = Math.max(0, this.#turns.wanted - this.#returning);
    const missing = wanted + spare - this.#idle.count - this.#booting;
    const count = Math.min(missing, this.#room, Math.max(computing, spare) - this.#booting);
    for (let left = count; left > 0; left--) void this.#addWorker();
  }

  async #addWorker(): Promise<void> {
    this.#booting++;
    const worker = await this.#boot().catch((error: unknown) => this.#fail(error));
    this.#booting--;
    if (worker !== undefined) this.#offer(worker);
  }

  /** A boot failed. Without any worker left, all waiting requests fail with the error. */
  #fail(error: unknown): undefined {
    if (this.#all.size === 0) this.#turns.clear(({ reject }) => reject(error));
  }

  #offer(worker: WorkerClient): void {
    // It may have been killed because of its last run after it reported that it is ready.
    if (this.#closed || worker.dead) {
      this.#discard(worker);
      return this.#turns.serve();
    }
    this.#idle.push(worker);
    this.#pressed = false;
    this.#turns.serve();
    this.#idle.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#idle.stop();
    this.#turns.clear(({ resolve }) => resolve(undefined));
    for (const worker of this.#all) worker.kill();
    this.#all.clear();
  }
}

function neverOpened(): CodecellError {
  return new CodecellError("aborted", aborted().message);
}
