import { createHash } from "node:crypto";
import type { SharedStore } from "../store.ts";

/** Names the current snapshot of a session and the run that made it. */
export interface Head {
  readonly version: string;
  readonly run: string;
}

/** The entries of one session in a shared store: a head, a snapshot, the calls of a run, a lock. */
export class SessionEntries {
  readonly #store: SharedStore;
  readonly #prefix: string;
  readonly #keepMs: number;

  /** @param keepMs time in ms after which an entry expires, unless it is rewritten */
  constructor(store: SharedStore, key: string, keepMs: number) {
    this.#store = store;
    // A name of any length becomes a key of fixed length.
    this.#prefix = `codecell:${createHash("sha256").update(key).digest("hex")}:`;
    this.#keepMs = keepMs;
  }

  async head(): Promise<Head | undefined> {
    return await this.readJson<Head>("head");
  }

  async read(name: string): Promise<string | undefined> {
    return await this.#store.get(this.#prefix + name);
  }

  async readJson<T>(name: string): Promise<T | undefined> {
    const text = await this.read(name);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  async write(name: string, text: string): Promise<void> {
    await this.#store.set(this.#prefix + name, text, this.#keepMs);
  }

  async writeJson(name: string, value: object): Promise<void> {
    await this.write(name, JSON.stringify(value));
  }

  async delete(name: string): Promise<void> {
    await this.#store.delete(this.#prefix + name);
  }

  /** Acquires or renews the session's lock. Returns false when another token holds it. */
  async lock(token: string, ttlMs: number): Promise<boolean> {
    return await this.#store.lock(`${this.#prefix}lock`, token, ttlMs);
  }

  /** Releases the lock, if `token` still holds it. */
  async unlock(token: string): Promise<void> {
    await this.#store.unlock(`${this.#prefix}lock`, token);
  }
}
