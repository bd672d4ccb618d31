import type { Duplex } from "node:stream";
import { type Channel, type Gate, listenerError, START_CHARACTERS } from "./channel.ts";
import { ReceivedBytes } from "./received-bytes.ts";

const HEADER_BYTES = 4;
/**
 * Largest write to a WebSocket, where each write is a message of its own. A receiver has the whole message in its memory before
 * it can judge it, so it accepts none that are much larger.
 */
export const WEB_SOCKET_PIECE_BYTES = 64 * 1024;
/**
 * Steps in a row, of which a message takes two. Then everything else on this thread has its turn, so that a peer that floods this process
 * with small messages stops nobody.
 */
const MAX_IN_A_ROW = 512;

export interface FramedOptions {
  /**
   * Time in ms in which a message must arrive that has begun to; otherwise the channel closes.
   * @default no limit: the owner of the channel has a clock of its own
   */
  readonly messageMs?: number;
  /**
   * Largest number of bytes of one write, for streams that send each write as a unit.
   * @default a message is one write
   */
  readonly pieceBytes?: number;
  /**
   * Whether nothing is read from a peer while it does not read: otherwise its requests could fill our memory with replies. The
   * peer must read without waiting for us.
   * @default false
   */
  readonly waitsForReader?: boolean;
}

/**
 * Messages over a byte stream: four bytes of length (big-endian), then UTF-8 text. A frame over `maxBytes` breaks the
 * protocol and closes the channel, because its sender could fill our memory. A frame is judged as soon as its start has
 * arrived, and what the gate drops is never held.
 */
export class FramedChannel implements Channel {
  readonly closed: Promise<Error | undefined>;
  readonly #stream: Duplex;
  readonly #options: FramedOptions;
  #maxBytes: number;
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #listener: ((message: string) => void) | undefined;
  #gate: Gate = () => true;
  /** Set while the stream's buffer is full; settles when it has drained. */
  #room: Promise<void> | undefined;
  readonly #bytes = new ReceivedBytes();
  /** Number of bytes that the next step needs: a header, the start of a body, or all of it. */
  #wanted = HEADER_BYTES;
  /** Whether the gate has let the current frame in. */
  #isLetIn = false;
  /** Bytes of a dropped frame that are still to come. */
  #unwanted = 0;
  /** Nothing is read until `#resume`: the gate is thinking, the peer does not read, or others have their turn. */
  #isPaused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Duplex, maxBytes: number, options: FramedOptions = {}) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    this.#options = options;
    this.closed = this.#closed.promise;
    stream.on("close", () => this.#onClose());
    stream.on("error", () => stream.destroy()); // the peer died; `closed` reports it
  }

  onMessage(listener: (message: string) => void, gate?: Gate): void {
    this.#listener = listener;
    if (gate !== undefined) this.#gate = gate;
    this.#stream.on("data", (chunk: Buffer) => this.#guarded(() => this.#read(chunk)));
    this.#stream.on("end", () => this.close());
  }

  #onClose(): void {
    clearTimeout(this.#timer);
    this.#closed.resolve(undefined);
  }

  /** Whatever is thrown while a frame is read costs its channel only. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#refuse(listenerError(error));
    }
  }

  #read(chunk: Buffer): void {
    this.#bytes.add(chunk, this.#wanted);
    if (!this.#isPaused) this.#receive();
  }

  #receive(): void {
    let handled = 0;
    while (!this.#stream.destroyed && !this.#isPaused && this.#step())
      // What has paused resumes by itself, and must not be resumed before that.
      if (++handled >= MAX_IN_A_ROW && !this.#isPaused) this.#giveWay();
    if (this.#options.messageMs !== undefined) this.#watchUnfinished(this.#options.messageMs);
  }

  /** Returns false where more bytes are needed. */
  #step(): boolean {
    if (this.#unwanted > 0) this.#unwanted -= this.#bytes.drop(this.#unwanted);
    if (this.#bytes.length < this.#wanted) return false;
    const size = this.#bytes.uint32();
    if (!this.#isLetIn) return this.#judge(size);
    this.#take(size);
    return true;
  }

  /** Returns false where more bytes are needed. */
  #judge(size: number): boolean {
    if (this.#room !== undefined && this.#options.waitsForReader === true) {
      this.#pause();
      void this.#room.then(() => this.#resume());
      return true;
    }
    if (size > this.#maxBytes)
      throw new Error(`it sent a message of ${size} bytes, and the cap is ${this.#maxBytes}`);
    const seen = Math.min(size, START_CHARACTERS);
    this.#wanted = HEADER_BYTES + seen;
    if (this.#bytes.length < this.#wanted) return false;
    const verdict = this.#gate(this.#bytes.text("latin1", HEADER_BYTES, seen), size);
    if (typeof verdict === "boolean") this.#settle(verdict, size);
    else this.#awaitVerdict(verdict, size);
    return true;
  }

  #settle(isLetIn: boolean, size: number): void {
    this.#isLetIn = isLetIn;
    this.#wanted = isLetIn ? HEADER_BYTES + size : HEADER_BYTES;
    if (!isLetIn) this.#unwanted = HEADER_BYTES + size;
  }

  #awaitVerdict(verdict: Promise<boolean>, size: number): void {
    this.#pause();
    verdict.then(
      (isLetIn) => {
        this.#settle(isLetIn, size);
        this.#resume();
      },
      (error: unknown) => this.#refuse(listenerError(error)),
    );
  }

  #take(size: number): void {
    const message = this.#bytes.text("utf8", HEADER_BYTES, size);
    this.#bytes.drop(HEADER_BYTES + size);
    this.#wanted = HEADER_BYTES;
    this.#isLetIn = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listener?.(message);
  }

  #giveWay(): void {
    this.#pause();
    setImmediate(() => this.#resume());
  }

  #pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  #resume(): void {
    this.#isPaused = false;
    this.#guarded(() => this.#receive());
    if (!this.#isPaused) this.#stream.resume();
  }

  #watchUnfinished(messageMs: number): void {
    const isUnfinished = this.#bytes.length > 0 || this.#unwanted > 0;
    if (!isUnfinished || this.#isPaused) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const late = (): void =>
      this.#refuse(new Error(`it did not send a message to its end within ${messageMs} ms`));
    this.#timer ??= setTimeout(late, messageMs).unref();
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
    if (this.#write(frame)) return Promise.resolve();
    this.#room ??= this.#waitForRoom();
    return this.#room;
  }

  #write(frame: Buffer): boolean {
    const { pieceBytes = Infinity } = this.#options;
    if (frame.length <= pieceBytes) return this.#stream.write(frame);
    let hasRoom = true;
    for (let at = 0; at < frame.length; at += pieceBytes)
      hasRoom = this.#stream.write(frame.subarray(at, at + pieceBytes));
    return hasRoom;
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
