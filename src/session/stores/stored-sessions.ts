import { CodecellError } from "../../core/errors.ts";
import type {
  SessionLock,
  SessionRecord,
  SessionStore,
  SharedStore,
  StoredState,
} from "../store.ts";
import { SessionEntries } from "./session-entries.ts";
import { StoredLock } from "./stored-lock.ts";

const LOOKS = 3;

/**
 * Sessions in a store that processes share. Each has a head that names its snapshot, so that a new snapshot replaces the old
 * one atomically, the calls of an active run, and a lock.
 */
export class StoredSessions implements SessionStore {
  readonly #store: SharedStore;
  readonly #keepMs: number;

  /** @param keepMs time in ms after which an unused session is deleted */
  constructor(store: SharedStore, keepMs: number) {
    this.#store = store;
    this.#keepMs = keepMs;
  }

  open(key: string): SessionRecord {
    return new StoredRecord(new SessionEntries(this.#store, key, this.#keepMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}

class StoredRecord implements SessionRecord {
  readonly #entries: SessionEntries;

  constructor(entries: SessionEntries) {
    this.#entries = entries;
  }

  async load(version: string | undefined): Promise<StoredState | undefined> {
    for (let turn = 0; turn < LOOKS; turn++) {
      const head = await this.#entries.head();
      if (head?.version === version) return undefined;
      if (head === undefined) return { version: undefined, snapshot: undefined };
      const text = await this.#entries.read(`snapshot:${head.version}`);
      if (text !== undefined)
        return { version: head.version, snapshot: Buffer.from(text, "base64") };
      // Another process has replaced the snapshot meanwhile.
    }
    throw new CodecellError("internal", "the store has lost the snapshot of a session", {
      hint: "Does it evict keys? Sessions need a store that keeps them.",
    });
  }

  async acquire(waits?: AbortSignal): Promise<SessionLock> {
    return await StoredLock.acquire(this.#entries, waits);
  }

  async delete(): Promise<void> {
    await using lock = await StoredLock.acquire(this.#entries);
    await lock.deleteSession();
  }
}
