import { CodecellError } from "../core/errors.ts";
import type { NameTable } from "../core/names.ts";
import { clear } from "../core/spelling.ts";
import { oneLine } from "../core/one-line.ts";
import { nearest } from "../core/nearest.ts";
import { ToolError } from "../core/tool-error.ts";
import { CatalogueEntry } from "./catalogue-entry.ts";
import { LiveNames, type NamedServer } from "./live-names.ts";
import { OUTAGE_HINT } from "./outage-hint.ts";
import type { ResourceLists } from "./resource-lists.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";
import { turnedOff } from "./tool-rules.ts";

/** A server (or a namespace of local functions) and what it offers. */
export interface CatalogueServer {
  readonly name: string;
  readonly tools: readonly ToolInfo[];
  /** Why it did not start: for whoever runs codecell. */
  readonly failure?: string;
  /** The same in one plain sentence, for programs, models and clients. */
  readonly outage?: string;
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
  /** Checks the arguments of a tool against its schema. @throws ToolError `invalid_arguments` */
  checkArguments(server: string, tool: ToolInfo, args: unknown): void;
  /** Whether they fit the schema of a tool, as far as its JSON Schema says. */
  fits(server: string, tool: ToolInfo, args: unknown): boolean;
}

/**
 * Lists all sources at once. One that fails is recorded and does not affect the others.
 * @throws CodecellError `config_error` when two sources have the same name
 */
export async function createCatalogue(sources: readonly ToolSource[]): Promise<Catalogue> {
  const names = sources.map(({ name }) => name);
  const seen = new Set<string>();
  const double = names.find((name) => seen.size === seen.add(name).size);
  if (double !== undefined)
    throw new CodecellError("config_error", `two servers are named '${double}'; rename one`);
  const catalogue = new LiveCatalogue(sources);
  await catalogue.start();
  return catalogue;
}

/**
 * The lists of all sources, and their names. A list that changed is named once; look-ups read maps and never search: what
 * servers list costs its host linear time, in turns.
 */
class LiveCatalogue implements Catalogue {
  readonly #names = new LiveNames();
  readonly #entries: Map<string, CatalogueEntry>;
  readonly #listeners: (() => void)[] = [];
  readonly #lists = new WeakMap<ReadonlyMap<string, ToolInfo>, readonly ToolInfo[]>();

  constructor(sources: readonly ToolSource[]) {
    this.#entries = new Map(sources.map((source) => [source.name, new CatalogueEntry(source)]));
  }

  async start(): Promise<void> {
    for (const entry of this.#entries.values()) this.#follow(entry);
    await Promise.all([...this.#entries.values()].map((entry) => entry.list()));
    await this.#rename();
  }

  #follow(entry: CatalogueEntry): void {
    // Where that fails, the list and the names of before stay in use.
    entry.source.onChanged?.(() => void this.#refresh(entry).catch(() => {}));
  }

  async add(source: ToolSource): Promise<void> {
    const { name } = source;
    if (this.#entries.has(name))
      throw new CodecellError("config_error", `two servers are named '${name}'; rename one`);
    const entry = new CatalogueEntry(source);
    this.#entries.set(name, entry);
    this.#follow(entry);
    await entry.list();
    await this.#rename();
  }

  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    await this.#rename();
    await entry[Symbol.asyncDispose]();
  }

  async #refresh(entry: CatalogueEntry): Promise<void> {
    if (await entry.refresh()) await this.#rename();
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
    return [...this.#entries].map(
      ([
        name,
        {
          tools,
          failure,
          outage,
          source: { instructions },
        },
      ]) => ({
        name,
        tools: this.#listOf(tools),
        ...(failure === undefined ? {} : { failure }),
        ...(outage === undefined ? {} : { outage }),
        ...(instructions === undefined ? {} : { instructions }),
      }),
    );
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
    if (entry.outage !== undefined)
      throw new ToolError("tool_error", entry.outage, {
        tool: `${entry.source.name}.${tool.slice(0, 100)}`,
        hint: OUTAGE_HINT,
      });
    if (entry.source.isTurnedOff?.(tool) === true)
      throw turnedOff(`${entry.source.name}.${tool.slice(0, 100)}`);
    throw this.#unknownTool(entry, tool);
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
    const alike = this.#names.serversLike(server);
    const all = [...this.#entries.keys()];
    const closest = alike.length > 1 ? alike : nearest(server, all, 3);
    const advice =
      closest.length > 0
        ? `did you mean ${closest.join(" or ")}?`
        : `the servers are ${listed(all)}`;
    const message = `there is no server '${server.slice(0, 100)}'; ${advice}`;
    throw new ToolError("unknown_tool", oneLine(message));
  }

  #unknownTool({ source: { name }, tools }: CatalogueEntry, tool: string): ToolError {
    const alike = this.#names.toolsLike(name, tool);
    const all = [...tools.keys()];
    const closest = (alike.length > 1 ? alike : nearest(tool, all, 3)).map(
      (candidate) => `${name}.${candidate}`,
    );
    const advice =
      closest.length > 0 ? `did you mean ${closest.join(" or ")}?` : `its tools are ${listed(all)}`;
    const label = `${name}.${tool.slice(0, 100)}`;
    const message = oneLine(`${label} is not a tool; ${advice}`);
    return new ToolError("unknown_tool", message, { tool: label });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(
      [...this.#entries.values()].map((entry) => entry[Symbol.asyncDispose]()),
    );
  }
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.length > 10
    ? `${names.slice(0, 10).join(", ")} … (${names.length})`
    : names.join(", ");
}
