import type { Duplex } from "node:stream";
import {
  type Channel,
  type Gate,
  listenerError,
  type Receiver,
  START_CHARACTERS,
} from "./channel.ts";
import { checkSize, type Frame, frameOf, HEADER_BYTES, readHeader } from "./frame.ts";
import { ReceivedBytes } from "./received-bytes.ts";

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
 * Messages over a byte stream, see frame.ts. A frame over `maxBytes` breaks the protocol and closes the channel, because its
 * sender could fill our memory. A frame is judged as soon as its start has arrived, and what the gate drops is never held. Bytes
 * are put in their place as they arrive, so that many of them do not hold up this thread.
 */
export class FramedChannel implements Channel {
  readonly closed: Promise<Error | undefined>;
  readonly #stream: Duplex;
  readonly #options: FramedOptions;
  #maxBytes: number;
  #maxTextBytes: number;
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #listener: Receiver | undefined;
  #gate: Gate = () => true;
  /** Set while the stream's buffer is full; settles when it has drained. */
  #room: Promise<void> | undefined;
  readonly #bytes = new ReceivedBytes();
  /** Number of bytes that the next step needs: a header, the start of a text, or all of it. */
  #wanted = HEADER_BYTES;
  /** The current frame, which the gate has let in. */
  #frame: Frame | undefined;
  /** A message of which the bytes are arriving. */
  #filling: { readonly text: string; readonly bytes: Buffer; filled: number } | undefined;
  /** Bytes of a dropped frame that are still to come. */
  #unwanted = 0;
  /** Nothing is read until `#resume`: the gate is thinking, the peer does not read, or others have their turn. */
  #isPaused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Duplex, maxBytes: number, options: FramedOptions = {}) {
    this.#stream = stream;
    this.#maxBytes = this.#maxTextBytes = maxBytes;
    this.#options = options;
    this.closed = this.#closed.promise;
    stream.on("close", () => this.#onClose());
    stream.on("error", () => stream.destroy()); // the peer died; `closed` reports it
  }

  onMessage(listener: Receiver, gate?: Gate): void {
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
    if (this.#filling !== undefined) return this.#fill();
    if (this.#bytes.length < this.#wanted) return false;
    if (this.#frame === undefined) return this.#judge();
    this.#take(this.#frame);
    return true;
  }

  /** Returns false where more bytes are needed. */
  #judge(): boolean {
    if (this.#room !== undefined && this.#options.waitsForReader === true) {
      this.#pause();
      void this.#room.then(() => this.#resume());
      return true;
    }
    const frame = readHeader(this.#bytes, this.#maxTextBytes);
    if (typeof frame === "number") {
      this.#wanted = frame;
      return false;
    }
    const { headerBytes, textBytes, tailBytes } = frame;
    const size = textBytes + tailBytes;
    checkSize(size, this.#maxBytes);
    const seen = Math.min(textBytes, START_CHARACTERS);
    this.#wanted = headerBytes + seen;
    if (this.#bytes.length < this.#wanted) return false;
    const verdict = this.#gate(this.#bytes.text("latin1", headerBytes, seen), size);
    if (typeof verdict === "boolean") this.#settle(verdict, frame);
    else this.#awaitVerdict(verdict, frame);
    return true;
  }

  #settle(isLetIn: boolean, frame: Frame): void {
    const upToText = frame.headerBytes + frame.textBytes;
    this.#frame = isLetIn ? frame : undefined;
    this.#wanted = isLetIn ? upToText : HEADER_BYTES;
    if (!isLetIn) this.#unwanted = upToText + frame.tailBytes;
  }

  #awaitVerdict(verdict: Promise<boolean>, frame: Frame): void {
    this.#pause();
    verdict.then(
      (isLetIn) => {
        this.#settle(isLetIn, frame);
        this.#resume();
      },
      (error: unknown) => this.#refuse(listenerError(error)),
    );
  }

  #take({ headerBytes, textBytes, tailBytes }: Frame): void {
    const text = this.#bytes.text("utf8", headerBytes, textBytes);
    this.#bytes.drop(headerBytes + textBytes);
    this.#wanted = HEADER_BYTES;
    if (tailBytes === 0) this.#deliver(text);
    else this.#filling = { text, bytes: Buffer.allocUnsafeSlow(tailBytes), filled: 0 };
  }

  /** Returns false where more bytes are needed. */
  #fill(): boolean {
    const filling = this.#filling!;
    filling.filled += this.#bytes.read(filling.bytes, filling.filled);
    if (filling.filled < filling.bytes.length) return false;
    this.#filling = undefined;
    this.#deliver(filling.text, filling.bytes);
    return true;
  }

  #deliver(text: string, bytes?: Uint8Array): void {
    this.#frame = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listener?.(text, bytes);
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
    const isUnfinished =
      this.#bytes.length > 0 || this.#unwanted > 0 || this.#filling !== undefined;
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

  limit(maxBytes: number, maxTextBytes = maxBytes): void {
    this.#maxBytes = maxBytes;
    this.#maxTextBytes = maxTextBytes;
  }

  send(text: string, bytes?: Uint8Array): Promise<void> {
    if (this.#stream.destroyed || !this.#stream.writable) return Promise.resolve();
    let hasRoom = this.#write(frameOf(text, bytes));
    if (bytes !== undefined) hasRoom = this.#write(bytes);
    if (hasRoom) return Promise.resolve();
    this.#room ??= this.#waitForRoom();
    return this.#room;
  }

  #write(bytes: Uint8Array): boolean {
    const { pieceBytes = Infinity } = this.#options;
    if (bytes.length <= pieceBytes) return this.#stream.write(bytes);
    let hasRoom = true;
    for (let at = 0; at < bytes.length; at += pieceBytes)
      hasRoom = this.#stream.write(bytes.subarray(at, at + pieceBytes));
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
