import { outsideRuns } from "../core/async-context.ts";
import { CodecellError } from "../core/errors.ts";

/** A session as {@link HeldSessions} needs it. */
export interface Holdable {
  readonly user: string | undefined;
  /** Whether a program of it is running. */
  readonly busy: boolean;
  /** Whether it occupies a worker. */
  readonly placed: boolean;
  /** Whether it cannot leave its worker. */
  readonly pinned: boolean;
  /** Leaves the worker, if nothing is lost by that. */
  park(): Promise<void>;
  end(reason: string): Promise<void>;
}

/** For whom a session counts against the cap of one user: its user; of sessions without one, those of a chat are together. */
export interface Holder {
  readonly user: string | undefined;
  readonly chat: string | undefined;
}

export interface HoldLimits {
  readonly max: number;
  readonly maxPerUser: number;
  readonly idleMs: number;
  readonly parkMs: number;
}

/** The sessions of one process by key. Enforces the caps on their number, and parks and ends idle ones. */
export class HeldSessions<S extends Holdable> {
  readonly #limits: HoldLimits;
  readonly #held = new Map<string, HeldSession<S>>();

  constructor(limits: HoldLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.size;
  }

  get(key: string): S | undefined {
    return this.#held.get(key)?.session;
  }

  has(key: string): boolean {
    return this.#held.has(key);
  }

  all(): S[] {
    return [...this.#held.values()].map(({ session }) => session);
  }

  /** @throws CodecellError `quota_exceeded` */
  add(key: string, session: S, holder: Holder): void {
    this.#checkRoom(holder);
    const held = new HeldSession(session, holder, this.#limits);
    this.#held.set(key, held);
    held.touch();
  }

  /** Restarts the idle times of a session that was used. */
  touch(key: string): void {
    this.#held.get(key)?.touch();
  }

  remove(key: string, session: S): void {
    const held = this.#held.get(key);
    if (held?.session !== session) return;
    held.stopTimers();
    this.#held.delete(key);
  }

  /**
   * Parks the session that was idle for longest. Returns `undefined` where none can be parked.
   * @param of whether sessions of a user may be parked
   */
  parkOldest(of: (user: string | undefined) => boolean): Promise<void> | undefined {
    const idle = [...this.#held.values()].filter(
      ({ canPark, session }) => canPark && of(session.user),
    );
    return idle.toSorted((a, b) => a.usedAt - b.usedAt)[0]?.park();
  }

  #checkRoom({ user, chat }: Holder): void {
    const { max, maxPerUser } = this.#limits;
    if (this.#held.size >= max)
      throw new CodecellError("quota_exceeded", `there are ${max} sessions, which is the cap`, {
        hint: "Close sessions, or raise sessions.max.",
      });
    const isOwn = ({ holder }: HeldSession<S>): boolean =>
      holder.user === user && (user !== undefined || holder.chat === chat);
    const own = [...this.#held.values()].filter(isOwn).length;
    if (own < maxPerUser) return;
    const anonymous = chat === undefined ? "no user" : "this chat";
    const whose = user === undefined ? anonymous : `user '${user}'`;
    throw new CodecellError(
      "quota_exceeded",
      `${whose} has ${maxPerUser} sessions, which is the cap`,
      { hint: "Close one, or raise sessions.maxPerUser." },
    );
  }
}

class HeldSession<S extends Holdable> {
  readonly session: S;
  readonly holder: Holder;
  readonly #limits: HoldLimits;
  #usedAt = 0;
  #parkTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Whether it was parked since its last use: it is leaving its worker, or cannot be saved. */
  #wasAsked = false;

  constructor(session: S, holder: Holder, limits: HoldLimits) {
    this.session = session;
    this.holder = holder;
    this.#limits = limits;
  }

  get usedAt(): number {
    return this.#usedAt;
  }

  get canPark(): boolean {
    const { placed, busy, pinned } = this.session;
    return placed && !busy && !pinned && !this.#wasAsked;
  }

  touch(): void {
    const { idleMs, parkMs } = this.#limits;
    this.stopTimers();
    this.#usedAt = performance.now();
    this.#wasAsked = false;
    outsideRuns(() => {
      this.#parkTimer = setTimeout(() => void this.session.park(), parkMs).unref();
      this.#idleTimer = setTimeout(() => this.#expire(), idleMs).unref();
    });
  }

  async park(): Promise<void> {
    this.#wasAsked = true;
    await this.session.park();
  }

  #expire(): void {
    if (this.session.busy) return;
    const reason = `the session ended after ${this.#limits.idleMs} ms in which nothing was done with it`;
    void this.session.end(reason);
  }

  stopTimers(): void {
    clearTimeout(this.#parkTimer);
    clearTimeout(this.#idleTimer);
  }
}
