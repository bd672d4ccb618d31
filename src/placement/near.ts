import { memoryBreach } from "../core/breach.ts";
import { CodecellError, type Failure } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { isLogLevel } from "../core/result.ts";
import type { EngineRef, Host, KeepOptions, Outcome, SavedVm } from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";
import type { RunRequest } from "./placement.ts";
import { type Message, readMessage, writeMessage } from "./protocol.ts";
import { largestImage, largestMessage } from "./frame-caps.ts";
import { Questions } from "./questions.ts";
import { neverBegan } from "./never-began.ts";
import { checkOutcome, checkRecord, checkRefusal, checkSaved } from "./told.ts";
import { Watchdog } from "./watchdog.ts";
import { WorkerCalls } from "./worker-calls.ts";
import type { WorkerExit, WorkerHandle } from "./worker-handle.ts";

/** Time from the end of a run to the worker's word that it is free again. */
const READY_MS = 2_000;
/** Time for saving a VM and having it again; a journal takes as long as its programs computed. */
const ANSWER_MS = 60_000;
/** Time from the start of a worker to its word that it is ready. */
const BOOT_MS = 20_000;

interface ActiveRun {
  readonly host: Host;
  readonly request: RunRequest;
  readonly end: (outcome: Outcome) => void;
}

/**
 * The near half of a place: one worker, one run at a time. It believes nothing the worker says without checking it,
 * and it owns the clock: a worker that does not answer in time is killed.
 */
export class NearWorker {
  /** Resolves when the worker has booted; rejects with `engine_unavailable` when it cannot. */
  readonly booted: Promise<void>;
  readonly #handle: WorkerHandle;
  readonly #booted = Promise.withResolvers<void>();
  #ready: PromiseWithResolvers<boolean> = Promise.withResolvers();
  #active: ActiveRun | undefined;
  readonly #calls: WorkerCalls;
  readonly #questions = new Questions<Message>();
  #namesVersion = "";
  #dead = false;
  /** The program said that it waits for its timers, and nothing since. */
  #idles = false;
  /** Called when the program begins to wait for something outside. */
  onWait: (() => void) | undefined;
  /** Runs this worker has begun. */
  runs = 0;

  constructor(handle: WorkerHandle, ref: EngineRef) {
    const engineName = ref.name;
    this.#handle = handle;
    this.#calls = new WorkerCalls(handle.channel);
    this.booted = this.#booted.promise;
    this.booted.catch(() => {}); // whoever waits for it hears of it
    handle.channel.onMessage((text) => this.#receive(text));
    void handle.channel.send(writeMessage(["engine", ref]));
    const bootTimer = setTimeout(
      () => this.#refuse(`the ${engineName} worker did not boot in time`),
      BOOT_MS,
    );
    void this.booted.then(
      () => clearTimeout(bootTimer),
      () => clearTimeout(bootTimer),
    );
    void handle.exited.then((exit) => this.#onExit(exit, engineName));
    void handle.channel.closed.then(() => this.kill());
  }

  /** Resolves to whether the worker is fit for another run, as soon as that is known. */
  get ready(): Promise<boolean> {
    return this.#ready.promise;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Whether the program waits: for an answer to a call, or for a timer. */
  get waits(): boolean {
    return this.#idles || this.#calls.open > 0;
  }

  hold(held: boolean): void {
    this.#handle.hold(held);
  }

  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    this.#ready = Promise.withResolvers();
    const outcome = await this.#run(request, host, signal, ["run", request.limits]);
    if (!this.#dead) this.#awaitReady();
    return outcome;
  }

  /** Keep a VM from now on, for {@link runKept}. */
  async open(limits: Limits, { saved, ...keep }: KeepOptions): Promise<void> {
    this.#ready = Promise.withResolvers();
    this.#handle.channel.limit(largestMessage(limits) + largestImage(limits));
    const { image = undefined, ...rest } = saved ?? {};
    const told = saved === undefined ? keep : { ...keep, saved: rest };
    await this.#ask(["open", limits, told], image && Buffer.from(image).toString("base64"));
  }

  async runKept(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const { limits, resume = false } = request;
    await this.#calls.settled(); // the answers to the run before come first
    if (signal.aborted) return neverBegan();
    return await this.#run(request, host, signal, ["runKept", limits, resume]);
  }

  /** The kept VM as data. @throws CodecellError */
  async save(): Promise<SavedVm> {
    const { head, body } = await this.#ask(["save"]);
    return checkSaved(head[1], body);
  }

  /** The kept VM is not wanted any more: the worker becomes ready for others. */
  end(): void {
    void this.#handle.channel.send(writeMessage(["end"]));
    this.#awaitReady();
  }

  /** Settles when the worker has ended, with how. */
  get gone(): Promise<string> {
    return this.#handle.exited.then(({ detail }) => detail);
  }

  async #ask(head: readonly unknown[], body?: string): Promise<Message> {
    if (this.#dead) throw ended();
    this.hold(true);
    const asked = this.#questions.ask();
    void this.#handle.channel.send(writeMessage(head, body));
    const timer = setTimeout(() => this.kill(), ANSWER_MS);
    return await asked.finally(() => {
      clearTimeout(timer);
      this.hold(this.#active !== undefined);
    });
  }

  async #run(
    request: RunRequest,
    host: Host,
    signal: AbortSignal,
    command: readonly unknown[],
  ): Promise<Outcome> {
    this.runs++;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#active = { host, request, end: resolve };
    using _watchdog = new Watchdog(this.#handle, request.limits, signal, {
      abort: () => void this.#handle.channel.send(writeMessage(["abort"])),
      kill: (failure) => this.#killRun(failure),
    });
    const image = command[0] === "run" ? 0 : largestImage(request.limits);
    this.#handle.channel.limit(largestMessage(request.limits) + image);
    this.#sendRun(request, command);
    const outcome = await promise;
    this.#active = undefined;
    if (!outcome.clean) this.kill();
    return outcome;
  }

  #sendRun({ source, names }: RunRequest, command: readonly unknown[]): void {
    const { channel } = this.#handle;
    if (names.version !== this.#namesVersion) {
      this.#namesVersion = names.version;
      void channel.send(writeMessage(["names", names.version], JSON.stringify(names)));
    }
    void channel.send(writeMessage(command, source));
  }

  #awaitReady(): void {
    const timer = setTimeout(() => this.kill(), READY_MS);
    timer.unref();
    void this.#ready.promise.then(() => clearTimeout(timer));
  }

