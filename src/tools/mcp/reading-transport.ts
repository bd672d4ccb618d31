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
export class ReadingTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;
  readonly #inner: Transport;
  readonly #parts: ReadingParts;

  constructor(inner: Transport, parts: ReadingParts) {
    this.#inner = inner;
    this.#parts = parts;
    /* oxlint-disable unicorn/prefer-add-event-listener -- a Transport is no EventTarget */
    inner.onclose = () => this.onclose?.();
    inner.onerror = (error) => this.onerror?.(error);
    inner.onmessage = (message, extra) => this.#receive(message, extra);
    /* oxlint-enable unicorn/prefer-add-event-listener */
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  async start(): Promise<void> {
    await this.#inner.start();
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if ("method" in message && "id" in message)
      return await this.#request(Number(message.id), message, options);
    const { exchanges } = this.#parts;
    const isCancel = "method" in message && message.method === "notifications/cancelled";
    const exchange = isCancel ? exchanges.abandon(message) : undefined;
    if (isCancel && exchange === undefined) return;
    const sent = exchanges.outside(() => this.#inner.send(message, options));
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
    await exchanges.run(exchange, () => this.#inner.send(message, options));
    if (!exchange.isRead || exchanges.get(id) !== exchange) return;
    exchanges.answered(id);
    this.onmessage?.(
      errorAnswer(id, `server "${server}" did not answer ${message.method}, but something else`),
    );
  }

  async close(): Promise<void> {
    this.#parts.exchanges.endAll();
    await this.#inner.close();
  }

  #receive(received: unknown, extra?: MessageExtraInfo): void {
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
