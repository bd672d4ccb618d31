import { breach, isLimit } from "../core/breach.ts";
import type { Caller } from "../core/caller.ts";
import { deepFreeze } from "../core/deep-freeze.ts";
import { CodecellError, type Failure } from "../core/errors.ts";
import { guarded, type RuntimeEmitter } from "../core/events.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { CallRecord, ExecutionResult, FileAccess, LogEntry } from "../core/result.ts";
import { utf8Length } from "../core/utf8.ts";
import { Discovery } from "../discovery/discovery.ts";
import type { LearnedShapes } from "../discovery/learned-shapes.ts";
import type { Host, Outcome } from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";
import { ProgramFiles } from "../files/program-files.ts";
import type { Workspace } from "../files/workspace.ts";
import type { RunRequest } from "../placement/placement.ts";
import type { Preflight } from "../preflight/preflight.ts";
import type { HeldResults, TokenLedger } from "../tokens/ledger.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { CallingRun, Next } from "../tools/tool-call.ts";
import type { ToolSource } from "../tools/tool.ts";
import { Bridge } from "./bridge.ts";
import { callChain } from "./call-chain.ts";
import type { CallJournal } from "./call-journal.ts";
import { ResultHolder } from "./held-results.ts";
import { RecordedCalls, type ResumedCalls } from "./recorded-calls.ts";
import { report } from "./report.ts";
import { RunEvents } from "./run-events.ts";

/** What `run` takes besides the program. */
export interface RunOptions {
  /**
   * Aborting ends the run with `aborted`.
   * @default none
   */
  readonly signal?: AbortSignal;
  /**
   * Who runs the program; local tools receive it as `context.user`.
   * @default no user
   */
  readonly user?: string;
  /**
   * Caps of this run.
   * @default each is the runtime's
   */
  readonly limits?: Partial<Limits>;
  /**
   * Called with each console entry as it comes. All entries are in the result too.
   * @default none
   */
  readonly onLog?: (entry: LogEntry) => void;
  /**
   * Called with each tool call when it has ended. All calls are in the result too.
   * @default none
   */
  readonly onCall?: (call: CallRecord) => void;
}

/** What a session adds to a run. */
export interface SessionContext {
  readonly id: string;
  readonly workspace: Workspace;
  /** Names that earlier programs declared. */
  readonly declared: readonly string[];
  /** Recorded calls of the run, and where new ones are recorded. */
  readonly journal?: CallJournal | undefined;
  /** Resume a saved run instead of starting one. */
  readonly resume?: ResumedCalls | undefined;
  /** Called with the run's host when it begins. */
  readonly onBegin?: (bridge: Bridge) => void;
}

/**
 * Where a program comes from. One that another runtime sent here, which has this one as its placement, comes with the
 * names that it can spell; its types are checked and its tokens are counted there.
 */
export type Origin =
  | { readonly kind: "local" }
  | { readonly kind: "remote"; readonly names: NameTable };

/** One program to run. */
export interface Job {
  readonly source: string;
  readonly limits: Limits;
  /** Who runs the program. */
  readonly caller: Caller;
  readonly origin: Origin;
  readonly options: Omit<RunOptions, "user" | "limits">;
  /** Carries it out somewhere. */
  readonly run: (request: RunRequest, host: Host, signal: AbortSignal) => Promise<Outcome>;
  readonly session?: SessionContext;
}

/** The tools as one caller may see them. */
export interface ToolView {
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
}

/** What a runner needs from its runtime's tools. */
export interface RunnerTools extends ToolView {
  /** Where tools are called; see `callSource`. */
  readonly sources: readonly ToolSource[];
  /** Where shapes of results are learned; absent without the option `learn`. */
  readonly shapes: LearnedShapes | undefined;
  readonly preflight: Preflight;
  /** The tools that a caller may see and name. */
  view(caller: Caller): ToolView;
}

/** Runs programs against the tools of one runtime, wherever they are carried out. */
export class ProgramRunner {
  readonly #tools: RunnerTools;
  readonly #emitter: RuntimeEmitter;
  readonly #place: { readonly engine: string; readonly placement: string };
  readonly #closing: AbortSignal;
  readonly #tokens: TokenLedger | undefined;
  readonly #recordedCalls = new RecordedCalls();
  readonly #results = new ResultHolder();
  /** What happens around every call. */
  readonly #chain: Next;

