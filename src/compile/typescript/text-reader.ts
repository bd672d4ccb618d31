/** Reads the words, spaces and brackets of a text by offset. Every method returns the offset behind what it read, or -1. */
const SPACE = /(?:\s+|\/\*[^]*?\*\/|\/\/[^\n\r\u2028\u2029]*)*/y;
const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /(?:0[xXoObB][\da-fA-F_]+|[\d_]*\.?[\d_]+(?:[eE][+-]?\d+)?\.?)n?/y;
const STRING = /"(?:[^"\\\r\n]|\\[^])*"|'(?:[^'\\\r\n]|\\[^])*'/y;
const LINE_BREAK = /[\n\r\u2028\u2029]/;
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

export class TextReader {
  protected readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The first offset from `at` on that is neither space nor comment. */
  space(at: number): number {
    SPACE.lastIndex = at;
    return at + SPACE.exec(this.text)![0].length;
  }

  /** The word at `at`, or an empty text. */
  word(at: number): string {
    WORD.lastIndex = at;
    return WORD.exec(this.text)?.[0] ?? "";
  }

  /** The character at the first offset behind `at` that is neither space nor comment. */
  peek(at: number): string {
    return this.text[this.space(at)] ?? "";
  }

  /** The word there. */
  peekWord(at: number): string {
    return this.word(this.space(at));
  }

  hasLineBreak(from: number, to: number): boolean {
    return LINE_BREAK.test(this.text.slice(from, to));
  }

  /** True when no line ends between `at` and the next thing. */
  onSameLine(at: number): boolean {
    return !this.hasLineBreak(at, this.space(at));
  }

  /** True where the thing before `at` is a closing brace. */
  endsWithBrace(at: number): boolean {
    return this.text[at - 1] === "}";
  }

  /** Behind `mark`, which may have space before it. */
  expect(at: number, mark: string): number {
    if (at < 0) return -1;
    const start = this.space(at);
    return this.text.startsWith(mark, start) ? start + mark.length : -1;
  }

  /** Behind a name: a word, which may have space before it. */
  name(at: number): number {
    if (at < 0) return -1;
    const start = this.space(at);
    const { length } = this.word(start);
    return length === 0 ? -1 : start + length;
  }

  number(at: number): number {
    return this.#match(NUMBER, at);
  }

  string(at: number): number {
    return this.#match(STRING, at);
  }

  /** Behind a template; `substitution` reads what stands in `${…}`. */
  template(at: number, substitution: (at: number) => number): number {
    for (let here = at + 1; here < this.text.length;) {
      const character = this.text[here];
      if (character === "`") return here + 1;
      if (this.text.startsWith("${", here)) {
        here = this.expect(substitution(here + 2), "}");
        if (here < 0) return -1;
      } else here += character === "\\" ? 2 : 1;
    }
    return -1;
  }

  /** Behind the bracket that closes the one at `at`. */
  balanced(at: number): number {
    const open: string[] = [];
    for (let here = at; here >= 0 && here < this.text.length;) {
      const character = this.text[here]!;
      const closing = CLOSING[character];
      if (closing !== undefined) open.push(closing);
      else if (character === open.at(-1)) {
        open.pop();
        if (open.length === 0) return here + 1;
      }
      if (character === '"' || character === "'") here = this.string(here);
      else if (character === "`") here = this.template(here, (inner) => this.#toBrace(inner));
      else here = this.space(here + 1);
    }
    return -1;
  }

  /** The offset of the `}` that ends a substitution. */
  #toBrace(at: number): number {
    const end = this.balanced(at - 1);
    return end < 0 ? -1 : end - 1;
  }

  #match(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    const found = pattern.exec(this.text);
    return found === null ? -1 : at + found[0].length;
  }
}
