import { createHash, randomUUID } from "node:crypto";
import type { Answer } from "../core/answer.ts";
import { CodecellError } from "../core/errors.ts";
import type { Backing, Newer, Visit } from "./backing.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import type { SessionStore, SharedStore } from "./store.ts";

/** A process that died lets go of its sessions after this time. */
const LOCK_MS = 10_000;
const RENEW_MS = LOCK_MS / 3;
/** How long a run waits for a session that another process has. */
const WAIT_MS = 60_000;
const LOOKS = 3;
const RETRY_MS = [5, 10, 20, 50, 100];

/** Which snapshot is the session's, and which run made it. */
interface Head {
  readonly version: string;
  readonly run: string;
}

/** A run that has made calls. */
interface RunRecord {
  readonly id: string;
  readonly sourceHash: string;
}

interface CallEntry {
  readonly call: string;
  /** Absent until it has ended. */
  readonly answer?: Answer;
}

/**
 * Sessions in a store that processes share. Of each: a head that names its snapshot, so that a new one takes the place
 * of the old in one step; the calls of a run that is under way; a lock.
 */
export class StoredSessions implements SessionStore {
  readonly #store: SharedStore;
  readonly #keepMs: number;

  /** @param keepMs after which a session that nobody used is gone */
  constructor(store: SharedStore, keepMs: number) {
    this.#store = store;
    this.#keepMs = keepMs;
  }

