/** What is known about tools without running a program: discovery, types, learned shapes. */
import type { Caller } from "../core/caller.ts";
import type { RuntimeEmitter } from "../core/events.ts";
import type { Limits } from "../core/limits.ts";
import { Discovery } from "../discovery/discovery.ts";
import type { LearnedFile } from "../discovery/learned-file.ts";
import { LearnedShapes } from "../discovery/learned-shapes.ts";
import { startContext, type StartContextOptions } from "../discovery/start-context.ts";
import { WrapperTree } from "../discovery/types/tree.ts";
import type { Inspection } from "../preflight/inspect.ts";
import { Preflight } from "../preflight/preflight.ts";
import type { ToolView } from "../run/program-runner.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { createCatalogue } from "../tools/live-catalogue.ts";
import { openSources } from "../tools/open-sources.ts";
import type { ModelHandler } from "../tools/model.ts";
import type { ToolSource } from "../tools/tool.ts";
import { FolderServers } from "./folder-servers.ts";
import type { ResolvedOptions } from "./options.ts";
import { Problems } from "./problems.ts";

/** The servers, and the problems that were found in them. */
export interface ServerReport {
  /** Each server with its number of tools, or why it did not start. */
  readonly servers: readonly {
    /** Its name in the config or the options. */
    readonly name: string;
    /** How many tools it has. */
    readonly tools: number;
    /** `connecting`, `connected`, or `failed`: it is tried again then. */
    readonly state: "connecting" | "connected" | "failed";
    /** Why it could not be used at the last attempt. Absent: it could. */
    readonly failure?: string;
    /** Time in ms until the next attempt to connect, where it failed; a call of a tool of it is one too. */
    readonly retryInMs?: number;
    /** Its tools are those that it listed last time. Absent: it has listed them now. */
    readonly cached?: true;
  }[];
  /** What was left out or renamed, and why. */
  readonly warnings: readonly string[];
}

/**
 * Connects the tools. Servers that are not connected in time join later.
 * @param stop ends the wait for them
 * @throws CodecellError `config_error` when the learned shapes cannot be read, or types cannot be checked here
 */
export async function openToolbox(
  options: ResolvedOptions,
  emitter: RuntimeEmitter,
  stop?: AbortSignal,
): Promise<Toolbox> {
  const sources = await openSources(options, emitter);
  const { startMs, catalogueCache, serverFolder: path } = options;
  const servers = new Map(Object.entries(options.servers));
  const hasCache = catalogueCache !== false && (servers.size > 0 || path !== undefined);
  const cache = hasCache
    ? (await import("../tools/catalogue-files.ts")).openCache(catalogueCache, servers)
    : undefined;
  const catalogue = await createCatalogue(sources, { startMs, cache, signal: stop });
  try {
    const folder =
      path === undefined
        ? undefined
        : await FolderServers.follow(path, { options, servers, sources, catalogue, emitter });
    const toolbox = await toolboxOf(sources, catalogue, options, folder);
    reportStates(toolbox, emitter, new Problems(options.warn));
    return toolbox;
  } catch (error) {
    await catalogue[Symbol.asyncDispose]();
    throw error;
  }
}

/** Tells the problems that there are, and those that come; changes of servers become events. */
function reportStates(
  { catalogue, report }: Toolbox,
  emitter: RuntimeEmitter,
  told: Problems,
): void {
  const tell = ({ name, state, failure }: ServerReport["servers"][number]): void => {
    if (failure !== undefined) told.failed(name, failure);
    else if (state === "connected") told.connected(name);
  };
  const tellAll = (): void => {
    const { servers, warnings } = report();
    servers.forEach(tell);
    const failures = new Set(servers.map(({ failure }) => failure));
    for (const warning of warnings) if (!failures.has(warning)) told.tell(warning);
  };
  tellAll();
  catalogue.onChanged(tellAll);
  catalogue.onState(({ name, state, tools, failure }) => {
    tellAll();
    const reason = state === "failed" && failure !== undefined ? { failure } : {};
    emitter.emit("server_state", { server: name, state, tools: tools.length, ...reason });
  });
}

