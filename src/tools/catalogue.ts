import { CodecellError } from "../core/errors.ts";
import type { NameTable } from "../core/names.ts";
import { clear } from "../core/spelling.ts";
import { waitFor } from "../core/wait-for.ts";
import {
  type CatalogueCache,
  CatalogueEntry,
  type EntryOwner,
  type ServerState,
} from "./catalogue-entry.ts";
import { unavailable, unknownServer, unknownTool } from "./catalogue-errors.ts";
import { LiveNames, type NamedServer } from "./live-names.ts";
import type { ResourceLists } from "./resource-lists.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { turnedOff } from "./tool-rules.ts";

/** A server (or a namespace of local functions) and what it offers. */
export interface CatalogueServer {
  readonly name: string;
  readonly tools: readonly ToolInfo[];
  readonly state: ServerState;
  /** Its tools are those that it listed last time; it has not listed any in this process. */
  readonly isCached: boolean;
  /** Why it could not be used at the last attempt: for whoever runs codecell. */
  readonly failure?: string;
  /** The same in one plain sentence, for programs, models and clients; only where it has no tools. */
  readonly outage?: string;
  /** Time until it is tried again, in ms. */
  readonly retryInMs?: number;
  /** Its description of itself. */
  readonly instructions?: string;
}

/** A tool that exists, with original names. */
export interface ResolvedTool {
  readonly server: string;
  readonly tool: string;
  readonly info: ToolInfo;
  /** It is the tool behind the global `fetch`. */
  readonly isFetch: boolean;
}

/** All tools of all sources, read-only: it calls nothing. Its properties change when a source reports a change. */
export interface Catalogue extends AsyncDisposable {
  readonly names: NameTable;
  /** What was left out, repaired, renamed, or did not start. */
  readonly warnings: readonly string[];
  readonly servers: readonly CatalogueServer[];
  /** Finds a tool by the spellings of server and tool, see core/spelling.ts. */
  find(server: string, tool: string): ResolvedTool | undefined;
  /** Returns the original name of a server, given one of its spellings. */
  serverName(server: string): string | undefined;
  /**
   * Finds a tool by the spellings of server and tool, see core/spelling.ts.
   * @throws ToolError `unknown_tool` naming the nearest, `tool_error` when the server did not start
   */
  resolve(server: string, tool: string): ResolvedTool;
  /** Finds the tools that a word can mean: `read_text_file`, `github.create_issue`, `mcp__github__create_issue`. Some of many. */
  named(spelling: string): readonly ResolvedTool[];
  /**
   * Returns the lists of resources and prompts of a server, by original name or alias; nothing where it can have none.
   * @throws ToolError `unknown_tool` when there is no such server
   */
  resources(server: string): ResourceLists | undefined;
  /** Adds a source and lists its tools. @throws CodecellError `config_error` when there is one of that name */
  add(source: ToolSource): Promise<void>;
  /** Removes a source, and closes it. */
  remove(name: string): Promise<void>;
  /** Calls `listener` after names, servers or tools have changed. */
  onChanged(listener: () => void): void;
  /** Calls `listener` with a server after its state has changed. */
  onState(listener: (server: CatalogueServer) => void): void;
  /** Whether a server, by original name, has listed its tools, now or last time. */
  isListed(server: string): boolean;
  /**
   * Checks that a server has listed its tools in this process, now and not only last time.
   * @throws ToolError `tool_error` with the reason why not
   */
  checkListed(server: string, tool: string): void;
  /** Whether the tools of a server, by original name, are those that it listed last time. */
  isCached(server: string): boolean;
  /**
   * Waits for the tools of a server that is connecting, by name or alias; one that failed is tried again now. Resolves whether or not
   * it has any then.
   * @param maxMs longest wait. @default no limit
   */
  ready(server: string, maxMs?: number): Promise<void>;
  /** Waits until no server is connecting, at most `maxMs`. */
  settled(maxMs: number): Promise<void>;
  /**
   * Tries servers that failed again now, or the one named. Resolves when that has ended, well or not.
   * @throws ToolError `unknown_tool` when there is no such server
   */
  reconnect(server?: string): Promise<void>;
  /** Checks the arguments of a tool against its schema. @throws ToolError `invalid_arguments` */
  checkArguments(server: string, tool: ToolInfo, args: unknown): void;
  /** Whether they fit the schema of a tool, as far as its JSON Schema says. */
  fits(server: string, tool: ToolInfo, args: unknown): boolean;
}

/** The longest that a timer can wait. */
const NO_LIMIT_MS = 2 ** 31 - 1;

