/** Counts the tokens of texts without blocking the thread. */
import { utf8Length } from "../core/utf8.ts";
import { isShort, partsOf } from "./parts.ts";
import { loadTokenizer, type TokenizerName } from "./tokenizers.ts";

/** Longest time in ms for which the counting of one run may block the thread. */
const YIELD_MS = 8;

/**
 * A tokenizer: the name of a built-in one, or a function that returns the number of tokens of a text, a finite number of at
 * least 0.
 */
export type TokenizerChoice = TokenizerName | ((text: string) => number);

export interface Count {
  readonly tokens: number;
  /** Bytes of the parts that were not counted. */
  readonly uncountedBytes: number;
}

/** A counter, shared by all runs. The time of one run is measured by a {@link Counting}. */
export interface Counter {
  /** `custom` for a function. */
  readonly name: string;
  /** Splits a text into parts whose tokens add up to those of the text. */
  parts(text: string): Iterable<string>;
  /** The tokens of a part; `undefined` where counting it would take too long. */
  count(part: string): number | undefined;
}

/**
 * Loads the tokenizer of a counter.
 * @throws CodecellError `config_error` when the tokenizer's package is not installed
 */
export async function openCounter(choice: TokenizerChoice): Promise<Counter> {
  if (typeof choice === "function") {
    const count = (text: string): number => checked(choice(text));
    return { name: "custom", parts: (text) => (text === "" ? [] : [text]), count };
  }
  const tokenizer = await loadTokenizer(choice);
  return {
    name: choice,
    parts: partsOf,
    count: (part) => (isShort(part) ? tokenizer.count(part) : undefined),
  };
}

function checked(tokens: unknown): number {
  if (typeof tokens === "number" && Number.isFinite(tokens) && tokens >= 0) return tokens;
  throw new TypeError(`it gave ${String(tokens)}, which is no number of tokens`);
}

/** The counting for one run. */
export class Counting {
  readonly #counter: Counter;
  #sinceYieldMs = 0;
  /** Time in ms that counting has taken so far, without the time of other tasks in between. */
  spentMs = 0;

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  /** @param isOver checked before each part: once it returns true, nothing more is counted */
  async count(text: string, isOver: () => boolean = () => false): Promise<Count> {
    let tokens = 0;
    let uncountedBytes = 0;
    for (const part of this.#counter.parts(text)) {
      const started = performance.now();
      const counted = isOver() ? undefined : this.#counter.count(part);
      if (counted === undefined) uncountedBytes += utf8Length(part);
      else tokens += counted;
      this.#spend(performance.now() - started);
      if (this.#sinceYieldMs > YIELD_MS) await this.#yield();
    }
    return { tokens, uncountedBytes };
  }

  #spend(ms: number): void {
    this.spentMs += ms;
    this.#sinceYieldMs += ms;
  }

  async #yield(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#sinceYieldMs = 0;
  }
}
