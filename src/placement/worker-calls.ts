import type { Channel } from "../channel/channel.ts";
import { answerFailure } from "../core/answer.ts";
import type { Host } from "../engine/engine.ts";
import { writeMessage } from "./protocol.ts";

/** Time for the answers to calls of a run that is over. */
const LAST_ANSWERS_MS = 500;

/** The calls that come from a worker, on their way to a run's host and back. */
export class WorkerCalls {
  readonly #channel: Channel;
  readonly #open = new Set<Promise<void>>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Calls that have no answer yet. */
  get open(): number {
    return this.#open.size;
  }

  /** @param head of the message `call` */
  carryOut(head: readonly unknown[], args: string, host: Host): void {
    const call = this.#answer(head, args, host);
    this.#open.add(call);
    void call.finally(() => this.#open.delete(call));
  }

  async #answer(head: readonly unknown[], args: string, host: Host): Promise<void> {
    const [, call, server, tool, id, again] = head;
    const asked = { server: String(server), tool: String(tool), args, id: Number(id) };
    const answer = await host
      .call({ ...asked, again: again === true })
      .catch(() => answerFailure({ code: "internal", message: "the call could not be made" }));
    await this.#channel.send(writeMessage(["answer", call], answer));
  }

  /** Resolves when all have been answered; one that a server owes for longer is answered when it comes. */
  async settled(): Promise<void> {
    if (this.#open.size === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LAST_ANSWERS_MS);
    await Promise.race([Promise.allSettled(this.#open), late]);
    clearTimeout(timer);
  }
}
