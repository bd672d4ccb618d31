/** What becomes of a TypeScript text: parts that are replaced by spaces, and the few that are written in another way. */
import { blank, TextEdits } from "../text-edits.ts";

interface Erasure {
  readonly start: number;
  readonly end: number;
}

type Lowering = (edits: TextEdits) => void;

/** JavaScript, and the offset in the TypeScript text for one in it. */
export interface Erased {
  readonly code: string;
  readonly isLowered: boolean;
  origin(offset: number): number;
}

export class Erasures {
  readonly #erased: Erasure[] = [];
  /** Single characters that are put in the place of others. */
  readonly #marks: (readonly [at: number, character: string])[] = [];
  readonly #lowerings: Lowering[] = [];

  /** True where nothing is changed: the text is JavaScript. */
  get isEmpty(): boolean {
    return this.#erased.length + this.#marks.length + this.#lowerings.length === 0;
  }

  /** Replaces from `start` to `end` by spaces, but for line breaks and the character `first`. */
  erase(start: number, end: number, first?: string): void {
    if (end === start) return;
    this.#erased.push({ start, end });
    if (first !== undefined) this.mark(start, first);
  }

  mark(at: number, character: string): void {
    this.#marks.push([at, character]);
  }

  /** Writes something in another way. Its offsets are those of the text. */
  lower(lowering: Lowering): void {
    this.#lowerings.push(lowering);
  }

  /** Returns a function that forgets what was added since. */
  snapshot(): () => void {
    const lists = [this.#erased, this.#marks, this.#lowerings];
    const lengths = lists.map(({ length }) => length);
    return () => {
      for (const [at, list] of lists.entries()) list.length = lengths[at]!;
    };
  }

  apply(text: string): Erased {
    const blanked = this.#marked(this.#blanked(text));
    if (this.#lowerings.length === 0)
      return { code: blanked, isLowered: false, origin: (offset) => offset };
    const edits = new TextEdits(blanked);
    // What stands in another was noted before it; edits take the outer one first.
    for (const lowering of this.#lowerings.toReversed()) lowering(edits);
    return { code: edits.apply(), isLowered: true, origin: (offset) => edits.origin(offset) };
  }

  #blanked(text: string): string {
    let code = "";
    let done = 0;
    for (const { start, end } of this.#erased) {
      code += text.slice(done, start) + blank(text.slice(start, end));
      done = end;
    }
    return code + text.slice(done);
  }

  #marked(code: string): string {
    if (this.#marks.length === 0) return code;
    let marked = "";
    let done = 0;
    for (const [at, character] of this.#marks.toSorted(([a], [b]) => a - b)) {
      marked += code.slice(done, at) + character;
      done = at + 1;
    }
    return marked + code.slice(done);
  }
}
