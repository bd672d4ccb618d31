import type { Duplex } from "node:stream";
import { type Channel, listenerError } from "./channel.ts";

const HEADER_BYTES = 4;

/**
 * Messages over a byte stream: four bytes of length (big-endian), then UTF-8 text. A frame over `maxBytes` breaks the
 * protocol and closes the channel, because its sender could fill our memory.
 */
export class FramedChannel implements Channel {
  readonly closed: Promise<Error | undefined>;
  readonly #stream: Duplex;
  #maxBytes: number;
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #listener: ((message: string) => void) | undefined;
  /** Set while the stream's buffer is full; settles when it has drained. */
  #room: Promise<void> | undefined;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Number of bytes that the next step needs: a header, or a header and its body. */
  #wanted = HEADER_BYTES;

  constructor(stream: Duplex, maxBytes: number) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    this.closed = this.#closed.promise;
    stream.on("close", () => this.#closed.resolve(undefined));
    stream.on("error", () => stream.destroy()); // the peer died; `closed` reports it
  }

  onMessage(listener: (message: string) => void): void {
    this.#listener = listener;
    this.#stream.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#stream.on("end", () => this.close());
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= this.#wanted && !this.#stream.destroyed) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#chunks = [bytes];
      const end = HEADER_BYTES + bytes.readUInt32BE(0);
      if (end > this.#maxBytes + HEADER_BYTES) return this.#refuse(tooLarge(end, this.#maxBytes));
      this.#wanted = end;
      if (this.#buffered < end) return;
      this.#take(bytes, end);
    }
  }

  #take(bytes: Buffer, end: number): void {
    this.#buffered -= end;
    this.#chunks = this.#buffered === 0 ? [] : [bytes.subarray(end)];
    this.#wanted = HEADER_BYTES;
    try {
      this.#listener?.(bytes.toString("utf8", HEADER_BYTES, end));
    } catch (error) {
      this.#refuse(listenerError(error));
    }
  }

  #refuse(reason: Error): void {
    this.#closed.resolve(reason);
    this.close();
  }

  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  send(message: string): Promise<void> {
    if (this.#stream.destroyed || !this.#stream.writable) return Promise.resolve();
    const length = Buffer.byteLength(message);
    const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
    frame.writeUInt32BE(length, 0);
    frame.write(message, HEADER_BYTES);
    if (this.#stream.write(frame)) return Promise.resolve();
    this.#room ??= this.#waitForRoom();
    return this.#room;
  }

  /** All senders share one wait: a listener for each would be a leak under a flood. */
  async #waitForRoom(): Promise<void> {
    const drained = new Promise<void>((resolve) => this.#stream.once("drain", resolve));
    await Promise.race([drained, this.closed]);
    this.#room = undefined;
  }

  close(): void {
    this.#stream.destroy();
  }
}

function tooLarge(end: number, maxBytes: number): Error {
  return new Error(`it sent a message of ${end - HEADER_BYTES} bytes, and the cap is ${maxBytes}`);
}
