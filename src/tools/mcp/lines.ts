const NEWLINE = 0x0a;
/** Bytes kept of both ends of a line that is thrown away. */
const KEPT = 300;

/** Receives the lines of a {@link LineSplitter}. */
export interface LineListener {
  /** A line without its newline. */
  onLine(line: Buffer): void;
  /** A line that was larger than the cap, of which only both ends are left. */
  onOversize(head: string, tail: string): void;
}

/**
 * Cuts a stream into lines in linear time: only new bytes are searched, nothing is joined before its line is complete,
 * and of a line over `maxBytes` no more than both ends are kept.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #listener: LineListener;
  #pieces: Buffer[] = [];
  #size = 0;
  #head: Buffer | undefined;

  constructor(maxBytes: number, listener: LineListener) {
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, at));
      this.#finish();
      from = at + 1;
    }
    this.#add(chunk.subarray(from));
  }

  /** The stream is over: what came after the last newline is a line too. */
  end(): void {
    if (this.#size > 0) this.#finish();
  }

  #add(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size <= this.#maxBytes) return;
    const all = this.#head === undefined ? Buffer.concat(this.#pieces) : undefined;
    this.#head ??= Buffer.from(all!.subarray(0, KEPT));
    this.#pieces = [tailOf(all === undefined ? this.#pieces : [all])];
  }

  #finish(): void {
    const pieces = this.#pieces;
    const head = this.#head;
    this.#pieces = [];
    this.#size = 0;
    this.#head = undefined;
    if (head === undefined)
      this.#listener.onLine(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
    else this.#listener.onOversize(head.toString(), tailOf(pieces).toString());
  }
}

/** The last bytes, copied so that the chunk they came in can go. */
function tailOf(pieces: readonly Buffer[]): Buffer {
  const last = pieces.map((piece) => piece.subarray(-KEPT));
  return Buffer.from(Buffer.concat(last).subarray(-KEPT));
}
