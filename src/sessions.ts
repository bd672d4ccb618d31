import { randomUUID } from "node:crypto";
import type { Answer } from "./core/answer.ts";
import { CodecellError } from "./core/errors.ts";
import { type Limits, resolveLimits } from "./core/limits.ts";
import type { Place } from "./placement/placement.ts";
import type { ProgramRunner } from "./program-runner.ts";
import { Session } from "./session.ts";
import type { Backing } from "./session/backing.ts";
import { readSnapshot, type SavedSession } from "./session/snapshot.ts";
import { Workspace } from "./session/workspace.ts";
import type { SessionStore } from "./session/store.ts";
import { checkId, checkUser, keyOf, taken, timeOf } from "./session-names.ts";
import type { ResolvedSessions } from "./session-settings.ts";

/** How a session is opened. One that is there already stays as it is. */
export interface SessionOptions {
  /** Whose it is; another user's session of the same id is another one. Local tools get it as `context.user`. */
  readonly user?: string;
  /** Caps of its runs; what it leaves out is the runtime's. `memoryMb` is for all of them together. */
  readonly limits?: Partial<Limits>;
  /** `Math.random` and `crypto` give the same numbers for the same seed: not for secrets. */
  readonly seed?: string | number;
  /** The clock starts here and only timers move it. */
  readonly now?: number | Date;
}

interface Held {
  readonly session: Session;
  usedAt: number;
  parkTimer: NodeJS.Timeout | undefined;
  idleTimer: NodeJS.Timeout | undefined;
  /** It was asked to leave its worker. */
  stays: boolean;
}

interface Identity {
  readonly id: string;
  readonly user: string | undefined;
  readonly backing: Backing | undefined;
}

/** All sessions of one runtime in this process. */
export class Sessions {
  readonly #place: Place;
  readonly #runner: ProgramRunner;
  readonly #limits: Limits;
  readonly #settings: ResolvedSessions;
  readonly #store: SessionStore | undefined;
  readonly #held = new Map<string, Held>();
  readonly #opening = new Map<string, Promise<Session>>();

  constructor(
    place: Place,
    runner: ProgramRunner,
    limits: Limits,
    settings: ResolvedSessions,
    store: SessionStore | undefined,
  ) {
    this.#place = place;
    this.#runner = runner;
    this.#limits = limits;
    this.#settings = settings;
    this.#store = store;
  }

  /** The session `id` of a user; a new one where there is none. */
  async open(id: string, options: SessionOptions): Promise<Session> {
    checkId("the session's id", id);
    if (options.user !== undefined) checkUser(options.user);
    const key = keyOf(id, options.user);
    const known = this.#held.get(key)?.session ?? this.#opening.get(key);
    if (known !== undefined) return await known;
    const opening = this.#open(key, id, options).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return await opening;
  }

