/** An answer to a request for a list, parsed in pieces: a server may list thousands of tools at once. */
import { endOfText } from "../../core/json-shape.ts";
import type { Steps } from "../../core/turns.ts";
import { withoutMark } from "./exact-message.ts";
import { JsonScan } from "./json-scan.ts";
import { MAX_ENTRY_BYTES, MAX_ENTRY_PARTS, MAX_PAGE_PARTS } from "./list-limits.ts";

/** Characters and parts that are parsed at once. */
const PIECE = 64 * 1024;
const PIECE_PARTS = 5_000;
/** A smaller answer is parsed as it is. */
const MIN_SLICED_BYTES = 256 * 1024;

const QUOTE = 34;
const COMMA = 44;
const OPEN = 91;
const CLOSE = 93;

/** What an answer consists of: in the place of each list of its result is the list's number. */
export interface SlicedAnswer {
  readonly text: string;
  readonly lists: readonly (readonly unknown[])[];
}

/** What is wrong with an answer, for a message. */
class Refusal extends Error {}

/**
 * Takes the lists out of an answer. Returns what is wrong with it where it must not be parsed, and nothing where it is to be
 * parsed as it is: a small one, and one that is no JSON.
 */
export function* sliceAnswer(bytes: Uint8Array): Steps<SlicedAnswer | string | undefined> {
  const scan = new JsonScan(MAX_PAGE_PARTS);
  for (let at = 0; at < bytes.length; at += PIECE) {
    const problem = scan.push(bytes.subarray(at, at + PIECE));
    if (problem !== undefined) return problem;
    yield;
  }
  if (bytes.length < MIN_SLICED_BYTES) return undefined;
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    const slicer = new Slicer(withoutMark(text));
    yield;
    yield* slicer.run();
    const { answer } = slicer;
    JSON.parse(answer.text);
    return answer;
  } catch (error) {
    return error instanceof Refusal ? error.message : undefined;
  }
}

/** Puts the lists back into a result. */
export function joinLists(result: Record<string, unknown>, lists: SlicedAnswer["lists"]): void {
  for (const [key, value] of Object.entries(result))
    if (Array.isArray(value)) result[key] = lists[Number(value[0])] ?? value;
}

class Slicer {
  readonly #text: string;
  readonly #lists: unknown[][] = [];
  #kept = "";
  /** End of what was kept, or parsed. */
  #from = 0;
  #depth = 0;
  #parts = 0;
  #inResult = false;
  /** The list that is read, directly in the result. */
  #list: unknown[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get answer(): SlicedAnswer {
    return { text: this.#kept + this.#text.slice(this.#from), lists: this.#lists };
  }

  *run(): Steps<void> {
    const text = this.#text;
    let pause = PIECE;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) at = endOfText(text, at + 1);
      else if (code === COMMA) this.#comma(at);
      // Brackets and braces differ in one bit.
      else if ((code & ~32) === OPEN) this.#open(at, code === OPEN);
      else if ((code & ~32) === CLOSE) this.#close(at);
      if (at < pause) continue;
      pause = at + PIECE;
      yield;
    }
  }

  #open(at: number, isList: boolean): void {
    this.#parts++;
    this.#depth++;
    if (this.#depth === 2)
      this.#inResult =
        !isList && /"result"\s*:\s*$/.test(this.#text.slice(Math.max(0, at - 50), at));
    if (this.#depth !== 3 || !this.#inResult || !isList) return;
    this.#kept += this.#text.slice(this.#from, at + 1) + String(this.#lists.length);
    this.#from = at + 1;
    this.#parts = 0;
    this.#list = [];
    this.#lists.push(this.#list);
  }

  #comma(at: number): void {
    this.#parts++;
    const isBetween = this.#list !== undefined && this.#depth === 3;
    if (!isBetween || (at - this.#from < PIECE && this.#parts < PIECE_PARTS)) return;
    this.#parse(at);
    this.#from = at + 1;
  }

  #close(at: number): void {
    if (this.#depth === 3 && this.#list !== undefined) {
      this.#parse(at);
      this.#from = at;
      this.#list = undefined;
    }
    this.#depth--;
  }

  #parse(end: number): void {
    const piece = this.#text.slice(this.#from, end);
    if (piece.length > MAX_ENTRY_BYTES)
      throw new Refusal(`an entry has more than ${MAX_ENTRY_BYTES} bytes`);
    if (this.#parts > MAX_ENTRY_PARTS)
      throw new Refusal(`an entry has more than ${MAX_ENTRY_PARTS} parts`);
    for (const item of JSON.parse(`[${piece}]`) as unknown[]) this.#list!.push(item);
    this.#parts = 0;
  }
}
