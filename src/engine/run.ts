import { type Failure, messageOf } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { aborted, breach, cpuBreach, memoryBreach, wallBreach } from "../core/breach.ts";
import { Meter } from "../core/meter.ts";
import type { NameTable } from "../core/names.ts";
import type { Program } from "../core/program.ts";
import { isLogLevel } from "../core/result.ts";
import { answerFailure } from "../core/answer.ts";
import type { Host, Outcome } from "./engine.ts";
import type { Setup } from "./guest/main.ts";
import { locate, readGuestFailure } from "./guest-failure.ts";
import { answerNames, flatNames } from "./name-lookup.ts";
import { answerUrl, digest, randomBase64 } from "./services.ts";
import { EngineSyntaxError, type Vm } from "./vm.ts";

/** A program has its own cap of timers; this one holds even if the prelude is subverted. */
const MAX_TIMERS = 20_000;
/** An engine's timer may fire a little early. */
const CLOCK_TOLERANCE_MS = 2;

/** The longest that a program's answers may follow each other without letting the thread do anything else. */
const YIELD_MS = 8;
const later: (callback: () => void) => unknown = globalThis.setImmediate ?? setTimeout;

/**
 * One run of one program in one VM. The guest runs in slices on this thread: from the start, or from an answer or a
 * timer, until it can do nothing more without the host. Only slices cost CPU time. All limits are judged here from
 * clocks and counters of the host.
 */
export class Run {
  readonly #vm: Vm;
  readonly #limits: Limits;
  readonly #names: NameTable;
  readonly #host: Host;
  readonly #meter: Meter;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #settled = Promise.withResolvers<Outcome>();
  #program: Program | undefined;
  #deadline = 0;
  #cpuMs = 0;
  /** When the slice at hand began. */
  #sliceStart: number | undefined;
  #peakBytes = 0;
  #waiting = 0;
  #lastYield = performance.now();
  #over = false;

  constructor(vm: Vm, limits: Limits, names: NameTable, host: Host) {
    this.#vm = vm;
    this.#limits = limits;
    this.#names = names;
    this.#host = host;
    this.#meter = new Meter(limits);
    vm.onSend = (kind, id, name, text) => this.#onSend(kind, id, name, text);
  }

  /** Run to the end. */
  async execute(program: Program, signal: AbortSignal): Promise<Outcome> {
    const { wallMs } = this.#limits;
    const onAbort = (): void => this.#fail(aborted());
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#program = program;
    this.#deadline = performance.now() + wallMs;
    const timer = setTimeout(() => this.#fail(wallBreach(this.#limits)), wallMs);
    this.#slice((budgetMs) => this.#vm.start(program.code, this.#setup(program), budgetMs));
    try {
      return await this.#settled.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  #setup(program: Program): string {
    const { callBytes, valueDepth, logBytes } = this.#limits;
    const setup: Setup = {
      callBytes,
      valueDepth,
      logBytes,
      flat: flatNames(this.#names, program.words),
      fetch: this.#names.fetch === true,
    };
    return JSON.stringify(setup);
  }

  /** Let the guest run for as long as its budgets allow. */
  #slice(work: (budgetMs: number) => void): void {
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
    if (!this.#over && this.#waiting === 0 && this.#timers.size === 0)
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
      case "log":
        return this.#log(id, name, text);
      case "names":
        return answerNames(this.#names, text);
      case "url":
        return answerUrl(name, text);
      case "random":
        return randomBase64(id);
      case "digest":
        return this.#digest(id, name, text);
      case "value":
        return this.#endInTime(() =>
          this.#end({ ok: true, ...(text === "" ? {} : { value: text }) }),
        );
      case "throw":
        return this.#endInTime(() => this.#throw(text));
      default:
        return undefined;
    }
  }

  /** QuickJS can swallow an interruption as a rejection: what a program says after its time is up does not count. */
  #endInTime(end: () => undefined): undefined {
    this.#judge(undefined);
    return end();
  }

  #call(id: number, name: string, args: string): undefined {
    const [server, tool] = split(name);
    const failure = this.#meter.call(server !== "", args.length);
    if (failure !== undefined) return this.#fail(failure);
    this.#waiting++;
    void this.#host.call({ server, tool, args }).then((answer) => this.#answer(id, answer));
  }

  #answer(id: number, answer: string): void {
    this.#waiting--;
    const failure = this.#meter.bytes(answer.length);
    if (failure !== undefined) return this.#fail(failure);
    const receive = (): void =>
      this.#slice((budgetMs) => this.#vm.receive("answer", id, answer, budgetMs));
    if (performance.now() - this.#lastYield < YIELD_MS) return receive();
    // Tools that answer at once would keep this thread to the program, timers and aborts included.
    this.#waiting++;
    later(() => {
      this.#lastYield = performance.now();
      this.#waiting--;
      receive();
    });
  }

  #timer(id: number, name: string, delay: number): undefined {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (name !== "start") return;
    if (this.#timers.size >= MAX_TIMERS)
      return this.#fail(breach("call_limit", `more than ${MAX_TIMERS} timers at once`));
    const due = (): void => {
      this.#timers.delete(id);
      this.#slice((budgetMs) => this.#vm.receive("timer", id, "", budgetMs));
    };
    this.#timers.set(id, setTimeout(due, delay));
  }

  #log(count: number, level: string, text: string): undefined {
    if (level === "dropped") this.#host.dropped(count);
    else if (isLogLevel(level)) this.#host.log({ level, text });
  }

  #digest(id: number, algorithm: string, base64: string): undefined {
    const failure = this.#meter.call(false, base64.length);
    if (failure !== undefined) return this.#fail(failure);
    this.#waiting++;
    void digest(algorithm, base64).then(
      (text) => this.#answer(id, text),
      (error) =>
        this.#answer(id, answerFailure({ code: "program_error", message: messageOf(error) })),
    );
  }

  #throw(text: string): undefined {
    const error = readGuestFailure(text, this.#program!, this.#limits, this.#vm.exhausted);
    this.#end({ ok: false, error }, error.code !== "memory");
  }

  /** End the run from this side: a limit, an abort, an engine that fails. The VM is not to be trusted any more. */
  #fail(error: Failure): undefined {
    this.#end({ ok: false, error }, false);
  }

  #end(
    outcome: { ok: true; value?: string } | { ok: false; error: Failure },
    clean = true,
  ): undefined {
    if (this.#over) return;
    this.#over = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#sampleHeap();
    this.#vm.stop(clean ? "soon" : "now");
    const usage = { cpuMs: this.#cpuTime(), peakBytes: this.#peakBytes };
    this.#settled.resolve({ ...outcome, usage, clean });
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
