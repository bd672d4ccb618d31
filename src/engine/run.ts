import { aborted, breach, wallBreach } from "../core/breach.ts";
import type { Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { Meter } from "../core/meter.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import { DEFAULT_TIME_ZONE } from "../core/time-zone.ts";
import { isLogLevel } from "../core/result.ts";
import type { Host, Outcome } from "./engine.ts";
import { readGuestFailure } from "./guest-failure.ts";
import type { Setup } from "./guest/main.ts";
import { limitVerdict, stalled } from "./limit-verdict.ts";
import { LostRejections, THREW_NOTHING } from "./lost-rejections.ts";
import { givenGlobals } from "./name-lookup.ts";
import { PendingCalls, readCallIds } from "./pending-calls.ts";
import { MAX_TIMERS } from "./run-timers.ts";
import type { VmContext } from "./vm-context.ts";
import { UnawaitedUses } from "./unawaited-uses.ts";
import { replyTo } from "./vm-services.ts";
import type { Vm } from "./vm.ts";

export interface RunParts {
  readonly vm: Vm;
  readonly limits: Limits;
  readonly names: NameTable;
  readonly host: Host;
  readonly vmContext: VmContext;
  /** Number of the run in its VM, from 1. */
  readonly run: number;
  /** Whether the VM is kept for further runs. */
  readonly keep: boolean;
  /**
   * See guest/clock.ts.
   * @default none: the engine's own
   */
  readonly clock?: "host" | number;
}

/** Time in ms that the guest may take for a message between slices, e.g. a stalled program to describe its rejections. */
const NOTICE_MS = 50;

const unheard: Vm["onSend"] = () => undefined;

type Verdict = { ok: true; value?: string } | { ok: false; error: Failure };

/**
 * One run of one program in one VM. The guest runs in slices on this thread: from the start, or from an answer or a
 * timer, until it waits for the host. Only slices count as CPU time. All limits are checked here with clocks and counters of
 * the host.
 */
export class Run {
  readonly #parts: RunParts;
  readonly #vm: Vm;
  readonly #limits: Limits;
  readonly #vmContext: VmContext;
  readonly #pendingCalls: PendingCalls;
  /** Timers of earlier runs. */
  readonly #earlier: ReadonlySet<number>;
  readonly #settled = Promise.withResolvers<Outcome>();
  #program: Program | undefined;
  #deadline = 0;
  #cpuMs = 0;
  /** Start of the current slice. */
  #sliceStart: number | undefined;
  #peakBytes = 0;
  readonly #rejections = new LostRejections();
  readonly #unawaited = new UnawaitedUses();
  /** The guest tells which rejections are handled after all. */
  #watchesHandlers = false;
  /** Open calls that the program does not wait for any more. */
  #givenUp: readonly number[] = [];
  /** The outcome of the program, while a kept VM finishes its last slice. */
  #verdict: Verdict | undefined;
  #over = false;
  #idle = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#vm = parts.vm;
    this.#limits = parts.limits;
    this.#vmContext = parts.vmContext;
    this.#pendingCalls = new PendingCalls({
      host: parts.host,
      meter: new Meter(parts.limits),
      vmContext: parts.vmContext,
      onBreach: (failure) => this.#fail(failure),
      deliver: (id, answer) => this.#deliver(id, answer),
    });
    this.#earlier = new Set(parts.vmContext.timers.ids);
    this.#vm.onSend = (kind, id, name, text) => this.#onSend(kind, id, name, text);
  }

  /** Runs `program` to its end. */
  async start(program: Program, signal: AbortSignal): Promise<Outcome> {
    return await this.#execute(program, signal, () => {
      this.#deliverAnswers();
      this.#slice((budgetMs) => this.#vm.start(program.code, this.#setup(program), budgetMs));
    });
  }

  /** Runs the program to its end that was active when the VM was saved. */
  async resume(program: Program, signal: AbortSignal): Promise<Outcome> {
    return await this.#execute(program, signal, () => {
      this.#pendingCalls.repeat();
      this.#deliverAnswers();
      this.#endIfStalled();
    });
  }

  async #execute(program: Program, signal: AbortSignal, begin: () => void): Promise<Outcome> {
    const { wallMs } = this.#limits;
    const onAbort = (): void => this.#abandon(aborted());
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#program = program;
    this.#deadline = performance.now() + wallMs;
    const timer = setTimeout(() => this.#abandon(wallBreach(this.#limits)), wallMs);
    try {
      if (!this.#over) {
        this.#vmContext.timers.go((id) => this.#due(id));
        begin();
      }
      const outcome = await this.#settled.promise; // after the slice: V8 reports a rejection at its end
      this.#rejections.report(outcome, program, this.#parts.host);
      return outcome;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  #deliverAnswers(): void {
    const { answers } = this.#vmContext;
    for (const held of answers) {
      answers.delete(held);
      this.#deliver(...held, false);
    }
  }

  /** @param last whether no further delivery follows immediately */
  #deliver(id: number, answer: string, last = true): void {
    this.#slice((budgetMs) => this.#vm.receive("answer", id, answer, budgetMs), last);
  }

  #setup(program: Program): string {
    const { callBytes, valueDepth, logBytes } = this.#limits;
    const { names, run, clock } = this.#parts;
    const setup: Setup = {
      callBytes,
      valueDepth,
      logBytes,
      given: givenGlobals(names, program),
      fetch: names.fetch === true,
      run,
      timeZone: program.timeZone ?? DEFAULT_TIME_ZONE,
      ...(program.code.includes("Temporal") ? { temporal: true } : {}),
      ...(clock === undefined ? {} : { clock }),
    };
    return JSON.stringify(setup);
  }

  /** Runs the guest within its budgets. Afterwards it must wait for a call or a timer, unless further deliveries follow. */
  #slice(work: (budgetMs: number) => void, last = true): void {
    if (this.#over) return;
    const started = performance.now();
    const budgetMs = Math.min(this.#limits.cpuMs - this.#cpuMs, this.#deadline - started);
    let thrown: unknown;
    this.#sliceStart = started;
    try {
      work(Math.max(1, Math.ceil(budgetMs)));
    } catch (error) {
      thrown = error ?? THREW_NOTHING;
    }
    const tookMs = performance.now() - started;
    if (this.#over) return this.#noteThrown(thrown, tookMs < budgetMs);
    this.#cpuMs += tookMs;
    this.#sliceStart = undefined;
    this.#sampleHeap();
    this.#checkLimits(thrown);
    this.#noteThrown(thrown, !this.#over);
    if (this.#verdict !== undefined) this.#end(this.#verdict);
    else if (last) this.#endIfStalled();
  }

  /** @param inTime whether no limit explains it */
  #noteThrown(thrown: unknown, inTime: boolean): void {
    const { rethrowsRejections = false, state } = this.#vm;
    if (!rethrowsRejections || !inTime || thrown === undefined || state !== "usable") return;
    this.#rejections.thrown(thrown);
    if (this.#over || this.#watchesHandlers) return;
    this.#watchesHandlers = true;
    this.#tell("rethrown");
  }

  #endIfStalled(): void {
    if (this.#over || this.#pendingCalls.waits) return;
    if (this.#vmContext.timers.size > 0) return this.#reportIdle(true);
    this.#tell("ending"); // what the program waits for is often what a lost rejection has left undone
    this.#end({ ok: false, error: stalled(this.#limits) });
  }

  #tell(notice: "ending" | "rethrown"): void {
    try {
      this.#vm.receive(notice, 0, "", NOTICE_MS);
    } catch {
      // it took too long
    }
  }

  #reportIdle(idle: boolean): void {
    if (this.#idle !== idle) this.#parts.host.idle?.(idle);
    this.#idle = idle;
  }

  /** Ends the run if a limit was hit. Called after a slice, and when the guest reports its end. */
  #checkLimits(thrown: unknown): void {
    const verdict = limitVerdict(this.#vm, this.#limits, this.#program!, thrown, {
      cpuLeftMs: this.#limits.cpuMs - this.#cpuTime(),
      wallLeftMs: this.#deadline - performance.now(),
    });
    if (verdict === undefined) return;
    if (verdict.ended) this.#end({ ok: false, error: verdict.error });
    else this.#fail(verdict.error);
  }

  #onSend(kind: string, id: number, name: string, text: string): string | undefined {
    if (this.#vm.exhausted) this.#checkLimits(undefined); // nothing that comes after the breach has an effect
    if (this.#over) return undefined;
    switch (kind) {
      case "call":
        return void this.#pendingCalls.call(id, name, text);
      case "timer":
        return this.#timer(id, name, Number(text));
      case "log":
        return this.#log(id, name, text);
      case "digest":
        return void this.#pendingCalls.digest(id, name, text);
      case "rejected":
        return this.#rejections.reported(id, text);
      case "handled":
        return this.#rejections.handled(text);
      case "unawaited":
        return this.#unawaited.noted(name, text, { ...this.#parts, program: this.#program! });
      case "given up":
        this.#givenUp = readCallIds(text);
        return undefined;
      case "value":
        return this.#conclude(id, () => ({ ok: true, ...(text === "" ? {} : { value: text }) }));
      case "throw":
        return this.#conclude(id, () => this.#thrown(text));
      default:
        return this.#reply(kind, id, name, text);
    }
  }

  /** What replies cost is host time, between whose ends an engine may look at its clock only now and then. */
  #reply(kind: string, id: number, name: string, text: string): string | undefined {
    this.#checkLimits(undefined);
    if (this.#over) return undefined;
    const { randomness } = this.#vmContext;
    return replyTo(kind, id, name, text, { names: this.#parts.names, randomness });
  }

  /**
   * The guest reports its end. QuickJS can turn an interruption into a rejection, so a report after the time is up does not
   * count. A kept VM continues to the end of the slice, so that its effects are not lost.
   */
  #conclude(run: number, verdict: () => Verdict): undefined {
    if (run !== this.#parts.run || this.#verdict !== undefined) return;
    this.#checkLimits(undefined);
    if (this.#over) return;
    const reached = verdict();
    const spent = !reached.ok && reached.error.code === "memory";
    if (this.#parts.keep && !spent) this.#verdict = reached;
    else this.#end(reached, !spent);
  }

  #timer(id: number, name: string, delay: number): undefined {
    const { timers } = this.#vmContext;
    if (name !== "start") return timers.clear(id) as undefined;
    if (!timers.start(id, delay))
      this.#fail(breach("call_limit", `more than ${MAX_TIMERS} timers at once`));
  }

  #due(id: number): void {
    this.#reportIdle(false);
    this.#slice((budgetMs) => this.#vm.receive("timer", id, "", budgetMs));
  }

  #log(count: number, level: string, text: string): undefined {
    if (level === "dropped") this.#parts.host.dropped(count);
    else if (isLogLevel(level)) this.#parts.host.log({ level, text });
  }

  #thrown(text: string): Verdict {
    const error = readGuestFailure(text, this.#program!, this.#limits, this.#vm.exhausted);
    return { ok: false, error: this.#unawaited.explain(error) };
  }

  /** Ends the run from outside while the guest runs (a limit, a failure of the engine). The VM must not be used any more. */
  #fail(error: Failure): undefined {
    this.#end({ ok: false, error }, false);
  }

  /** Ends the run while it waits. A kept VM stays usable. */
  #abandon(error: Failure): void {
    if (!this.#parts.keep || this.#sliceStart !== undefined) return this.#fail(error);
    if (this.#over) return;
    const { timers } = this.#vmContext;
    for (const id of timers.ids) if (!this.#earlier.has(id)) timers.clear(id);
    this.#pendingCalls.close("drop");
    this.#end({ ok: false, error });
  }

  #end(verdict: Verdict, clean = true): undefined {
    if (this.#over) return;
    this.#over = true;
    this.#vm.onSend = unheard; // a kept VM must not keep this run, its host and what that holds
    this.#pendingCalls.close(this.#parts.keep ? "keep" : "drop");
    this.#vmContext.timers.halt();
    this.#sampleHeap();
    if (!clean || !this.#parts.keep) this.#vm.stop(clean ? "soon" : "now");
    const usage = { cpuMs: this.#cpuTime(), peakBytes: this.#peakBytes };
    const givenUp = this.#givenUp.length === 0 ? {} : { givenUp: this.#givenUp };
    this.#settled.resolve({ ...verdict, usage, clean, ...givenUp });
  }

  #cpuTime(): number {
    return (
      this.#cpuMs + (this.#sliceStart === undefined ? 0 : performance.now() - this.#sliceStart)
    );
  }

  #sampleHeap(): void {
    if (this.#vm.state === "usable")
      this.#peakBytes = Math.max(this.#peakBytes, this.#vm.heapBytes());
    else if (this.#vm.state === "out_of_memory")
      this.#peakBytes = this.#limits.memoryMb * 1024 * 1024;
  }
}
