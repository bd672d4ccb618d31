import { memoryBreach } from "../../core/breach.ts";
import { CodecellError, type Failure } from "../../core/errors.ts";
import { Holders } from "../../core/holders.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/limits.ts";
import { Semaphore } from "../../core/semaphore.ts";
import type { EngineRef, Host, KeepOptions, Outcome, SavedVm } from "../../engine/engine.ts";
import { failedOutcome, neverBegan } from "../../engine/failed-outcome.ts";
import { ProtocolError } from "../channel/fields.ts";
import { largestText, largestSavedVm } from "../channel/message-caps.ts";
import type { RunMessage, ToHost, ToWorker } from "../channel/protocol.ts";
import { readToHost } from "../channel/read-message.ts";
import { bytesOf, writeToWorker } from "../channel/write-message.ts";
import type { RunRequest } from "../placement.ts";
import { ActiveRun } from "./active-run.ts";
import { mayRefuseWith } from "./believed-outcome.ts";
import { WorkerBoot } from "./boot.ts";
import { ExpectedMessages } from "./expected-messages.ts";
import { ForwardedCalls } from "./forwarded-calls.ts";
import { IdleWatch } from "./idle-watch.ts";
import { PendingReplies } from "./pending-replies.ts";
import { Watchdog } from "./watchdog.ts";
import type { WorkerExit, WorkerHandle, WorkerUsage } from "./worker-handle.ts";

/** Time from the end of a run to the worker's report that it is ready. */
const READY_MS = 2_000;
/** Time for saving and opening a VM; the replay of a journal takes as long as its programs computed. */
const REPLY_MS = 60_000;
/** Beside a VM there is its image while it is saved or restored, and the image as text. */
const IMAGE_COPIES = 4;
/** Saves that are asked for at once; a service closes a connection that asks for many. */
const MAX_SAVES = 8;

type Reply = Extract<ToHost, { readonly type: "opened" | "saved" }>;

interface Use {
  readonly run: ActiveRun;
  readonly limits: Limits;
  /** Whether the run is in a VM that is kept: then the worker is not ready for other runs after it. */
  readonly isKept: boolean;
}

interface Question {
  readonly question: ToWorker;
  readonly reply: Reply["type"];
  /** Caps of the answering; the wall time is {@link REPLY_MS}. */
  readonly limits: Limits;
}

/**
 * The host's side of one worker, which has one run at a time. It checks everything that the worker reports, and it has its
 * own clock: a worker that does not reply in time, that sends what is not due, or breaks the protocol in any other way, is
 * killed; so is one that computes while it has nothing to do.
 */
export class WorkerClient {
  /** Resolves when the worker has booted; rejects with `engine_unavailable` when it cannot. */
  readonly booted: Promise<void>;
  /** Resolves when the worker has ended, with a description of its exit. */
  readonly gone: Promise<string>;
  readonly #handle: WorkerHandle;
  readonly #holders: Holders;
  readonly #boot: WorkerBoot;
  #ready: PromiseWithResolvers<boolean> = Promise.withResolvers();
  #active: Use | undefined;
  readonly #calls: ForwardedCalls;
  readonly #expected = new ExpectedMessages((bytes) => this.#active?.run.dropLog(bytes));
  readonly #idleWatch: IdleWatch;
  readonly #replies = new PendingReplies<Reply>();
  readonly #saves = new Semaphore(MAX_SAVES);
  /** Watches the worker that was asked for something during a run and has not replied at its end. */
  #lateWatch: Watchdog | undefined;
  /** Caps of the kept VM. */
  #vmLimits = DEFAULT_LIMITS;
  #namesVersion = "";
  #dead = false;
  /** Usage before the run, or at the first successful reading. */
  #before: WorkerUsage | undefined;
  /** Called when {@link waits} may have changed. */
  onReport: (() => void) | undefined;
  /** Number of runs that this worker has begun. */
  runs = 0;

