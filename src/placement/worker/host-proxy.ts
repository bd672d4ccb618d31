import { answerFailure } from "../../core/answer.ts";
import type { CallRecord, LogEntry } from "../../core/result.ts";
import type { Host, HostCall } from "../../engine/engine.ts";
import type { Channel } from "../channel/channel.ts";
import type { ToHost } from "../channel/protocol.ts";
import { writeToHost } from "../channel/write-message.ts";

const OVER = answerFailure({ code: "aborted", message: "the run is over" });

/** Represents the host of a run, which is at the other end of a channel, to the VMs at this end. */
export class HostProxy implements Host {
  readonly #channel: Channel;
  readonly #answers = new Map<number, (answer: string) => void>();
  #lastCall = 0;
  #closed = false;

  constructor(channel: Channel) {
    this.#channel = channel;
    void channel.closed.then(() => {
      this.#closed = true;
      this.abandonCalls();
    });
  }

  call({ server, tool, args, id = 0, again = false }: HostCall): Promise<string> {
    if (this.#closed) return Promise.resolve(OVER);
    const call = ++this.#lastCall;
    const { promise, resolve } = Promise.withResolvers<string>();
    // The guest gets its answer only when the pipe has drained, so it cannot fill our memory with calls.
    const sent = this.#send({ type: "call", call, server, tool, id, again, args });
    this.#answers.set(call, (answer) => void sent.then(() => resolve(answer)));
    return promise;
  }

  called(record: CallRecord): void {
    void this.#send({ type: "called", record });
  }

  log({ level, text }: LogEntry): void {
    void this.#send({ type: "log", level, text });
  }

  dropped(bytes: number): void {
    void this.#send({ type: "dropped", bytes });
  }

  idle(idle: boolean): void {
    void this.#send({ type: idle ? "idle" : "busy" });
  }

  /** @param call the number of the call in its message */
  answer(call: number, answer: string): void {
    this.#answers.get(call)?.(answer);
    this.#answers.delete(call);
  }

  /** Fails all open calls: the run that made them is over. */
  abandonCalls(): void {
    for (const call of this.#answers.keys()) this.answer(call, OVER);
  }

  #send(message: ToHost): Promise<void> {
    return this.#channel.send(writeToHost(message));
  }
}