  open(key: string): Backing {
    // Names of any length become keys of one length.
    const name = createHash("sha256").update(key).digest("hex");
    return new StoredSession(this.#store, name, this.#keepMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}

class StoredSession implements Backing {
  readonly #store: SharedStore;
  readonly #key: string;
  readonly #keepMs: number;
  /** The snapshot that this process has. */
  #version: string | undefined;

  constructor(store: SharedStore, key: string, keepMs: number) {
    this.#store = store;
    this.#key = key;
    this.#keepMs = keepMs;
  }

  async peek(): Promise<Newer | undefined> {
    for (let turn = 0; turn < LOOKS; turn++) {
      const head = await this.#head();
      if (head?.version === this.#version) return undefined;
      const accept = (): void => void (this.#version = head?.version);
      if (head === undefined) return { snapshot: undefined, accept };
      const text = await this.#store.get(this.#name("snapshot", head.version));
      if (text !== undefined) return { snapshot: Buffer.from(text, "base64"), accept };
      // Another process has put a newer one in its place meanwhile.
    }
    throw new CodecellError("internal", "the store has lost the snapshot of a session", {
      hint: "Does it evict keys? Sessions need a store that keeps them.",
    });
  }

  async enter(source: string): Promise<Visit> {
    const token = randomUUID();
    await this.#lock(token);
    const renewal = setInterval(
      () => void this.#store.lock(this.#name("lock"), token, LOCK_MS).catch(() => {}),
      RENEW_MS,
    );
    const leave = async (): Promise<void> => {
      clearInterval(renewal);
      await this.#store.unlock(this.#name("lock"), token).catch(() => {}); // else it ends by itself
    };
    try {
      const newer = await this.peek();
      const ledger = await this.#ledger(source);
      return {
        newer,
        ledger,
        interrupted: ledger.interrupted,
        settle: () => ledger.clear(),
        save: (snapshot) => this.#save(snapshot, token, ledger),
        [Symbol.asyncDispose]: leave,
      };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  async forget(): Promise<void> {
    await using visit = await this.enter("");
    const head = await this.#head();
    await this.#store.delete(this.#name("head"));
    if (head !== undefined) await this.#store.delete(this.#name("snapshot", head.version));
    await visit.settle();
    this.#version = undefined;
  }

  async #lock(token: string): Promise<void> {
    const deadline = performance.now() + WAIT_MS;
    for (let turn = 0; !(await this.#store.lock(this.#name("lock"), token, LOCK_MS)); turn++) {
      if (performance.now() > deadline)
        throw new CodecellError(
          "rate_limited",
          `another process has been at work on the session for ${WAIT_MS} ms`,
        );
      const wait = RETRY_MS[Math.min(turn, RETRY_MS.length - 1)]!;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #save(snapshot: Uint8Array, token: string, ledger: StoredLedger): Promise<void> {
    // Whoever was away for longer than its lock must not undo what others have done since.
    const isHeld = await this.#store.lock(this.#name("lock"), token, LOCK_MS);
    const before = await this.#head();
    if (!isHeld || before?.version !== this.#version)
      throw new CodecellError("aborted", "another process has taken the session over");
    const version = randomUUID();
    const text = Buffer.from(snapshot).toString("base64");
    await this.#store.set(this.#name("snapshot", version), text, this.#keepMs);
    const head: Head = { version, run: ledger.run };
    await this.#store.set(this.#name("head"), JSON.stringify(head), this.#keepMs);
    this.#version = version;
    if (before !== undefined) await this.#store.delete(this.#name("snapshot", before.version));
    await ledger.clear();
  }

  async #head(): Promise<Head | undefined> {
    return await this.#read<Head>(this.#name("head"));
  }

  /** The calls of the run that is to begin, with those of the same program's run that did not come to its end. */
  async #ledger(source: string): Promise<StoredLedger> {
    const sourceHash = createHash("sha256").update(source).digest("hex");
    const record = await this.#read<RunRecord>(this.#name("run"));
    const entries: CallEntry[] = [];
    for (let at = 0; record !== undefined; at++) {
      const entry = await this.#read<CallEntry>(this.#name("call", `${at}`));
      if (entry === undefined) break;
      entries.push(entry);
    }
    const isOver = record !== undefined && (await this.#head())?.run === record.id;
    const goesOn = record?.sourceHash === sourceHash && !isOver;
    const begun = goesOn ? record : { id: randomUUID(), sourceHash };
    const name = this.#name.bind(this);
    const ledger = new StoredLedger(this.#store, name, this.#keepMs, begun, entries);
    if (record === undefined || goesOn) return ledger;
    await ledger.clear();
    if (!isOver) ledger.interrupted = entries.length;
    return ledger;
  }

  async #read<T>(name: string): Promise<T | undefined> {
    const text = await this.#store.get(name);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  #name(kind: string, part?: string): string {
    return `codecell:${this.#key}:${kind}${part === undefined ? "" : `:${part}`}`;
  }
}

class StoredLedger implements Ledger {
  /** Calls of another program that did not come to its end. */
  interrupted = 0;
  readonly #store: SharedStore;
  readonly #name: (kind: string, part?: string) => string;
  readonly #keepMs: number;
  readonly #record: RunRecord;
  /** Calls of the run when it was made before, by what was called; taken one by one. */
  readonly #known = new Map<string, CallEntry[]>();
  #count: number;

  constructor(
    store: SharedStore,
    name: (kind: string, part?: string) => string,
    keepMs: number,
    record: RunRecord,
    entries: readonly CallEntry[],
  ) {
    this.#store = store;
    this.#name = name;
    this.#keepMs = keepMs;
    this.#record = record;
    this.#count = entries.length;
    for (const entry of entries)
      this.#known.set(entry.call, [...(this.#known.get(entry.call) ?? []), entry]);
  }

  get run(): string {
    return this.#record.id;
  }

  async enter(tool: string, args: string): Promise<LedgerEntry> {
    // What is called, however large its arguments are.
    const call = `${tool} ${createHash("sha256").update(args).digest("hex")}`;
    const known = this.#known.get(call)?.shift();
    if (known !== undefined)
      return known.answer === undefined ? { inDoubt: true } : { answer: known.answer };
    const at = this.#count++;
    const name = this.#name("call", `${at}`);
    if (at === 0) await this.#write(this.#name("run"), this.#record);
    await this.#write(name, { call });
    return { end: (answer) => this.#write(name, { call, answer }) };
  }

  async clear(): Promise<void> {
    if (this.#count > 0) await this.#store.delete(this.#name("run"));
    for (let at = 0; at < this.#count; at++) await this.#store.delete(this.#name("call", `${at}`));
    this.#count = 0;
    this.#known.clear();
  }

  async #write(name: string, value: RunRecord | CallEntry): Promise<void> {
    await this.#store.set(name, JSON.stringify(value), this.#keepMs);
  }
}
