import { answerFailure } from "../../core/answer.ts";
import type { CallRecord, LogEntry } from "../../core/result.ts";
import type { Host, HostCall, Outcome } from "../../engine/engine.ts";
import type { Channel } from "../channel/channel.ts";
import type { ToHost } from "../channel/protocol.ts";
import { writeToHost } from "../channel/write-message.ts";

const OVER = answerFailure({ code: "aborted", message: "the run is over" });

/** Represents the host of a run, which is at the other end of a channel, to the VMs at this end. */
export class HostProxy implements Host {
  readonly #channel: Channel;
  readonly #answers = new Map<number, (answer: string) => void>();
  #lastCall = 0;
  #answered = 0;
  #closed = false;
  /** Whether the program waits, as the VM says, and as the host knows. */
  #isIdle = false;
  #toldIdle = false;
  #isTelling = false;

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

  /** Tells the host at most once per turn of the event loop, however many timers are due in it. */
  idle(idle: boolean): void {
    this.#isIdle = idle;
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      if (this.#isIdle !== this.#toldIdle)
        void this.#send({ type: this.#isIdle ? "idle" : "busy" });
    });
  }

  /** Number of calls that the host has not answered, those of earlier runs included. */
  get unanswered(): number {
    return this.#lastCall - this.#answered;
  }

  /** @param call the number of the call in its message */
  answer(call: number, answer: string): void {
    this.#answered++;
    this.#settle(call, answer);
  }

  /** Fails all open calls: the run that made them is over. Their answers may still come. */
  abandonCalls(): void {
    for (const call of this.#answers.keys()) this.#settle(call, OVER);
  }

  #settle(call: number, answer: string): void {
    this.#answers.get(call)?.(answer);
    this.#answers.delete(call);
  }

  /** Sends the outcome of the run: there is nothing to tell any more. */
  end(outcome: Outcome): Promise<void> {
    this.#isIdle = false;
    return this.#send({ type: "outcome", outcome });
  }

  #send(message: ToHost): Promise<void> {
    this.#toldIdle = message.type === "idle"; // the host takes any other message as a sign of work
    return this.#channel.send(writeToHost(message));
  }
}
