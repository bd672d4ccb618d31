import { Bridge } from "./bridge.ts";
import { breach } from "./core/breach.ts";
import { CodecellError, type Failure } from "./core/errors.ts";
import { type Limits, resolveLimits } from "./core/limits.ts";
import type { CallRecord, ExecutionResult, LogEntry } from "./core/result.ts";
import { utf8Length } from "./core/utf8.ts";
import type {
  CategorySummary,
  ListOptions,
  SearchOptions,
  ToolDetail,
  ToolSpec,
  ToolSummary,
} from "./discovery/summary.ts";
import { startContext } from "./discovery/start-context.ts";
import type { Outcome } from "./engine/engine.ts";
import { type OpenedPlace, openPlace } from "./engines.ts";
import { type ResolvedOptions, resolveOptions, type RuntimeOptions } from "./options.ts";
import { type Guide, openGuide, type ServerReport } from "./guide.ts";
import type { Inspection } from "./inspect.ts";
import type { Place } from "./placement/placement.ts";
import { guarded, RuntimeEmitter, type RuntimeEventName, type RuntimeListener } from "./events.ts";
import { report } from "./report.ts";
import { RunEvents } from "./run-events.ts";

/** What `run` takes beside the program. */
export interface RunOptions {
  /** Aborting ends the run with `aborted`. */
  readonly signal?: AbortSignal;
  /** Who runs the program; local tools get it as `context.user`. */
  readonly user?: string;
  /** Caps of this run; what it leaves out is the runtime's. */
  readonly limits?: Partial<Limits>;
  /** Called with each console entry as it comes. All entries are in the result too. */
  readonly onLog?: (entry: LogEntry) => void;
  /** Called with each tool call when it has ended. All calls are in the result too. */
  readonly onCall?: (call: CallRecord) => void;
}

/** What a runtime is made of, for people and for `codecell doctor`. */
export interface RuntimeDescription extends ServerReport {
  readonly engine: string;
  readonly placement: string;
  readonly limits: Limits;
  /** Why placement `auto` did not take the sandbox. Absent where it did, or was not asked to. */
  readonly notice?: string;
}

