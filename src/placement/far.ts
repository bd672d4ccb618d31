import type { Channel } from "../channel/channel.ts";
import { CodecellError, messageOf } from "../core/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import type { NameTable } from "../core/names.ts";
import type { Engine, EngineModule, EngineRef, Host, Outcome } from "../engine/engine.ts";
import { execute, warmCompiler } from "./execute.ts";
import { readMessage, writeMessage } from "./protocol.ts";

/** The far half of a place: owns the engine, runs one program at a time, trusts its near half. */
export function serve(channel: Channel): void {
  const far = new Far(channel);
  channel.onMessage((text) => far.receive(text));
}

class Far {
  readonly #channel: Channel;
  readonly #answers = new Map<number, (answer: string) => void>();
  #engine: Engine | undefined;
  #names: NameTable = { version: "", servers: [] };
  #abort = new AbortController();
  #lastCall = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
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
      case "answer":
        this.#answers.get(head[1] as number)?.(body);
        this.#answers.delete(head[1] as number);
        break;
      case "abort":
        this.#abort.abort();
        break;
    }
  }

  async #run(source: string, limits: Limits): Promise<void> {
    this.#abort = new AbortController();
    this.#answers.clear();
    const request = { source, limits, names: this.#names };
    const outcome = await execute(this.#engine!, request, this.#host(), this.#abort.signal).catch(
      internal,
    );
    const { value, ...rest } = { value: undefined, ...outcome };
    await this.#channel.send(writeMessage(["outcome", rest, value !== undefined], value));
    await this.#engine!.ready(limits);
    await this.#channel.send(writeMessage(["ready"]));
  }

  #host(): Host {
    return {
      call: ({ server, tool, args }) => {
        const call = ++this.#lastCall;
        const { promise, resolve } = Promise.withResolvers<string>();
        // The guest gets its answer only when the pipe has room again, so it cannot fill our memory with calls.
        const sent = this.#channel.send(writeMessage(["call", call, server, tool], args));
        this.#answers.set(call, (answer) => void sent.then(() => resolve(answer)));
        return promise;
      },
      log: ({ level, text }) => void this.#channel.send(writeMessage(["log", level], text)),
      dropped: (characters) => void this.#channel.send(writeMessage(["dropped", characters])),
    };
  }
}

/** A bug of ours must look like one, not like a hang. */
function internal(error: unknown): Outcome {
  const failure = { code: "internal", name: "InternalError", message: messageOf(error) } as const;
  return { ok: false, error: failure, usage: { cpuMs: 0, peakBytes: 0 }, clean: false };
}
