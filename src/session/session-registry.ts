import { randomUUID } from "node:crypto";
import { callerNamed } from "../core/caller.ts";
import { checkKeys } from "../core/check-settings.ts";
import { isObject } from "../core/is-object.ts";
import { type Limits, resolveLimits } from "../core/limits.ts";
import { configError, kindOf } from "../core/setting-errors.ts";
import type { ObjectSchema } from "../core/setting-schema.ts";
import { zoneOf } from "../core/time-zone.ts";
import { Workspace, type WorkspaceLimits } from "../files/workspace.ts";
import type { Place } from "../placement/placement.ts";
import type { Admission } from "../run/admission.ts";
import type { ProgramRunner } from "../run/program-runner.ts";
import { HeldSessions } from "./held-sessions.ts";
import { checkId, keyOf, seedOf, taken, timeOf } from "./session-key.ts";
import type { KnownAnswers } from "./session-run.ts";
import { Session } from "./session.ts";
import type { ResolvedSessions } from "./settings.ts";
import type { SavedSession, SnapshotCaps } from "./saved-session.ts";
import { STORED_MEMORY_MB, within } from "./snapshot-limits.ts";
import { readSnapshot } from "./snapshot.ts";
import type { SessionStart } from "./state-parts.ts";
import type { SessionStore } from "./store.ts";

/** Options of a new session. A session that already exists keeps the options that it was opened with. */
export interface SessionOptions {
  /**
   * The user of the session, 1 to 200 characters. Sessions of different users are different sessions, even with the same id.
   * Local tools get the user as `context.user`.
   * @default none
   */
  readonly user?: string;
  /**
   * Caps of each run; `memoryMb` is the cap of all programs of the session together. A limit that is left out is that of the
   * runtime.
   * @default the limits of the runtime
   */
  readonly limits?: Partial<Limits>;
  /**
   * The time zone of its programs, a name of the IANA database; a run can set its own. It is saved with the session.
   * @default that of the runtime
   */
  readonly timeZone?: string;
  /**
   * Seed of `Math.random` and `crypto`: the same seed gives the same numbers, so do not use it for secrets.
   * @default none: real randomness
   */
  readonly seed?: string | number;
  /**
   * Start of the clock of its programs: a date, or ms since 1970. Only timers move this clock.
   * @default none: the real clock
   */
  readonly now?: number | Date;
}

const OPTIONS: ObjectSchema = {
  title: "SessionOptions",
  type: "object",
  noun: "option",
  properties: { user: {}, limits: {}, timeZone: {}, seed: {}, now: {} } satisfies Record<
    keyof SessionOptions,
    object
  >,
};

/** @throws CodecellError `config_error` for what is no object, and for an option that sessions do not have */
function checkSessionOptions(options: unknown): void {
  if (!isObject(options))
    throw configError(`session: the options are ${kindOf(options)}; write session(id, { user })`);
  checkKeys(OPTIONS, options, "session: ");
}

/** Identifies a session. */
interface Identity {
  readonly key: string;
  readonly id: string;
  readonly user: string | undefined;
  readonly scope: string | undefined;
  /** The chat that it counts for, where it has no user. */
  readonly chat: string | undefined;
}

/** All sessions of one runtime in this process. */
export class SessionRegistry {
  readonly #place: Place;
  readonly #runner: ProgramRunner;
  readonly #limits: Limits;
  readonly #timeZone: string;
  readonly #workspace: WorkspaceLimits;
  readonly #store: SessionStore | undefined;
  readonly #admission: Admission;
  readonly #held: HeldSessions<Session>;
  readonly #opening = new Map<string, Promise<Session>>();

  constructor(
    place: Place,
    runner: ProgramRunner,
    { limits, timeZone }: { readonly limits: Limits; readonly timeZone: string },
    settings: ResolvedSessions,
    store: SessionStore | undefined,
    admission: Admission,
  ) {
    this.#place = place;
    this.#runner = runner;
    this.#limits = limits;
    this.#timeZone = timeZone;
    this.#workspace = settings.workspace;
    this.#store = store;
    this.#admission = admission;
    this.#held = new HeldSessions(settings);
  }

  /**
   * Returns the session `id` of a user, or opens it.
   * @param scope sessions of different scopes are different ones, even with the same id and user
   * @param chat for which it counts where it has no user
   */
  async open(
    id: string,
    options: SessionOptions,
    scope?: string,
    chat: string | undefined = scope,
  ): Promise<Session> {
    checkSessionOptions(options);
    const identity = identify(id, options.user, scope, chat);
    const { key } = identity;
    const known = this.#held.get(key) ?? this.#opening.get(key);
    if (known !== undefined) return await known;
    const opening = this.#open(identity, options).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return await opening;
  }

