import { type Answer, answerFailure, failureIn, isFailure } from "../../core/answer.ts";
import type { Host, HostCall } from "../../engine/engine.ts";
import type { Channel } from "../channel/channel.ts";
import type { ToHost } from "../channel/protocol.ts";
import { writeToWorker } from "../channel/write-message.ts";

/** How long {@link ForwardedCalls.settled} waits for the answers to calls of a run that is over. */
const LAST_ANSWERS_MS = 500;

/** More characters than a failure of ours has: it is not read. */
const MAX_FAILURE = 64 * 1024;
/** More than there are codes. */
const MAX_CODES = 100;

type CallMessage = Extract<ToHost, { readonly type: "call" }>;

/** Forwards the calls of a worker's programs to the host of the run, and the answers back. */
export class ForwardedCalls {
  readonly #channel: Channel;
  readonly #onSettled: () => void;
  readonly #open = new Set<Promise<void>>();
  #failures: Set<string> | undefined = new Set();

  /** @param onSettled called when the answer to a call was sent */
  constructor(channel: Channel, onSettled: () => void) {
    this.#channel = channel;
    this.#onSettled = onSettled;
  }

  /** Number of calls without an answer. */
  get open(): number {
    return this.#open.size;
  }

  /** Codes of the failures that were answers to calls of the current VM; `undefined` where it had others before. */
  get failures(): ReadonlySet<string> | undefined {
    return this.#failures;
  }

  /** @param isRestored whether programs of the VM know failures of calls that were answered elsewhere */
  onNewVm(isRestored: boolean): void {
    if (isRestored) this.#failures = undefined;
    else if (this.#failures?.size !== 0) this.#failures = new Set();
  }

  /**
   * Makes the call and sends its answer.
   * @param onAnswer called when the host has answered
   */
  forward(message: CallMessage, host: Host, onAnswer: () => void): void {
    const call = this.#answer(message, host, onAnswer).catch(() => this.#channel.close());
    this.#open.add(call);
    void call.finally(() => {
      this.#open.delete(call);
      this.#onSettled();
    });
  }

  async #answer(message: CallMessage, host: Host, onAnswer: () => void): Promise<void> {
    const { call, server, tool, args, id, again } = message;
    const answer = await answerOf(host, { server, tool, args, id, again });
    onAnswer();
    this.#note(answer);
    await this.#channel.send(writeToWorker({ type: "answer", call, answer }));
  }

  /** The answer can be foreign: a service passes on those of its clients. */
  #note(answer: Answer): void {
    if (this.#failures === undefined || !isFailure(answer)) return;
    if (answer.length > MAX_FAILURE) return void (this.#failures = undefined);
    try {
      const code: unknown = failureIn(answer)?.code;
      if (typeof code === "string" && this.#failures.size < MAX_CODES) this.#failures.add(code);
    } catch {
      // the VM cannot read it either
    }
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
