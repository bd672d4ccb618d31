import { breach } from "../core/breach.ts";
import type { Caller } from "../core/caller.ts";
import { deepFreeze } from "../core/deep-freeze.ts";
import type { Failure } from "../core/errors.ts";
import { guarded, type RuntimeEmitter } from "../core/events.ts";
import type { Limits } from "../core/limits.ts";
import type { ExecutionResult, FileAccess } from "../core/result.ts";
import { utf8Length } from "../core/utf8.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { LearnedShapes } from "../discovery/learned-shapes.ts";
import type { Outcome } from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";
import { ProgramFiles } from "../files/program-files.ts";
import type { Preflight } from "../preflight/preflight.ts";
import type { HeldResults, TokenLedger } from "../tokens/ledger.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { ModelHandler } from "../tools/model.ts";
import type { CallingRun, Next } from "../tools/tool-call.ts";
import type { ToolSource } from "../tools/tool.ts";
import { Bridge } from "./bridge.ts";
import { callChain } from "./call-chain.ts";
import { checkedValue } from "./check-output.ts";
import { Handles } from "./handles.ts";
import { ResultHolder } from "./held-results.ts";
import { withHint } from "./hints/hint.ts";
import { HostInContext } from "./host-in-context.ts";
import type { Job } from "./job.ts";
import { RecordedCalls } from "./recorded-calls.ts";
import { report } from "./report.ts";
import { RunEvents } from "./run-events.ts";
import { endedByItself, FirstBreach } from "./verdict.ts";

/** The tools as one caller may see them. */
export interface ToolView {
  readonly catalogue: Catalogue;
  readonly discovery: Discovery;
}

/** What a runner needs from its runtime's tools. */
export interface RunnerTools extends ToolView {
  /** Where tools are called; see `callSource`. */
  readonly sources: readonly ToolSource[];
  /** Answers `ask`; absent where the host gives programs no model. */
  readonly model: ModelHandler | undefined;
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
    const { sources, shapes } = tools;
    this.#chain = callChain({
      catalogueOf: (caller) => tools.view(caller).catalogue,
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
    const handles = job.handles ?? new Handles("run");
    const model = this.#tools.model ?? options.onModel;
    const run = {
      id: runId,
      session: session?.id,
      caller,
      limits,
      model,
      emit,
      handles,
    };
    const held = this.#attach(job, run);
    const first = new FirstBreach();
    const bridge = this.#bridge(job, run, first);
    session?.onBegin?.(bridge);
    const ended = AbortSignal.any([this.#closing, ...(options.signal ? [options.signal] : [])]);
    const stop = AbortSignal.any([first.signal, ended]);
    const ending = await this.#carryOut(job, bridge, stop).catch(async (error: unknown) => {
      await bridge.end();
      events.failed(error, performance.now() - started);
      throw error;
    });
    const verdict = first.replaces(ending);
    if (bridge.isWaiting && endedByItself(verdict)) {
      const { ok, givenUp = [] } = verdict;
      const signal = AbortSignal.any([stop, ...(session?.ending ? [session.ending] : [])]);
      await bridge.finish({ failed: !ok, givenUp, deadline: started + limits.wallMs, signal });
    }
    await bridge.end();
    const facts = { ...this.#place, runId, wallMs: performance.now() - started };
    const outcome = this.#explained(job, verdict, bridge);
    bridge.answers.clear();
    const reported = report({ source, limits, outcome, bridge, ...facts });
    const checked = await checkedValue(reported, options.output, ended, limits.wallMs);
    const result = deepFreeze(checked?.ok === false ? refused(reported, checked.error) : reported);
    events.end(result, verdict.usage.compileMs ?? 0);
    held?.miss(bridge.bytesElsewhere);
    const counted =
      held === undefined
        ? result
        : deepFreeze(await this.#tokens!.addTo(result, source, held, ended));
    return checked?.ok === true ? withValue(counted, checked.value) : counted;
  }

  /** The verdict, with a hint for the author of the program. */
  #explained({ source, origin, caller }: Job, verdict: Outcome, { answers }: Bridge): Outcome {
    if (verdict.ok) return verdict;
    const names = origin.kind === "local" ? this.#tools.view(caller).catalogue.names : origin.names;
    return { ...verdict, error: withHint(verdict.error, { source, names, answers }) };
  }

  /** Registers the run with the links that keep state of it. Returns its held results, if its tokens are counted. */
  #attach({ origin, session }: Job, run: CallingRun): HeldResults | undefined {
    if (session !== undefined)
      this.#recordedCalls.attach(run, { journal: session.journal, resumed: session.resume });
    if (this.#tokens === undefined || origin.kind === "remote") return undefined;
    return this.#results.hold(run);
  }

  #bridge(
    { options, session, handles: kept }: Job,
    run: CallingRun & { readonly handles: Handles },
    first: FirstBreach,
  ): Bridge {
    const { catalogue, discovery } = this.#tools.view(run.caller);
    const onFile = (access: FileAccess): void => run.emit("file", access);
    const onCall = guarded("onCall", options.onCall);
    return new Bridge({
      run,
      handles: run.handles,
      keepsHandles: kept !== undefined,
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
    const { source, limits, timeZone, origin, session } = job;
    const { user } = job.caller;
    const error =
      tooLarge(source, limits) ??
      (origin.kind === "local"
        ? await this.#tools.preflight.typeFailure(source, limits, {
            declared: session?.declared,
            hasModel: (this.#tools.model ?? job.options.onModel) !== undefined,
            typeCheck: job.options.typeCheck,
            user,
            signal,
          })
        : undefined);
    if (error !== undefined) return failedOutcome(error, true);
    const names =
      origin.kind === "local" ? this.#tools.view(job.caller).catalogue.names : origin.names;
    const request = {
      source,
      limits,
      timeZone,
      names,
      user,
      resume: session?.resume !== undefined,
    };
    return await job.run(request, new HostInContext(bridge), signal);
  }
}

/** A run whose value its caller does not take. */
function refused(result: ExecutionResult, error: Failure): ExecutionResult {
  const { logs, calls, usage, truncated, runId } = result;
  const cut = truncated === undefined ? {} : { truncated };
  return { ok: false, error, logs, calls, usage, ...cut, runId };
}

/** The value as a schema made it is the caller's: it is not frozen, and may be anything. */
function withValue(result: ExecutionResult, value: unknown): ExecutionResult {
  return Object.freeze({ ...result, value } as ExecutionResult);
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