  /** End the run from outside; its place dies with it. */
  #killRun(failure: Failure): void {
    this.#active?.end(failedOutcome(failure, false));
    this.kill();
  }

  kill(): void {
    this.#handle.kill();
    this.#bury();
  }

  #bury(): void {
    this.#dead = true;
    this.#ready.resolve(false);
    this.#questions.end(ended());
  }

  #onExit(exit: WorkerExit, engineName: string): void {
    this.#bury();
    const reason = firstReason(exit.lastWords);
    this.#refuse(
      `the ${engineName} worker ended while it booted (${exit.detail})${reason === "" ? "" : `: ${reason}`}`,
    );
    const limits = this.#active?.request.limits;
    if (limits === undefined) return;
    const crash: Failure = {
      code: "worker_crashed",
      name: "WorkerError",
      message: `the worker ended: ${exit.detail}`,
    };
    this.#active!.end(failedOutcome(exit.outOfMemory ? memoryBreach(limits) : crash, false));
  }

  #refuse(message: string, hint?: string): void {
    this.#booted.reject(new CodecellError("engine_unavailable", message, { hint }));
  }

  #receive(text: string): void {
    const message = readMessage(text);
    if (message === undefined) return this.kill();
    switch (message.head[0]) {
      case "ready":
        this.#booted.resolve();
        this.#ready.resolve(true);
        break;
      case "unavailable":
        this.#refuse(
          String(message.head[1]),
          typeof message.head[2] === "string" ? message.head[2] : undefined,
        );
        this.kill();
        break;
      case "opened":
      case "saved":
        this.#questions.answer(message);
        break;
      case "refused":
        this.#questions.refuse(checkRefusal(message.head));
        break;
      default:
        if (this.#active !== undefined) this.#receiveOfRun(message, this.#active);
    }
  }

  #receiveOfRun({ head, body }: Message, { host, end }: ActiveRun): void {
    this.#idles = head[0] === "idle";
    switch (head[0]) {
      case "call":
        this.#calls.carryOut(head, body, host);
        this.onWait?.();
        break;
      case "idle":
        this.onWait?.();
        break;
      case "busy":
        break;
      case "log":
        if (isLogLevel(head[1])) host.log({ level: head[1], text: body });
        break;
      case "called":
        if (this.#handle.callsTools !== true) return this.kill();
        host.called?.(checkRecord(head[1]));
        break;
      case "dropped":
        host.dropped(Number(head[1]) || 0);
        break;
      case "outcome":
        end(checkOutcome(head[1], head[2] === true ? body : undefined));
        break;
      default:
        this.kill();
    }
  }
}

function ended(): CodecellError {
  return new CodecellError("worker_crashed", "the worker has ended");
}

/** What a wrapper, or Node, says of why it could not start. */
function firstReason(lastWords: string): string {
  return /^(?:\w*Error|[a-z-]+): .+$/m.exec(lastWords)?.[0].slice(0, 300) ?? "";
}
