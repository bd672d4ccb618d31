import type { FlowName } from "../../core/fair-queue.ts";
import { Tally } from "../../core/tally.ts";
import type { WorkerClient } from "./worker-client.ts";

/** Time over which CPU time is judged: some steps of the counters of Linux, which count in steps of 10 ms. */
const WINDOW_MS = 50;
/** A run computes that has used this part of the time. */
const COMPUTES = 0.2;
/** A run that does not report that it waits computes, unless it has used next to nothing for this time: it may be starved. */
const QUIET_MS = 1_000;
/** A run is not looked at more often: a worker can send reports as fast as it likes. */
const LOOK_MS = 1;

/** A run at work in a worker. */
interface Turn {
  readonly flow: FlowName;
  readonly worker: WorkerClient;
  readonly begunAt: number;
  /** When it was last looked at. */
  lookedAt: number;
  /** Begin of the present window, and CPU time until then. */
  windowAt: number;
  usedMs: number;
  /** Time in which it has used next to nothing. */
  quietMs: number;
  /** What its user was charged for it. */
  charged: number;
  computing: boolean;
  /** Since when it counts as waiting on a report alone. */
  believedAt: number | undefined;
}

export interface TurnsOptions {
  /** Number of runs that may compute at once. As many runs of a user count as waiting on a report alone. */
  readonly slots: number;
  /**
   * What it costs to hold a worker, waiting or not, as a part of what computing costs. Users are charged for what they use most
   * of (dominant resource fairness, Ghodsi et al.: NSDI 2011).
   */
  readonly heldCost: number;
  readonly charge: (flow: FlowName, cost: number) => void;
}

/**
 * The runs at work, and which of them compute. A run counts as waiting only while the operating system's counters show that it
 * does. What a program or its worker reports is believed of a few runs of each user, until they are looked at a moment later:
 * so a program that opens a call and computes on keeps its turn. Where there are no counters (placement `remote`, and systems
 * other than Linux) reports decide, and a user is charged for the time of a run instead of its CPU time.
 */
export class Turns {
  /** Runs that compute, by user. */
  readonly computing = new Tally<FlowName>();
  readonly #believed = new Tally<FlowName>();
  readonly #turns = new Map<WorkerClient, Turn>();
  readonly #options: TurnsOptions;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  begin(worker: WorkerClient, flow: FlowName): void {
    const now = performance.now();
    this.#turns.set(worker, {
      flow,
      worker,
      begunAt: now,
      lookedAt: now,
      windowAt: now,
      usedMs: 0,
      quietMs: 0,
      charged: 0,
      computing: true,
      believedAt: undefined,
    });
    this.computing.add(flow);
  }

  end(worker: WorkerClient): void {
    const turn = this.#turns.get(worker);
    if (turn === undefined) return;
    this.#turns.delete(worker);
    this.#set(turn, false);
    const now = performance.now();
    // Counters have larger steps than a short run, and reading them takes time.
    const heldMs = now - turn.begunAt;
    this.#bill(turn, now, heldMs < WINDOW_MS ? heldMs : worker.used()?.cpuMs);
  }

  /**
   * The worker reports that its program waits, or goes on.
   * @param wanted whether somebody waits for its turn
   * @returns true where it counts as waiting now
   */
  notice(worker: WorkerClient, wanted: boolean): boolean {
    const turn = this.#turns.get(worker);
    if (turn === undefined) return false;
    if (!worker.waits) this.#set(turn, true);
    else if (wanted && turn.computing && this.#believed.of(turn.flow) < this.#options.slots) {
      this.#set(turn, false);
      this.#believed.add(turn.flow);
      turn.believedAt = performance.now();
    }
    return !turn.computing;
  }

  /** Judges the runs again. */
  look(): void {
    const now = performance.now();
    for (const turn of this.#turns.values())
      if (turn.believedAt !== undefined) this.#verify(turn, turn.believedAt, now);
      else this.#judge(turn, now);
  }

  /** Looks at a run that is believed to wait: once it sleeps, the counters decide. */
  #verify(turn: Turn, believedAt: number, now: number): void {
    if (now - turn.lookedAt < LOOK_MS) return;
    turn.lookedAt = now;
    const used = turn.worker.used();
    const sleeps = used?.asleep !== false;
    if (!sleeps && now - believedAt < WINDOW_MS) return;
    this.#set(turn, !sleeps);
    if (used !== undefined) this.#beginWindow(turn, now, used.cpuMs);
  }

  #judge(turn: Turn, now: number): void {
    const elapsed = now - turn.windowAt;
    const isShort = elapsed < WINDOW_MS;
    const { waits } = turn.worker;
    // What waits is judged once a window; what computes may end at any time, and reports it.
    if (isShort && (!turn.computing || !waits || now - turn.lookedAt < LOOK_MS)) return;
    turn.lookedAt = now;
    const used = turn.worker.used();
    if (used === undefined) return this.#set(turn, !waits);
    const { cpuMs, asleep } = used;
    let computes = asleep === false || !waits;
    // Without a window to judge by, a run waits that reports it and is seen asleep, until the next window shows more.
    if (!isShort && elapsed <= 2 * WINDOW_MS) {
      const isBusy = asleep === false || cpuMs - turn.usedMs >= elapsed * COMPUTES;
      turn.quietMs = isBusy ? 0 : turn.quietMs + elapsed;
      computes = isBusy || (!waits && turn.quietMs < QUIET_MS);
    }
    if (isShort && computes) return;
    this.#beginWindow(turn, now, cpuMs);
    this.#set(turn, computes);
  }

  #beginWindow(turn: Turn, now: number, cpuMs: number): void {
    turn.windowAt = now;
    turn.usedMs = cpuMs;
    this.#bill(turn, now, cpuMs);
  }

  #set(turn: Turn, computing: boolean): void {
    if (turn.believedAt !== undefined) this.#believed.remove(turn.flow);
    turn.believedAt = undefined;
    if (turn.computing === computing) return;
    turn.computing = computing;
    if (computing) this.computing.add(turn.flow);
    else this.computing.remove(turn.flow);
  }

  #bill(turn: Turn, now: number, usedMs?: number): void {
    const { heldCost, charge } = this.#options;
    const heldMs = now - turn.begunAt;
    const cost = Math.max(turn.charged, usedMs ?? heldMs, heldMs * heldCost);
    charge(turn.flow, cost - turn.charged);
    turn.charged = cost;
  }
}
