import { outsideRuns } from "../core/async-context.ts";
import { callerNamed } from "../core/caller.ts";
import { CodecellError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import { clear, serversSpelled, toolsSpelled } from "../core/spelling.ts";
import type { EngineRef, Host, HostCall, KeepOptions, Outcome, SavedVm } from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";
import type { Channel } from "../placement/channel/channel.ts";
import { largestText, largestSavedVm } from "../placement/channel/message-caps.ts";
import type { Place, RunRequest, VmLease } from "../placement/placement.ts";
import { serveProtocol, type WorkerServer } from "../placement/worker/serve-protocol.ts";
import type { Admission } from "../run/admission.ts";
import { warnOf } from "../run/dispose-object.ts";
import { Handles } from "../run/handles.ts";
import type { ProgramRunner } from "../run/program-runner.ts";
import { FirstBreach } from "../run/verdict.ts";
import { hasHandles } from "../session/vm-failures.ts";
import { ConnectionClock } from "./connection-clock.ts";
import { MeteredCalls } from "./metered-calls.ts";
import { type RemoteClient, UNUSED_MS } from "./remote-client.ts";
import { RemoteDoor } from "./remote-door.ts";

export interface RemoteHostParts {
  readonly place: Place;
  /** What runs at this place; a client that needs another engine receives an error. */
  readonly engine: string;
  readonly runner: ProgramRunner;
  readonly admission: Admission;
  /** The servers whose tools are called here. */
  readonly servers: () => readonly string[];
  /** What a client's runs may have at most. */
  readonly limits: Limits;
  readonly client: RemoteClient;
  /** Called when a VM that the client keeps has not been used for a while. */
  readonly onIdle: () => void;
}

/** Time from one save of a VM to the next one of the same client; it copies the VM three times. */
const SAVE_GAP_MS = 200;

/** A client saves its VM when it was idle for less than this. */
const IDLE_MS = 500;

/** Where one run of a client is carried out: at the place, or in the VM that the client keeps. */
type RunSite = Pick<Place, "run">;

/**
 * Serves a runtime whose placement `{ remote }` is this one: programs of a client, who is trusted with no more than
 * anybody who may run programs. Tools of this service are called here; all others at the client's.
 */
export class RemoteHost implements WorkerServer {
  readonly #channel: Channel;
  readonly #parts: RemoteHostParts;
  #lease: VmLease | undefined;
  /** Objects with methods that this service's tools returned to programs in that VM. */
  #handles = new Handles("session");
  /** While a run is at work. */
  #running: Promise<Outcome> | undefined;
  /** Pending while a VM is being leased. */
  #opening: Promise<void> | undefined;
  readonly #clock: ConnectionClock;
  /** Number of requests that wait to be admitted. */
  #waiting = 0;
  #savedAt = -Infinity;

  constructor(channel: Channel, parts: RemoteHostParts) {
    this.#channel = channel;
    this.#parts = parts;
    const { limits, client } = parts;
    const { idleMs = UNUSED_MS } = client;
    channel.limit(largestText(limits) + largestSavedVm(limits), largestText(limits));
    this.#clock = new ConnectionClock(channel, { idleMs, isUsed: () => this.#isUsed });
    const admit = (bytes: number): Promise<() => void> => this.#admitWaiting(bytes);
    const onMessage = (): void => this.#clock.heard();
    serveProtocol(channel, this, new RemoteDoor(limits, admit, onMessage));
    void channel.closed.then(() => this.#leave()).catch(() => {}); // nobody is left to report it to
  }

  /** Lets a request in, by the caps of the service and by those of the runtime. */
  async #admit(bytes: number): Promise<() => void> {
    const { admission, client } = this.#parts;
    const leave = await client.admit?.(bytes);
    try {
      const entered = admission.enter(client.user);
      return () => {
        entered[Symbol.dispose]();
        leave?.();
      };
    } catch (error) {
      leave?.();
      throw error;
    }
  }

  async #admitWaiting(bytes: number): Promise<() => void> {
    this.#waiting++;
    try {
      return await this.#admit(bytes);
    } finally {
      this.#waiting--;
    }
  }

  /** A request that is admitted and does not come is no use: its client could hold what it was admitted for without end. */
  get #isUsed(): boolean {
    return this.#waiting > 0 || this.#running !== undefined || this.#opening !== undefined;
  }

  /** Settles when the client has gone and nothing of its runs is left. */
  async finished(): Promise<void> {
    await this.#channel.closed;
    await this.#running?.catch(() => {}); // its client is told, if there is one
  }

  async boot({ name }: EngineRef): Promise<void> {
    const { engine } = this.#parts;
    this.#clock.greeted();
    if (name === engine) return;
    throw new CodecellError(
      "engine_unavailable",
      `the service runs programs in engine '${engine}'`,
      { hint: `Set engine: '${engine}', or use another service.` },
    );
  }

  /** The place does that by itself. */
  async prepare(): Promise<void> {}

  async run(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const handles = new Handles("run");
    const run = (): Promise<Outcome> =>
      this.#runAt(this.#parts.place, handles, request, host, signal);
    return await this.#track(run).finally(async () => warnOf(await handles.end("its run is over")));
  }

  async runKept(request: RunRequest, host: Host, signal: AbortSignal): Promise<Outcome> {
    const run = async (): Promise<Outcome> =>
      await this.#runAt(this.#openVm, this.#handles, request, host, signal);
    const outcome = await this.#track(run);
    outsideRuns(() => setTimeout(this.#parts.onIdle, IDLE_MS).unref());
    return outcome;
  }

  async #track(work: () => Promise<Outcome>): Promise<Outcome> {
    this.#running = work();
    return await this.#running.finally(() => (this.#running = undefined));
  }

  async #runAt(
    site: RunSite,
    handles: Handles,
    { source, limits: asked, timeZone, names, resume = false }: RunRequest,
    host: Host,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { client, limits: most, runner } = this.#parts;
    const limits = least(asked, most);
    const first = new FirstBreach();
    const calls = new MeteredCalls(host, limits, first.note);
    let outcome: Outcome | undefined;
    const result = await runner.run({
      source,
      limits,
      timeZone,
      caller: callerNamed(client.user),
      origin: { kind: "remote", names },
      handles,
      options: {
        signal,
        onCall: (record) => host.called?.(record),
      },
      run: async (request, bridge, stop) => {
        const hosts = hostOf(this.#ownCalls(handles, names), bridge, host, calls);
        const ended = AbortSignal.any([stop, first.signal]);
        outcome = first.replaces(await site.run({ ...request, resume }, hosts, ended));
        return outcome;
      },
    });
    if (outcome === undefined && !result.ok) return failedOutcome(result.error, true);
    return outcome!;
  }

  /** The call as it is made here, where it is of a tool of this service, or of what one returned. */
  #ownCalls(handles: Handles, names: NameTable): (call: HostCall) => HostCall | undefined {
    const here = new Set(this.#parts.servers());
    return (call) =>
      calledHere(call, names, here) ?? (handles.knows(call.server) ? call : undefined);
  }

  async open(asked: Limits, keep: KeepOptions, signal: AbortSignal): Promise<void> {
    if (this.#opening !== undefined || this.#lease !== undefined)
      throw new CodecellError("config_error", "this connection has a VM already");
    this.#opening = this.#take(least(asked, this.#parts.limits), keep, signal);
    await this.#opening.finally(() => (this.#opening = undefined));
  }

  /** Restoring a VM can run any program: it is watched like a run, and computes no longer than one. */
  async #take(limits: Limits, keep: KeepOptions, signal: AbortSignal): Promise<void> {
    const capped = { ...keep, replayMs: limits.cpuMs };
    const { place, client } = this.#parts;
    const lease = await place.lease(limits, capped, signal, client.user);
    this.#lease = lease;
    outsideRuns(() => void lease.gone.then(() => this.#channel.close()));
  }

  get #openVm(): VmLease {
    if (this.#lease === undefined)
      throw new CodecellError("config_error", "this connection has no VM");
    return this.#lease;
  }

  async save(): Promise<SavedVm> {
    if (this.#handles.size > 0) throw hasHandles(this.#handles.labels);
    const waitMs = Math.max(0, this.#savedAt + SAVE_GAP_MS - performance.now());
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    try {
      return await this.#openVm.save();
    } finally {
      this.#savedAt = performance.now();
    }
  }

  async end(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    const handles = this.#handles;
    this.#handles = new Handles("session");
    await lease?.[Symbol.asyncDispose]();
    warnOf(await handles.end("its session is over"));
  }

  /** Releases a VM that is not in use: its client has saved it by now. False where there is none. */
  endIdleLease(): boolean {
    if (this.#lease === undefined || this.#isUsed || this.#handles.size > 0) return false;
    if (!this.#parts.place.mayTakeFrom(this.#parts.client.user)) return false;
    this.#channel.close();
    return true;
  }

  /** The client has gone. */
  async #leave(): Promise<void> {
    await this.#opening?.catch(() => {}); // what it leased meanwhile is released too
    await this.end();
  }
}

/** The call with the original names, where its tool is one of this service: the client, which sent the names, spells it in its way. */
function calledHere(
  call: HostCall,
  names: NameTable,
  here: ReadonlySet<string>,
): HostCall | undefined {
  const server = clear(serversSpelled(names, call.server));
  if (server?.remote !== true || !here.has(server.name)) return undefined;
  const tool = clear(toolsSpelled(server, call.tool))?.name ?? call.tool;
  return { ...call, server: server.name, tool };
}

/**
 * @param ownCall for the calls that are carried out here
 * @param client for the logs
 * @param calls for all others
 */
function hostOf(
  ownCall: (call: HostCall) => HostCall | undefined,
  own: Host,
  client: Host,
  calls: MeteredCalls,
): Host {
  return {
    call: (call) => {
      const here = ownCall(call);
      return here === undefined ? calls.call(call) : own.call(here);
    },
    log: (entry) => client.log(entry),
    dropped: (bytes) => client.dropped(bytes),
  };
}

/** Of each cap the smaller one. */
function least(asked: Limits, most: Limits): Limits {
  const names = Object.keys(most) as (keyof Limits)[];
  return Object.fromEntries(
    names.map((name) => [name, Math.min(asked[name], most[name])]),
  ) as unknown as Limits;
}
