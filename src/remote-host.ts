import type { Channel } from "./channel/channel.ts";
import { callerNamed } from "./core/caller.ts";
import { CodecellError, isErrorCode, messageOf } from "./core/errors.ts";
import type { Limits } from "./core/limits.ts";
import type { NameTable } from "./core/names.ts";
import type { EngineRef, Host, KeepOptions, Outcome, SavedVm } from "./engine/engine.ts";
import { failedOutcome } from "./engine/failed-outcome.ts";
import { ChannelHost } from "./placement/channel-host.ts";
import { largestImage, largestMessage } from "./placement/frame-caps.ts";
import type { Place, VmLease } from "./placement/placement.ts";
import {
  answerTo,
  type Message,
  readKeep,
  readMessage,
  type ToldKeep,
  writeMessage,
  writeOutcome,
} from "./placement/protocol.ts";
import { checkNames } from "./placement/told.ts";
import type { ProgramRunner } from "./program-runner.ts";

export interface RemoteHostParts {
  readonly place: Place;
  /** What runs at this place; a client that wants another engine is told so. */
  readonly engine: string;
  readonly runner: ProgramRunner;
  /** The servers whose tools are called here. */
  readonly servers: () => readonly string[];
  /** What a client's runs may have at most. */
  readonly limits: Limits;
  readonly client: RemoteClient;
  /** Called when a VM that the client keeps has not been used for a while. */
  readonly onIdle: () => void;
}

/** Who has this runtime as its place. */
export interface RemoteClient {
  /** Whose programs they are. Default: nobody's in particular. */
  readonly user?: string | undefined;
  /** Asked before every run; throws for one that is refused. What it answers is called when the run is over. */
  readonly admit?: () => Promise<() => void>;
}

/** A client saves its VM when it was idle for less than this. */
const IDLE_MS = 500;

/**
 * The far half of placement `{ remote }`, at a service: programs of a client, who is trusted with no more than any who
 * may run programs. Tools of the service are called here; all others at the client's.
 */
export class RemoteHost {
  readonly #channel: Channel;
  readonly #parts: RemoteHostParts;
  /** The host of the client's runs, who has tools of its own. */
  readonly #client: ChannelHost;
  #names: NameTable = { version: "", servers: [] };
  #lease: VmLease | undefined;
  #abort = new AbortController();
  /** While a run is at work. */
  #running: Promise<void> | undefined;
  /** While a VM is being leased. */
  #opening: Promise<void> | undefined;

  constructor(channel: Channel, parts: RemoteHostParts) {
    this.#channel = channel;
    this.#parts = parts;
    this.#client = new ChannelHost(channel);
    channel.limit(largestMessage(parts.limits) + largestImage(parts.limits));
    channel.onMessage((text) => this.#receive(text));
    void channel.closed.then(() => this.#end());
  }

  /** Settles when the client has gone and nothing of its runs is left. */
  async finished(): Promise<void> {
    await this.#channel.closed;
    await this.#running;
  }

  #receive(text: string): void {
    const message = readMessage(text);
    if (message === undefined) return this.#channel.close();
    void this.#carryOut(message).catch(() => this.#channel.close());
  }

  async #carryOut({ head, body }: Message): Promise<void> {
    switch (head[0]) {
      case "engine":
        return await this.#greet(head[1] as EngineRef);
      case "names":
        this.#names = checkNames(JSON.parse(body));
        return;
      case "run":
      case "runKept":
        if (this.#running !== undefined) return this.#channel.close(); // one at a time
        this.#running = this.#run(body, head[1] as Limits, head[0] === "runKept", head[2] === true);
        return await this.#running;
      case "answer":
        return this.#client.answer(head[1] as number, body);
      case "abort":
        return this.#abort.abort();
      case "open":
        return await this.#reply("opened", () =>
          this.#open(head[1] as Limits, readKeep(head[2] as ToldKeep, body)),
        );
      case "save":
        return await this.#reply("saved", () => this.#lease!.save());
      case "end":
        await this.#leave();
        await this.#tell(["ready"]);
    }
  }

