import type { Channel } from "../channel/channel.ts";
import type { LogEntry } from "../core/result.ts";
import type { Host, HostCall } from "../engine/engine.ts";
import { writeMessage } from "./protocol.ts";

/** The host of a run at the other end of a channel: what a far half gives to the VMs that it holds. */
export class ChannelHost implements Host {
  readonly #channel: Channel;
  readonly #answers = new Map<number, (answer: string) => void>();
  #lastCall = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  call({ server, tool, args, id = 0, again = false }: HostCall): Promise<string> {
    const call = ++this.#lastCall;
    const { promise, resolve } = Promise.withResolvers<string>();
    // The guest gets its answer only when the pipe has room again, so it cannot fill our memory with calls.
    const sent = this.#channel.send(writeMessage(["call", call, server, tool, id, again], args));
    this.#answers.set(call, (answer) => void sent.then(() => resolve(answer)));
    return promise;
  }

  log({ level, text }: LogEntry): void {
    void this.#channel.send(writeMessage(["log", level], text));
  }

  dropped(characters: number): void {
    void this.#channel.send(writeMessage(["dropped", characters]));
  }

  idle(idle: boolean): void {
    void this.#channel.send(writeMessage([idle ? "idle" : "busy"]));
  }

  /** @param call its number, as the message `answer` tells it */
  answer(call: number, answer: string): void {
    this.#answers.get(call)?.(answer);
    this.#answers.delete(call);
  }

  /** No run waits for an answer any more. */
  forget(): void {
    this.#answers.clear();
  }
}