  constructor(handle: WorkerHandle, engine: EngineRef) {
    this.#handle = handle;
    this.#holders = new Holders((held) => handle.hold(held));
    this.#calls = new ForwardedCalls(handle.channel, () => this.onReport?.());
    this.#boot = new WorkerBoot(engine.name);
    this.booted = this.#boot.done;
    this.gone = handle.exited.then(({ detail }) => detail);
    const release = this.hold();
    void this.booted.then(release, release);
    this.#idleWatch = new IdleWatch(handle, DEFAULT_LIMITS, (reason) => this.#end(crash(reason)));
    handle.channel.onMessage(
      (text, bytes) => this.#receive(readToHost(text, bytes)),
      // What was sent before the worker was killed is not read any more.
      (start, bytes) => !this.#dead && this.#expected.admit(start, bytes),
    );
    this.#send({ type: "engine", engine });
    void handle.exited.then((exit) => this.#onExit(exit));
    void handle.channel.closed.then((reason) => this.#onClosed(reason));
  }

  /** Resolves to whether the worker can be used for another run, as soon as that is known. */
  get ready(): Promise<boolean> {
    return this.#ready.promise;
  }

  /** Whether it has ended, or is about to. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Whether the program waits, for an answer to a call or for a timer, as far as the worker reports it. */
  get waits(): boolean {
    return this.#active?.run.idle === true || this.#calls.open > 0;
  }

  get #isService(): boolean {
    return this.#handle.callsTools === true;
  }

  /** What the present run has used, and whether it sleeps, by the operating system's counters. */
  used(): Pick<WorkerUsage, "cpuMs" | "asleep"> | undefined {
    const usage = this.#handle.usage();
    if (usage === undefined) return undefined;
    this.#before ??= usage;
    return { ...usage, cpuMs: usage.cpuMs - this.#before.cpuMs };
  }

  /** Lets the worker keep this process alive until the returned function is called. A boot and a reply hold it by themselves. */
  hold(): () => void {
    return this.#holders.take();
  }

  /** Runs a program in a new VM. */
  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const { limits, source, timeZone } = request;
    this.#ready = Promise.withResolvers();
    this.#calls.onNewVm(false);
    this.#handle.channel.limit(largestText(limits));
    const outcome = await this.#run(request, host, signal, {
      type: "run",
      limits,
      timeZone,
      source,
    });
    if (!this.#dead) this.#awaitReady();
    return outcome;
  }

