import { type Answer, answerFailure } from "../../core/answer.ts";
import type { Host, HostCall } from "../../engine/engine.ts";
import type { Channel } from "../channel/channel.ts";
import type { ToHost } from "../channel/protocol.ts";
import { writeToWorker } from "../channel/write-message.ts";

/** Time for the answers to calls of a run that is over. */
const LAST_ANSWERS_MS = 500;

type CallMessage = Extract<ToHost, { readonly type: "call" }>;

/** The calls of a worker's programs, on their way to the host of the run and back. */
export class ForwardedCalls {
  readonly #channel: Channel;
  readonly #open = new Set<Promise<void>>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Calls that have no answer yet. */
  get open(): number {
    return this.#open.size;
  }

  /** Make the call, and send its answer when it is there. */
  forward(message: CallMessage, host: Host): void {
    const call = this.#answer(message, host).catch(() => this.#channel.close());
    this.#open.add(call);
    void call.finally(() => this.#open.delete(call));
  }

  async #answer(message: CallMessage, host: Host): Promise<void> {
    const { call, server, tool, args, id, again } = message;
    const answer = await answerOf(host, { server, tool, args, id, again });
    await this.#channel.send(writeToWorker({ type: "answer", call, answer }));
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

async function answerOf(host: Host, call: HostCall): Promise<Answer> {
  try {
    return await host.call(call);
  } catch {
    return answerFailure({ code: "internal", message: "the call could not be made" });
  }
}
