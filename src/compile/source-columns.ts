/**
 * Maps columns of JavaScript to those of the TypeScript that it was made from. Stripping types keeps lines; in a line it
 * removes whole tokens and sometimes inserts some. So both versions of a line are aligned as in a diff, by their longest
 * common sequence of tokens. (The source map of sucrase is wrong after template literals.)
 */
import { LineIndex } from "./line-index.ts";

interface Token {
  readonly text: string;
  /** Where it starts in its line, from 0. */
  readonly start: number;
}

const TOKEN = /[\p{ID_Continue}$]+|\S/gu;
const LINE_END = /\r\n|[\r\n\u2028\u2029]/;
/** Cap of the cells of all alignment tables, about ten milliseconds. Lines beyond it keep their columns. */
const MAX_CELLS = 4_000_000;

/** A token of the code, and the start of the same token in the text. */
type Origin = readonly [codeStart: number, textStart: number, length: number];

export class SourceColumns {
  readonly #textLines: readonly string[];
  readonly #codeLines: readonly string[];
  readonly #text: LineIndex;
  readonly #code: LineIndex;
  readonly #aligned = new Map<number, readonly Origin[]>();
  #cellsLeft = MAX_CELLS;

  constructor(text: string, code: string) {
    this.#textLines = text.split(LINE_END);
    this.#codeLines = code.split(LINE_END);
    this.#text = new LineIndex(text, "javascript");
    this.#code = new LineIndex(code, "javascript");
  }

  /** The offset in the text of an offset in the code; an inserted token maps to the token before it. */
  origin(offset: number): number {
    const { line, column } = this.#code.position(offset);
    const length = this.#textLines[line - 1]?.length ?? 0;
    const at = Math.min(this.#column(line, column - 1), length);
    return this.#text.offset({ line, column: at + 1 }) ?? 0;
  }

  #align(text: readonly Token[], code: readonly Token[]): readonly Origin[] {
    const [start, end] = sameAtEnds(text, code);
    const [textEnd, codeEnd] = [text.length - end, code.length - end];
    this.#cellsLeft -= (textEnd - start + 1) * (codeEnd - start + 1);
    if (this.#cellsLeft < 0) return [];
    const pair = (token: Token, at: number): Origin => [
      token.start,
      text[at]!.start,
      token.text.length,
    ];
    return [
      ...code.slice(0, start).map((token, at) => pair(token, at)),
      ...align(text.slice(start, textEnd), code.slice(start, codeEnd)),
      ...code.slice(codeEnd).map((token, at) => pair(token, textEnd + at)),
    ];
  }

  #column(line: number, column: number): number {
    const [text = "", code = ""] = [this.#textLines[line - 1], this.#codeLines[line - 1]];
    if (text === code) return column;
    const origins = this.#aligned.get(line) ?? this.#align(tokensOf(text), tokensOf(code));
    this.#aligned.set(line, origins);
    const known = origins.findLast(([codeStart]) => codeStart <= column);
    if (known === undefined) return column;
    const [codeStart, textStart, length] = known;
    return textStart + Math.min(column - codeStart, length);
  }
}

/** Number of equal tokens at the start and at the end; only the tokens between have to be compared. */
function sameAtEnds(text: readonly Token[], code: readonly Token[]): [start: number, end: number] {
  const most = Math.min(text.length, code.length);
  let start = 0;
  while (start < most && text[start]!.text === code[start]!.text) start++;
  let end = 0;
  while (end < most - start && text.at(-1 - end)!.text === code.at(-1 - end)!.text) end++;
  return [start, end];
}

function tokensOf(line: string): Token[] {
  return [...line.matchAll(TOKEN)].map(({ 0: text, index }) => ({ text, start: index }));
}

function align(text: readonly Token[], code: readonly Token[]): Origin[] {
  const width = code.length + 1;
  const common = commonLengths(text, code, width);
  const origins: Origin[] = [];
  let at = 0;
  for (const [index, { text: word, start }] of code.entries()) {
    // Skip removed tokens; where no common token follows, this one was inserted.
    while (at < text.length && common[(at + 1) * width + index] === common[at * width + index])
      at++;
    const found = text[at];
    if (found?.text !== word) continue;
    origins.push([start, found.start, word.length]);
    at++;
  }
  return origins;
}

/** For each pair of indices, the number of common tokens from there to the end. */
function commonLengths(text: readonly Token[], code: readonly Token[], width: number): Uint16Array {
  const common = new Uint16Array((text.length + 1) * width);
  for (let row = text.length - 1; row >= 0; row--)
    for (let column = code.length - 1; column >= 0; column--)
      common[row * width + column] =
        text[row]!.text === code[column]!.text
          ? common[(row + 1) * width + column + 1]! + 1
          : Math.max(common[(row + 1) * width + column]!, common[row * width + column + 1]!);
  return common;
}
