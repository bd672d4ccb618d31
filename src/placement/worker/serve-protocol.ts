import { CodecellError, type ErrorCode, isErrorCode, messageOf } from "../../core/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/limits.ts";
import type { NameTable } from "../../core/names.ts";
import type { EngineRef, Host, KeepOptions, Outcome, SavedVm } from "../../engine/engine.ts";
import { failedOutcome } from "../../engine/failed-outcome.ts";
import type { Channel } from "../channel/channel.ts";
import { ProtocolError } from "../channel/fields.ts";
import { typeOf } from "../channel/message-caps.ts";
import type { Refusal, ToHost, ToWorker } from "../channel/protocol.ts";
import { readToWorker } from "../channel/read-message.ts";
import { bytesOf, writeToHost } from "../channel/write-message.ts";
import type { RunRequest } from "../placement.ts";
import { Admissions, type Door } from "./admissions.ts";
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

/** Requests to open, save and end that may wait for one another. A sound host has fewer, see worker-client.ts. */
const MAX_WAITING = 16;

/** Calls that a host has not answered when it asks for another run. A sound host answers all calls of a run at its end. */
const MAX_UNANSWERED = 50_000;

/**
 * Serves the host at the other end of `channel`. A violation of the protocol, or an exception for which there is no reply,
 * closes the channel. When the channel closes, the run is aborted.
 * @param door by default none: the host is trusted
 */
export function serveProtocol(channel: Channel, server: WorkerServer, door?: Door): void {
  const dispatcher = new Dispatcher(channel, server, door);
  channel.onMessage(
    (text, bytes) => dispatcher.dispatch(readToWorker(text, bytes)),
    (start, bytes) => dispatcher.judge(typeOf(start), bytes),
  );
  void channel.closed.then(() => dispatcher.stop());
}

class Dispatcher {
  readonly #channel: Channel;
  readonly #server: WorkerServer;
  readonly #host: HostProxy;
  readonly #admissions: Admissions | undefined;
  readonly #closed = new AbortController();
  #names: NameTable = { version: "", servers: [] };
  #isBooted = false;
  /** Aborts the active run. */
  #run: AbortController | undefined;
  /** The last request to open, save or end: the next one begins after it. */
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(channel: Channel, server: WorkerServer, door: Door | undefined) {
    this.#channel = channel;
    this.#server = server;
    this.#host = new HostProxy(channel);
    if (door !== undefined) this.#admissions = new Admissions(door, this.#closed.signal);
  }

