/** Work on foreign data in turns, so that the thread which all runs share is never held for long. */

/** Longest time in ms that such work holds the thread: far below what a person or another run notices. */
const TURN_MS = 8;
/** The same for the start of some work: what came just before it has had its turn already. */
const FIRST_TURN_MS = 1;

/** Work that stops between two small steps, and returns its result. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** The work took longer than its owner gave it. */
export class OutOfTimeError extends Error {
  override readonly name = "OutOfTimeError";
}

/** Does all steps at once: for work that is known to be small. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does the steps, with a pause for everybody else wherever {@link TURN_MS} are over. @throws what a step throws */
export async function inTurns<Result>(
  steps: Steps<Result>,
  turns: Turns = new Turns(),
): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (turns.isDue) await turns.pause();
  }
}

/** The time of one piece of work: when it has to pause, and how long it has computed. */
export class Turns {
  readonly #maxMs: number;
  #since = performance.now();
  #earlierMs = 0;
  #turnMs = FIRST_TURN_MS;

  /** @param maxMs the work ends with an OutOfTimeError when it has computed for longer */
  constructor(maxMs = Infinity) {
    this.#maxMs = maxMs;
  }

  /** How long it has computed, pauses not counted. */
  get spentMs(): number {
    return this.#earlierMs + performance.now() - this.#since;
  }

  /** The current turn has lasted long enough. */
  get isDue(): boolean {
    return performance.now() - this.#since >= this.#turnMs;
  }

  /** Lets everybody else have a turn. @throws OutOfTimeError */
  async pause(): Promise<void> {
    await this.pauseFor(nextTurn());
  }

  /** Waits for something else, which is no work of its own. @throws OutOfTimeError */
  async pauseFor(other: Promise<unknown>): Promise<void> {
    this.#earlierMs = this.spentMs;
    this.#since = performance.now();
    if (this.#earlierMs > this.#maxMs)
      throw new OutOfTimeError(`it takes more than ${Math.round(this.#maxMs)} ms`);
    await other;
    this.#turnMs = TURN_MS;
    this.#since = performance.now();
  }
}

let last: Promise<void> = Promise.resolve();

/** Resolves in a round of the event loop of its own: of many that pause, one goes on in each. */
export function nextTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
  return last;
}