async function toolboxOf(
  sources: readonly ToolSource[],
  catalogue: Catalogue,
  options: ResolvedOptions,
  folder: FolderServers | undefined,
): Promise<Toolbox> {
  const { learn, typeCheck } = options;
  const file =
    typeof learn === "string"
      ? await (await import("../discovery/learned-file.ts")).LearnedFile.open(learn)
      : undefined;
  const shapes = file?.shapes ?? (learn === true ? new LearnedShapes() : undefined);
  const tree = new WrapperTree(catalogue, (server, tool) => shapes?.of(server, tool));
  const preflight = await Preflight.open(catalogue, tree, typeCheck);
  const discovery = new Discovery(catalogue, tree);
  const { warnings, startContextChars } = options;
  const model = options.onModel;
  return new Toolbox({
    sources,
    model,
    catalogue,
    discovery,
    shapes,
    preflight,
    file,
    folder,
    warnings,
    startContextChars,
  });
}

interface ToolboxParts {
  readonly sources: readonly ToolSource[];
  readonly model: ModelHandler | undefined;
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
  readonly shapes: LearnedShapes | undefined;
  readonly preflight: Preflight;
  readonly file: LearnedFile | undefined;
  readonly folder: FolderServers | undefined;
  readonly warnings: readonly string[];
  readonly startContextChars: number;
}

export class Toolbox implements AsyncDisposable {
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
  readonly preflight: Preflight;
  /** Where tools are called; see `callSource`. */
  readonly sources: readonly ToolSource[];
  /** Answers `ask`. */
  readonly model: ModelHandler | undefined;
  /** Where shapes of results are learned; absent without the option `learn`. */
  readonly shapes: LearnedShapes | undefined;
  readonly #warnings: readonly string[];
  readonly #file: LearnedFile | undefined;
  readonly #folder: FolderServers | undefined;
  readonly #startContextChars: number;

  constructor({
    sources,
    model,
    catalogue,
    discovery,
    shapes,
    preflight,
    file,
    folder,
    warnings,
    startContextChars,
  }: ToolboxParts) {
    this.sources = sources;
    this.model = model;
    this.catalogue = catalogue;
    this.discovery = discovery;
    this.preflight = preflight;
    this.#warnings = warnings;
    this.#file = file;
    this.#folder = folder;
    this.shapes = shapes;
    this.#startContextChars = startContextChars;
  }

  /** What a model has to know before its first program. */
  async startContext(options: StartContextOptions = {}): Promise<string> {
    return await startContext(this.discovery, options, this.#startContextChars);
  }

  /** The tools that a caller may see and name. The same for all callers, as long as nothing distinguishes them. */
  view(_caller: Caller): ToolView {
    return this;
  }

  /** What a program may do; see {@link Preflight.inspect}. */
  async inspect(code: string, limits: Limits, signal: AbortSignal): Promise<Inspection> {
    return await this.preflight.inspect(code, limits, this.model !== undefined, signal);
  }

  /** Bound, so that it can be passed on. */
  readonly report = (): ServerReport => {
    const servers = this.catalogue.servers.map(
      ({ name, tools, state, failure, retryInMs, isCached }) => ({
        name,
        tools: tools.length,
        state,
        ...(failure === undefined ? {} : { failure }),
        ...(retryInMs === undefined ? {} : { retryInMs: Math.round(retryInMs) }),
        ...(isCached ? { cached: true as const } : {}),
      }),
    );
    return { servers, warnings: [...this.#warnings, ...this.catalogue.warnings] };
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder?.[Symbol.asyncDispose]();
    await Promise.allSettled([
      this.preflight[Symbol.asyncDispose](),
      this.#file?.[Symbol.asyncDispose](),
      this.catalogue[Symbol.asyncDispose](),
    ]);
  }
}