  /** The gate of the channel. @throws ProtocolError */
  judge(type: string, bytes: number): boolean | Promise<boolean> {
    if ((type === "engine") === this.#isBooted)
      throw new ProtocolError("its first message, and no other, must name the engine");
    if (this.#admissions === undefined) return true;
    if (type === "answer" && this.#host.unanswered === 0)
      throw new ProtocolError("it answered a call that nobody made");
    if (type === "run" || type === "runKept") {
      if (this.#run !== undefined) throw twoRuns();
      if (this.#host.unanswered > MAX_UNANSWERED)
        throw new ProtocolError("it left too many calls without an answer");
    }
    return this.#admissions.judge(type, bytes, (error) => this.#refuse(type, error));
  }

  /** @throws ProtocolError */
  dispatch(message: ToWorker): void {
    switch (message.type) {
      case "engine":
        this.#isBooted = true;
        return this.#start(this.#boot(message.engine));
      case "names":
        this.#names = message.names;
        return;
      case "run":
        return this.#start(this.#runOnce(this.#request(message), this.#begin()));
      case "runKept":
        return this.#start(this.#runKept(this.#request(message), this.#begin()));
      case "open":
        return this.#inOrder(() => this.#open(message.limits, message.keep));
      case "save":
        return this.#inOrder(() => this.#save());
      case "end":
        return this.#inOrder(() => this.#end());
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
    this.#admissions?.end();
  }

  /** @throws ProtocolError where too many wait */
  #inOrder(work: () => Promise<void>): void {
    if (++this.#waiting > MAX_WAITING) throw new ProtocolError("it asked for too much at a time");
    const done = this.#last.then(work).finally(() => this.#waiting--);
    this.#last = done.catch(() => {});
    this.#start(done);
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
    timeZone,
    ...rest
  }: Extract<ToWorker, { type: "run" | "runKept" }>): RunRequest {
    const resume = "resume" in rest && rest.resume;
    return { source, limits, timeZone, names: this.#names, resume };
  }

  /** Returns the signal of a new run. @throws ProtocolError while another run is active */
  #begin(): AbortSignal {
    if (this.#run !== undefined) throw twoRuns();
    this.#run = new AbortController();
    return this.#run.signal;
  }

  async #runOnce(request: RunRequest, signal: AbortSignal): Promise<void> {
    this.#host.abandonCalls();
    await this.#report(() => this.#server.run(request, this.#host, signal));
    await this.#becomeReady(request.limits);
  }

  async #runKept(request: RunRequest, signal: AbortSignal): Promise<void> {
    await this.#report(() => this.#server.runKept(request, this.#host, signal));
  }

  async #report(work: () => Promise<Outcome>): Promise<void> {
    const outcome = await this.#carryOut(work);
    this.#run = undefined;
    await this.#host.end(outcome);
  }

  async #carryOut(work: () => Promise<Outcome>): Promise<Outcome> {
    let leave: (() => void) | undefined;
    try {
      leave = await this.#admissions?.enter();
    } catch (error) {
      return failed(error, this.#admissions?.isLost === false); // nothing has begun
    }
    try {
      return await work();
    } catch (error) {
      return failed(error, false);
    } finally {
      leave?.();
    }
  }

  async #open(limits: Limits, keep: KeepOptions): Promise<void> {
    await this.#reply(async () => {
      const leave = await this.#admissions?.enter();
      await this.#server.open(limits, keep, this.#closed.signal).finally(leave);
      return { type: "opened" };
    });
  }

  async #save(): Promise<void> {
    await this.#reply(async () => ({ type: "saved", vm: await this.#server.save() }));
  }

  /** A request was refused before it was received. */
  async #refuse(type: string, error: unknown): Promise<void> {
    if (type === "open") return await this.#send(refusal(error));
    await this.#host.end(failed(error, true));
    if (type === "run") await this.#becomeReady(DEFAULT_LIMITS);
  }

  async #end(): Promise<void> {
    await this.#server.end();
    this.#host.abandonCalls();
    await this.#becomeReady(DEFAULT_LIMITS);
  }

  async #reply(work: () => Promise<ToHost>): Promise<void> {
    let reply: ToHost;
    let text: string;
    try {
      reply = await work();
      text = writeToHost(reply);
    } catch (error) {
      reply = refusal(error);
      text = writeToHost(reply);
    }
    await this.#channel.send(text, bytesOf(reply));
  }

  async #send(message: ToHost): Promise<void> {
    await this.#channel.send(writeToHost(message));
  }
}

function refusal(error: unknown): ToHost {
  return { type: "refused", error: reasonOf(error) };
}

function reasonOf(error: unknown): Refusal {
  const hint = CodecellError.is(error) ? error.hint : undefined;
  return {
    code: codeOf(error),
    message: messageOf(error),
    ...(hint === undefined ? {} : { hint }),
  };
}

/**
 * The outcome of a run that was refused or could not be carried out; a bug of codecell is reported as one. Without an outcome
 * the host would wait.
 */
function failed(error: unknown, clean: boolean): Outcome {
  const reason = reasonOf(error);
  const name = reason.code === "internal" ? "InternalError" : "CodecellError";
  return failedOutcome({ ...reason, name }, clean);
}

function twoRuns(): ProtocolError {
  return new ProtocolError("it asked for two runs at a time");
}

/** Errors of the service have codes too, and are not a CodecellError. */
function codeOf(error: unknown): ErrorCode {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return isErrorCode(code) ? code : "internal";
}
