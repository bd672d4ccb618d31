import { exceedsUtf8 } from "../../core/utf8.ts";
import { type Channel, listenerError } from "./channel.ts";

/** What a thread and its parent have in common (Worker, MessagePort). */
export interface Port {
  postMessage(message: string): void;
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** Messages over a worker thread's port. */
export class PortChannel implements Channel {
  readonly closed: Promise<Error | undefined>;
  readonly #port: Port;
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #open = true;
  #maxBytes = Infinity;

  constructor(port: Port) {
    this.#port = port;
    this.closed = this.#closed.promise;
    // A thread that crashes has not broken the protocol: whoever started it reports why it ended.
    for (const end of ["exit", "close", "error"]) port.on(end, () => this.close());
  }

  onMessage(listener: (message: string) => void): void {
    this.#port.on("message", (message) => {
      if (!this.#open) return;
      try {
        listener(this.#check(message));
      } catch (error) {
        this.#closed.resolve(listenerError(error));
        this.close();
      }
    });
  }

  #check(message: unknown): string {
    if (typeof message !== "string") throw new Error("it sent what is no text");
    if (exceedsUtf8(message, this.#maxBytes))
      throw new Error(`it sent a message of more than ${this.#maxBytes} bytes, which is the cap`);
    return message;
  }

  /** The message is in our memory already by then: what bounds that is the sender's memory. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** A port has no notion of room: what is in flight is bounded by the caps of the run. */
  send(message: string): Promise<void> {
    if (this.#open) this.#port.postMessage(message);
    return Promise.resolve();
  }

  close(): void {
    this.#open = false;
    this.#closed.resolve(undefined);
  }
}
