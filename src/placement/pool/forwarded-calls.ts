import { type Answer, answerFailure } from "../../core/answer.ts";
import type { Host, HostCall } from "../../engine/engine.ts";
import type { Channel } from "../channel/channel.ts";
import type { ToHost } from "../channel/protocol.ts";
import { writeToWorker } from "../channel/write-message.ts";

/** How long {@link ForwardedCalls.settled} waits for the answers to calls of a run that is over. */
const LAST_ANSWERS_MS = 500;

type CallMessage = Extract<ToHost, { readonly type: "call" }>;

/** Forwards the calls of a worker's programs to the host of the run, and the answers back. */
export class ForwardedCalls {
  readonly #channel: Channel;
  readonly #open = new Set<Promise<void>>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Number of calls without an answer. */
  get open(): number {
    return this.#open.size;
  }

  /** Makes the call and sends its answer. */
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

  /** Resolves when all calls have an answer, or after {@link LAST_ANSWERS_MS}; a later answer is sent when it comes. */
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
