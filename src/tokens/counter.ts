/** Counts the tokens of texts without holding up the thread that everyone shares. */
import { utf8Length } from "../core/utf8.ts";
import { isShort, partsOf } from "./parts.ts";
import { loadTokenizer, type TokenizerName } from "./tokenizers.ts";

/** The longest that counting for one run may go on without letting anything else run. */
const YIELD_MS = 8;

/** What counts: one of the tokenizers here by its name, or a function that says how many tokens a text has. */
export type TokenizerChoice = TokenizerName | ((text: string) => number);

export interface Count {
  readonly tokens: number;
  /** Bytes of what was left out. */
  readonly uncountedBytes: number;
}

/** Counts for everyone; the clocks of one run are in a {@link Counting}. */
export interface Counter {
  /** `custom` for a function. */
  readonly name: string;
  /** A text in parts whose tokens add up. */
  parts(text: string): Iterable<string>;
  /** The tokens of a part; nothing where counting it would take too long. */
  count(part: string): number | undefined;
}

/**
 * Make ready to count.
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
  /** What it has taken so far, without what others did meanwhile. */
  spentMs = 0;

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  /** @param isOver asked before every part: from then on nothing more is counted */
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
