const NEWLINE = 0x0a;
/** Bytes of both ends of a line that say which request it answers; no more is kept of one that is thrown away. */
const END_BYTES = 300;
/** So many pieces are joined: each costs more memory than the byte that may be in it. */
export const JOINED_PIECES = 1_024;

/** Both ends of a line, as text. */
export function endsOf(line: Buffer): readonly [head: string, tail: string] {
  return [line.toString("utf8", 0, END_BYTES), line.subarray(-END_BYTES).toString()];
}

/** Receives the lines of a {@link LineSplitter}. */
export interface LineListener {
  /** A line without its newline. */
  onLine(line: Buffer): void;
  /** So many empty lines, one after the other. */
  onBlank(count: number): void;
  /** A line that was larger than the cap, of which only both ends are left. */
  onOversize(head: string, tail: string): void;
}

/** A chunk can be thousands of blank lines, each of which would be looked at like a message. */
function endOfBlank(chunk: Buffer, from: number): number {
  let at = from;
  while (chunk[at] === NEWLINE) at++;
  return at;
}

/**
 * Cuts a stream into lines in linear time: only new bytes are searched, nothing is joined before its line is complete,
 * and of a line over `maxBytes` no more than both ends are kept.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #listener: LineListener;
  #pieces: Buffer[] = [];
  /** Pieces since the last that was joined. */
  #loose = 0;
  #size = 0;
  #head: Buffer | undefined;

  constructor(maxBytes: number, listener: LineListener) {
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      if (at === from && this.#size === 0) {
        from = endOfBlank(chunk, at);
        this.#listener.onBlank(from - at);
        continue;
      }
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
    if (++this.#loose === JOINED_PIECES) this.#join();
    if (this.#size <= this.#maxBytes) return;
    const all = this.#head === undefined ? Buffer.concat(this.#pieces) : undefined;
    this.#head ??= Buffer.from(all!.subarray(0, END_BYTES));
    this.#pieces = [tailOf(all === undefined ? this.#pieces : [all])];
    this.#loose = 0;
  }

  #join(): void {
    const joined = Buffer.concat(this.#pieces.splice(-this.#loose));
    this.#pieces.push(joined);
    this.#loose = 0;
  }

  #finish(): void {
    const pieces = this.#pieces;
    const head = this.#head;
    this.#pieces = [];
    this.#loose = 0;
    this.#size = 0;
    this.#head = undefined;
    if (head === undefined)
      this.#listener.onLine(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
    else this.#listener.onOversize(head.toString(), tailOf(pieces).toString());
  }
}

/** The last bytes, copied so that the chunk they came in can go. */
function tailOf(pieces: readonly Buffer[]): Buffer {
  const last = pieces.map((piece) => piece.subarray(-END_BYTES));
  return Buffer.from(Buffer.concat(last).subarray(-END_BYTES));
}
