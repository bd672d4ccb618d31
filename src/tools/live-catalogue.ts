import { CodecellError } from "../core/errors.ts";
import type { NameTable } from "../core/names.ts";
import { clear } from "../core/spelling.ts";
import type { Catalogue, CatalogueServer, ResolvedTool } from "./catalogue.ts";
import { CatalogueEntries, type StartOptions } from "./catalogue-entries.ts";
import type { CatalogueCache, CatalogueEntry } from "./catalogue-entry.ts";
import { unavailable, unknownServer, unknownTool } from "./catalogue-errors.ts";
import { LiveNames, type NamedServer } from "./live-names.ts";
import type { ResourceLists } from "./resource-lists.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { turnedOff } from "./tool-rules.ts";

export interface CatalogueOptions extends StartOptions {
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
  readonly #entries: CatalogueEntries;
  readonly #listeners: (() => void)[] = [];
  readonly #stateListeners: ((server: CatalogueServer) => void)[] = [];
  readonly #lists = new WeakMap<ReadonlyMap<string, ToolInfo>, readonly ToolInfo[]>();
  /** The names are made; until then lists are waited for. */
  #isNamed = false;

  constructor(sources: readonly ToolSource[], { cache }: CatalogueOptions) {
    this.#entries = new CatalogueEntries(sources, {
      cache,
      onTools: async () => {
        // Where the names cannot be made, those of before stay in use.
        if (this.#isNamed) await this.#rename().catch(() => {});
      },
      onState: (entry) => this.#tellState(entry),
    });
  }

  async start(options: StartOptions): Promise<void> {
    await this.#entries.start(options);
    this.#isNamed = true;
    await this.#rename();
  }

  async add(source: ToolSource): Promise<void> {
    await this.#entries.add(source);
  }

  async remove(name: string): Promise<void> {
    await this.#entries.remove(name);
  }

  #tellState(entry: CatalogueEntry): void {
    const server = this.#describe(entry);
    for (const listener of this.#stateListeners) listener(server);
  }

  async ready(server: string, maxMs?: number): Promise<void> {
    const entry = this.#find(server);
    if (entry !== undefined) await this.#entries.ready(entry, maxMs);
  }

  async settled(maxMs: number): Promise<void> {
    await this.#entries.settled(maxMs);
  }

  async reconnect(server?: string): Promise<void> {
    await this.#entries.reconnect(
      server === undefined
        ? this.#entries.all.filter(({ state }) => state === "failed")
        : [this.#entry(server)],
    );
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
      this.#entries.all.map(({ tools, source }) => ({
        name: source.name,
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
    return this.#entries.all.map((entry) => this.#describe(entry));
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
    const own = this.#entries.all.flatMap((entry) => entry.warnings);
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
    this.#entry(server).validators.of(tool)?.check(args);
  }

  fits(server: string, tool: ToolInfo, args: unknown): boolean {
    return this.#entry(server).validators.fits(tool, args);
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
    const all = this.#entries.all.map(({ source }) => source.name);
    throw unknownServer(server, this.#names.serversLike(server), all);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#entries[Symbol.asyncDispose]();
  }
}
