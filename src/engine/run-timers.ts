/** A program has its own cap of timers; this one holds even if the prelude is subverted. */
export const MAX_TIMERS = 20_000;

interface Timer {
  /** On the clock of `performance.now()`, while it runs; what is left of its time, while it does not. */
  due: number;
  handle: ReturnType<typeof setTimeout> | undefined;
}

/** The timers of one VM. They run while a program is at work and wait in between. */
export class RunTimers {
  readonly #timers = new Map<number, Timer>();
  #onDue: ((id: number) => void) | undefined;

  /** @param left what is left of the time of each timer, in ms */
  constructor(left: readonly (readonly [id: number, ms: number])[] = []) {
    for (const [id, ms] of left) this.#timers.set(id, { due: ms, handle: undefined });
  }

  get size(): number {
    return this.#timers.size;
  }

  get ids(): readonly number[] {
    return [...this.#timers.keys()];
  }

  /** False when there are too many. */
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

  /** Run on; `onDue` is called with each timer whose time is up. */
  go(onDue: (id: number) => void): void {
    this.#onDue = onDue;
    for (const [id, timer] of this.#timers) {
      timer.handle = this.#set(id, timer.due);
      timer.due += performance.now();
    }
  }

  /** Stand still until the next {@link go}. */
  halt(): void {
    if (this.#onDue === undefined) return;
    this.#onDue = undefined;
    for (const timer of this.#timers.values()) {
      clearTimeout(timer.handle);
      timer.handle = undefined;
      timer.due = Math.max(0, timer.due - performance.now());
    }
  }

  /** What is left of each, in ms. */
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
