import { isObject } from "../../core/is-object.ts";
import type { Exchange } from "./exchange.ts";

const METHOD = "codecell/detour";

/**
 * The way of messages around the SDK's HTTP transports, which reject whatever is not exactly in the form of the protocol: a
 * message waits here, and a token in that form goes through the transport in its place. What a server sends never goes
 * through itself, so that no server can make a token.
 */
export class Detour {
  readonly #waiting = new Map<
    number,
    { readonly value: unknown; readonly of: Exchange | undefined }
  >();
  #last = 0;

  /**
   * Keeps what a server sent, and returns the text of its token.
   * @param of the exchange in which it came
   * @param isAnswer the transport is to know that its request is answered
   */
  keep(value: unknown, of: Exchange | undefined, isAnswer: boolean): string {
    const token = ++this.#last;
    // Nobody takes what comes in an exchange that is over.
    if (of?.isOver !== true) this.#waiting.set(token, { value, of });
    if (of !== undefined && isAnswer)
      return JSON.stringify({ jsonrpc: "2.0", id: of.id, result: { token } });
    return JSON.stringify({ jsonrpc: "2.0", method: METHOD, params: { token } });
  }

  /** What waits for a token, and the exchange in which it came. */
  take(token: unknown): { readonly value: unknown; readonly of: Exchange | undefined } | undefined {
    const holder = isObject(token) ? (token["result"] ?? token["params"]) : undefined;
    const key = isObject(holder) ? holder["token"] : undefined;
    if (typeof key !== "number") return undefined;
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }

  /** Forgets what came in an exchange that is over: its tokens may have been lost on their way. */
  forget(exchange: Exchange): void {
    for (const [token, { of }] of this.#waiting) if (of === exchange) this.#waiting.delete(token);
  }
}
