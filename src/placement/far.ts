import type { Channel } from "../channel/channel.ts";
import { CodecellError, messageOf } from "../core/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type {
  Engine,
  EngineModule,
  EngineRef,
  KeepOptions,
  Outcome,
  SavedVm,
  Session,
} from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";
import { execute, executeIn, openKept, warmCompiler } from "./execute.ts";
import { ChannelHost } from "./channel-host.ts";
import {
  answerTo,
  readKeep,
  readMessage,
  type ToldKeep,
  writeMessage,
  writeOutcome,
} from "./protocol.ts";

/** The far half of a place: owns the engine, runs one program at a time, trusts its near half. */
export function serve(channel: Channel): void {
  const far = new Far(channel);
  channel.onMessage((text) => far.receive(text));
}

class Far {
  readonly #channel: Channel;
  readonly #host: ChannelHost;
  #engine: Engine | undefined;
  /** The VM that is kept from run to run, while this worker is leased for one. */
  #kept: Required<Session> | undefined;
  #names: NameTable = { version: "", servers: [] };
  #abort = new AbortController();

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#host = new ChannelHost(channel);
  }

  async #boot(ref: EngineRef): Promise<void> {
    try {
      const { createEngine } = (await import(ref.module)) as EngineModule;
      this.#engine = await createEngine(ref.options);
      await this.#engine.ready(DEFAULT_LIMITS);
      warmCompiler();
      await this.#channel.send(writeMessage(["ready"]));
    } catch (error) {
      const hint = CodecellError.is(error) ? error.hint : undefined;
      await this.#channel.send(writeMessage(["unavailable", messageOf(error), hint ?? null]));
    }
  }

  receive(text: string): void {
    const { head, body } = readMessage(text)!;
    switch (head[0]) {
      case "engine":
        void this.#boot(head[1] as EngineRef);
        break;
      case "names":
        this.#names = JSON.parse(body) as NameTable;
        break;
      case "run":
        void this.#run(body, head[1] as Limits);
        break;
      case "open":
        void this.#reply("opened", () =>
          this.#open(head[1] as Limits, readKeep(head[2] as ToldKeep, body)),
        );
        break;
      case "runKept":
        void this.#runKept(body, head[1] as Limits, head[2] === true);
        break;
      case "save":
        void this.#reply("saved", () => this.#kept!.save());
        break;
      case "end":
        void this.#end();
        break;
      case "answer":
        this.#host.answer(head[1] as number, body);
        break;
      case "abort":
        this.#abort.abort();
        break;
    }
  }

  async #run(source: string, limits: Limits): Promise<void> {
    this.#abort = new AbortController();
    this.#host.forget();
    const request = { source, limits, names: this.#names };
    await this.#tell(execute(this.#engine!, request, this.#host, this.#abort.signal));
    await this.#engine!.ready(limits);
    await this.#channel.send(writeMessage(["ready"]));
  }

  async #runKept(source: string, limits: Limits, resume: boolean): Promise<void> {
    this.#abort = new AbortController();
    const request = { source, limits, names: this.#names, resume };
    await this.#tell(executeIn(this.#kept!, request, this.#host, this.#abort.signal));
  }

  async #tell(running: Promise<Outcome>): Promise<void> {
    await this.#channel.send(writeOutcome(await running.catch(internal)));
  }

  async #end(): Promise<void> {
    await this.#kept?.[Symbol.asyncDispose]();
    this.#kept = undefined;
    this.#host.forget();
    await this.#engine!.ready(DEFAULT_LIMITS);
    await this.#channel.send(writeMessage(["ready"]));
  }

  async #open(limits: Limits, keep: KeepOptions): Promise<void> {
    this.#kept = await openKept(this.#engine!, limits, keep);
  }

  async #reply(word: string, work: () => Promise<SavedVm | void>): Promise<void> {
    await this.#channel.send(await answerTo(word, work));
  }
}

/** A bug of ours must look like one, not like a hang. */
function internal(error: unknown): Outcome {
  const message = messageOf(error);
  return failedOutcome({ code: "internal", name: "InternalError", message }, false);
}
