import { AsyncLocalStorage } from "node:async_hooks";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { requestIdOf } from "./message.ts";

/** A request of ours, and all that is sent and received for it. */
export class Exchange {
  readonly id: number;
  readonly method: string;
  readonly #over = new AbortController();
  readonly #onEnd: (exchange: Exchange) => void;
  /** All that comes for it has come: whatever is no answer by now will be none. */
  isRead = false;
  /** From where its stream can be resumed. */
  lastEventId: string | undefined;

  constructor(id: number, method: string, onEnd: (exchange: Exchange) => void = () => {}) {
    this.id = id;
    this.method = method;
    this.#onEnd = onEnd;
  }

  /** Aborted when nothing more is to be sent or received for it. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Ends what is still open for it: connections, streams, and attempts to resume them. */
  end(): void {
    this.#over.abort();
    this.#onEnd(this);
  }
}

/** The requests of one connection that have no answer yet. A request that was given up is none of them. */
export class Exchanges {
  readonly #open = new Map<number, Exchange>();
  readonly #sending = new AsyncLocalStorage<Exchange | undefined>();
  #abandoned = 0;

  /** The exchange in whose async context this is called: its request, its stream, and what resumes that. */
  get current(): Exchange | undefined {
    return this.#sending.getStore();
  }

  /** The only request that the server can be at work on, where there is just one. */
  get only(): number | undefined {
    if (this.#open.size !== 1 || this.#abandoned > 0) return undefined;
    return this.#open.keys().next().value;
  }

  get(id: number): Exchange | undefined {
    return this.#open.get(id);
  }

  /** Sends a request as an exchange, which is open until {@link answered} or {@link abandon}. */
  async run(exchange: Exchange, send: () => Promise<void>): Promise<void> {
    this.#open.set(exchange.id, exchange);
    try {
      await this.#sending.run(exchange, send);
    } catch (error) {
      this.#open.delete(exchange.id);
      throw error;
    }
  }

  /** Sends what belongs to no exchange, also where a message in one has caused it. */
  outside<T>(send: () => Promise<T>): Promise<T> {
    return this.#sending.run(undefined, send);
  }

  answered(id: number): void {
    this.#open.delete(id);
  }

  /** The request that a message cancels, which is open no more; nothing where it was not. */
  abandon(message: JSONRPCMessage): Exchange | undefined {
    const params = "params" in message ? message.params : undefined;
    const exchange = this.#open.get(requestIdOf(params?.["requestId"]) ?? NaN);
    if (exchange === undefined) return undefined;
    this.#open.delete(exchange.id);
    this.#abandoned++;
    return exchange;
  }

  endAll(): void {
    for (const exchange of this.#open.values()) exchange.end();
    this.#open.clear();
  }
}