  /** @param closing aborts what is running */
  constructor(
    tools: RunnerTools,
    emitter: RuntimeEmitter,
    place: { readonly engine: string; readonly placement: string },
    closing: AbortSignal,
    tokens: TokenLedger | undefined,
  ) {
    this.#tools = tools;
    this.#emitter = emitter;
    this.#place = place;
    this.#closing = closing;
    this.#tokens = tokens;
    const { catalogue, sources, shapes } = tools;
    this.#chain = callChain({
      catalogue,
      sources,
      shapes,
      holdResults: this.#results.link,
      recordedCalls: this.#recordedCalls.link,
    });
  }

  /** Resolves whatever the program does. */
  async run(job: Job): Promise<ExecutionResult> {
    const { source, limits, caller, options, session } = job;
    const started = performance.now();
    const events = new RunEvents(this.#emitter, this.#place, caller, session?.id);
    events.start(source);
    const { runId, emit } = events;
    const run: CallingRun = { id: runId, session: session?.id, caller, limits, emit };
    const held = this.#attach(job, run);
    const first = new FirstBreach();
    const bridge = this.#bridge(job, run, first);
    session?.onBegin?.(bridge);
    const ended = AbortSignal.any([this.#closing, ...(options.signal ? [options.signal] : [])]);
    const outcome = await this.#carryOut(job, bridge, AbortSignal.any([first.signal, ended])).catch(
      async (error: unknown) => {
        await bridge.end();
        events.failed(error, performance.now() - started);
        throw error;
      },
    );
    const verdict = first.replaces(outcome);
    if (endedByItself(verdict)) await bridge.drain(started + limits.wallMs);
    await bridge.end();
    const facts = { ...this.#place, runId, wallMs: performance.now() - started };
    const result = deepFreeze(report({ source, limits, outcome: verdict, bridge, ...facts }));
    events.end(result, verdict.usage.compileMs ?? 0);
    if (held === undefined) return result;
    held.miss(bridge.bytesElsewhere);
    return deepFreeze(await this.#tokens!.addTo(result, source, held, ended));
  }

  /** Registers the run with the links that keep state of it. Returns its held results, if its tokens are counted. */
  #attach({ origin, session }: Job, run: CallingRun): HeldResults | undefined {
    if (session !== undefined)
      this.#recordedCalls.attach(run, { journal: session.journal, resumed: session.resume });
    if (this.#tokens === undefined || origin.kind === "remote") return undefined;
    return this.#results.hold(run);
  }

  #bridge({ options, session }: Job, run: CallingRun, first: FirstBreach): Bridge {
    const { catalogue, discovery } = this.#tools.view(run.caller);
    const onFile = (access: FileAccess): void => run.emit("file", access);
    const onCall = guarded("onCall", options.onCall);
    return new Bridge({
      run,
      catalogue,
      discoveryCalls: {
        discovery,
        files: new ProgramFiles(discovery.tree, session?.workspace, onFile),
      },
      chain: this.#chain,
      earlier: session?.resume,
      listeners: {
        onLog: guarded("onLog", options.onLog),
        onCall: (call) => {
          run.emit("call", call);
          onCall?.(call);
        },
        onBreach: first.note,
      },
    });
  }

  async #carryOut(job: Job, bridge: Bridge, signal: AbortSignal): Promise<Outcome> {
    const { source, limits, origin, session } = job;
    const error =
      tooLarge(source, limits) ??
      (origin.kind === "local"
        ? await this.#tools.preflight.typeFailure(source, limits, session?.declared)
        : undefined);
    if (error !== undefined) return failedOutcome(error, true);
    const names =
      origin.kind === "local" ? this.#tools.view(job.caller).catalogue.names : origin.names;
    const request = { source, limits, names, resume: session?.resume !== undefined };
    return await job.run(request, bridge, signal);
  }
}

/** The first cap that a run breached and its place did not keep: it ends the run, and is how the run ended. */
class FirstBreach {
  readonly #stop = new AbortController();
  #failure: Failure | undefined;

  readonly note = (failure: Failure): void => {
    this.#failure ??= failure;
    this.#stop.abort();
  };

  /** Aborted by a breach. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  replaces(outcome: Outcome): Outcome {
    return this.#failure === undefined ? outcome : { ...outcome, ok: false, error: this.#failure };
  }
}

/** Calls that nobody awaits any more are finished only for a program that came to its own end. */
function endedByItself(outcome: Outcome): boolean {
  if (outcome.ok || !outcome.clean) return outcome.ok;
  return !isLimit(outcome.error) && outcome.error.name !== "AbortError";
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

/** @throws CodecellError `config_error` for what is no text */
export function checkProgram(code: unknown): void {
  if (typeof code === "string") return;
  throw new CodecellError("config_error", `the program must be a string, not ${typeof code}`);
}