  async #greet({ name }: EngineRef): Promise<void> {
    const { engine } = this.#parts;
    if (name === engine) return await this.#tell(["ready"]);
    const hint = `Set engine: '${engine}', or use another service.`;
    await this.#tell(["unavailable", `the service runs programs in engine '${engine}'`, hint]);
  }

  async #run(source: string, asked: Limits, kept: boolean, resume: boolean): Promise<void> {
    const outcome = await this.#carryOutRun(source, asked, kept, resume).catch(failed);
    this.#running = undefined;
    if (kept) setTimeout(this.#parts.onIdle, IDLE_MS).unref();
    await this.#channel.send(writeOutcome(outcome));
    if (!kept) await this.#tell(["ready"]);
  }

  async #carryOutRun(
    source: string,
    asked: Limits,
    kept: boolean,
    resume: boolean,
  ): Promise<Outcome> {
    const { client, limits: most, place, runner } = this.#parts;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const leave = await client.admit?.();
    const where = kept ? this.#lease! : place;
    const names = this.#names;
    let outcome: Outcome | undefined;
    try {
      const result = await runner.run({
        source,
        limits: least(asked, most),
        caller: callerNamed(client.user),
        origin: { kind: "remote", names },
        options: {
          signal,
          onCall: (record) => void this.#tell(["called", record]),
        },
        run: async (request, bridge, stop) => {
          outcome = await where.run({ ...request, resume }, this.#host(bridge, names), stop);
          return outcome;
        },
      });
      if (outcome === undefined && !result.ok) return failedOutcome(result.error, true);
      return outcome!;
    } finally {
      leave?.();
    }
  }

  /** @param own for the tools of this service */
  #host(own: Host, { servers }: NameTable): Host {
    const here = new Set(this.#parts.servers());
    return {
      call: (call) => {
        const spelled = servers.find(({ name, alias }) => [name, alias].includes(call.server));
        // A name that both have is the client's, who has said so by what it sent.
        const isOwn = spelled?.remote === true && here.has(spelled.name);
        return isOwn ? own.call(call) : this.#client.call(call);
      },
      log: (entry) => this.#client.log(entry),
      dropped: (characters) => this.#client.dropped(characters),
    };
  }

  async #open(asked: Limits, keep: KeepOptions): Promise<void> {
    if (this.#opening !== undefined || this.#lease !== undefined)
      throw new CodecellError("config_error", "this connection has a VM already");
    this.#opening = this.#take(least(asked, this.#parts.limits), keep);
    await this.#opening.finally(() => (this.#opening = undefined));
  }

  async #take(limits: Limits, keep: KeepOptions): Promise<void> {
    this.#abort = new AbortController();
    const lease = await this.#parts.place.lease(limits, keep, this.#abort.signal);
    this.#lease = lease;
    void lease.gone.then(() => this.#channel.close());
  }

  async #reply(word: string, work: () => Promise<SavedVm | void>): Promise<void> {
    await this.#channel.send(await answerTo(word, work));
  }

  async #leave(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.[Symbol.asyncDispose]();
  }

  /** Give up a VM that nobody uses: its client has saved it by now. False where there is none. */
  endIdleLease(): boolean {
    if (this.#lease === undefined || this.#running !== undefined) return false;
    this.#channel.close();
    return true;
  }

  async #end(): Promise<void> {
    this.#abort.abort();
    await this.#opening?.catch(() => {}); // what it leased meanwhile is given back too
    await this.#leave();
  }

  #tell(head: readonly unknown[], body?: string): Promise<void> {
    return this.#channel.send(writeMessage(head, body));
  }
}

/** Of each cap the smaller one. */
function least(asked: Limits, most: Limits): Limits {
  const names = Object.keys(most) as (keyof Limits)[];
  return Object.fromEntries(
    names.map((name) => {
      const value = Number(asked[name]);
      return [name, value > 0 && value < most[name] ? value : most[name]];
    }),
  ) as unknown as Limits;
}

function failed(error: unknown): Outcome {
  const told = (error as { code?: unknown } | null)?.code;
  const code = isErrorCode(told) ? told : "internal";
  return failedOutcome({ code, name: "CodecellError", message: messageOf(error) }, false);
}
