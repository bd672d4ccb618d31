/** The answer to a program that is still running: await it for the end, iterate it for what comes before. */
import { cutUnits } from "../core/utf8.ts";
import { type AgentAnswer, textAnswer } from "./answer.ts";

/**
 * A result that is awaited, or iterated: the items are what the program has said and done so far, the last one is the result.
 * Whoever stops iterating ends the program.
 */
export type LiveAnswer = Promise<AgentAnswer> & AsyncIterable<AgentAnswer>;

/** Characters of one item, and of one line in it. */
const MAX_CHARS = 2_000;
const MAX_LINE = 500;
/**
 * Shortest time between two items, and a share of the time so far: their number grows with the logarithm of the time, to about
 * eighty in half a minute.
 */
const MIN_MS = 100;
const SHARE = 1 / 20;

/** @param run begins the program; the signal ends it, the function is called with each line and each call */
export function liveAnswer(
  run: (onProgress: (message: string) => void, signal: AbortSignal) => Promise<AgentAnswer>,
  signal?: AbortSignal,
): LiveAnswer {
  const leaving = new AbortController();
  const lines = new LastLines();
  const ends = AbortSignal.any([leaving.signal, ...(signal === undefined ? [] : [signal])]);
  const answer = run((message) => lines.add(message), ends);
  // Who iterates gets the error there; that nobody awaits the promise as well is no mistake.
  void answer.catch(() => {});
  return Object.assign(answer, {
    [Symbol.asyncIterator]: () => itemsOf(answer, lines, () => leaving.abort()),
  });
}

async function* itemsOf(
  answer: Promise<AgentAnswer>,
  lines: LastLines,
  leave: () => void,
): AsyncGenerator<AgentAnswer, void, undefined> {
  const started = performance.now();
  let isOver = false;
  const over = answer
    .catch(() => {})
    .then(() => {
      isOver = true;
    });
  try {
    for (;;) {
      await Promise.race([over, lines.whenNew()]);
      if (isOver) break;
      yield textAnswer(lines.take(), MAX_CHARS);
      await pause(Math.max(MIN_MS, (performance.now() - started) * SHARE), over);
    }
    yield await answer;
  } finally {
    leave();
  }
}

/** Waits for a time, or until the end. */
async function pause(ms: number, over: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, over]);
  clearTimeout(timer);
}

/** The end of what was said so far. */
class LastLines {
  readonly #lines: string[] = [];
  #chars = 0;
  #isCut = false;
  #isNew = false;
  #waiting: (() => void) | undefined;

  add(message: string): void {
    const line = cutUnits(message, MAX_LINE);
    this.#lines.push(line);
    this.#chars += line.length + 1;
    // With room for the mark.
    while (this.#chars > MAX_CHARS - 2) {
      this.#chars -= this.#lines.shift()!.length + 1;
      this.#isCut = true;
    }
    this.#isNew = true;
    this.#waiting?.();
  }

  async whenNew(): Promise<void> {
    if (this.#isNew) return;
    await new Promise<void>((resolve) => (this.#waiting = resolve));
  }

  take(): string {
    this.#isNew = false;
    return [...(this.#isCut ? ["…"] : []), ...this.#lines].join("\n");
  }
}
