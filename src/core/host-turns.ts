/**
 * Work on foreign data that all runs of this process together may do in one turn of the event loop, in bytes of that data: 5 to 25 ms,
 * by what the bytes are.
 */
export const TURN_BYTES = 1024 * 1024;

/** What is larger waits for the next turn. */
const SMALL_BYTES = 256 * 1024;

/**
 * Shares the host's thread: work that grows with foreign data asks for its turn first. Each turn of the event loop has room for
 * {@link TURN_BYTES}, or for one piece of work that is larger, so that however many calls and results arrive at once, everything
 * else of the host goes on between them. First come, first served.
 */
class HostTurns {
  #room = TURN_BYTES;
  #isTurning = false;
  #turns = 0;
  readonly #waiting: Waiting[] = [];

  /**
   * Resolves when `bytes` of work may be done; `undefined` where that is now, which is the rule for small work. Large work has a
   * turn to itself, without what came before it, such as reading it.
   */
  take(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && bytes <= this.#room && bytes <= SMALL_BYTES)
      return this.spend(bytes);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ bytes, begin: resolve, turn: this.#turns });
    this.#turn();
    return promise;
  }

  /** Counts work that was done, of which the size was not known before. */
  spend(bytes: number): undefined {
    this.#room -= bytes;
    this.#turn();
  }

  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => this.#next());
  }

  /** Begins one piece of work that waits: what it does may take the whole turn. */
  #next(): void {
    this.#isTurning = false;
    this.#room = TURN_BYTES;
    const turn = this.#turns++;
    const first = this.#waiting[0];
    if (first === undefined) return;
    this.#turn();
    if (first.turn === turn) return; // an immediate still belongs to the turn that it was asked for in
    this.#waiting.shift();
    this.#room -= first.bytes;
    first.begin();
  }
}

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
  /** The turn in which it came. */
  readonly turn: number;
}

/** The turns of this process. */
export const hostTurns = new HostTurns();
