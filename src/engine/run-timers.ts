/** Cap of a VM's timers. The prelude has a lower one; this one holds even if the prelude is subverted. */
export const MAX_TIMERS = 20_000;

interface Timer {
  /** While it runs: the time at which it is due, on the clock of `performance.now()`. While it is halted: its remaining ms. */
  due: number;
  handle: ReturnType<typeof setTimeout> | undefined;
}

/** The timers of one VM. They run during a run and are halted between runs. */
export class RunTimers {
  readonly #timers = new Map<number, Timer>();
  #onDue: ((id: number) => void) | undefined;

  /** @param left the remaining time of each timer in ms */
  constructor(left: readonly (readonly [id: number, ms: number])[] = []) {
    for (const [id, ms] of left) this.#timers.set(id, { due: ms, handle: undefined });
  }

  get size(): number {
    return this.#timers.size;
  }

  get ids(): readonly number[] {
    return [...this.#timers.keys()];
  }

  /** Returns false when there are too many timers. */
  start(id: number, delay: number): boolean {
    this.clear(id);
    if (this.#timers.size >= MAX_TIMERS) return false;
    this.#timers.set(id, { due: performance.now() + delay, handle: this.#set(id, delay) });
    return true;
  }

  clear(id: number): void {
    clearTimeout(this.#timers.get(id)?.handle);
    this.#timers.delete(id);
  }

  /** Starts all timers; `onDue` is called with the id of each timer that is due. */
  go(onDue: (id: number) => void): void {
    this.#onDue = onDue;
    for (const [id, timer] of this.#timers) {
      timer.handle = this.#set(id, timer.due);
      timer.due += performance.now();
    }
  }

  /** Stops all timers until the next {@link go}. */
  halt(): void {
    if (this.#onDue === undefined) return;
    this.#onDue = undefined;
    for (const timer of this.#timers.values()) {
      clearTimeout(timer.handle);
      timer.handle = undefined;
      timer.due = Math.max(0, timer.due - performance.now());
    }
  }

  /** The remaining time of each timer in ms. */
  left(): [id: number, ms: number][] {
    const now = this.#onDue === undefined ? 0 : performance.now();
    return [...this.#timers].map(([id, { due }]) => [id, Math.max(0, Math.round(due - now))]);
  }

  #set(id: number, delay: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#timers.delete(id);
      this.#onDue?.(id);
    }, delay);
  }
}
