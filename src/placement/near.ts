import { memoryBreach } from "../core/breach.ts";
import { CodecellError, type Failure, isErrorCode } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import { isLogLevel } from "../core/result.ts";
import type { EngineRef, Host, Outcome } from "../engine/engine.ts";
import type { RunRequest } from "./placement.ts";
import { type Message, readMessage, writeMessage } from "./protocol.ts";
import { Watchdog } from "./watchdog.ts";
import type { WorkerExit, WorkerHandle } from "./worker-handle.ts";

/** Time from the end of a run to the worker's word that it is free again. */
const READY_MS = 2_000;
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
  #namesVersion = "";
  #dead = false;
  /** Runs this worker has begun. */
  runs = 0;

  constructor(handle: WorkerHandle, ref: EngineRef) {
    const engineName = ref.name;
    this.#handle = handle;
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

  hold(held: boolean): void {
    this.#handle.hold(held);
  }

  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    this.runs++;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#ready = Promise.withResolvers();
    this.#active = { host, request, end: resolve };
    using _watchdog = new Watchdog(this.#handle, request.limits, signal, {
      abort: () => void this.#handle.channel.send(writeMessage(["abort"])),
      kill: (failure) => this.#killRun(failure),
    });
    this.#handle.channel.limit(largestMessage(request.limits));
    this.#sendRun(request);
    const outcome = await promise;
    this.#active = undefined;
    if (outcome.clean && !this.#dead) this.#awaitReady();
    else this.kill();
    return outcome;
  }

  #sendRun({ source, limits, names }: RunRequest): void {
    const { channel } = this.#handle;
    if (names.version !== this.#namesVersion) {
      this.#namesVersion = names.version;
      void channel.send(writeMessage(["names", names.version], JSON.stringify(names)));
    }
    void channel.send(writeMessage(["run", limits], source));
  }

  #awaitReady(): void {
    const timer = setTimeout(() => this.kill(), READY_MS);
    timer.unref();
    void this.#ready.promise.then(() => clearTimeout(timer));
  }

  /** End the run from outside; its place dies with it. */
  #killRun(failure: Failure): void {
    this.#active?.end(failed(failure));
    this.kill();
  }

  kill(): void {
    this.#dead = true;
    this.#ready.resolve(false);
    this.#handle.kill();
  }

  #onExit(exit: WorkerExit, engineName: string): void {
    this.#dead = true;
    this.#ready.resolve(false);
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
    this.#active!.end(failed(exit.outOfMemory ? memoryBreach(limits) : crash));
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
      default:
        if (this.#active !== undefined) this.#receiveOfRun(message, this.#active);
    }
  }

  #receiveOfRun({ head, body }: Message, { host, end }: ActiveRun): void {
    switch (head[0]) {
      case "call":
        void this.#call(head, body, host);
        break;
      case "log":
        if (isLogLevel(head[1])) host.log({ level: head[1], text: body });
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

  async #call([, id, server, tool]: readonly unknown[], args: string, host: Host): Promise<void> {
    const answer = await host.call({ server: String(server), tool: String(tool), args });
    await this.#handle.channel.send(writeMessage(["answer", id], answer));
  }
}

/** More than the caps of a run let a good worker send: a broken one must not fill our memory with a message. */
function largestMessage({ callBytes }: Limits): number {
  return 8 * callBytes + 1024 * 1024;
}

/** What a wrapper, or Node, says of why it could not start. */
function firstReason(lastWords: string): string {
  return /^(?:\w*Error|[a-z-]+): .+$/m.exec(lastWords)?.[0].slice(0, 300) ?? "";
}

function failed(error: Failure): Outcome {
  return { ok: false, error, usage: { cpuMs: 0, peakBytes: 0 }, clean: false };
}

/** An outcome as its worker tells it: rebuilt field by field, so that nothing else comes along. */
function checkOutcome(told: unknown, value: string | undefined): Outcome {
  const { ok, usage, clean, error } = (told ?? {}) as Record<
    string,
    Record<string, unknown> | undefined
  >;
  const checked = {
    usage: { cpuMs: size(usage?.["cpuMs"]), peakBytes: size(usage?.["peakBytes"]) },
    clean: (clean as unknown) === true,
  };
  if ((ok as unknown) === true)
    return { ok: true, ...(value === undefined ? {} : { value }), ...checked };
  return { ok: false, error: checkFailure(error ?? {}), ...checked };
}

function checkFailure(error: Record<string, unknown>): Failure {
  const { code, name, message, line, column, hint, tool } = error;
  return {
    code: isErrorCode(code) ? code : "internal",
    name: String(name),
    message: String(message),
    ...(typeof line === "number" ? { line } : {}),
    ...(typeof column === "number" ? { column } : {}),
    ...(typeof hint === "string" ? { hint } : {}),
    ...(typeof tool === "string" ? { tool } : {}),
  };
}

function size(value: unknown): number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : 0;
}
