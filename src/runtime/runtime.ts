import type { Duplex } from "node:stream";
import { callerNamed } from "../core/caller.ts";
import { CodecellError } from "../core/errors.ts";
import type { RuntimeEmitter, RuntimeEventName, RuntimeListener } from "../core/events.ts";
import { type Limits, resolveLimits } from "../core/limits.ts";
import type { ExecutionResult, JsonValue } from "../core/result.ts";
import { zoneOf } from "../core/time-zone.ts";
import type { StartContextOptions } from "../discovery/start-context.ts";
import type {
  CategorySummary,
  ListOptions,
  SearchOptions,
  ToolDetail,
  ToolSpec,
  ToolSummary,
} from "../discovery/summary.ts";
import { FramedChannel, WEB_SOCKET_PIECE_BYTES } from "../placement/channel/framed.ts";
import type { OpenedPlace } from "../placement/open-place.ts";
import type { Place } from "../placement/placement.ts";
import type { Inspection } from "../preflight/inspect.ts";
import type { TypeCheck } from "../preflight/preflight.ts";
import { Admission } from "../run/admission.ts";
import type { OutputSchema, ValueOf } from "../run/check-output.ts";
import { checkProgram, checkRun } from "../run/check-run.ts";
import type { RunOptions } from "../run/job.ts";
import { ProgramRunner } from "../run/program-runner.ts";
import { type SessionOptions, SessionRegistry } from "../session/session-registry.ts";
import type { Session } from "../session/session.ts";
import type { SessionStore } from "../session/store.ts";
import type { TokenLedger } from "../tokens/ledger.ts";
import type { ToolInfo } from "../tools/tool.ts";
import type { ResolvedOptions } from "./options.ts";
import { MESSAGE_MS, type RemoteClient } from "./remote-client.ts";
import { RemoteHost } from "./remote-host.ts";
import type { ServerReport, Toolbox } from "./toolbox.ts";

/** The parts of a runtime, for people and for `codecell doctor`. */
export interface RuntimeDescription extends ServerReport {
  /** Name of the engine. */
  readonly engine: string;
  /** Where programs run; of placement `auto`, what it chose. */
  readonly placement: string;
  /** Caps of a run that sets none of its own. */
  readonly limits: Limits;
  /** Number of sessions that this process holds. */
  readonly sessions: number;
  /** Why placement `auto` did not take the sandbox. Absent where it did, or was not asked to. */
  readonly notice?: string;
}

/** Less than a runtime elsewhere waits for the list of tools. */
const REMOTE_TOOLS_MS = 5_000;

