import { randomUUID } from "node:crypto";
import { CodecellError } from "../../core/errors.ts";
import type { RunJournal, SessionLock } from "../store.ts";
import type { Head, SessionEntries } from "./session-entries.ts";
import { StoredJournal } from "./stored-journal.ts";

/** Time after which the locks of a process that died expire. */
const LOCK_MS = 10_000;
const RENEW_MS = LOCK_MS / 3;
/** How long a run waits for a session that another process has locked. */
const WAIT_MS = 60_000;
const RETRY_MS = [5, 10, 20, 50, 100];

/** The lock of one session in a store. */
export class StoredLock implements SessionLock {
  readonly #entries: SessionEntries;
  readonly #token: string;
  readonly #renewal: NodeJS.Timeout;
  #journal: StoredJournal | undefined;
  #isReleased = false;

  private constructor(entries: SessionEntries, token: string) {
    this.#entries = entries;
    this.#token = token;
    this.#renewal = setInterval(() => void entries.lock(token, LOCK_MS).catch(() => {}), RENEW_MS);
  }

  static async acquire(entries: SessionEntries, waits?: AbortSignal): Promise<StoredLock> {
    const token = randomUUID();
    const deadline = performance.now() + WAIT_MS;
    for (let turn = 0; !(await entries.lock(token, LOCK_MS)); turn++) {
      if (performance.now() > deadline)
        throw new CodecellError(
          "rate_limited",
          `another process has been at work on the session for ${WAIT_MS} ms`,
        );
      const wait = RETRY_MS[Math.min(turn, RETRY_MS.length - 1)]!;
      await new Promise((resolve) => setTimeout(resolve, wait));
      waits?.throwIfAborted();
    }
    return new StoredLock(entries, token);
  }

  async openJournal(source: string): Promise<RunJournal> {
    this.#journal = await StoredJournal.open(this.#entries, source);
    return this.#journal;
  }

  async save(snapshot: Uint8Array, version: string | undefined): Promise<string> {
    // A process that was suspended for longer than its lock must not overwrite what others have stored since.
    const isHeld = !this.#isReleased && (await this.#entries.lock(this.#token, LOCK_MS));
    const before = await this.#entries.head();
    if (!isHeld || before?.version !== version)
      throw new CodecellError("aborted", "another process has taken the session over");
    // Without a run: the calls of an interrupted run do not count for the new state.
    const journal = this.#journal ?? (await StoredJournal.open(this.#entries, ""));
    const head: Head = { version: randomUUID(), run: journal.runId };
    await this.#entries.write(`snapshot:${head.version}`, Buffer.from(snapshot).toString("base64"));
    await this.#entries.writeJson("head", head);
    // The new state is stored: what is left of the old one expires.
    if (before !== undefined)
      await this.#entries.delete(`snapshot:${before.version}`).catch(() => {});
    await journal.delete().catch(() => {});
    return head.version;
  }

  /** Deletes the session and the journal of any run of it. */
  async deleteSession(): Promise<void> {
    const journal = await StoredJournal.open(this.#entries, "");
    const head = await this.#entries.head();
    await this.#entries.delete("head");
    if (head !== undefined) await this.#entries.delete(`snapshot:${head.version}`);
    await journal.delete();
  }

  async dropJournal(): Promise<void> {
    if (!this.#isReleased) await this.#journal?.delete();
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#journal?.close();
    clearInterval(this.#renewal);
    await this.#entries.unlock(this.#token).catch(() => {}); // if that fails, the lock expires
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
