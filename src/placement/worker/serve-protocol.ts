import { CodecellError, messageOf } from "../../core/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/limits.ts";
import type { NameTable } from "../../core/names.ts";
import type { EngineRef, Host, KeepOptions, Outcome, SavedVm } from "../../engine/engine.ts";
import { failedOutcome } from "../../engine/failed-outcome.ts";
import type { Channel } from "../channel/channel.ts";
import { ProtocolError } from "../channel/fields.ts";
import type { ToHost, ToWorker } from "../channel/protocol.ts";
import { readToWorker } from "../channel/read-message.ts";
import { writeToHost } from "../channel/write-message.ts";
import type { RunRequest } from "../placement.ts";
import { HostProxy } from "./host-proxy.ts";

/**
 * A server of the protocol in channel/protocol.ts: the worker, or a service for a runtime with the placement `{ remote }`. It
 * has one method for each request of a host; {@link serveProtocol} reads and writes the messages.
 */
export interface WorkerServer {
  /** Loads the engine. Rejects with the reason why it cannot be loaded. */
  boot(engine: EngineRef): Promise<void>;
  /** Runs a program in a new VM. There is one run at a time, in either kind of VM. */
  run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome>;
  /** Prepares the next such run, which most likely has the same limits. */
  prepare(limits: Limits): Promise<void>;
  /** Opens a VM that is kept. @throws CodecellError */
  open(limits: Limits, keep: KeepOptions, signal: AbortSignal): Promise<void>;
  /** Runs a program in the open VM. */
  runKept(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome>;
  /** Returns the open VM as data, also during a run. @throws CodecellError */
  save(): Promise<SavedVm>;
  /** Closes the open VM. */
  end(): Promise<void>;
}

/**
 * Serves the host at the other end of `channel`. A violation of the protocol, or an exception for which there is no reply,
 * closes the channel. When the channel closes, the run is aborted.
 */
export function serveProtocol(channel: Channel, server: WorkerServer): void {
  const dispatcher = new Dispatcher(channel, server);
  channel.onMessage((text) => dispatcher.dispatch(readToWorker(text)));
  void channel.closed.then(() => dispatcher.stop());
}

class Dispatcher {
  readonly #channel: Channel;
  readonly #server: WorkerServer;
  readonly #host: HostProxy;
  readonly #closed = new AbortController();
  #names: NameTable = { version: "", servers: [] };
  /** Aborts the active run. */
  #run: AbortController | undefined;

  constructor(channel: Channel, server: WorkerServer) {
    this.#channel = channel;
    this.#server = server;
    this.#host = new HostProxy(channel);
  }

  /** @throws ProtocolError */
  dispatch(message: ToWorker): void {
    switch (message.type) {
      case "engine":
        return this.#start(this.#boot(message.engine));
      case "names":
        this.#names = message.names;
        return;
      case "run":
        return this.#start(this.#runOnce(this.#request(message), this.#begin()));
      case "runKept":
        return this.#start(this.#runKept(this.#request(message), this.#begin()));
      case "open":
        return this.#start(this.#open(message.limits, message.keep));
      case "save":
        return this.#start(this.#save());
      case "end":
        return this.#start(this.#end());
      case "answer":
        return this.#host.answer(message.call, message.answer);
      case "abort":
        return this.#run?.abort();
      default:
        message satisfies never;
    }
  }

  stop(): void {
    this.#closed.abort();
    this.#run?.abort();
  }

  #start(work: Promise<void>): void {
    work.catch(() => this.#channel.close());
  }

  async #boot(engine: EngineRef): Promise<void> {
    try {
      await this.#server.boot(engine);
      await this.#becomeReady(DEFAULT_LIMITS);
    } catch (error) {
      const hint = CodecellError.is(error) ? error.hint : undefined;
      const message = messageOf(error);
      await this.#send({ type: "unavailable", message, ...(hint === undefined ? {} : { hint }) });
    }
  }

  async #becomeReady(limits: Limits): Promise<void> {
    await this.#server.prepare(limits);
    await this.#send({ type: "ready" });
  }

  #request({
    limits,
    source,
    ...rest
  }: Extract<ToWorker, { type: "run" | "runKept" }>): RunRequest {
    const resume = "resume" in rest && rest.resume;
    return { source, limits, names: this.#names, resume };
  }

  /** Returns the signal of a new run. @throws ProtocolError while another run is active */
  #begin(): AbortSignal {
    if (this.#run !== undefined) throw new ProtocolError("it asked for two runs at a time");
    this.#run = new AbortController();
    return this.#run.signal;
  }

  async #runOnce(request: RunRequest, signal: AbortSignal): Promise<void> {
    this.#host.abandonCalls();
    await this.#report(this.#server.run(request, this.#host, signal));
    await this.#becomeReady(request.limits);
  }

  async #runKept(request: RunRequest, signal: AbortSignal): Promise<void> {
    await this.#report(this.#server.runKept(request, this.#host, signal));
  }

  async #report(running: Promise<Outcome>): Promise<void> {
    const outcome = await running.catch(internalOutcome);
    this.#run = undefined;
    await this.#send({ type: "outcome", outcome });
  }

  async #open(limits: Limits, keep: KeepOptions): Promise<void> {
    await this.#reply(async () => {
      await this.#server.open(limits, keep, this.#closed.signal);
      return { type: "opened" };
    });
  }

  async #save(): Promise<void> {
    await this.#reply(async () => ({ type: "saved", vm: await this.#server.save() }));
  }

  async #end(): Promise<void> {
    await this.#server.end();
    this.#host.abandonCalls();
    await this.#becomeReady(DEFAULT_LIMITS);
  }

  async #reply(work: () => Promise<ToHost>): Promise<void> {
    await this.#send(await work().catch(refusal));
  }

  async #send(message: ToHost): Promise<void> {
    await this.#channel.send(writeToHost(message));
  }
}

function refusal(error: unknown): ToHost {
  const message = messageOf(error);
  if (!CodecellError.is(error)) return { type: "refused", error: { code: "internal", message } };
  const { code, hint } = error;
  return {
    type: "refused",
    error: { code, message, ...(hint === undefined ? {} : { hint }) },
  };
}

/** A bug of codecell is reported as one; without an outcome the host would wait. */
function internalOutcome(error: unknown): Outcome {
  const message = messageOf(error);
  return failedOutcome({ code: "internal", name: "InternalError", message }, false);
}