/** Runs programs. Made by `createRuntime`; close it, or hold it with `await using`. */
export class Runtime implements AsyncDisposable {
  readonly #options: ResolvedOptions;
  readonly #place: Place;
  readonly #notice: string | undefined;
  readonly #toolbox: Toolbox;
  readonly #emitter: RuntimeEmitter;
  readonly #runner: ProgramRunner;
  readonly #admission: Admission;
  readonly #sessions: SessionRegistry;
  /** Runtimes elsewhere whose programs run here. */
  readonly #remotes = new Set<RemoteHost>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(
    options: ResolvedOptions,
    { place, notice }: OpenedPlace,
    toolbox: Toolbox,
    store: SessionStore | undefined,
    emitter: RuntimeEmitter,
    tokens: TokenLedger | undefined,
  ) {
    this.#emitter = emitter;
    this.#options = options;
    this.#place = place;
    this.#notice = notice;
    this.#toolbox = toolbox;
    const names = { engine: options.engine.name, placement: place.name };
    this.#runner = new ProgramRunner(toolbox, emitter, names, this.#closing.signal, tokens);
    const { limits, timeZone, sessions, sharing } = options;
    this.#admission = new Admission(sharing);
    place.onPressure = () => this.#makeRoom();
    this.#sessions = new SessionRegistry(
      place,
      this.#runner,
      { limits, timeZone },
      sessions,
      store,
      this.#admission,
    );
  }

  /**
   * Runs one program: TypeScript or JavaScript, in a Markdown fence or not.
   * Resolves whatever the program does. With a schema as `output`, the value is checked, and has the type of the schema; in
   * `run<T>(code)`, `T` is what the caller claims, and nothing checks it.
   * @throws CodecellError `config_error` for bad options, `aborted` when the runtime is closed, `rate_limited` when the user
   * or everybody together has too many runs here
   */
  async run<T = JsonValue | undefined, Schema extends OutputSchema | undefined = undefined>(
    code: string,
    options: Omit<RunOptions, "output"> & { readonly output?: Schema } = {},
  ): Promise<ExecutionResult<ValueOf<T, Schema>>> {
    this.#checkOpen();
    checkRun("run", code, options);
    const limits = resolveLimits(options.limits, this.#options.limits);
    this.#place.check?.(limits);
    const timeZone = zoneOf(options.timeZone, this.#options.timeZone);
    using _admitted = this.#admission.enter(options.user);
    const run = this.#place.run.bind(this.#place);
    const caller = callerNamed(options.user);
    const origin = { kind: "local" } as const;
    const job = { source: code, limits, timeZone, caller, origin, options, run };
    // The type of the value is the word of the schema, or of the caller.
    return (await this.#track(this.#runner.run(job))) as ExecutionResult<ValueOf<T, Schema>>;
  }

  /**
   * Returns the session `id`: its programs find what those before them left in memory and in its files. Makes a new one
   * where there is none.
   * @throws CodecellError `config_error` for bad options, `quota_exceeded` when there are too many
   */
  async session(id: string, options: SessionOptions = {}): Promise<Session> {
    this.#checkOpen();
    return await this.#track(this.#sessions.open(id, options));
  }

  /**
   * The same for a session of a scope: one of another scope, or of none, is another session, and what a tool gets as `context.user`
   * says nothing of scopes.
   * @internal for the tools of agents
   */
  async scopedSession(scope: string, id: string, options: SessionOptions = {}): Promise<Session> {
    this.#checkOpen();
    return await this.#track(this.#sessions.open(id, options, scope));
  }

  /**
   * The session of a chat: that of {@link session}, but where it has no user it counts for itself, not for all who have none.
   * @internal for the tools of agents
   */
  async chatSession(id: string, options: SessionOptions = {}): Promise<Session> {
    this.#checkOpen();
    return await this.#track(this.#sessions.open(id, options, undefined, id));
  }

  /**
   * Returns the session `id` if there is one: here, or in the store.
   * @throws CodecellError `config_error` for bad options, `aborted` when the runtime is closed
   */
  async findSession(
    id: string,
    options: { readonly user?: string } = {},
  ): Promise<Session | undefined> {
    this.#checkOpen();
    return await this.#track(this.#sessions.find(id, options.user));
  }

  /**
   * Makes a session from a snapshot that {@link Session.snapshot} made, here or elsewhere with the same engine and version of
   * codecell. Restore only what you trust: its checksum finds damage, not forgery.
   * @throws CodecellError `config_error` when it cannot be read, or there is a session of that id
   */
  async restore(
    snapshot: Uint8Array,
    options: { readonly id?: string; readonly user?: string } = {},
  ): Promise<Session> {
    this.#checkOpen();
    return await this.#track(this.#sessions.restore(snapshot, options));
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new CodecellError("aborted", "the runtime is closed");
  }

  /** Work in progress, which closing the runtime waits for. */
  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    return await work.finally(() => this.#running.delete(work));
  }

  /**
   * Calls `listener` for every event named `name` from now on. What a listener throws becomes a warning of the process.
   * @returns stops it
   */
  on<Name extends RuntimeEventName>(name: Name, listener: RuntimeListener<Name>): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Reads from a program's text what it may do: the tools that it can call, with literal arguments, loops, calls that
   * are not awaited, imports, and what is wrong with it. Nothing is run.
   * @throws CodecellError `aborted` when the runtime is closed
   */
  async inspect(code: string): Promise<Inspection> {
    this.#checkOpen();
    checkProgram(code);
    const { signal } = this.#closing;
    return await this.#track(this.#toolbox.inspect(code, this.#options.limits, signal));
  }

  /**
   * Runs the programs of another runtime, which has this one as its placement `{ remote }`, until it disconnects.
   * @internal for `codecell serve`
   */
  async hostRemote(stream: Duplex, client: RemoteClient): Promise<void> {
    this.#checkOpen();
    const { engine, limits } = this.#options;
    const channel = new FramedChannel(stream, 0, {
      messageMs: client.messageMs ?? MESSAGE_MS,
      pieceBytes: WEB_SOCKET_PIECE_BYTES,
      waitsForReader: true,
    });
    const close = (): void => channel.close();
    this.#closing.signal.addEventListener("abort", close, { once: true });
    const host = new RemoteHost(channel, {
      place: this.#place,
      engine: engine.name,
      runner: this.#runner,
      admission: this.#admission,
      servers: () => this.#toolbox.catalogue.servers.map(({ name }) => name),
      limits,
      client,
      onIdle: () => {
        if (this.#place.waiting > 0) this.#makeRoom();
      },
    });
    this.#remotes.add(host);
    await this.#track(host.finished()).finally(() => {
      this.#remotes.delete(host);
      this.#closing.signal.removeEventListener("abort", close);
    });
  }

  /** Runs wait for a worker: a session or a client that holds one and does not use it releases it. */
  #makeRoom(): void {
    if (this.#sessions.makeRoom()) return;
    for (const remote of this.#remotes) if (remote.endIdleLease()) return;
  }

  /**
   * Tries servers that failed again now, without waiting for their next attempt: all of them, or the one named, which is listed
   * again where it is connected. Resolves when that has ended, well or not: see {@link Runtime.describe}.
   * @throws ToolError `unknown_tool` when there is no such server, CodecellError `aborted` when the runtime is closed
   */
  async reconnect(server?: string): Promise<void> {
    this.#checkOpen();
    await this.#toolbox.catalogue.reconnect(server); // closing ends it
  }

  /**
   * Starts what the first program would wait for: the type check, where programs have it.
   * @param typeCheck of the programs that will come
   * @internal for `codecell mcp`
   */
  warmUp(typeCheck: TypeCheck): void {
    if (this.#closed === undefined) this.#toolbox.preflight.warmUp(typeCheck);
  }

  /**
   * Lists all tools with their schemas, for a runtime that has this one as its placement. Waits a moment for servers that are
   * connecting: it asks only once.
   * @internal
   */
  async remoteTools(): Promise<
    { name: string; instructions?: string; tools: readonly ToolInfo[] }[]
  > {
    await this.#toolbox.catalogue.settled(REMOTE_TOOLS_MS);
    return this.#toolbox.catalogue.servers.map(({ name, tools, instructions }) => ({
      name,
      tools,
      ...(instructions === undefined ? {} : { instructions }),
    }));
  }

  /** Lists the servers and namespaces, one line each. */
  async listToolCategories(): Promise<CategorySummary[]> {
    return await this.#toolbox.discovery.listToolCategories();
  }

  /**
   * Lists the tools of one server, one line each unless the options say more or less.
   * @throws ToolError `unknown_tool` when there is no such server
   */
  async listTools(category: string, options?: ListOptions): Promise<ToolSummary[]> {
    return await this.#toolbox.discovery.listTools(category, options);
  }

  /**
   * Describes one tool in full, as TypeScript.
   * @throws ToolError `unknown_tool` when there is no such tool
   */
  async getToolSpec(category: string, tool?: string): Promise<ToolSpec> {
    return await this.#toolbox.discovery.getToolSpec(category, tool);
  }

  /** Lists the tools that match the words of `query`, best first, in any language. */
  async searchTools(query: string, options?: SearchOptions | ToolDetail): Promise<ToolSummary[]> {
    return await this.#toolbox.discovery.searchTools(query, options);
  }

  /**
   * Returns what a model has to know before its first program, for a system prompt: how programs call tools, and the tools where
   * they are few, else their categories. A few hundred tokens, whatever the number of tools.
   * @throws CodecellError `config_error`
   */
  async startContext(options?: StartContextOptions): Promise<string> {
    return await this.#toolbox.startContext(options);
  }

  /** Yields the wrappers of all tools as TypeScript files: relative path and text. `codecell types` writes them. */
  wrappers(): AsyncIterable<readonly [path: string, text: string]> {
    return this.#toolbox.discovery.tree.files();
  }

  /** Describes the parts of this runtime: engine, placement, limits, servers, warnings. */
  describe(): RuntimeDescription {
    const { engine, limits } = this.#options;
    return {
      engine: engine.name,
      placement: this.#place.name,
      limits,
      sessions: this.#sessions.size,
      ...this.#toolbox.report(),
      ...(this.#notice === undefined ? {} : { notice: this.#notice }),
    };
  }

  /** Aborts what is running and ends all workers and servers. Afterwards no handle is open. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
    await this.#sessions.close();
    await Promise.allSettled([
      this.#toolbox[Symbol.asyncDispose](),
      this.#place[Symbol.asyncDispose](),
    ]);
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
