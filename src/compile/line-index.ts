import type { Position } from "../core/program.ts";

/** The starts of the lines of a text. Editors and JavaScript disagree on whether U+2028 and U+2029 end a line. */
export class LineIndex {
  readonly #starts: number[] = [0];
  readonly #length: number;

  constructor(text: string, separators: "text" | "javascript" = "text") {
    this.#length = text.length;
    const ends = separators === "text" ? /\r\n|[\r\n]/g : /\r\n|[\r\n\u2028\u2029]/g;
    for (const match of text.matchAll(ends)) this.#starts.push(match.index + match[0].length);
  }

  /** The position of an offset. */
  position(offset: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }

  /** The offset of a position, or `undefined` when there is no such line. */
  offset({ line, column }: Position): number | undefined {
    const start = this.#starts[line - 1];
    return start === undefined ? undefined : Math.min(start + column - 1, this.#length);
  }
}
