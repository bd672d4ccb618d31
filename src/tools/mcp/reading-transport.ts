import type {
  Transport,
  TransportSendOptions,
} from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, MessageExtraInfo } from "@modelcontextprotocol/sdk/types.js";
import type { Detour } from "./detour.ts";
import { Exchange, type Exchanges } from "./exchange.ts";
import type { Intake } from "./intake.ts";
import { errorAnswer } from "./message.ts";
import { type Asked, messagesIn, readMessage } from "./read-message.ts";
import { WrappedTransport } from "./wrapped-transport.ts";

/** What a {@link ReadingTransport} works with. */
export interface ReadingParts {
  /** Name of the server, for messages. */
  readonly server: string;
  readonly intake: Intake;
  readonly exchanges: Exchanges;
  /** Where messages wait, if the transport within is one of the SDK's over HTTP. */
  readonly detour?: Detour | undefined;
}

/**
 * A transport whose messages are read by the one reader, whatever they came over, and whose requests are exchanges: only a
 * request without an answer is cancelled, and then nothing of it stays open.
 */
export class ReadingTransport extends WrappedTransport {
  readonly #parts: ReadingParts;

  constructor(inner: Transport, parts: ReadingParts) {
    super(inner);
    this.#parts = parts;
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if ("method" in message && "id" in message)
      return await this.#request(Number(message.id), message, options);
    const { exchanges } = this.#parts;
    const isCancel = "method" in message && message.method === "notifications/cancelled";
    const exchange = isCancel ? exchanges.abandon(message) : undefined;
    if (isCancel && exchange === undefined) return;
    const sent = exchanges.outside(() => this.inner.send(message, options));
    exchange?.end();
    await sent;
  }

  async #request(
    id: number,
    message: JSONRPCMessage & { readonly method: string },
    options?: TransportSendOptions,
  ): Promise<void> {
    const { exchanges, detour, server } = this.#parts;
    const exchange = new Exchange(id, message.method, (over) => detour?.forget(over));
    await exchanges.run(exchange, () => this.inner.send(message, options));
    if (!exchange.isRead || exchanges.get(id) !== exchange) return;
    exchanges.answered(id);
    this.onmessage?.(
      errorAnswer(id, `server "${server}" did not answer ${message.method}, but something else`),
    );
  }

  override async close(): Promise<void> {
    this.#parts.exchanges.endAll();
    await super.close();
  }

  protected receive(received: unknown, extra?: MessageExtraInfo): void {
    const { detour, intake } = this.#parts;
    const waiting =
      detour === undefined ? { value: received, of: undefined } : detour.take(received);
    const messages = messagesIn(waiting?.value) ?? [];
    for (const message of messages) {
      if (messages.length > 1 && !intake.admits(message)) continue;
      const read = readMessage(message, this.#asked(waiting?.of));
      if (read === undefined) continue;
      if (!("method" in read)) this.#parts.exchanges.answered(Number(read.id));
      this.onmessage?.(read, extra);
    }
  }

  #asked(own: Exchange | undefined): Asked {
    const { server, exchanges } = this.#parts;
    return {
      server,
      methodOf: (id) => exchanges.get(id)?.method,
      own: own?.id,
      only: exchanges.only,
    };
  }
}