  /** The session `id` of a user, where there is one. */
  async find(id: string, user: string | undefined): Promise<Session | undefined> {
    checkId("the session's id", id);
    if (user !== undefined) checkUser(user);
    const key = keyOf(id, user);
    const known = await (this.#held.get(key)?.session ?? this.#opening.get(key));
    if (known !== undefined) {
      if (known.busy || (await known.refresh())) return known;
      await known.end("the session was closed in another process", false);
      return undefined;
    }
    if ((await this.#store?.open(key).peek())?.snapshot === undefined) return undefined;
    return await this.open(id, user === undefined ? {} : { user });
  }

  /** @param id default: a random one */
  async restore(
    bytes: Uint8Array,
    { id = randomUUID(), user }: { readonly id?: string; readonly user?: string } = {},
    answers?: ReadonlyMap<number, Promise<Answer>>,
  ): Promise<Session> {
    checkId("the session's id", id);
    if (user !== undefined) checkUser(user);
    if (this.#held.has(keyOf(id, user)) || this.#opening.has(keyOf(id, user))) throw taken(id);
    const saved = await readSnapshot(bytes);
    const key = keyOf(id, user);
    const backing = this.#store?.open(key);
    const newer = await backing?.peek();
    if (this.#held.has(key) || newer !== undefined) throw taken(id);
    const session = this.#hold(key, this.#make({ id, user, backing }, saved, saved, answers));
    if (backing !== undefined) await session.keep();
    return session;
  }

  /** How many there are in this process. */
  get size(): number {
    return this.#held.size;
  }

  /** End all; what a store keeps stays there. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    await Promise.allSettled(
      [...this.#held.values()].map(({ session }) => session.end("the runtime is closed", false)),
    );
    await this.#store?.[Symbol.asyncDispose]();
  }

  async #open(
    key: string,
    id: string,
    { user, limits, seed, now }: SessionOptions,
  ): Promise<Session> {
    const backing = this.#store?.open(key);
    const newer = await backing?.peek();
    if (newer?.snapshot !== undefined) {
      const saved = await readSnapshot(newer.snapshot);
      const session = this.#make({ id, user, backing }, saved, saved);
      newer.accept();
      return this.#hold(key, session);
    }
    const facts = {
      limits: resolveLimits(limits, this.#limits),
      ...(seed === undefined ? {} : { seed: String(seed) }),
      ...(now === undefined ? {} : { now: timeOf(now) }),
    };
    return this.#hold(key, this.#make({ id, user, backing }, facts));
  }

  #make(
    { id, user, backing }: Identity,
    { limits, seed, now }: Pick<SavedSession, "limits" | "seed" | "now">,
    saved?: SavedSession,
    answers?: ReadonlyMap<number, Promise<Answer>>,
  ): Session {
    this.#place.check?.(limits);
    const key = keyOf(id, user);
    const { workspace } = this.#settings;
    const vm = {
      place: this.#place,
      limits,
      ...(seed === undefined ? {} : { seed }),
      ...(now === undefined ? {} : { now }),
    };
    return new Session(
      {
        id,
        user,
        runner: this.#runner,
        vm,
        workspace: new Workspace(workspace),
        backing,
        onUse: () => this.#touch(key),
        onClose: (session) => this.#drop(key, session),
        restore: (bytes, newId, shared) =>
          this.restore(
            bytes,
            {
              ...(newId === undefined ? {} : { id: newId }),
              ...(user === undefined ? {} : { user }),
            },
            shared,
          ),
      },
      saved,
      answers,
    );
  }

  #hold(key: string, session: Session): Session {
    this.#checkCaps(session.user);
    this.#held.set(key, {
      session,
      usedAt: 0,
      parkTimer: undefined,
      idleTimer: undefined,
      stays: false,
    });
    this.#touch(key);
    return session;
  }

  #checkCaps(user: string | undefined): void {
    const { max, maxPerUser } = this.#settings;
    const own = [...this.#held.values()].filter(({ session }) => session.user === user).length;
    if (this.#held.size >= max)
      throw new CodecellError("quota_exceeded", `there are ${max} sessions, which is the cap`, {
        hint: "Close sessions, or raise sessions.max.",
      });
    if (own >= maxPerUser) {
      const whose = user === undefined ? "no user" : `user '${user}'`;
      throw new CodecellError(
        "quota_exceeded",
        `${whose} has ${maxPerUser} sessions, which is the cap`,
        { hint: "Close one, or raise sessions.maxPerUser." },
      );
    }
  }

  /** Something was done with a session: its idle times begin again. */
  #touch(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    const { session } = held;
    const { idleMs, parkMs } = this.#settings;
    held.usedAt = performance.now();
    held.stays = false;
    this.#stop(held);
    held.parkTimer = setTimeout(() => void session.park(), parkMs).unref();
    held.idleTimer = setTimeout(() => this.#expire(held), idleMs).unref();
    if (this.#place.waiting > 0) this.makeRoom();
  }

  #expire({ session }: Held): void {
    const { idleMs } = this.#settings;
    if (session.busy) return;
    void session.end(
      `the session ended after ${idleMs} ms in which nothing was done with it`,
      false,
    );
  }

  #stop({ parkTimer, idleTimer }: Held): void {
    clearTimeout(parkTimer);
    clearTimeout(idleTimer);
  }

  #drop(key: string, session: Session): void {
    const held = this.#held.get(key);
    if (held?.session !== session) return;
    this.#stop(held);
    this.#held.delete(key);
  }

  /** The session that was not used for longest leaves its worker to whoever waits for one. False where none can. */
  makeRoom(): boolean {
    const idle = [...this.#held.values()].filter(
      ({ session, stays }) => session.placed && !session.busy && !stays,
    );
    const oldest = idle.toSorted((a, b) => a.usedAt - b.usedAt)[0];
    if (oldest === undefined) return false;
    oldest.stays = true; // until it is used again: it is leaving, or cannot be saved
    void oldest.session.park().then(() => {
      if (this.#place.waiting > 0) this.makeRoom();
    });
    return true;
  }
}
