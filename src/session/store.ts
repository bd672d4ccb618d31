import type { CallJournal } from "../run/call-journal.ts";

/** Where sessions are kept beyond this process. */
export interface SessionStore extends AsyncDisposable {
  /** The record of one session, whether or not there is anything in it. Reads nothing yet. */
  open(key: string): SessionRecord;
}

/** One session in a store that processes share. */
export interface SessionRecord {
  /**
   * Read what is stored, without the lock.
   * @param version the stored version that the caller has; `undefined`: none
   * @returns `undefined` where the store has that version too
   */
  load(version: string | undefined): Promise<StoredState | undefined>;
  /**
   * Lock the session, across all processes that share the store. Waits while another one holds the lock. A process that
   * dies loses its lock after a while.
   * @throws CodecellError `rate_limited` when the other one does not release it in time
   */
  acquire(): Promise<SessionLock>;
  /** Delete the session from the store. Takes the lock for that. */
  delete(): Promise<void>;
}

/** What a store has of a session; both are `undefined` where it has nothing. */
export interface StoredState {
  readonly version: string | undefined;
  readonly snapshot: Uint8Array | undefined;
}

/** The lock of one session, which is renewed until it is released. Disposal releases it. */
export interface SessionLock extends AsyncDisposable {
  /**
   * Open the journal of a run of `source` that is about to begin. It knows the calls of a run of the same program that
   * was cut short when its host died.
   */
  openJournal(source: string): Promise<RunJournal>;
  /**
   * Store what the session has become, and end the journal: the calls in it are part of the snapshot. In the midst of a
   * run, that run must begin no more calls.
   * @param version the stored version that the caller has; `undefined`: none
   * @returns the new version
   * @throws CodecellError `aborted` when the lock was released, or another process has taken the session over
   */
  save(snapshot: Uint8Array, version: string | undefined): Promise<string>;
  /** Delete the journal: the run is over, though what the session has become could not be saved. */
  dropJournal(): Promise<void>;
  /**
   * Give the lock back. A run that waits may do that once it is saved: whoever resumes it acquires the lock again, and
   * loads what others have made of the session. Releasing twice does no harm.
   */
  release(): Promise<void>;
}

/** The calls of one run; see {@link SessionLock.openJournal}. */
export interface RunJournal extends CallJournal {
  /** Calls that another program had made when its host died. They stand; what it left in memory is lost. */
  readonly interrupted: number;
}

/** A key-value store that processes share. */
export interface SharedStore extends AsyncDisposable {
  get(key: string): Promise<string | undefined>;
  /** @param ttlMs after which the value expires */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Acquire or renew a lock that expires after `ttlMs`. False when another token holds it: one step, so that of two who
   * try one gets it.
   */
  lock(name: string, token: string, ttlMs: number): Promise<boolean>;
  /** Release it, if `token` still holds it. */
  unlock(name: string, token: string): Promise<void>;
}