export interface CatalogueOptions {
  /**
   * Longest wait for the lists, in ms; those that come later join the catalogue then.
   * @default no limit
   */
  readonly startMs?: number;
  /** Aborting ends that wait. */
  readonly signal?: AbortSignal | undefined;
  /** @default none */
  readonly cache?: CatalogueCache | undefined;
}

/**
 * Lists all sources at once. One that fails or is slow does not affect the others.
 * @throws CodecellError `config_error` when two sources have the same name
 */
export async function createCatalogue(
  sources: readonly ToolSource[],
  options: CatalogueOptions = {},
): Promise<Catalogue> {
  const names = sources.map(({ name }) => name);
  const seen = new Set<string>();
  const double = names.find((name) => seen.size === seen.add(name).size);
  if (double !== undefined)
    throw new CodecellError("config_error", `two servers are named '${double}'; rename one`);
  const catalogue = new LiveCatalogue(sources, options);
  await catalogue.start(options);
  return catalogue;
}

/**
 * The lists of all sources, and their names. A list that changed is named once; look-ups read maps and never search: what
 * servers list costs its host linear time, in turns.
 */
class LiveCatalogue implements Catalogue {
  readonly #names = new LiveNames();
  readonly #owner: EntryOwner;
  readonly #entries: Map<string, CatalogueEntry>;
  readonly #listeners: (() => void)[] = [];
  readonly #stateListeners: ((server: CatalogueServer) => void)[] = [];
  readonly #lists = new WeakMap<ReadonlyMap<string, ToolInfo>, readonly ToolInfo[]>();
  /** Attempts to list that are under way. */
  readonly #attempts = new Map<CatalogueEntry, Promise<void>>();
  /** The names are made; until then lists are waited for. */
  #isNamed = false;

