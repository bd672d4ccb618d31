import { Bridge } from "./bridge.ts";
import type { Channel } from "./channel/channel.ts";
import { CodecellError, messageOf } from "./core/errors.ts";
import type { Limits } from "./core/limits.ts";
import type { NameTable } from "./core/names.ts";
import type { EngineRef, Host, HostCall, KeepOptions, Outcome, SavedVm } from "./engine/engine.ts";
import type { Guide } from "./guide.ts";
import type { Place, RunRequest, VmLease } from "./placement/placement.ts";
import { type Message, readMessage, writeMessage } from "./placement/protocol.ts";
import { RunFiles } from "./run-files.ts";

export interface RemoteHostParts {
  readonly place: Place;
  /** What runs at this place; a client that wants another engine is told so. */
  readonly engine: string;
  readonly guide: Guide;
  /** What a client's runs may have at most. */
  readonly limits: Limits;
  /** Whose programs they are. */
  readonly user: string | undefined;
}

/** {@link KeepOptions} without the image, which is the body of its message. */
type Keep = Omit<KeepOptions, "saved"> & { readonly saved?: Omit<SavedVm, "image"> };

/**
 * The far half of placement `{ remote }`, at a service: programs of a client, who is trusted with no more than any who
 * may run programs. Tools of the service are called here; all others at the client's.
 */
export class RemoteHost {
  readonly #channel: Channel;
  readonly #parts: RemoteHostParts;
  readonly #answers = new Map<number, (answer: string) => void>();
  #names: NameTable = { version: "", servers: [] };
  #lease: VmLease | undefined;
  #abort = new AbortController();
  #lastCall = 0;
  #running: Promise<void> | undefined;

  constructor(channel: Channel, parts: RemoteHostParts) {
    this.#channel = channel;
    this.#parts = parts;
    channel.limit(largestMessage(parts.limits));
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
        this.#names = JSON.parse(body) as NameTable;
        return;
      case "run":
      case "runKept":
        this.#running = this.#run(body, head[1] as Limits, head[0] === "runKept", head[2] === true);
        return await this.#running;
      case "answer":
        this.#answers.get(head[1] as number)?.(body);
        this.#answers.delete(head[1] as number);
        return;
      case "abort":
        return this.#abort.abort();
      case "open":
        return await this.#reply("opened", () =>
          this.#open(head[1] as Limits, head[2] as Keep, body),
        );
      case "save":
        return await this.#reply("saved", () => this.#save());
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
    this.#abort = new AbortController();
    const limits = least(asked, this.#parts.limits);
    const request: RunRequest = { source, limits, names: this.#names, resume };
    const bridge = this.#bridge(limits);
    const place = kept ? this.#lease! : this.#parts.place;
    const outcome = await place.run(request, this.#host(bridge), this.#abort.signal).catch(failed);
    bridge.abort();
    const { value, ...rest } = { value: undefined, ...outcome };
    await this.#tell(["outcome", rest, value !== undefined], value);
    if (!kept) await this.#tell(["ready"]);
  }

  /** For the tools of this service. */
  #bridge(limits: Limits): Bridge {
    const { guide, user } = this.#parts;
    const { catalogue, discovery, onResult } = guide;
    return new Bridge({
      catalogue,
      discovery,
      files: new RunFiles(discovery.tree, undefined, () => {}),
      limits,
      user,
      ledger: undefined,
      resumed: undefined,
      onLog: undefined,
      onCall: (record) => void this.#tell(["called", record]),
      onResult,
      onDenied: () => {},
      onRequest: () => {},
      onBreach: () => this.#abort.abort(),
    });
  }

  #host(bridge: Bridge): Host {
    const own = new Set(this.#parts.guide.catalogue.servers.map(({ name }) => name));
    return {
      call: (call) => {
        const spelled = this.#names.servers.find(({ name, alias }) =>
          [name, alias].includes(call.server),
        );
        // A name that both have is the client's, who has said so by what it sent.
        const here = spelled?.remote === true && own.has(spelled.name);
        return here ? bridge.call(call) : this.#callBack(call);
      },
      log: ({ level, text }) => void this.#tell(["log", level], text),
      dropped: (characters) => void this.#tell(["dropped", characters]),
    };
  }

  #callBack({ server, tool, args, id = 0, again = false }: HostCall): Promise<string> {
    const call = ++this.#lastCall;
    const { promise, resolve } = Promise.withResolvers<string>();
    const sent = this.#tell(["call", call, server, tool, id, again], args);
    this.#answers.set(call, (answer) => void sent.then(() => resolve(answer)));
    return promise;
  }

  async #open(asked: Limits, { saved, ...keep }: Keep, image: string): Promise<[]> {
    const whole = saved && { saved: { ...saved, image: Buffer.from(image, "base64") } };
    const limits = least(asked, this.#parts.limits);
    this.#abort = new AbortController();
    this.#lease = await this.#parts.place.lease(limits, { ...keep, ...whole }, this.#abort.signal);
    void this.#lease.gone.then(() => this.#channel.close());
    return [];
  }

  async #save(): Promise<[unknown, string]> {
    const { image, ...rest } = await this.#lease!.save();
    return [rest, Buffer.from(image.buffer, image.byteOffset, image.length).toString("base64")];
  }

  async #reply(word: string, work: () => Promise<[fact?: unknown, body?: string]>): Promise<void> {
    try {
      const [fact = null, body = ""] = await work();
      await this.#tell([word, fact], body);
    } catch (error) {
      const { code = "internal", hint = null } = CodecellError.is(error) ? error : {};
      await this.#tell(["refused", code, messageOf(error), hint]);
    }
  }

  async #leave(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.[Symbol.asyncDispose]();
  }

  #end(): void {
    this.#abort.abort();
    void this.#leave();
  }

  #tell(head: readonly unknown[], body?: string): Promise<void> {
    return this.#channel.send(writeMessage(head, body));
  }
}

function largestMessage({ callBytes, memoryMb }: Limits): number {
  return 8 * callBytes + (Math.max(memoryMb, 64) * 1024 * 1024 * 4) / 3;
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
  const code = CodecellError.is(error) ? error.code : "internal";
  const failure = { code, name: "CodecellError", message: messageOf(error) };
  return { ok: false, error: failure, usage: { cpuMs: 0, peakBytes: 0 }, clean: false };
}
