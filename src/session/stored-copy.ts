import { CodecellError } from "../core/errors.ts";
import { readSnapshot, type SavedSession, writeSnapshot } from "./snapshot.ts";
import type { RunJournal, SessionLease, SessionRecord } from "./store.ts";

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
  #lease: SessionLease | undefined;

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
    await using lease = await this.#record?.acquire();
    this.#lease = lease;
    try {
      await this.load();
      return await this.#saveAfter(await work(), onUnsaved);
    } finally {
      this.#lease = undefined;
    }
  }

  async #saveAfter<T>(result: T, onUnsaved: OnUnsaved<T> | undefined): Promise<T> {
    const lease = this.#lease;
    if (lease === undefined) return result;
    try {
      await this.#save(lease, await this.#original.capture());
      return result;
    } catch (error) {
      await lease.dropJournal().catch(() => {});
      if (onUnsaved === undefined || !CodecellError.is(error)) throw error;
      return onUnsaved(result, error);
    }
  }

  /** During an update: the journal of a run that is about to begin. */
  async openJournal(source: string): Promise<RunJournal | undefined> {
    return await this.#lease?.openJournal(source);
  }

  /** During an update: save what was captured, and release the lock. What the work still does is not saved. */
  async release(saved: SavedSession): Promise<void> {
    if (this.#lease === undefined) return;
    await this.#save(this.#lease, saved);
    await this.#lease.release();
    this.#lease = undefined;
  }

  async #save(lease: SessionLease, saved: SavedSession): Promise<void> {
    this.#version = await lease.save(await writeSnapshot(saved), this.#version);
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
