import { AsyncLocalStorage } from "node:async_hooks";
import { outsideRuns } from "../../core/async-context.ts";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { requestIdOf } from "./message.ts";

/** How long what was sent and received for a request may stay open after its answer, in ms. */
const LINGER_MS = 1_000;

/** A request of ours, and all that is sent and received for it. */
export class Exchange {
  readonly id: number;
  readonly method: string;
  /** There is one where something listens: over HTTP. */
  #over: AbortController | undefined;
  #isOver = false;
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
    this.#over ??= new AbortController();
    if (this.#isOver) this.#over.abort();
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends what is still open for it: connections, streams, and attempts to resume them. */
  end(): void {
    this.#isOver = true;
    this.#over?.abort();
    this.#onEnd(this);
  }

  /** Ends it soon, where something is open: whatever came with the answer, or closes by itself, has time for it. */
  answered(): void {
    if (this.#over !== undefined)
      outsideRuns(() => setTimeout(() => this.end(), LINGER_MS).unref());
  }
}

/** The requests of one connection that have no answer yet. A request that was given up is none of them. */
export class Exchanges {
  readonly #open = new Map<number, Exchange>();
  readonly #sending = new AsyncLocalStorage<Exchange | undefined>();
  #abandoned = 0;
  #lastSent = -1;
  /** What was sent last before a message without an answer. */
  #inDoubtUpTo: number | undefined;

  /** The exchange in whose async context this is called: its request, its stream, and what resumes that. */
  get current(): Exchange | undefined {
    return this.#sending.getStore();
  }

  /**
   * The only request that the server can be at work on, where there is just one. There is none while it may be at work on a
   * message without an answer, a notification for example: some servers refuse what they do not know, whatever it is.
   */
  get only(): number | undefined {
    const isInDoubt = this.#inDoubtUpTo !== undefined || this.#abandoned > 0;
    if (this.#open.size !== 1 || isInDoubt) return undefined;
    return this.#open.keys().next().value;
  }

  get(id: number): Exchange | undefined {
    return this.#open.get(id);
  }

  /** Sends a request as an exchange, which is open until {@link answered} or {@link abandon}. */
  async run(exchange: Exchange, send: () => Promise<void>): Promise<void> {
    this.#open.set(exchange.id, exchange);
    this.#lastSent = exchange.id;
    try {
      await this.#sending.run(exchange, send);
    } catch (error) {
      this.#open.delete(exchange.id);
      exchange.end();
      throw error;
    }
  }

  /** Sends what belongs to no exchange, also where a message in one has caused it. */
  outside<T>(send: () => Promise<T>): Promise<T> {
    this.#inDoubtUpTo = this.#lastSent;
    return this.#sending.run(undefined, send);
  }

  answered(id: number): void {
    this.#open.get(id)?.answered();
    this.#open.delete(id);
    if (this.#inDoubtUpTo !== undefined && id > this.#inDoubtUpTo) this.#inDoubtUpTo = undefined;
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
