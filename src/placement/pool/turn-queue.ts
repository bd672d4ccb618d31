import { outsideRuns } from "../../core/async-context.ts";
import { FairQueue, type FlowName } from "../../core/fair-queue.ts";
import { Tally } from "../../core/tally.ts";
import type { IdleWorkers } from "./idle-workers.ts";
import { Turns } from "./turns.ts";
import type { WorkerClient } from "./worker-client.ts";

export interface TurnOptions {
  /**
   * Number of runs that may compute at the same time; a further run waits until one of them waits for a tool or a timer. More
   * runs than cores would not end sooner, and their duration would exceed their CPU time.
   */
  readonly computing: number;
  /** Largest number of workers. */
  readonly max: number;
  /** The share of a user beside the others; 1 for users who are not in it. */
  readonly weights: ReadonlyMap<string, number>;
}

/** A run that waits for its turn. */
interface Waiting {
  readonly user: FlowName;
  /** The worker that its session holds; without one it needs one. */
  readonly own: WorkerClient | undefined;
  readonly place: PromiseWithResolvers<WorkerClient | undefined>;
}

/** What a run is charged besides its own time when it costs its worker: about the CPU time in ms that a new one takes. */
const BOOT_COST = 100;
/** While runs wait, those at work are looked at this often. */
const LOOK_MS = 10;
/** Runs that report that they wait are looked at after this time. */
const AGAIN_MS = 1;

/**
 * The runs that wait for their turn to compute, and who has one. However many runs a user has, another user's run does not wait
 * until they end: they cannot be interrupted, and so a user who has no run that computes begins beyond the number of turns,
 * and one who holds no worker gets one beyond the number of workers, each as long as they are not twice as many. After that,
 * turns are given in fair order.
 */
export class TurnQueue {
  readonly #options: TurnOptions;
  readonly #idle: IdleWorkers;
  readonly #onChange: () => void;
  readonly #queue: FairQueue<Waiting>;
  readonly #turns: Turns;
  /** Those in the queue that need a worker, by user. */
  readonly #needing = new Tally<FlowName>();
  /** Workers that are in use, by user. */
  readonly #held = new Tally<FlowName>();
  #lookTimer: NodeJS.Timeout | undefined;
  /** When the timer is due. */
  #lookAt = Infinity;

  /** @param onChange called when more runs wait, or fewer */
  constructor(options: TurnOptions, idle: IdleWorkers, onChange: () => void) {
    this.#options = options;
    this.#idle = idle;
    this.#onChange = onChange;
    const { computing, max, weights } = options;
    this.#queue = new FairQueue((user) => (user === undefined ? 1 : (weights.get(user) ?? 1)));
    this.#turns = new Turns({
      slots: computing,
      heldCost: computing / max,
      charge: (user, cost) => this.#queue.charge(user, cost),
    });
  }

  /** Number of waiting runs that could compute if they had a worker. */
  get wanted(): number {
    if (this.#turns.computing.total < this.#options.computing) return this.#needing.total;
    let wanted = 0;
    for (const user of this.#needing.names()) if (this.#mayCompute(user)) wanted++;
    return wanted;
  }

  /** Number of workers beyond the maximum that may be started, for users who hold none. */
  get beyond(): number {
    let users = 0;
    for (const user of this.#needing.names()) if (this.#held.of(user) === 0) users++;
    return Math.min(users, this.#options.computing);
  }

  /**
   * Whether one of those that need a worker may have one that `holder` does not use: it is of the same user, has none, or has
   * fewer even with this one.
   * @param coming number of workers that will be there without it; they are for users who hold none
   */
  mayTakeFrom(holder: FlowName, coming: number): boolean {
    for (const user of this.#needing.names()) {
      const own = this.#held.of(user);
      if (user === holder || (own === 0 ? coming === 0 : own + 1 < this.#held.of(holder)))
        return true;
    }
    return false;
  }

  /**
   * Waits for a turn to compute; `undefined` when `signal` is aborted before. A turn must be ended.
   * @param own the worker that the run already has; by default it gets one, which must be released
   */
  async enter(
    user: FlowName,
    signal: AbortSignal,
    own?: WorkerClient,
  ): Promise<WorkerClient | undefined> {
    if (signal.aborted) return undefined;
    const waiting: Waiting = { user, own, place: Promise.withResolvers() };
    if (own === undefined) this.#needing.add(user);
    this.#queue.push(user, waiting);
    if (!this.#mayCompute(user)) this.#turns.look();
    this.serve();
    const giveUp = (): void => {
      if (!this.#queue.withdraw(user, waiting)) return; // it already has its turn
      if (own === undefined) this.#needing.remove(user);
      waiting.place.resolve(undefined);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    return await waiting.place.promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  /** The worker does not run a program of the user any more. */
  end(worker: WorkerClient, user: FlowName): void {
    this.#turns.end(worker);
    if (worker.dead) this.#queue.charge(user, BOOT_COST);
    this.#queue.leave(user);
    this.serve();
  }

  /** The user does not hold one of its workers any more. */
  release(user: FlowName): void {
    this.#held.remove(user);
  }

  /** A worker reports that its program waits, or goes on. */
  notice(worker: WorkerClient): void {
    const isWanted = this.#queue.size > 0;
    const isFree = this.#turns.notice(worker, isWanted);
    if (!isWanted) return;
    if (isFree) this.serve();
    if (worker.waits) this.#watch(AGAIN_MS);
  }

  /** Gives turns and idle workers to the runs that wait, in fair order. */
  serve(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { user, own, place } = next;
      const worker = own ?? this.#idle.take()!; // there is one: it may begin
      if (own === undefined) {
        this.#needing.remove(user);
        this.#held.add(user);
      }
      this.#turns.begin(worker, user);
      place.resolve(worker);
    }
    this.#onChange();
    this.#watch(LOOK_MS);
  }

  /** Ends the waiting of all. */
  clear(settle: (place: Waiting["place"]) => void): void {
    clearTimeout(this.#lookTimer);
    this.#lookAt = Infinity;
    for (const { user, own, place } of this.#queue.clear()) {
      if (own === undefined) this.#needing.remove(user);
      settle(place);
    }
  }

  #next(): Waiting | undefined {
    return this.#queue.size === 0 ? undefined : this.#queue.take(this.#mayBegin);
  }

  readonly #mayBegin = ({ user, own }: Waiting): boolean => {
    if (!this.#mayCompute(user)) return false;
    if (own !== undefined) return true;
    if (this.#idle.count === 0) return false;
    return this.#held.total < this.#options.max || this.#held.of(user) === 0;
  };

  /** Whether another run of the user may compute now. */
  #mayCompute(user: FlowName): boolean {
    const { computing } = this.#turns;
    if (computing.total < this.#options.computing) return true;
    return computing.of(user) === 0 && computing.size < 2 * this.#options.computing;
  }

  /** Looks at the runs at work after a while or sooner, if others wait for their turn. */
  #watch(ms: number): void {
    if (this.#queue.size === 0) return;
    const at = performance.now() + ms;
    if (this.#lookAt <= at) return;
    clearTimeout(this.#lookTimer);
    this.#lookAt = at;
    const look = (): void => {
      this.#lookAt = Infinity;
      this.#turns.look();
      this.serve();
    };
    this.#lookTimer = outsideRuns(() => setTimeout(look, ms));
  }
}
