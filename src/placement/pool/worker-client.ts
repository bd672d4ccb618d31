import { memoryBreach } from "../../core/breach.ts";
import { CodecellError, type Failure } from "../../core/errors.ts";
import { Holders } from "../../core/holders.ts";
import type { Limits } from "../../core/limits.ts";
import type { EngineRef, Host, KeepOptions, Outcome, SavedVm } from "../../engine/engine.ts";
import { neverBegan } from "../../engine/failed-outcome.ts";
import { ProtocolError } from "../channel/fields.ts";
import { largestImage, largestMessage } from "../channel/message-caps.ts";
import type { RunMessage, ToHost, ToWorker } from "../channel/protocol.ts";
import { readToHost } from "../channel/read-message.ts";
import { writeToWorker } from "../channel/write-message.ts";
import type { RunRequest } from "../placement.ts";
import { ActiveRun } from "./active-run.ts";
import { WorkerBoot } from "./boot.ts";
import { ForwardedCalls } from "./forwarded-calls.ts";
import { PendingReplies } from "./pending-replies.ts";
import { Watchdog } from "./watchdog.ts";
import type { WorkerExit, WorkerHandle } from "./worker-handle.ts";

/** Time from the end of a run to the worker's report that it is ready. */
const READY_MS = 2_000;
/** Time for saving and opening a VM; the replay of a journal takes as long as its programs computed. */
const REPLY_MS = 60_000;

type Reply = Extract<ToHost, { readonly type: "opened" | "saved" }>;

/**
 * The host's side of one worker, which has one run at a time. It checks everything that the worker reports, and it has its
 * own clock: a worker that does not reply in time, or breaks the protocol, is killed.
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
  #active: { readonly run: ActiveRun; readonly limits: Limits } | undefined;
  readonly #calls: ForwardedCalls;
  readonly #replies = new PendingReplies<Reply>();
  #namesVersion = "";
  #dead = false;
  /** Called when the program begins to wait for something outside. */
  onWait: (() => void) | undefined;
  /** Number of runs that this worker has begun. */
  runs = 0;

  constructor(handle: WorkerHandle, engine: EngineRef) {
    this.#handle = handle;
    this.#holders = new Holders((held) => handle.hold(held));
    this.#calls = new ForwardedCalls(handle.channel);
    this.#boot = new WorkerBoot(engine.name);
    this.booted = this.#boot.done;
    this.gone = handle.exited.then(({ detail }) => detail);
    const release = this.hold();
    void this.booted.then(release, release);
    handle.channel.onMessage((text) => this.#receive(readToHost(text)));
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

  /** Whether the program waits: for an answer to a call, or for a timer. */
  get waits(): boolean {
    return this.#active?.run.idle === true || this.#calls.open > 0;
  }

  /** Lets the worker keep this process alive until the returned function is called. A boot and a reply hold it by themselves. */
  hold(): () => void {
    return this.#holders.take();
  }

  /** Runs a program in a new VM. */
  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const { limits, source } = request;
    this.#ready = Promise.withResolvers();
    this.#handle.channel.limit(largestMessage(limits));
    const outcome = await this.#run(request, host, signal, { type: "run", limits, source });
    if (!this.#dead) this.#awaitReady();
    return outcome;
  }

  /** Opens a VM that is kept for {@link runKept}. @throws CodecellError */
  async open(limits: Limits, keep: KeepOptions): Promise<void> {
    this.#ready = Promise.withResolvers();
    this.#handle.channel.limit(largestMessage(limits) + largestImage(limits));
    await this.#ask({ type: "open", limits, keep }, ({ type }) => type === "opened" || undefined);
  }

  /** Runs a program in the kept VM. */
  async runKept(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const { limits, source, resume = false } = request;
    await this.#calls.settled(); // answers to calls of the previous run come first
    if (signal.aborted) return neverBegan();
    this.#handle.channel.limit(largestMessage(limits) + largestImage(limits));
    return await this.#run(request, host, signal, { type: "runKept", limits, resume, source });
  }

  /** The kept VM as data. @throws CodecellError */
  async save(): Promise<SavedVm> {
    return await this.#ask({ type: "save" }, (reply) =>
      reply.type === "saved" ? reply.vm : undefined,
    );
  }

  /** Closes the kept VM: the worker becomes ready for other runs. */
  end(): void {
    this.#send({ type: "end" });
    this.#awaitReady();
  }

  /** Kills the worker. */
  kill(): void {
    this.#handle.kill();
    this.#bury();
  }

  async #ask<Value>(question: ToWorker, read: (reply: Reply) => Value | undefined): Promise<Value> {
    if (this.#dead) throw ended();
    const release = this.hold();
    const reply = this.#replies.next(read);
    this.#send(question);
    const timer = setTimeout(() => this.kill(), REPLY_MS);
    return await reply.finally(() => {
      clearTimeout(timer);
      release();
    });
  }

  async #run(
    { limits, names }: RunRequest,
    host: Host,
    signal: AbortSignal,
    command: ToWorker,
  ): Promise<Outcome> {
    this.runs++;
    const run = new ActiveRun({
      host,
      calls: this.#calls,
      callsTools: this.#handle.callsTools === true,
      onWait: () => this.onWait?.(),
    });
    this.#active = { run, limits };
    using _watchdog = new Watchdog(this.#handle, limits, signal, {
      abort: () => this.#send({ type: "abort" }),
      kill: (failure) => this.#end(failure),
    });
    if (names.version !== this.#namesVersion) this.#send({ type: "names", names });
    this.#namesVersion = names.version;
    this.#send(command);
    const outcome = await run.outcome;
    this.#active = undefined;
    if (!outcome.clean) this.kill();
    return outcome;
  }

  #send(message: ToWorker): void {
    void this.#handle.channel.send(writeToWorker(message));
  }

  #awaitReady(): void {
    const timer = setTimeout(() => this.kill(), READY_MS);
    timer.unref();
    void this.#ready.promise.then(() => clearTimeout(timer));
  }

  /** Kills the worker; its run fails with `failure`. */
  #end(failure: Failure): void {
    this.#active?.run.fail(failure);
    this.kill();
  }

  #bury(): void {
    this.#dead = true;
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
    if (this.#dead) return; // sent before the worker was killed
    switch (message.type) {
      case "ready":
        this.#boot.succeed();
        return this.#ready.resolve(true);
      case "unavailable":
        this.#boot.fail(message.message, message.hint);
        return this.kill();
      case "opened":
      case "saved":
        return expected(this.#replies.resolve(message));
      case "refused": {
        const { code, message: text, hint } = message.error;
        return expected(this.#replies.reject(new CodecellError(code, text, { hint })));
      }
      default:
        return this.#active?.run.receive(message satisfies RunMessage); // without an active run it is too late
    }
  }
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
