import { exceedsUtf8, utf8Length } from "../../core/utf8.ts";
import {
  type Channel,
  type Gate,
  listenerError,
  type Receiver,
  START_CHARACTERS,
} from "./channel.ts";

/** What a port carries: a text, or a text and its bytes. */
type PortMessage = string | readonly [text: string, bytes: Uint8Array];

/** The common interface of a thread's and its parent's port (MessagePort, Worker). */
export interface Port {
  postMessage(message: PortMessage, transfer: ArrayBuffer[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** Bytes that are copied in one turn of the event loop. */
const COPIED_BYTES = 1024 * 1024;

/** Messages over a worker thread's port. */
export class PortChannel implements Channel {
  readonly closed: Promise<Error | undefined>;
  readonly #port: Port;
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #open = true;
  #maxBytes = Infinity;
  #maxTextBytes = Infinity;
  /** Set while bytes are copied: what is sent meanwhile comes after them. */
  #copying: Promise<void> | undefined;

  constructor(port: Port) {
    this.#port = port;
    this.closed = this.#closed.promise;
    // A crash of the thread is not a violation of the protocol: the thread's handle reports why it ended.
    for (const end of ["exit", "close", "error"]) port.on(end, () => this.close());
  }

  onMessage(listener: Receiver, gate?: Gate): void {
    this.#port.on("message", (message) => {
      if (!this.#open) return;
      try {
        const [text, bytes] = this.#check(message);
        const size = utf8Length(text) + (bytes?.length ?? 0);
        if (gate?.(text.slice(0, START_CHARACTERS), size) !== false) listener(text, bytes);
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

  #check(message: unknown): readonly [text: string, bytes?: Uint8Array] {
    const [text, bytes]: readonly unknown[] = Array.isArray(message) ? message : [message];
    if (typeof text !== "string") throw new Error("it sent what is no text");
    if (bytes !== undefined && !(bytes instanceof Uint8Array))
      throw new Error("it sent what are no bytes");
    const cap = Math.min(this.#maxTextBytes, this.#maxBytes - (bytes?.length ?? 0));
    if (exceedsUtf8(text, cap))
      throw new Error(`it sent a message of more than ${this.#maxBytes} bytes, which is the cap`);
    return bytes === undefined ? [text] : [text, bytes];
  }

  /** The message is already in our memory when it is checked; the sender's memory bounds it. */
  limit(maxBytes: number, maxTextBytes = maxBytes): void {
    this.#maxBytes = maxBytes;
    this.#maxTextBytes = maxTextBytes;
  }

  /** A port has no backpressure: the caps of the run bound what is in flight. */
  async send(text: string, bytes?: Uint8Array): Promise<void> {
    if (this.#copying === undefined && bytes === undefined) return this.#post(text);
    const copying = this.#sendAfter(this.#copying, text, bytes);
    this.#copying = copying;
    await copying;
    if (this.#copying === copying) this.#copying = undefined;
  }

  async #sendAfter(
    before: Promise<void> | undefined,
    text: string,
    bytes: Uint8Array | undefined,
  ): Promise<void> {
    await before;
    if (bytes === undefined) return this.#post(text);
    const copy = await copyInTurns(bytes);
    this.#post([text, copy], [copy.buffer]);
  }

  #post(message: PortMessage, transfer: ArrayBuffer[] = []): void {
    if (this.#open) this.#port.postMessage(message, transfer);
  }

  close(): void {
    this.#open = false;
    this.#closed.resolve(undefined);
  }
}

/** A copy that can be given away: the sender may need its bytes again. */
async function copyInTurns(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const copy = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += COPIED_BYTES) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve));
    copy.set(bytes.subarray(at, at + COPIED_BYTES), at);
  }
  return copy;
}
