import { FairQueue, type FlowName } from "./fair-queue.ts";

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
 * else of the host goes on between them. Users take turns, so that the large results of one do not hold up the calls of another.
 */
class HostTurns {
  #room = TURN_BYTES;
  #isTurning = false;
  #turns = 0;
  readonly #waiting = new FairQueue<Waiting>();

  /**
   * Resolves when `bytes` of work may be done; `undefined` where that is now, which is the rule for small work. Large work has a
   * turn to itself, without what came before it, such as reading it.
   * @param user for whom it is done, if for one
   */
  take(bytes: number, user?: FlowName): Promise<void> | undefined {
    if (this.#waiting.size === 0 && bytes <= this.#room && bytes <= SMALL_BYTES)
      return this.spend(bytes);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(user, { bytes, user, begin: resolve, turn: this.#turns });
    this.#turn();
    return promise;
  }

  /**
   * Counts work that was done, of which the size was not known before. Room is made again when
   * somebody waits for it, and not before: a `setImmediate` for each turn would cost every call.
   */
  spend(bytes: number): undefined {
    this.#room -= bytes;
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
    const now = this.#turns++;
    if (this.#waiting.size === 0) return;
    this.#turn();
    // An immediate still belongs to the turn that it was asked for in.
    const next = this.#waiting.take(({ turn }) => turn !== now);
    if (next === undefined) return;
    const { bytes, user, begin } = next;
    this.#room -= bytes;
    this.#waiting.charge(user, bytes);
    this.#waiting.leave(user);
    begin();
  }
}

interface Waiting {
  readonly bytes: number;
  readonly user: FlowName;
  readonly begin: () => void;
  /** The turn in which it came. */
  readonly turn: number;
}

/** The turns of this process. */
export const hostTurns = new HostTurns();
