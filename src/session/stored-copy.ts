import { CodecellError } from "../core/errors.ts";
import { readSnapshot, type SavedSession, writeSnapshot } from "./snapshot.ts";
import type { RunJournal, SessionLock, SessionRecord } from "./store.ts";

/** The session in this process, whose copy is stored. */
export interface Original {
  capture(): Promise<SavedSession>;
  /** Become what was saved; `undefined`: what a new session is. */
  restore(saved: SavedSession | undefined): Promise<void>;
}

/** Turns the result of work that could not be stored into what the caller gets. */
export type OnUnsaved<T> = (result: T, problem: CodecellError) => T;

/**
 * The copy of a session in its store, as one process knows it: which version it has, and the lock while it works on
 * that. Without a store there is nothing to lock, to load or to save.
 */
export class StoredCopy {
  readonly #original: Original;
  readonly #record: SessionRecord | undefined;
  /** The stored version that this process has. */
  #version: string | undefined;
  #lock: SessionLock | undefined;

  /** @param version the stored version that `original` is; `undefined`: none */
  constructor(original: Original, record: SessionRecord | undefined, version: string | undefined) {
    this.#original = original;
    this.#record = record;
    this.#version = version;
  }

  /**
   * With the lock: load what others have stored, do `work`, save what the session is then. One at a time.
   * @param onUnsaved for work that counts though it could not be saved. Default: the problem is thrown
   */
  async update<T>(work: () => Promise<T>, onUnsaved?: OnUnsaved<T>): Promise<T> {
    await using lock = await this.#record?.acquire();
    this.#lock = lock;
    try {
      await this.load();
      return await this.#saveAfter(await work(), onUnsaved);
    } finally {
      this.#lock = undefined;
    }
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

  /** During an update: the journal of a run that is about to begin. */
  async openJournal(source: string): Promise<RunJournal | undefined> {
    return await this.#lock?.openJournal(source);
  }

  /** During an update: save what was captured, and release the lock. What the work still does is not saved. */
  async release(saved: SavedSession): Promise<void> {
    if (this.#lock === undefined) return;
    await this.#save(this.#lock, saved);
    await this.#lock.release();
    this.#lock = undefined;
  }

  async #save(lock: SessionLock, saved: SavedSession): Promise<void> {
    this.#version = await lock.save(await writeSnapshot(saved), this.#version);
  }

  /** Take what other processes have stored since. False when they have deleted it. */
  async load(): Promise<boolean> {
    const stored = await this.#record?.load(this.#version);
    if (stored === undefined) return true;
    const { snapshot, version } = stored;
    await this.#original.restore(snapshot && (await readSnapshot(snapshot)));
    this.#version = version;
    return snapshot !== undefined;
  }

  async delete(): Promise<void> {
    await this.#record?.delete();
    this.#version = undefined;
  }
}
