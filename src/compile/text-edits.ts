/** `text` with everything but its line breaks replaced by spaces, so that positions stay. */
export function blank(text: string): string {
  return text.replace(/[^\r\n\u2028\u2029]/g, " ");
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The offset in the original text that the inserted text maps to. */
  readonly anchor: number;
  readonly order: number;
}

interface Piece {
  /** Where it starts in the result. */
  readonly at: number;
  readonly from: number;
  /** Copied text maps one to one, inserted text to its anchor. */
  readonly copied: boolean;
}

/** Edits of a text by offset, none of which adds or removes a line, and the mapping from the result to the text. */
export class TextEdits {
  readonly #text: string;
  readonly #edits: Edit[] = [];
  readonly #before: { readonly text: string; readonly anchor: number }[] = [];
  #after = "";
  readonly #pieces: Piece[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Adds to the text before everything else. */
  prepend(text: string, anchor = 0): void {
    this.#before.push({ text, anchor });
  }

  /** Adds to the text after everything else. */
  append(text: string): void {
    this.#after += text;
  }

  /** Inserts an opening text at `at`. Of two at the same offset, the first one is the outer one. */
  open(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text, anchor: at, order: this.#edits.length });
  }

  /** Inserts a closing text at `at`. Of two at the same offset, the first one is the outer one, so it comes last. */
  close(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text, anchor: at, order: -this.#edits.length - 1 });
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text, anchor: start, order: this.#edits.length });
  }

  /** Removes text except for its line breaks. */
  remove(start: number, end: number): void {
    this.replace(start, end, blank(this.#text.slice(start, end)).replaceAll(" ", ""));
  }

  /** Returns the changed text. Call it once. */
  apply(): string {
    const edits = this.#edits.toSorted(
      (a, b) => a.start - b.start || a.end - b.end || a.order - b.order,
    );
    let result = "";
    let done = 0;
    for (const { text, anchor } of this.#before) {
      this.#pieces.push({ at: result.length, from: anchor, copied: false });
      result += text;
    }
    for (const { start, end, text, anchor } of edits) {
      if (start < done) continue; // inside a range that was removed as a whole
      this.#pieces.push({ at: result.length, from: done, copied: true });
      result += this.#text.slice(done, start);
      this.#pieces.push({ at: result.length, from: anchor, copied: false });
      result += text;
      done = end;
    }
    this.#pieces.push({ at: result.length, from: done, copied: true });
    return result + this.#text.slice(done) + this.#after;
  }

  /** The offset in the original text for one in the result. */
  origin(offset: number): number {
    const piece = this.#pieces.findLast(({ at }) => at <= offset);
    if (piece === undefined) return 0;
    return piece.copied ? Math.min(piece.from + offset - piece.at, this.#text.length) : piece.from;
  }
}
