import { AsyncLocalStorage } from "node:async_hooks";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { type AsyncContext, currentContext, outsideRuns } from "../../core/async-context.ts";
import { LoginBegun, LoginNeeded } from "./auth/authorizer.ts";

/**
 * Which request of ours caused a message of a server, so that the message is handled in the context of that request and in no
 * other's. MCP says it over streamable HTTP, where each request has a stream of its own. Over one stream for all it does not:
 * there a message belongs to the only request that the server can be at work on, and to nobody where there are several.
 */
export class Causes {
  /** Set while a request's own stream is read. */
  readonly #own = new AsyncLocalStorage<true>();
  /** Requests without an answer. */
  readonly #open = new Set<AsyncContext>();
  /** Number of requests that were given up. The server may still be at work on them, and nothing says when that ends. */
  #abandoned = 0;

  /**
   * Sends a request, which may cause messages until it is answered.
   * @param signal aborted where the request was given up
   */
  async request<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const context = currentContext();
    this.#open.add(context);
    try {
      return await this.#own.run(true, send);
    } catch (error) {
      if (signal.aborted || !isAnswer(error)) this.#abandoned++;
      throw error;
    } finally {
      this.#open.delete(context);
    }
  }

  /** Handles a message in the context of its cause. */
  readonly handle: AsyncContext = (work) => {
    if (this.#own.getStore() === true) return work();
    const [only, ...others] = this.#open;
    const isKnown = only !== undefined && others.length === 0 && this.#abandoned === 0;
    return isKnown ? only(work) : outsideRuns(work);
  };
}

/** Whether the server is done with a request that failed so. */
function isAnswer(error: unknown): boolean {
  if (error instanceof LoginNeeded || error instanceof LoginBegun) return true;
  return error instanceof McpError;
}
