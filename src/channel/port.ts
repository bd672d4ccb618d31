import type { Channel } from "./channel.ts";

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
  #maxLength = Infinity;

  constructor(port: Port) {
    this.#port = port;
    this.closed = this.#closed.promise;
    port.on("exit", () => this.#closed.resolve(undefined));
    port.on("close", () => this.#closed.resolve(undefined));
    port.on("error", (error) =>
      this.#closed.resolve(error instanceof Error ? error : new Error(String(error))),
    );
  }

  onMessage(listener: (message: string) => void): void {
    this.#port.on("message", (message) => {
      if (typeof message !== "string") return;
      if (message.length > this.#maxLength) this.close();
      else listener(message);
    });
  }

  /** The message is in our memory already by then: what bounds that is the sender's memory. */
  limit(maxBytes: number): void {
    this.#maxLength = maxBytes;
  }

  /** A port has no notion of room: what is in flight is bounded by the caps of the run. */
  send(message: string): Promise<void> {
    this.#port.postMessage(message);
    return Promise.resolve();
  }

  close(): void {
    this.#closed.resolve(undefined);
  }
}
