import type { CallJournal } from "../run/call-journal.ts";

/** A store for sessions outside of this process. */
export interface SessionStore extends AsyncDisposable {
  /** Returns the record of one session, whether or not it exists. Reads nothing yet. */
  open(key: string): SessionRecord;
}

/** One session in a store that processes share. */
export interface SessionRecord {
  /**
   * Reads the stored session, without the lock.
   * @param version the stored version that the caller has; `undefined` for none
   * @returns `undefined` where the store has the same version
   */
  load(version: string | undefined): Promise<StoredState | undefined>;
  /**
   * Locks the session across all processes that share the store. Waits while another process holds the lock. The lock of a
   * process that died expires.
   * @param waits aborting it ends the wait
   * @throws CodecellError `rate_limited` when the other process does not release it in time; the reason of the signal
   */
  acquire(waits?: AbortSignal): Promise<SessionLock>;
  /** Deletes the session from the store, with the lock. */
  delete(): Promise<void>;
}

/** A stored session; both fields are `undefined` where there is none. */
export interface StoredState {
  readonly version: string | undefined;
  readonly snapshot: Uint8Array | undefined;
}

/** The lock of one session, which is renewed until it is released. Disposal releases it. */
export interface SessionLock extends AsyncDisposable {
  /**
   * Opens the journal of a run of `source` that is about to begin. It contains the calls of an earlier run of the same program
   * that was interrupted when its host died.
   */
  openJournal(source: string): Promise<RunJournal>;
  /**
   * Stores the new state and deletes the journal, whose calls are part of the snapshot. During a run, that run must begin no
   * more calls.
   * @param version the stored version that the caller has; `undefined` for none
   * @returns the new version
   * @throws CodecellError `aborted` when the lock was released, or another process has taken the session over
   */
  save(snapshot: Uint8Array, version: string | undefined): Promise<string>;
  /** Deletes the journal of a run that is over, where the new state could not be saved. */
  dropJournal(): Promise<void>;
  /**
   * Releases the lock. A waiting run may release it once it is saved; the resumed run acquires a lock and loads the state that
   * others have stored. A second release has no effect.
   */
  release(): Promise<void>;
}

/** The calls of one run; see {@link SessionLock.openJournal}. */
export interface RunJournal extends CallJournal {
  /** Number of calls that another program had made when its host died. They took effect, but its state in memory is lost. */
  readonly interrupted: number;
}

/** A key-value store that processes share. */
export interface SharedStore extends AsyncDisposable {
  get(key: string): Promise<string | undefined>;
  /** @param ttlMs after which the value expires */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Acquires or renews a lock that expires after `ttlMs`. Returns false when another token holds it. It is atomic: of two that
   * try at the same time, one gets the lock.
   */
  lock(name: string, token: string, ttlMs: number): Promise<boolean>;
  /** Releases the lock, if `token` still holds it. */
  unlock(name: string, token: string): Promise<void>;
}
