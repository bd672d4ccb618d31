import { exceedsUtf8, utf8Length } from "../../core/utf8.ts";
import { type Channel, type Gate, listenerError, START_CHARACTERS } from "./channel.ts";

/** The common interface of a thread's and its parent's port (MessagePort, Worker). */
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
    // A crash of the thread is not a violation of the protocol: the thread's handle reports why it ended.
    for (const end of ["exit", "close", "error"]) port.on(end, () => this.close());
  }

  onMessage(listener: (message: string) => void, gate?: Gate): void {
    this.#port.on("message", (message) => {
      if (!this.#open) return;
      try {
        const text = this.#check(message);
        if (gate?.(text.slice(0, START_CHARACTERS), utf8Length(text)) !== false) listener(text);
      } catch (error) {
        this.#refuse(error);
      }
    });
    this.#port.on("messageerror", (error) => this.#refuse(error));
  }

  #refuse(reason: unknown): void {
    this.#closed.resolve(listenerError(reason));
    this.close();
  }

  #check(message: unknown): string {
    if (typeof message !== "string") throw new Error("it sent what is no text");
    if (exceedsUtf8(message, this.#maxBytes))
      throw new Error(`it sent a message of more than ${this.#maxBytes} bytes, which is the cap`);
    return message;
  }

  /** The message is already in our memory when it is checked; the sender's memory bounds it. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** A port has no backpressure: the caps of the run bound what is in flight. */
  send(message: string): Promise<void> {
    if (this.#open) this.#port.postMessage(message);
    return Promise.resolve();
  }

  close(): void {
    this.#open = false;
    this.#closed.resolve(undefined);
  }
}