/**
 * Start a runtime: connect the tools, boot the engine. A server that does not start does not stop it: see
 * {@link Runtime.describe}.
 * @throws CodecellError `config_error`, `engine_unavailable`, `sandbox_unavailable`
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const resolved = await resolveOptions(options);
  const opening = openPlace(resolved);
  const emitter = new RuntimeEmitter();
  const [place, guide] = await Promise.allSettled([opening, openGuide(resolved, emitter)]);
  if (place.status === "fulfilled" && guide.status === "fulfilled")
    return new Runtime(resolved, place.value, guide.value, emitter);
  if (place.status === "fulfilled") await place.value.place[Symbol.asyncDispose]();
  if (guide.status === "fulfilled") await guide.value[Symbol.asyncDispose]();
  throw place.status === "rejected" ? place.reason : (guide as PromiseRejectedResult).reason;
}

function tooLarge(source: string, { sourceBytes }: Limits): Failure | undefined {
  const size = utf8Length(source);
  if (size <= sourceBytes) return undefined;
  return breach(
    "source_too_large",
    `the program has ${size} bytes; the cap is ${sourceBytes}`,
    "sourceBytes",
  );
}

/** Runs programs. Made by {@link createRuntime}; close it, or hold it with `await using`. */
export class Runtime implements AsyncDisposable {
  readonly #options: ResolvedOptions;
  readonly #place: Place;
  readonly #notice: string | undefined;
  readonly #guide: Guide;
  readonly #emitter: RuntimeEmitter;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(
    options: ResolvedOptions,
    { place, notice }: OpenedPlace,
    guide: Guide,
    emitter: RuntimeEmitter,
  ) {
    this.#emitter = emitter;
    this.#options = options;
    this.#place = place;
    this.#notice = notice;
    this.#guide = guide;
  }

  /**
   * Run one program: TypeScript or JavaScript, in a Markdown fence or not.
   * Resolves whatever the program does.
   * @throws CodecellError `config_error` for bad options, `aborted` when the runtime is closed
   */
  async run(code: string, options: RunOptions = {}): Promise<ExecutionResult> {
    if (this.#closed !== undefined) throw new CodecellError("aborted", "the runtime is closed");
    if (typeof code !== "string")
      throw new CodecellError("config_error", `the program must be a string, not ${typeof code}`);
    const limits = resolveLimits(options.limits, this.#options.limits);
    this.#place.check?.(limits);
    const running = this.#run(code, limits, options);
    this.#running.add(running);
    return await running.finally(() => this.#running.delete(running));
  }

  /**
   * Call `listener` for every event called `name` from now on; the answer stops that. A listener that throws is told of
   * as a warning of the process.
   */
  on<Name extends RuntimeEventName>(name: Name, listener: RuntimeListener<Name>): () => void {
    return this.#emitter.on(name, listener);
  }

  async #run(source: string, limits: Limits, options: RunOptions): Promise<ExecutionResult> {
    const started = performance.now();
    const place = { engine: this.#options.engine.name, placement: this.#place.name };
    const events = new RunEvents(this.#emitter, place, options.user);
    events.start(source);
    const stop = new AbortController();
    let breached: Failure | undefined;
    const bridge = new Bridge({
      catalogue: this.#guide.catalogue,
      discovery: this.#guide.discovery,
      limits,
      user: options.user,
      onLog: guarded("onLog", options.onLog),
      onCall: guarded("onCall", options.onCall),
      onResult: this.#guide.onResult,
      onDenied: events.denied,
      onRequest: events.network,
      onBreach: (failure) => {
        breached ??= failure;
        stop.abort();
      },
    });
    const signals = [
      stop.signal,
      this.#closing.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ];
    const outcome = await this.#execute(source, limits, bridge, AbortSignal.any(signals));
    const verdict: Outcome =
      breached === undefined ? outcome : { ...outcome, ok: false, error: breached };
    if (verdict.ok || verdict.clean) await bridge.drain(started + limits.wallMs);
    bridge.abort();
    const facts = { ...place, runId: events.runId, wallMs: performance.now() - started };
    const result = report({ source, limits, outcome: verdict, bridge, ...facts });
    events.end(result);
    return result;
  }

  async #execute(
    source: string,
    limits: Limits,
    bridge: Bridge,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const error = tooLarge(source, limits) ?? (await this.#guide.typeFailure(source, limits));
    if (error !== undefined)
      return { ok: false, error, usage: { cpuMs: 0, peakBytes: 0 }, clean: true };
    const request = { source, limits, names: this.#guide.catalogue.names };
    return await this.#place.run(request, bridge, signal);
  }

  /**
   * What a program may do, read from its text: the tools that it can call, with the arguments that stand there, loops,
   * calls that nobody awaits, imports, and what is wrong with it. Nothing is run.
   */
  async inspect(code: string): Promise<Inspection> {
    if (typeof code !== "string")
      throw new CodecellError("config_error", `the program must be a string, not ${typeof code}`);
    return await this.#guide.inspect(code, this.#options.limits);
  }

  /** The servers and namespaces, one line each. */
  async listToolCategories(): Promise<CategorySummary[]> {
    return await this.#guide.discovery.listToolCategories();
  }

  /** The tools of one server, one line each unless the options say more or less. Throws ToolError `unknown_tool`. */
  async listTools(category: string, options?: ListOptions): Promise<ToolSummary[]> {
    return await this.#guide.discovery.listTools(category, options);
  }

  /** One tool in full, as TypeScript. Throws ToolError `unknown_tool`. */
  async getToolSpec(category: string, tool: string): Promise<ToolSpec> {
    return await this.#guide.discovery.getToolSpec(category, tool);
  }

  /** The tools that match the words of `query`, best first, in any language. */
  async searchTools(query: string, options?: SearchOptions | ToolDetail): Promise<ToolSummary[]> {
    return await this.#guide.discovery.searchTools(query, options);
  }

  /**
   * What a model has to know before its first program, for a system prompt: how programs call tools, and the tools where
   * they are few, else their categories. A few hundred tokens, whatever the number of tools.
   */
  async startContext(): Promise<string> {
    return await startContext(this.#guide.discovery);
  }

  /** The wrappers of all tools as TypeScript files: relative path and text. What `codecell types` writes. */
  wrappers(): AsyncIterable<readonly [path: string, text: string]> {
    return this.#guide.discovery.tree.files();
  }

  describe(): RuntimeDescription {
    const { engine, limits } = this.#options;
    return {
      engine: engine.name,
      placement: this.#place.name,
      limits,
      ...this.#guide.report(),
      ...(this.#notice === undefined ? {} : { notice: this.#notice }),
    };
  }

  /** Abort what is running, end all workers and servers. Afterwards no handle is open. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#running);
    await Promise.allSettled([
      this.#guide[Symbol.asyncDispose](),
      this.#place[Symbol.asyncDispose](),
    ]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
