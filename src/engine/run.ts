import { type Failure, messageOf } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { aborted, breach, cpuBreach, memoryBreach, wallBreach } from "../core/breach.ts";
import { Meter } from "../core/meter.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import { isLogLevel } from "../core/result.ts";
import { type Answer, answerFailure } from "../core/answer.ts";
import type { Host, HostCall, Outcome, SavedCall, SavedVm } from "./engine.ts";
import type { Setup } from "./guest/main.ts";
import { locate, readGuestFailure } from "./guest-failure.ts";
import { answerNames, flatNames } from "./name-lookup.ts";
import { MAX_TIMERS, RunTimers } from "./run-timers.ts";
import { answerUrl, digest, Randomness } from "./services.ts";
import { EngineSyntaxError, type Vm } from "./vm.ts";

/** An engine's timer may fire a little early. */
const CLOCK_TOLERANCE_MS = 2;

/** The longest that a program's answers may follow each other without letting the thread do anything else. */
const YIELD_MS = 8;
/** Run `callback` when what is due on this thread has been done. */
export const later: (callback: () => void) => unknown = globalThis.setImmediate ?? setTimeout;

/** What a VM waits for, and where its randomness comes from: what there is of it outside its own memory. */
export class VmHoldings {
  readonly timers: RunTimers;
  readonly randomness: Randomness;
  /** Calls without an answer. */
  readonly calls: Map<number, SavedCall>;
  /** Answers that have not been handed over: no program was at work when they came. */
  readonly answers: Set<readonly [id: number, answer: Answer]>;

  constructor(saved?: SavedVm, seed?: string) {
    this.timers = new RunTimers(saved?.timers);
    this.randomness = new Randomness(seed, saved?.drawn);
    this.calls = new Map(saved?.calls.map((call) => [call.id, call]));
    this.answers = new Set(saved?.answers);
  }

  save(): Pick<SavedVm, "timers" | "drawn" | "calls" | "answers"> {
    return {
      timers: this.timers.left(),
      drawn: this.randomness.drawn,
      calls: [...this.calls.values()],
      answers: [...this.answers],
    };
  }
}

export interface RunParts {
  readonly vm: Vm;
  readonly limits: Limits;
  readonly names: NameTable;
  readonly host: Host;
  readonly holdings: VmHoldings;
  /** Which of the VM's runs this is, from 1. */
  readonly run: number;
  /** Whether the VM is to serve another run. */
  readonly keep: boolean;
  /** See guest/clock.ts. Default: the engine's own. */
  readonly clock?: "door" | number;
}

type Verdict = { ok: true; value?: string } | { ok: false; error: Failure };

/**
 * One run of one program in one VM. The guest runs in slices on this thread: from the start, or from an answer or a
 * timer, until it can do nothing more without the host. Only slices cost CPU time. All limits are judged here from
 * clocks and counters of the host.
 */
