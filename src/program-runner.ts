import { Bridge } from "./bridge.ts";
import type { ResumedCalls } from "./known-answers.ts";
import type { Ledger } from "./session/ledger.ts";
import { breach, isLimit } from "./core/breach.ts";
import type { Failure } from "./core/errors.ts";
import type { Limits } from "./core/limits.ts";
import type { NameTable } from "./core/names.ts";
import type { CallRecord, ExecutionResult, LogEntry } from "./core/result.ts";
import { utf8Length } from "./core/utf8.ts";
import type { Host, Outcome } from "./engine/engine.ts";
import { failedOutcome } from "./engine/failed-outcome.ts";
import { guarded, type RuntimeEmitter } from "./events.ts";
import type { Guide } from "./guide.ts";
import type { RunRequest } from "./placement/placement.ts";
import { report } from "./report.ts";
import { RunEvents } from "./run-events.ts";
import { RunFiles } from "./run-files.ts";
import type { Workspace } from "./session/workspace.ts";
import { HeldResults, type TokenLedger } from "./tokens/ledger.ts";

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

/** What a session adds to a run. */
export interface SessionContext {
  readonly id: string;
  readonly workspace: Workspace;
  /** Names that earlier programs declared. */
  readonly declared: readonly string[];
  /** What is known of the run's calls from before, and where they are written down. */
  readonly ledger?: Ledger | undefined;
  /** Go on with a run that was saved, rather than start it. */
  readonly resume?: ResumedCalls | undefined;
  /** Told of the run's host when it begins. */
  readonly onBegin?: (bridge: Bridge) => void;
}

/** One program to run. */
export interface Job {
  readonly source: string;
  readonly limits: Limits;
  readonly options: RunOptions;
  /** Carries it out somewhere. */
  readonly run: (request: RunRequest, host: Host, signal: AbortSignal) => Promise<Outcome>;
  readonly session?: SessionContext;
  /** What the program can spell, where that is not what this runtime has; its types are the matter of who sent it. */
  readonly names?: NameTable;
}

/** Runs programs against the tools of one runtime, wherever they are carried out. */
export class ProgramRunner {
  readonly #guide: Guide;
  readonly #emitter: RuntimeEmitter;
  readonly #place: { readonly engine: string; readonly placement: string };
  readonly #closing: AbortSignal;
  readonly #tokens: TokenLedger | undefined;

  /** @param closing aborts what is running */
  constructor(
    guide: Guide,
    emitter: RuntimeEmitter,
    place: { readonly engine: string; readonly placement: string },
    closing: AbortSignal,
    tokens: TokenLedger | undefined,
  ) {
    this.#guide = guide;
    this.#emitter = emitter;
    this.#place = place;
    this.#closing = closing;
    this.#tokens = tokens;
  }

  /** Resolves whatever the program does. */
  async run(job: Job): Promise<ExecutionResult> {
    const { source, limits, options, session } = job;
    const started = performance.now();
    const events = new RunEvents(this.#emitter, this.#place, options.user, session?.id);
    events.start(source);
    const stop = new AbortController();
    let breached: Failure | undefined;
    // A program that was sent here by another runtime is counted there.
    const tokens = job.names === undefined ? this.#tokens : undefined;
    const held = tokens && new HeldResults();
    const bridge = this.#bridge(job, events, held, (failure) => {
      breached ??= failure;
      stop.abort();
    });
    session?.onBegin?.(bridge);
    const signals = [this.#closing, ...(options.signal ? [options.signal] : [])];
    const signal = AbortSignal.any([stop.signal, ...signals]);
    const outcome = await this.#carryOut(job, bridge, signal).catch((error: unknown) => {
      bridge.abort();
      events.failed(error, performance.now() - started);
      throw error;
    });
    const verdict: Outcome =
      breached === undefined ? outcome : { ...outcome, ok: false, error: breached };
    if (endedByItself(verdict)) await bridge.drain(started + limits.wallMs);
    bridge.abort();
    const facts = { ...this.#place, runId: events.runId, wallMs: performance.now() - started };
    const result = report({ source, limits, outcome: verdict, bridge, ...facts });
    events.end(result, verdict.usage.compileMs ?? 0);
    if (tokens === undefined || held === undefined) return result;
    return await tokens.addTo(result, source, held, AbortSignal.any(signals));
  }

  #bridge(
    { limits, options, session }: Job,
    events: RunEvents,
    held: HeldResults | undefined,
    onBreach: (failure: Failure) => void,
  ): Bridge {
    const { catalogue, discovery, onResult } = this.#guide;
    const onCall = guarded("onCall", options.onCall);
    return new Bridge({
      catalogue,
      discovery,
      files: new RunFiles(discovery.tree, session?.workspace, events.file),
      limits,
      user: options.user,
      ledger: session?.ledger,
      resumed: session?.resume,
      onLog: guarded("onLog", options.onLog),
      onCall: (call) => {
        events.call(call);
        onCall?.(call);
      },
      onResult,
      held,
      onDenied: events.denied,
      onRequest: events.network,
      onBreach,
    });
  }

  async #carryOut(job: Job, bridge: Bridge, signal: AbortSignal): Promise<Outcome> {
    const { source, limits, session, names = this.#guide.catalogue.names } = job;
    const isOwn = job.names === undefined;
    const error =
      tooLarge(source, limits) ??
      (isOwn ? await this.#guide.typeFailure(source, limits, session?.declared) : undefined);
    if (error !== undefined) return failedOutcome(error, true);
    const request = { source, limits, names, resume: session?.resume !== undefined };
    return await job.run(request, bridge, signal);
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