  /** Returns the session `id` of a user, if it exists. */
  async find(id: string, user: string | undefined): Promise<Session | undefined> {
    const { key } = identify(id, user);
    const known = await (this.#held.get(key) ?? this.#opening.get(key));
    if (known !== undefined) {
      if (known.busy || (await known.load())) return known;
      await known.end("the session was closed in another process");
      return undefined;
    }
    const stored = await this.#store?.open(key).load(undefined);
    if (stored === undefined) return undefined;
    return await this.open(id, user === undefined ? {} : { user });
  }

  /**
   * Opens a new session from a snapshot.
   * @param id by default a random one
   * @param answers answers for which the saved run waits, where this process receives them
   * @param most what its runs may have: a snapshot is not signed, and must not raise a limit
   */
  async restore(
    snapshot: Uint8Array,
    { id = randomUUID(), user }: { readonly id?: string; readonly user?: string } = {},
    answers?: KnownAnswers,
    most: Limits = this.#limits,
    scope?: string,
  ): Promise<Session> {
    const identity = identify(id, user, scope);
    const { key } = identity;
    if (this.#held.has(key) || this.#opening.has(key)) throw taken(id);
    const saved = within(most, await readSnapshot(snapshot, this.#capsOf(most.memoryMb)));
    const stored = await this.#store?.open(key).load(undefined);
    if (this.#held.has(key) || stored !== undefined) throw taken(id);
    const session = this.#hold(identity, saved, { saved, answers });
    if (this.#store !== undefined) await session.save();
    return session;
  }

  /** Number of sessions in this process. */
  get size(): number {
    return this.#held.size;
  }

  /** Ends all sessions; those in a store stay there. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    const ending = this.#held.all().map((session) => session.end("the runtime is closed"));
    await Promise.allSettled(ending);
    await this.#store?.[Symbol.asyncDispose]();
  }

  /** Parks the session that was idle for longest, so that its worker becomes free. Returns false where none can be parked. */
  makeRoom(): boolean {
    const parking = this.#held.parkOldest((user) => this.#place.mayTakeFrom(user));
    void parking?.then(() => this.#makeRoomForWaiting());
    return parking !== undefined;
  }

  #makeRoomForWaiting(): void {
    if (this.#place.waiting > 0) this.makeRoom();
  }

  async #open(
    identity: Identity,
    { limits, timeZone, seed, now }: SessionOptions,
  ): Promise<Session> {
    const stored = await this.#store?.open(identity.key).load(undefined);
    if (stored?.snapshot !== undefined) {
      const saved = await readSnapshot(stored.snapshot, this.#capsOf(STORED_MEMORY_MB));
      return this.#hold(identity, saved, { saved, version: stored.version });
    }
    return this.#hold(identity, {
      limits: resolveLimits(limits, this.#limits),
      timeZone: zoneOf(timeZone, this.#timeZone),
      ...(seed === undefined ? {} : { seed: seedOf(seed) }),
      ...(now === undefined ? {} : { now: timeOf(now) }),
    });
  }

  #capsOf(memoryMb: number): SnapshotCaps {
    return { memoryMb, workspace: this.#workspace };
  }

  /** Creates a session and adds it. */
  #hold(
    { key, id, user, scope, chat }: Identity,
    { limits, timeZone, seed, now }: Pick<SavedSession, "limits" | "timeZone" | "seed" | "now">,
    start?: SessionStart,
  ): Session {
    this.#place.check?.(limits);
    const session = new Session({
      id,
      user,
      runner: this.#runner,
      admission: this.#admission,
      vm: {
        place: this.#place,
        limits,
        timeZone,
        ...(seed === undefined ? {} : { seed }),
        ...(now === undefined ? {} : { now }),
      },
      workspace: new Workspace(this.#workspace),
      record: this.#store?.open(key),
      readStored: (bytes) => readSnapshot(bytes, this.#capsOf(STORED_MEMORY_MB)),
      start,
      onUse: () => this.#touch(key),
      onClose: (closed) => this.#held.remove(key, closed),
      restore: (snapshot, copyId, answers) => {
        const copy = {
          ...(copyId === undefined ? {} : { id: copyId }),
          ...(user === undefined ? {} : { user }),
        };
        return this.restore(snapshot, copy, answers, limits, scope);
      },
    });
    this.#held.add(key, session, { user, chat });
    this.#makeRoomForWaiting();
    return session;
  }

  /** Called when a session was used. */
  #touch(key: string): void {
    if (!this.#held.has(key)) return;
    this.#held.touch(key);
    this.#makeRoomForWaiting();
  }
}

/** @throws CodecellError `config_error` */
function identify(
  id: string,
  user: string | undefined,
  scope?: string,
  chat: string | undefined = scope,
): Identity {
  checkId("the session's id", id);
  callerNamed(user);
  return { key: keyOf(id, user, scope), id, user, scope, chat };
}