  constructor(sources: readonly ToolSource[], { cache }: CatalogueOptions) {
    this.#owner = {
      cache,
      onState: (entry) => this.#tellState(entry),
      onDue: (entry) => void this.#attempt(entry),
    };
    this.#entries = new Map(
      sources.map((source) => [source.name, new CatalogueEntry(source, this.#owner)]),
    );
  }

  async start({ startMs = NO_LIMIT_MS, signal }: CatalogueOptions): Promise<void> {
    const deadline = performance.now() + startMs;
    const entries = [...this.#entries.values()];
    for (const entry of entries) this.#follow(entry);
    await Promise.all(entries.map((entry) => entry.useCache()));
    const lists = Map.groupBy(entries, ({ source }) => source.onConnection !== undefined);
    const [local, remote] = [false, true].map((connects) =>
      (lists.get(connects) ?? []).map((entry) => this.#attempt(entry)),
    );
    // What connects to nothing, as local tools, is never late.
    await Promise.all(local!);
    await waitFor(remote!, deadline, signal);
    this.#isNamed = true;
    await this.#rename();
  }

  #follow(entry: CatalogueEntry): void {
    entry.source.onChanged?.(() => void this.#listAndName(entry, () => entry.refresh()));
  }

  async add(source: ToolSource): Promise<void> {
    const { name } = source;
    if (this.#entries.has(name))
      throw new CodecellError("config_error", `two servers are named '${name}'; rename one`);
    const entry = new CatalogueEntry(source, this.#owner);
    this.#entries.set(name, entry);
    this.#follow(entry);
    await entry.useCache();
    await this.#rename();
    await this.#attempt(entry);
  }

  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    await this.#rename();
    await entry[Symbol.asyncDispose]();
  }

  /** Lists a server now; of many requests at once one is made. */
  #attempt(entry: CatalogueEntry): Promise<void> {
    let attempt = this.#attempts.get(entry);
    if (attempt === undefined) {
      attempt = this.#listAndName(entry, () => entry.list()).finally(() =>
        this.#attempts.delete(entry),
      );
      this.#attempts.set(entry, attempt);
    }
    return attempt;
  }

  /** Where the names cannot be made, those of before stay in use. */
  async #listAndName(entry: CatalogueEntry, list: () => Promise<boolean>): Promise<void> {
    const before = entry.state;
    const hasChanged = await list();
    if (hasChanged && this.#isNamed) await this.#rename().catch(() => {});
    if (before !== "connected" && entry.state === "connected") this.#tellState(entry);
  }

  #tellState(entry: CatalogueEntry): void {
    const server = this.#describe(entry);
    for (const listener of this.#stateListeners) listener(server);
  }

  async ready(server: string, maxMs?: number): Promise<void> {
    const entry = this.#find(server);
    if (entry === undefined || entry.state === "connected") return;
    const attempt = this.#attempt(entry);
    if (maxMs === undefined) await attempt;
    else await waitFor([attempt], performance.now() + maxMs);
  }

  async settled(maxMs: number): Promise<void> {
    await waitFor(this.#attempts.values(), performance.now() + maxMs);
  }

  async reconnect(server?: string): Promise<void> {
    const all = [...this.#entries.values()];
    const entries =
      server === undefined ? all.filter(({ state }) => state === "failed") : [this.#entry(server)];
    for (const { source } of entries) source.retryNow?.();
    await Promise.all(entries.map((entry) => this.#attempt(entry)));
  }

  isListed(server: string): boolean {
    const entry = this.#entries.get(server);
    return entry === undefined || entry.state === "connected" || entry.tools.size > 0;
  }

  isCached(server: string): boolean {
    return this.#entries.get(server)?.isCached === true;
  }

  onState(listener: (server: CatalogueServer) => void): void {
    this.#stateListeners.push(listener);
  }

  #rename(): Promise<void> {
    const list = (): NamedServer[] =>
      [...this.#entries].map(([name, { tools, source }]) => ({
        name,
        tools: [...tools.keys()],
        isRemote: source.isRemote === true,
        offersFetch: source.offersFetch === true,
      }));
    return this.#names.rename(list, () => this.#listeners.forEach((listener) => listener()));
  }

  get names(): NameTable {
    return this.#names.table;
  }

  get servers(): readonly CatalogueServer[] {
    return [...this.#entries.values()].map((entry) => this.#describe(entry));
  }

  #describe(entry: CatalogueEntry): CatalogueServer {
    const { tools, state, isCached, failure, outage, retryInMs, instructions, source } = entry;
    return {
      name: source.name,
      tools: this.#listOf(tools),
      state,
      isCached,
      ...(failure === undefined ? {} : { failure }),
      ...(outage === undefined || tools.size > 0 ? {} : { outage }),
      ...(retryInMs === undefined ? {} : { retryInMs }),
      ...(instructions === undefined ? {} : { instructions }),
    };
  }

  /** One array per list, so that two look-ups see the same one. */
  #listOf(tools: ReadonlyMap<string, ToolInfo>): readonly ToolInfo[] {
    let list = this.#lists.get(tools);
    if (list === undefined) this.#lists.set(tools, (list = [...tools.values()]));
    return list;
  }

  get warnings(): readonly string[] {
    const own = [...this.#entries.values()].flatMap((entry) => entry.warnings);
    return [...new Set([...own, ...this.#names.collisions])];
  }

  find(server: string, tool: string): ResolvedTool | undefined {
    const entry = this.#find(server);
    if (entry === undefined) return undefined;
    const { name, offersFetch } = entry.source;
    const { tools } = entry;
    const info = tools.get(tool) ?? tools.get(clear(this.#names.toolsLike(name, tool)) ?? "");
    if (info === undefined) return undefined;
    const isFetch = offersFetch === true && info.name === "fetch";
    return { server: name, tool: info.name, info, isFetch };
  }

  resolve(server: string, tool: string): ResolvedTool {
    const found = this.find(server, tool);
    if (found !== undefined) return found;
    const entry = this.#entry(server);
    if (entry.tools.size === 0 && entry.state !== "connected") throw unavailable(entry, tool);
    const { name } = entry.source;
    if (entry.source.isTurnedOff?.(tool) === true) throw turnedOff(`${name}.${tool.slice(0, 100)}`);
    throw unknownTool(name, tool, this.#names.toolsLike(name, tool), [...entry.tools.keys()]);
  }

  checkListed(server: string, tool: string): void {
    const entry = this.#find(server);
    if (entry !== undefined && entry.isCached) throw unavailable(entry, tool);
  }

  named(spelling: string): readonly ResolvedTool[] {
    return this.#names.named(spelling).flatMap(([server, tool]) => this.find(server, tool) ?? []);
  }

  serverName(server: string): string | undefined {
    return this.#find(server)?.source.name;
  }

  resources(server: string): ResourceLists | undefined {
    return this.#entry(server).source.resources;
  }

  checkArguments(server: string, tool: ToolInfo, args: unknown): void {
    this.#entry(server).validator(tool)?.check(args);
  }

  fits(server: string, tool: ToolInfo, args: unknown): boolean {
    return this.#entry(server).fits(tool, args);
  }

  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #find(server: string): CatalogueEntry | undefined {
    const own = this.#entries.get(server);
    if (own !== undefined) return own;
    const original = clear(this.#names.serversLike(server));
    return original === undefined ? undefined : this.#entries.get(original);
  }

  #entry(server: string): CatalogueEntry {
    const entry = this.#find(server);
    if (entry !== undefined) return entry;
    throw unknownServer(server, this.#names.serversLike(server), [...this.#entries.keys()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(
      [...this.#entries.values()].map((entry) => entry[Symbol.asyncDispose]()),
    );
  }
}
