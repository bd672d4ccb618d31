import { CodecellError } from "../core/errors.ts";
import { waitFor } from "../core/wait-for.ts";
import { type CatalogueCache, CatalogueEntry, type EntryOwner } from "./catalogue-entry.ts";
import type { ToolSource } from "./tool.ts";

/** The longest that a timer can wait. */
const NO_LIMIT_MS = 2 ** 31 - 1;

export interface StartOptions {
  /**
   * Longest wait for the lists, in ms; those that come later join then.
   * @default no limit
   */
  readonly startMs?: number;
  /** Aborting ends that wait. */
  readonly signal?: AbortSignal | undefined;
}

interface EntriesOptions {
  /** @default none */
  readonly cache?: CatalogueCache | undefined;
  /** There are other tools. What comes next waits for it; it does not reject. */
  readonly onTools: () => Promise<void>;
  /** The state of a server is another, or it lists other tools. */
  readonly onState: (entry: CatalogueEntry) => void;
}

/** The sources of a catalogue by name: when each is listed, and who waits for it. */
export class CatalogueEntries implements AsyncDisposable {
  readonly #owner: EntryOwner;
  readonly #onTools: () => Promise<void>;
  readonly #entries: Map<string, CatalogueEntry>;
  /** Attempts to list that are under way. */
  readonly #attempts = new Map<CatalogueEntry, Promise<void>>();

  constructor(sources: readonly ToolSource[], { cache, onTools, onState }: EntriesOptions) {
    this.#owner = { cache, onState, onDue: (entry) => void this.#attempt(entry) };
    this.#onTools = onTools;
    this.#entries = new Map(
      sources.map((source) => [source.name, new CatalogueEntry(source, this.#owner)]),
    );
  }

  get all(): readonly CatalogueEntry[] {
    return [...this.#entries.values()];
  }

  get(name: string): CatalogueEntry | undefined {
    return this.#entries.get(name);
  }

  /** Lists all at once, and waits for them. */
  async start({ startMs = NO_LIMIT_MS, signal }: StartOptions): Promise<void> {
    const deadline = performance.now() + startMs;
    const { all } = this;
    for (const entry of all) this.#follow(entry);
    await Promise.all(all.map((entry) => entry.useCache()));
    const lists = Map.groupBy(all, ({ source }) => source.onConnection !== undefined);
    const [local, remote] = [false, true].map((connects) =>
      (lists.get(connects) ?? []).map((entry) => this.#attempt(entry)),
    );
    // What connects to nothing, as local tools, is never late.
    await Promise.all(local!);
    await waitFor(remote!, deadline, signal);
  }

  #follow(entry: CatalogueEntry): void {
    entry.source.onChanged?.(() => void this.#list(entry, () => entry.refresh()));
  }

  /** @throws CodecellError `config_error` when there is one of that name */
  async add(source: ToolSource): Promise<void> {
    const { name } = source;
    if (this.#entries.has(name))
      throw new CodecellError("config_error", `two servers are named '${name}'; rename one`);
    const entry = new CatalogueEntry(source, this.#owner);
    this.#entries.set(name, entry);
    this.#follow(entry);
    await entry.useCache();
    await this.#onTools();
    await this.#attempt(entry);
  }

  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    await this.#onTools();
    await entry[Symbol.asyncDispose]();
  }

  /** Waits for the tools of a server that has none yet. One that failed is tried again, at a pace that callers cannot set. */
  async ready(entry: CatalogueEntry, maxMs?: number): Promise<void> {
    if (entry.state === "connected" || entry.isHeld) return;
    const attempt = this.#attempt(entry);
    if (maxMs === undefined) await attempt;
    else await waitFor([attempt], performance.now() + maxMs);
  }

  /** Waits until no server is connecting, at most `maxMs`. */
  async settled(maxMs: number): Promise<void> {
    await waitFor(this.#attempts.values(), performance.now() + maxMs);
  }

  /** Lists them again now, however often that has failed lately. */
  async reconnect(entries: readonly CatalogueEntry[]): Promise<void> {
    const some = entries.filter(({ source }) => source.isFinal !== true);
    for (const entry of some) entry.retryNow();
    await Promise.all(some.map((entry) => this.#attempt(entry)));
  }

  /** Lists a server now; of many requests at once one is made. */
  #attempt(entry: CatalogueEntry): Promise<void> {
    let attempt = this.#attempts.get(entry);
    if (attempt === undefined) {
      attempt = this.#list(entry, () => entry.list()).finally(() => this.#attempts.delete(entry));
      this.#attempts.set(entry, attempt);
    }
    return attempt;
  }

  async #list(entry: CatalogueEntry, list: () => Promise<boolean>): Promise<void> {
    const before = entry.state;
    const hasChanged = await list();
    if (hasChanged) await this.#onTools();
    if (entry.state === "connected" && (hasChanged || before !== "connected"))
      this.#owner.onState(entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.all.map((entry) => entry[Symbol.asyncDispose]()));
  }
}