export class Run {
  readonly #parts: RunParts;
  readonly #vm: Vm;
  readonly #limits: Limits;
  readonly #holdings: VmHoldings;
  readonly #meter: Meter;
  /** Timers and calls of earlier runs. */
  readonly #earlier: ReadonlySet<number>;
  readonly #settled = Promise.withResolvers<Outcome>();
  #program: Program | undefined;
  #deadline = 0;
  #cpuMs = 0;
  /** When the slice at hand began. */
  #sliceStart: number | undefined;
  #peakBytes = 0;
  #waiting = 0;
  #lastYield = performance.now();
  /** What the program came to, while a VM that is kept does what little is left. */
  #verdict: Verdict | undefined;
  #over = false;
  /** The run was ended while it waited: what it waits for is not to wake it up in another run. */
  #abandoned = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#vm = parts.vm;
    this.#limits = parts.limits;
    this.#holdings = parts.holdings;
    this.#meter = new Meter(parts.limits);
    this.#earlier = new Set([...parts.holdings.timers.ids]);
    this.#vm.onSend = (kind, id, name, text) => this.#onSend(kind, id, name, text);
  }

  /** Run `program` to its end. */
  async start(program: Program, signal: AbortSignal): Promise<Outcome> {
    return await this.#execute(program, signal, () => {
      this.#deliverAnswers();
      this.#slice((budgetMs) => this.#vm.start(program.code, this.#setup(program), budgetMs));
    });
  }

  /** Run to its end what was at work when the VM was saved. */
  async resume(program: Program, signal: AbortSignal): Promise<Outcome> {
    return await this.#execute(program, signal, () => {
      for (const { id, kind, server, tool, args } of this.#holdings.calls.values()) {
        if (kind === "digest") this.#compute(id, tool, args);
        else this.#ask({ id, server, tool, args, again: true });
      }
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
    this.#holdings.timers.go((id) => this.#due(id));
    begin();
    try {
      return await this.#settled.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  #deliverAnswers(): void {
    const { answers } = this.#holdings;
    for (const held of answers) {
      answers.delete(held);
      const [id, answer] = held;
      this.#slice((budgetMs) => this.#vm.receive("answer", id, answer, budgetMs), false);
    }
  }

  #setup(program: Program): string {
    const { callBytes, valueDepth, logBytes } = this.#limits;
    const { names, run, clock } = this.#parts;
    const setup: Setup = {
      callBytes,
      valueDepth,
      logBytes,
      flat: flatNames(names, program.words),
      fetch: names.fetch === true,
      run,
      ...(clock === undefined ? {} : { clock }),
    };
    return JSON.stringify(setup);
  }

  /** Let the guest run for as long as its budgets allow; then it waits for something, unless more is to come. */
  #slice(work: (budgetMs: number) => void, last = true): void {
    if (this.#over) return;
    const started = performance.now();
    const budgetMs = Math.min(this.#limits.cpuMs - this.#cpuMs, this.#deadline - started);
    let thrown: unknown;
    this.#sliceStart = started;
    try {
      work(Math.max(1, Math.ceil(budgetMs)));
    } catch (error) {
      thrown = error ?? new Error("the engine threw nothing");
    }
    if (this.#over) return;
    this.#cpuMs += performance.now() - started;
    this.#sliceStart = undefined;
    this.#sampleHeap();
    this.#judge(thrown);
    if (this.#verdict !== undefined) this.#end(this.#verdict);
    else if (last) this.#endIfStalled();
  }

  #endIfStalled(): void {
    if (this.#over || this.#waiting > 0 || this.#holdings.timers.size > 0) return;
    this.#abandoned = true;
    this.#end({ ok: false, error: this.#stalled() });
  }

  /** After a slice: has a limit been hit? `thrown` says only that something happened; what it was the host knows. */
  #judge(thrown: unknown): void {
    const { cpuMs } = this.#limits;
    if (this.#vm.state === "out_of_memory" || (this.#vm.exhausted && thrown !== undefined)) {
      this.#fail(memoryBreach(this.#limits));
    } else if (this.#cpuTime() >= cpuMs - CLOCK_TOLERANCE_MS) {
      this.#fail(cpuBreach(this.#limits));
    } else if (performance.now() >= this.#deadline - CLOCK_TOLERANCE_MS) {
      this.#fail(wallBreach(this.#limits));
    } else if (thrown instanceof EngineSyntaxError) {
      const place = locate(thrown.stack, this.#program!);
      const error: Failure = {
        code: "syntax_error",
        name: "SyntaxError",
        message: thrown.message,
        ...place,
      };
      this.#end({ ok: false, error });
    } else if (this.#vm.state === "out_of_stack") {
      this.#fail({ code: "stack_overflow", name: "RangeError", message: "stack overflow" });
    } else if (this.#vm.state === "broken") {
      this.#fail({
        code: "internal",
        name: "EngineError",
        message: `the engine failed: ${messageOf(thrown)}`,
      });
    }
    // Anything else is V8 rethrowing a rejection that the program did not handle: not an outcome.
  }

  /** No call, no timer: nothing will ever wake the program, so its time-out is certain and need not be waited for. */
  #stalled(): Failure {
    const message =
      "the program waits for a promise that nothing can settle: no tool call and no timer is pending";
    return {
      ...wallBreach(this.#limits),
      message,
      hint: "Await tool calls or timers; a promise of your own must be resolved.",
    };
  }

  #onSend(kind: string, id: number, name: string, text: string): string | undefined {
    if (this.#over) return undefined;
    switch (kind) {
      case "call":
        return this.#call(id, name, text);
      case "timer":
        return this.#timer(id, name, Number(text));
      case "now":
        return `${Date.now()}`;
      case "log":
        return this.#log(id, name, text);
      case "names":
        return answerNames(this.#parts.names, text);
      case "url":
        return answerUrl(name, text);
      case "random":
        return this.#holdings.randomness.base64(id);
      case "digest":
        return this.#digest(id, name, text);
      case "value":
        return this.#conclude(id, () => ({ ok: true, ...(text === "" ? {} : { value: text }) }));
      case "throw":
        return this.#conclude(id, () => this.#thrown(text));
      default:
        return undefined;
    }
  }

  /**
   * The program has come to its end. QuickJS can swallow an interruption as a rejection: what a program says after its
   * time is up does not count. A VM that is kept goes on to the end of the slice, so that what it does is not lost.
   */
  #conclude(run: number, verdict: () => Verdict): undefined {
    if (run !== this.#parts.run || this.#verdict !== undefined) return;
    this.#judge(undefined);
    if (this.#over) return;
    const reached = verdict();
    const spent = !reached.ok && reached.error.code === "memory";
    if (this.#parts.keep && !spent) this.#verdict = reached;
    else this.#end(reached, !spent);
  }

  #call(id: number, name: string, args: string): undefined {
    const [server, tool] = split(name);
    const failure = this.#meter.call(server !== "", args.length);
    if (failure !== undefined) return this.#fail(failure);
    this.#holdings.calls.set(id, { id, kind: "call", server, tool, args });
    this.#ask({ id, server, tool, args });
  }

  #ask(call: HostCall & { readonly id: number }): void {
    this.#waiting++;
    void this.#parts.host.call(call).then((answer) => this.#answer(call.id, answer));
  }

  #answer(id: number, answer: string): void {
    this.#waiting--;
    this.#holdings.calls.delete(id);
    if (this.#over && !this.#abandoned) this.#holdings.answers.add([id, answer]);
    if (this.#over) return;
    const failure = this.#meter.bytes(answer.length);
    if (failure !== undefined) return this.#fail(failure);
    const receive = (): void =>
      this.#slice((budgetMs) => this.#vm.receive("answer", id, answer, budgetMs));
    if (performance.now() - this.#lastYield < YIELD_MS) return receive();
    // Tools that answer at once would keep this thread to the program, timers and aborts included.
    const { answers } = this.#holdings;
    const held = [id, answer] as const;
    answers.add(held);
    this.#waiting++;
    later(() => {
      this.#lastYield = performance.now();
      this.#waiting--;
      if (this.#over || !answers.delete(held)) return;
      receive();
    });
  }

  #timer(id: number, name: string, delay: number): undefined {
    const { timers } = this.#holdings;
    if (name !== "start") return timers.clear(id) as undefined;
    if (!timers.start(id, delay))
      this.#fail(breach("call_limit", `more than ${MAX_TIMERS} timers at once`));
  }

  #due(id: number): void {
    this.#slice((budgetMs) => this.#vm.receive("timer", id, "", budgetMs));
  }

  #log(count: number, level: string, text: string): undefined {
    if (level === "dropped") this.#parts.host.dropped(count);
    else if (isLogLevel(level)) this.#parts.host.log({ level, text });
  }

  #digest(id: number, algorithm: string, base64: string): undefined {
    const failure = this.#meter.call(false, base64.length);
    if (failure !== undefined) return this.#fail(failure);
    const call = { id, kind: "digest", server: "", tool: algorithm, args: base64 } as const;
    this.#holdings.calls.set(id, call);
    this.#compute(id, algorithm, base64);
  }

  #compute(id: number, algorithm: string, base64: string): void {
    this.#waiting++;
    void digest(algorithm, base64).then(
      (text) => this.#answer(id, text),
      (error) =>
        this.#answer(id, answerFailure({ code: "program_error", message: messageOf(error) })),
    );
  }

  #thrown(text: string): Verdict {
    const error = readGuestFailure(text, this.#program!, this.#limits, this.#vm.exhausted);
    return { ok: false, error };
  }

  /** End the run from this side while the guest runs: a limit, an engine that fails. The VM is not to be trusted any more. */
  #fail(error: Failure): undefined {
    this.#end({ ok: false, error }, false);
  }

  /** End the run while it waits: nobody will wake it up, and a VM that is kept is as good as before. */
  #abandon(error: Failure): void {
    if (!this.#parts.keep || this.#sliceStart !== undefined) return this.#fail(error);
    if (this.#over) return;
    this.#abandoned = true;
    const { timers, calls } = this.#holdings;
    for (const id of timers.ids) if (!this.#earlier.has(id)) timers.clear(id);
    calls.clear();
    this.#end({ ok: false, error });
  }

  #end(verdict: Verdict, clean = true): undefined {
    if (this.#over) return;
    this.#over = true;
    this.#holdings.timers.halt();
    this.#sampleHeap();
    if (!clean || !this.#parts.keep) this.#vm.stop(clean ? "soon" : "now");
    const usage = { cpuMs: this.#cpuTime(), peakBytes: this.#peakBytes };
    this.#settled.resolve({ ...verdict, usage, clean });
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

/** What stands before and after the first line break; the rest of either may hold anything. */
function split(name: string): [server: string, tool: string] {
  const at = name.indexOf("\n");
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at + 1)];
}
