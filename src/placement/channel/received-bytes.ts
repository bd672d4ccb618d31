const NOTHING = Buffer.alloc(0);

/**
 * Bytes that have come and are not read yet. They are in one buffer, which doubles as they come: a million chunks of one byte
 * cost no more memory than one chunk of a million bytes, and each byte is copied twice at most.
 */
export class ReceivedBytes {
  #buffer: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  /** Whether the buffer was made here, and may be written to. */
  #isOwn = false;

  get length(): number {
    return this.#end - this.#start;
  }

  /** @param wanted number of bytes that the reader waits for: no more space than that is reserved in advance */
  add(chunk: Buffer, wanted: number): void {
    if (this.length === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#isOwn = false;
      return;
    }
    const isFull = this.#end + chunk.length > this.#buffer.length;
    if (!this.#isOwn || isFull) this.#grow(this.length + chunk.length, wanted);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  #grow(needed: number, wanted: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(wanted, 2 * needed)));
    this.#buffer.copy(grown, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = grown;
    this.#isOwn = true;
  }

  /** The number in the four bytes from `at`. */
  uint32(at: number): number {
    return this.#buffer.readUInt32BE(this.#start + at);
  }

  /** Moves bytes into `target`, from its byte `at`, as many as there are and have room. Returns how many. */
  read(target: Buffer, at: number): number {
    const length = Math.min(this.length, target.length - at);
    this.#buffer.copy(target, at, this.#start, this.#start + length);
    return this.drop(length);
  }

  /** The text of `length` bytes from `at`. */
  text(encoding: "utf8" | "latin1", at: number, length: number): string {
    return this.#buffer.toString(encoding, this.#start + at, this.#start + at + length);
  }

  /** Drops the first `length` bytes, or as many as there are. Returns how many. */
  drop(length: number): number {
    const dropped = Math.min(length, this.length);
    this.#start += dropped;
    if (this.#start === this.#end) this.#buffer = NOTHING;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return dropped;
  }
}
