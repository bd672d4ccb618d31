import { CodecellError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type {
  Engine,
  EngineModule,
  EngineRef,
  Host,
  KeepOptions,
  Outcome,
  SavedVm,
  Session,
} from "../../engine/engine.ts";
import type { Channel } from "../channel/channel.ts";
import { execute, executeIn, openKept, warmCompiler } from "../execute.ts";
import type { RunRequest } from "../placement.ts";
import { serveProtocol, type WorkerServer } from "./serve-protocol.ts";

/** Serves the host at the other end of `channel` with the engine that it chooses, in this thread. */
export function serveEngine(channel: Channel): void {
  serveProtocol(channel, new EngineServer());
}

/** The worker's server. It owns an engine and trusts its host. */
class EngineServer implements WorkerServer {
  #loaded: Engine | undefined;
  /** The VM that is kept from run to run, while the host leases this worker for one. */
  #kept: Required<Session> | undefined;

  async boot(ref: EngineRef): Promise<void> {
    const { createEngine } = (await import(ref.module)) as EngineModule;
    this.#loaded = await createEngine(ref.options);
    warmCompiler();
  }

  async prepare(limits: Limits): Promise<void> {
    await this.#engine.ready(limits);
  }

  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    return await execute(this.#engine, request, host, signal);
  }

  async open(limits: Limits, keep: KeepOptions): Promise<void> {
    this.#kept = await openKept(this.#engine, limits, keep);
  }

  async runKept(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    return await executeIn(this.#openVm, request, host, signal);
  }

  async save(): Promise<SavedVm> {
    return await this.#openVm.save();
  }

  async end(): Promise<void> {
    await this.#kept?.[Symbol.asyncDispose]();
    this.#kept = undefined;
  }

  get #engine(): Engine {
    if (this.#loaded === undefined) throw new CodecellError("internal", "no engine is loaded");
    return this.#loaded;
  }

  get #openVm(): Required<Session> {
    if (this.#kept === undefined) throw new CodecellError("internal", "no VM is open");
    return this.#kept;
  }
}
