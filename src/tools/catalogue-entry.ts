import { messageOf } from "../core/errors.ts";
import { inTurns } from "../core/turns.ts";
import { Backoff } from "./backoff.ts";
import { RelistPace } from "./relist.ts";
import { sanitizeTools } from "./sanitize-tools.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { ToolValidators } from "./tool-validators.ts";

/** Whether a server can be used now: its list of tools is awaited, is there, or could not be had. */
export type ServerState = "connecting" | "connected" | "failed";

/** What a server listed. Of a cache, nothing of it is checked. */
export interface CatalogueList {
  readonly tools: readonly unknown[];
  readonly instructions?: string | undefined;
}

/** What servers listed last time, by their names. Neither method rejects. */
export interface CatalogueCache {
  read(server: string): Promise<CatalogueList | undefined>;
  write(server: string, list: CatalogueList): Promise<void>;
}

/** The owner of an entry. */
export interface EntryOwner {
  readonly cache: CatalogueCache | undefined;
  /** It is connecting again, or has failed. That it is connected is for its owner to see, who names its tools first. */
  readonly onState: (entry: CatalogueEntry) => void;
  /** It is to be listed again: it can be connected now, or is to be tried again. */
  readonly onDue: (entry: CatalogueEntry) => void;
}

/** A source, whether it is connected, and its last list of tools. */
export class CatalogueEntry {
  readonly source: ToolSource;
  readonly validators: ToolValidators;
  readonly #owner: EntryOwner;
  #state: ServerState = "connecting";
  /** Why it could not be used at the last attempt: for whoever runs codecell. */
  failure: string | undefined;
  /** The same for programs, models and clients. */
  outage: string | undefined;
  #tools: ReadonlyMap<string, ToolInfo> = new Map();
  #isCached = false;
  /** What it said of itself last: it stays what it is while it is down. */
  #instructions: string | undefined;
  /** Problems of the last list. */
  #warnings: readonly string[] = [];
  #listing: Promise<boolean> = Promise.resolve(false);
  #isQueued = false;
  readonly #pace = new RelistPace();
  /** The pace of attempts after a failure. */
  #retries = new RelistPace();
  readonly #backoff = new Backoff();
  readonly #stop = new AbortController();

  constructor(source: ToolSource, owner: EntryOwner) {
    this.source = source;
    this.#owner = owner;
    this.validators = new ToolValidators(source);
    source.onConnection?.((isConnected) => this.#onConnection(isConnected));
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Time until it is tried again, in ms, where it failed. */
  get retryInMs(): number | undefined {
    return this.#backoff.waitMs;
  }

  /** To list it now would change nothing, or has failed too often lately: what programs call decides nothing about that. */
  get isHeld(): boolean {
    return this.source.isFinal === true || (this.#state === "failed" && this.#retries.isHeld);
  }

  /** The next attempt is made at once. */
  retryNow(): void {
    this.#retries = new RelistPace();
    this.source.retryNow?.();
  }

  /** The tools are those that it listed last time, in this process or in another one. */
  get isCached(): boolean {
    return this.#isCached;
  }

  get instructions(): string | undefined {
    return this.source.instructions ?? this.#instructions;
  }

  /** By original name, in the order of the list. */
  get tools(): ReadonlyMap<string, ToolInfo> {
    return this.#tools;
  }

  get warnings(): readonly string[] {
    const { name, warnings } = this.source;
    const slow = `${name}: its list of tools changes all the time; it is requested every ${Math.round(this.#pace.intervalMs / 100) / 10} s at most`;
    return [
      ...this.#warnings,
      ...warnings,
      ...(this.#pace.isSlowed ? [slow] : []),
      ...this.validators.warnings,
    ];
  }

  /** Takes the tools that it listed last time, for as long as it has listed none. */
  async useCache(): Promise<void> {
    const list = await this.#owner.cache?.read(this.source.name);
    if (list === undefined) return;
    const { name } = this.source;
    const { tools } = await inTurns(sanitizeTools(name, list.tools, this.#tools));
    if (tools.length === 0) return;
    this.#tools = byName(tools);
    this.#instructions = list.instructions;
    this.#isCached = true;
  }

  /** Lists the tools now. True when they are others than before. */
  list(): Promise<boolean> {
    this.#listing = this.#listing.then(() => this.#list());
    return this.#listing;
  }

  /**
   * Lists the tools again, after a listing in progress: its result could be older than the change. Many changes make one
   * listing, and a server that reports changes without end is listed less and less often.
   */
  async refresh(): Promise<boolean> {
    if (this.#isQueued) return false;
    this.#isQueued = true;
    await this.#listing;
    await this.#pace.wait(this.#stop.signal);
    this.#isQueued = false;
    return this.#stop.signal.aborted ? false : await this.list();
  }

  async #list(): Promise<boolean> {
    const { source } = this;
    (this.#state === "failed" ? this.#retries : this.#pace).note();
    this.#backoff.cancel();
    if (this.#state === "failed") this.#become("connecting");
    try {
      const list = await source.list();
      const { tools, warnings, hasChanged } = await inTurns(
        sanitizeTools(source.name, list, this.#tools),
      );
      if (this.#stop.signal.aborted) return false;
      if (hasChanged) this.#tools = byName(tools);
      if (hasChanged || this.#state !== "connected") this.#remember();
      this.#instructions = source.instructions;
      this.#isCached = false;
      this.#warnings = warnings;
      this.failure = undefined;
      this.outage = undefined;
      this.#backoff.reset();
      this.#state = "connected";
      return hasChanged;
    } catch (error) {
      const failure = source.failure ?? messageOf(error);
      this.#warnings = [failure];
      // A list that was good before stays in use: the tools are probably still there.
      const isGood = this.#state === "connected" && this.#tools.size > 0;
      if (!isGood || source.failure !== undefined) this.#fail(failure);
      return false;
    }
  }

  #remember(): void {
    const { instructions, name } = this.source;
    void this.#owner.cache?.write(name, { tools: [...this.#tools.values()], instructions });
  }

  /** A call made a connection, or could not: what was down is listed again, what is down is tried again later. */
  #onConnection(isConnected: boolean): void {
    if (isConnected && this.#state === "failed") this.#owner.onDue(this);
    const { failure } = this.source;
    if (!isConnected && this.#state === "connected" && failure !== undefined) this.#fail(failure);
  }

  #fail(failure: string): void {
    if (this.#stop.signal.aborted) return;
    const { name, outage } = this.source;
    this.failure = failure;
    this.outage = outage ?? `server "${name}" does not list its tools`;
    if (this.source.isFinal !== true) this.#backoff.schedule(() => this.#owner.onDue(this));
    this.#become("failed");
  }

  #become(state: ServerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#owner.onState(this);
  }

  /** Nothing is listed any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#backoff.cancel();
    await this.source[Symbol.asyncDispose]?.();
  }
}

function byName(tools: readonly ToolInfo[]): ReadonlyMap<string, ToolInfo> {
  return new Map(tools.map((info) => [info.name, info]));
}
