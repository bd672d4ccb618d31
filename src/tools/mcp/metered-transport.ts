import type {
  Transport,
  TransportSendOptions,
} from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, MessageExtraInfo } from "@modelcontextprotocol/sdk/types.js";
import { outsideRuns } from "../../core/async-context.ts";
import type { Intake } from "./intake.ts";
import { WrappedTransport } from "./wrapped-transport.ts";

/** Of the changes of one list within this time, the first and the last are told, in ms. */
const CHANGES_MS = 100;
/** Answers to requests of the server that are on their way at the same time: over HTTP each holds a connection. */
const MAX_ANSWERS = 64;
const LIST_CHANGED = /^notifications\/(?:tools|resources|prompts)\/list_changed$/;

/**
 * A transport whose messages are counted: the intake learns what was asked for, requests of the server come at a limited
 * rate, and of many changes of a list few are told, but always the last one.
 */
export class MeteredTransport extends WrappedTransport {
  readonly #intake: Intake;
  /** Kinds of changes that were told a moment ago; true where there was another one since. */
  readonly #changed = new Map<string, boolean>();

  /** Answers on their way. */
  #answers = 0;

  constructor(inner: Transport, intake: Intake) {
    super(inner);
    this.#intake = intake;
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (!("method" in message)) return await this.#answer(message, options);
    this.#intake.sent(message);
    try {
      await this.inner.send(message, options);
    } catch (error) {
      if ("id" in message) this.#intake.settled(message.id);
      throw error;
    }
  }

  /** A server that does not take its answers gets no more of them. */
  async #answer(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (this.#answers >= MAX_ANSWERS) return this.#intake.drop();
    this.#answers++;
    try {
      await this.inner.send(message, options);
    } finally {
      this.#answers--;
    }
  }

  protected receive(message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    if ("method" in message) {
      if ("id" in message) {
        if (!this.#intake.takesRequest()) return;
      } else if (LIST_CHANGED.test(message.method) && !this.#tells(message)) return;
    } else {
      this.#intake.join(message);
      this.#intake.settled(message.id);
    }
    this.onmessage?.(message, extra);
  }

  /** Whether this change is told now. */
  #tells(message: JSONRPCMessage & { readonly method: string }): boolean {
    const { method } = message;
    const isRecent = this.#changed.has(method);
    this.#changed.set(method, isRecent);
    if (isRecent) return false;
    const later = (): void => {
      const again = this.#changed.get(method) === true;
      this.#changed.delete(method);
      if (again && this.#tells(message)) this.onmessage?.(message);
    };
    outsideRuns(() => setTimeout(later, CHANGES_MS).unref());
    return true;
  }
}
