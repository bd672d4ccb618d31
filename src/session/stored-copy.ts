import { CodecellError } from "../core/errors.ts";
import type { SavedSession } from "./saved-session.ts";
import { writeSnapshot } from "./snapshot.ts";
import type { RunJournal, SessionLock, SessionRecord } from "./store.ts";

/** The session in this process, of which a copy is stored. */
export interface Original {
  capture(): Promise<SavedSession>;
  /** Restores a saved session; `undefined` for the state of a new one. */
  restore(saved: SavedSession | undefined): Promise<void>;
  /** Whether it has what cannot be stored: until it has not, no other process may go on with it. */
  isPinned(): boolean;
  /** Reads what is stored. */
  readonly readStored: (snapshot: Uint8Array) => Promise<SavedSession>;
}

/** Makes the caller's result of work that could not be stored. */
export type OnUnsaved<T> = (result: T, problem: CodecellError) => T;

/**
 * The copy of a session in its store, as one process sees it: the version that it has, and the lock during an update. Without
 * a store nothing is locked, loaded or saved.
 */
export class StoredCopy {
  readonly #original: Original;
  readonly #record: SessionRecord | undefined;
  /** The stored version that this process has. */
  #version: string | undefined;
  /** During an update; of a pinned session until it is none. */
  #lock: SessionLock | undefined;
  #isUpdating = false;

  /** @param version the stored version of `original`; `undefined` for none */
  constructor(original: Original, record: SessionRecord | undefined, version: string | undefined) {
    this.#original = original;
    this.#record = record;
    this.#version = version;
  }

  /**
   * Locks the session, loads what others have stored, does `work` and saves the new state. One update at a time.
   * @param waits aborting it ends the wait for the lock: then this rejects with its reason
   * @param onUnsaved makes the result of work that could not be saved; by default the error is thrown
   */
  async update<T>(
    work: () => Promise<T>,
    waits: AbortSignal,
    onUnsaved?: OnUnsaved<T>,
  ): Promise<T> {
    this.#isUpdating = true;
    try {
      this.#lock ??= await this.#record?.acquire(waits);
      await this.load();
      return await this.#saveAfter(await work(), onUnsaved);
    } finally {
      this.#isUpdating = false;
      await this.unlock();
    }
  }

  /** Releases the lock, but during an update and of a pinned session. */
  async unlock(): Promise<void> {
    if (this.#isUpdating || this.#original.isPinned()) return;
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.release();
  }

  async #saveAfter<T>(result: T, onUnsaved: OnUnsaved<T> | undefined): Promise<T> {
    const lock = this.#lock;
    if (lock === undefined) return result;
    try {
      await this.#save(lock, await this.#original.capture());
      return result;
    } catch (error) {
      await lock.dropJournal().catch(() => {});
      if (onUnsaved === undefined || !CodecellError.is(error)) throw error;
      return onUnsaved(result, error);
    }
  }

  /** During an update: opens the journal of a run that is about to begin. */
  async openJournal(source: string): Promise<RunJournal | undefined> {
    return await this.#lock?.openJournal(source);
  }

  /** During an update: saves the captured state and releases the lock. Later effects of the work are not saved. */
  async release(saved: SavedSession): Promise<void> {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined; // what ends meanwhile is not saved a second time
    await this.#save(lock, saved);
    await lock.release();
  }

  async #save(lock: SessionLock, saved: SavedSession): Promise<void> {
    this.#version = await lock.save(await writeSnapshot(saved), this.#version);
  }

  /** Loads what other processes have stored since. Returns false when they have deleted the session. */
  async load(): Promise<boolean> {
    const stored = await this.#record?.load(this.#version);
    if (stored === undefined) return true;
    const { snapshot, version } = stored;
    const { readStored } = this.#original;
    await this.#original.restore(snapshot && (await readStored(snapshot)));
    this.#version = version;
    return snapshot !== undefined;
  }

  async delete(): Promise<void> {
    await this.#record?.delete();
    this.#version = undefined;
  }
}
