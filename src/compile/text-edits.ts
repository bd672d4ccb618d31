import { blank } from "./unfence.ts";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The place that the inserted text stands for. */
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

/** Changes to a text by position, none of which adds or removes a line, and the way back from the result. */
export class TextEdits {
  readonly #text: string;
  readonly #edits: Edit[] = [];
  readonly #before: { readonly text: string; readonly anchor: number }[] = [];
  #after = "";
  readonly #pieces: Piece[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Add to what stands before everything else. */
  prepend(text: string, anchor = 0): void {
    this.#before.push({ text, anchor });
  }

  /** Add to what stands after everything else. */
  append(text: string): void {
    this.#after += text;
  }

  /** Open something before what stands at `at`. Of two at one place, the first made is the outer one. */
  open(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text, anchor: at, order: this.#edits.length });
  }

  /** Close it again: of two at one place, the first made is the outer one here too, so it comes last. */
  close(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text, anchor: at, order: -this.#edits.length - 1 });
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text, anchor: start, order: this.#edits.length });
  }

  /** Take text away, but for its line breaks. */
  remove(start: number, end: number): void {
    this.replace(start, end, blank(this.#text.slice(start, end)).replaceAll(" ", ""));
  }

  /** The changed text. To be called once. */
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
      if (start < done) continue; // inside something that was taken away as a whole
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
