/** Counts the tokens of the texts of a run. */
import { decode } from "../core/decode.ts";
import { renderJson } from "../core/render.ts";
import type { ExecutionResult, TokenUsage } from "../core/result.ts";
import { MARK } from "../core/wire-format.ts";
import { type Count, type Counter, Counting } from "./counter.ts";

/** Bytes of results that are held during a run; they are counted when it is over. */
const HELD_BYTES = 8 * 1024 * 1024;
/** Time in ms that counting the results of one run may take. */
const RESULTS_MS = 5_000;

type Part = Exclude<keyof TokenUsage, "tokenizer" | "uncountedBytes" | "hidden">;

/** The text that a model reads at the start, and the version of its list of tools. */
export interface ShownAtStart {
  /** Returns another object when the list has changed. */
  version(): object;
  text(): Promise<string>;
}

/** The token ledgers of a runtime's runs. */
export class TokenLedger {
  readonly #counter: Counter;
  readonly #shown: ShownAtStart;
  #catalogue: { readonly version: object; readonly count: Count } | undefined;
  #hasWarned = false;

  constructor(counter: Counter, shown: ShownAtStart) {
    this.#counter = counter;
    this.#shown = shown;
  }

  /**
   * Returns the result with its tokens. If the tokenizer fails, it returns the result without them and emits a warning of the
   * process once.
   * @param signal ends the counting of the tools' results; the rest is reported as not counted
   */
  async addTo(
    result: ExecutionResult,
    source: string,
    results: HeldResults,
    signal: AbortSignal,
  ): Promise<ExecutionResult> {
    try {
      return { ...result, tokens: await this.#count(result, source, results, signal) };
    } catch (error) {
      if (!this.#hasWarned)
        process.emitWarning(
          `the tokenizer failed, and results have no tokens where it does: ${String(error)}`,
          "CodecellWarning",
        );
      this.#hasWarned = true;
      return result;
    }
  }

  async #count(
    result: ExecutionResult,
    source: string,
    results: HeldResults,
    signal: AbortSignal,
  ): Promise<TokenUsage> {
    const counting = new Counting(this.#counter);
    const counts: Record<Part, Count> = {
      catalogue: await this.#countCatalogue(counting),
      program: await counting.count(source),
      value: await counting.count(valueText(result)),
      logs: await counting.count(result.logs.map(({ text }) => text).join("\n")),
      results: await results.count(counting, signal),
    };
    return usageOf(this.#counter.name, counts);
  }

  async #countCatalogue(counting: Counting): Promise<Count> {
    const version = this.#shown.version();
    if (this.#catalogue?.version !== version)
      this.#catalogue = { version, count: await counting.count(await this.#shown.text()) };
    return this.#catalogue.count;
  }
}

/** The texts of one run's tool results, held until the run is over. */
export class HeldResults {
  readonly #held: { readonly text: string; readonly bytes: number }[] = [];
  #room = HELD_BYTES;
  #missedBytes = 0;

  /** Adds a result that goes to the program. Over the cap it is not held, and reported as not counted. */
  add(text: string, bytes: number): void {
    if (bytes > this.#room) return this.miss(bytes);
    this.#room -= bytes;
    this.#held.push({ text, bytes });
  }

  /** Counts a result whose text is not held as not counted. */
  miss(bytes: number): void {
    this.#missedBytes += bytes;
  }

  /** Counts the held results and drops them. */
  async count(counting: Counting, signal: AbortSignal): Promise<Count> {
    const until = counting.spentMs + RESULTS_MS;
    const isOver = (): boolean => signal.aborted || counting.spentMs > until;
    let tokens = 0;
    let uncountedBytes = this.#missedBytes;
    for (const { text, bytes } of this.#held.splice(0)) {
      const count = isOver()
        ? { tokens: 0, uncountedBytes: bytes }
        : await counting.count(shownText(text), isOver);
      tokens += count.tokens;
      uncountedBytes += count.uncountedBytes;
    }
    return { tokens, uncountedBytes };
  }
}

/** A result as a model would read it: a string as it is, any other value as JSON, nothing for undefined. */
function shownText(text: string): string {
  if (!text.startsWith(MARK) && !text.startsWith('"')) return text;
  const value = decode(text);
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(renderJson(value));
}

/** The value or the error of a run as a model reads it. */
function valueText(result: ExecutionResult): string {
  if (!result.ok) {
    const { message, frame, hint } = result.error;
    return [message, frame, hint].filter((text) => text !== undefined).join("\n\n");
  }
  const { value } = result;
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function usageOf(tokenizer: string, counts: Readonly<Record<Part, Count>>): TokenUsage {
  const entries = Object.entries(counts) as [Part, Count][];
  const tokens = entries.map(([part, count]) => [part, count.tokens] as const);
  const left = entries
    .filter(([, count]) => count.uncountedBytes > 0)
    .map(([part, count]) => [part, count.uncountedBytes] as const);
  const { uncountedBytes: missed } = counts.results;
  return {
    tokenizer,
    ...(Object.fromEntries(tokens) as Record<Part, number>),
    hidden: counts.results.tokens,
    ...(left.length > 0
      ? {
          uncountedBytes: {
            ...Object.fromEntries(left),
            ...(missed > 0 ? { hidden: missed } : {}),
          },
        }
      : {}),
  };
}