  /** Opens a VM that is kept for {@link runKept}. @throws CodecellError */
  async open(limits: Limits, keep: KeepOptions): Promise<void> {
    this.#ready = Promise.withResolvers();
    this.#vmLimits = limits;
    const { saved, replayMs = REPLY_MS } = keep;
    this.#calls.onNewVm(saved !== undefined);
    this.#handle.channel.limit(largestText(limits) + largestSavedVm(limits), largestText(limits));
    const question = { type: "open", limits, keep } as const;
    const caps = saved === undefined ? limits : { ...limits, cpuMs: replayMs };
    await this.#ask(
      { question, reply: "opened", limits: caps },
      ({ type }) => type === "opened" || undefined,
    );
  }

  /** Runs a program in the kept VM. */
  async runKept(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const { limits, source, timeZone, resume = false } = request;
    await this.#calls.settled(); // answers to calls of the previous run come first
    if (signal.aborted) return neverBegan();
    if (this.#dead) return failedOutcome(crash("the worker ended before the run began"), false);
    this.#handle.channel.limit(
      largestText(limits) + largestSavedVm(this.#vmLimits),
      largestText(limits),
    );
    return await this.#run(request, host, signal, {
      type: "runKept",
      limits,
      resume,
      timeZone,
      source,
    });
  }

  /** The kept VM as data. @throws CodecellError */
  async save(): Promise<SavedVm> {
    const question = { type: "save" } as const;
    const read = (reply: Reply): SavedVm | undefined =>
      reply.type === "saved" ? reply.vm : undefined;
    return await this.#saves.run(() =>
      this.#ask({ question, reply: "saved", limits: this.#vmLimits }, read),
    );
  }

  /** Closes the kept VM: the worker becomes ready for other runs. */
  end(): void {
    this.#expected.expectReady();
    this.#send({ type: "end" });
    this.#awaitReady();
  }

  /** Kills the worker. */
  kill(): void {
    this.#handle.kill();
    this.#bury();
  }

  async #ask<Value>(
    { question, reply: type, limits }: Question,
    read: (reply: Reply) => Value | undefined,
  ): Promise<Value> {
    if (this.#dead) throw ended();
    const release = this.hold();
    const reply = this.#replies.next(read);
    this.#expected.ask(type, limits);
    this.#idleWatch.end();
    // Restoring a VM can run its programs again. During a run the watchdog of the run is there.
    const caps = replyCaps(limits);
    using _watchdog = this.#active === undefined ? this.#watch(caps) : undefined;
    this.#send(question);
    return await reply.finally(() => {
      release();
      if (this.#replies.count === 0) this.#lateWatch?.[Symbol.dispose]();
      if (this.#active === undefined) this.#idleWatch.begin(caps);
    });
  }

  #watch(limits: Limits, signal = new AbortController().signal): Watchdog {
    this.#before = this.#handle.usage();
    return this.#watchSince(this.#before, limits, signal);
  }

  #watchSince(before: WorkerUsage | undefined, limits: Limits, signal: AbortSignal): Watchdog {
    return new Watchdog(this.#handle, limits, before, signal, {
      abort: () => this.#send({ type: "abort" }),
      kill: (failure) => this.#end(failure),
    });
  }

  async #run(
    { limits, names, resume = false }: RunRequest,
    host: Host,
    signal: AbortSignal,
    command: ToWorker,
  ): Promise<Outcome> {
    this.runs++;
    const callsTools = this.#isService;
    const run = new ActiveRun({
      host,
      limits,
      signal,
      calls: this.#calls,
      callsTools,
      onReport: () => this.onReport?.(),
    });
    this.#active = { run, limits, isKept: command.type === "runKept" };
    this.#expected.begin({ limits, callsTools, resumed: resume });
    this.#idleWatch.end();
    this.#lateWatch?.[Symbol.dispose]();
    using _watchdog = this.#watch(limits, signal);
    if (names.version !== this.#namesVersion) this.#send({ type: "names", names });
    this.#namesVersion = names.version;
    this.#send(command);
    const outcome = await run.outcome;
    this.#active = undefined;
    if (!outcome.clean) this.kill();
    return outcome;
  }

  #send(message: ToWorker): void {
    void this.#handle.channel.send(writeToWorker(message), bytesOf(message));
  }

  #awaitReady(): void {
    const timer = setTimeout(() => this.kill(), READY_MS);
    timer.unref();
    void this.#ready.promise.then(() => clearTimeout(timer));
  }

  /** Kills the worker; its run fails with `failure`, and so does what it was asked for. */
  #end(failure: Failure): void {
    const { code, message, hint } = failure;
    this.#active?.run.fail(failure);
    this.#replies.end(new CodecellError(code, message, { hint }));
    this.kill();
  }

  #bury(): void {
    this.#dead = true;
    this.#idleWatch[Symbol.dispose]();
    this.#lateWatch?.[Symbol.dispose]();
    this.#ready.resolve(false);
    this.#replies.end(ended());
  }

  #onExit(exit: WorkerExit): void {
    this.#bury();
    this.#boot.failByExit(exit);
    if (this.#active === undefined) return;
    const { run, limits } = this.#active;
    run.fail(exit.outOfMemory ? memoryBreach(limits) : crash(`the worker ended: ${exit.detail}`));
  }

  /** @param reason the violation of the protocol; `undefined` where the worker ended, and its exit shows the reason */
  #onClosed(reason: Error | undefined): void {
    if (reason === undefined) return this.kill();
    const message = `the worker was ended: ${reason.message}`;
    this.#boot.fail(message);
    this.#end(crash(message));
  }

  #receive(message: ToHost): void {
    switch (message.type) {
      case "ready":
        return this.#onReady();
      case "unavailable":
        this.#boot.fail(message.message, message.hint);
        return this.kill();
      case "opened":
      case "saved":
        this.#expected.replied();
        return expected(this.#replies.resolve(message));
      case "refused": {
        const { code, message: text, hint } = message.error;
        this.#expected.replied();
        if (!mayRefuseWith(code, this.#isService))
          throw new ProtocolError(`it refused with '${code}', which is not its to say`);
        return expected(this.#replies.reject(new CodecellError(code, text, { hint })));
      }
      default:
        this.#active?.run.receive(message satisfies RunMessage);
        if (message.type === "outcome") this.#endRun();
    }
  }

  #onReady(): void {
    this.#expected.onReady();
    this.#boot.succeed();
    this.#ready.resolve(true);
    this.#idleWatch.begin();
  }

  /** The run has reported its outcome: whatever follows, also in the same moment, is no part of it. */
  #endRun(): void {
    const { limits, isKept } = this.#active!;
    this.#active = undefined;
    this.#expected.end();
    if (!isKept) this.#expected.expectReady();
    if (this.#replies.count === 0) this.#idleWatch.begin(limits);
    else this.#watchLate();
  }

  #watchLate(): void {
    const never = new AbortController().signal;
    const caps = replyCaps(this.#vmLimits);
    this.#lateWatch = this.#watchSince(this.#handle.usage(), caps, never);
  }
}

/** Caps of answering a question, for a VM with these limits. */
function replyCaps(limits: Limits): Limits {
  return { ...limits, wallMs: REPLY_MS, memoryMb: IMAGE_COPIES * limits.memoryMb };
}

function expected(wasAskedFor: boolean): void {
  if (!wasAskedFor) throw new ProtocolError("it sent a reply that nobody asked for");
}

function ended(): CodecellError {
  return new CodecellError("worker_crashed", "the worker has ended");
}

function crash(message: string): Failure {
  return { code: "worker_crashed", name: "WorkerError", message };
}
