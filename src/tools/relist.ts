/** When a list that changes is requested again. */

/** Lists that are requested as soon as they change; a server that is being set up changes its list a few times. */
const EAGER = 5;
/** Shortest time between two of them, in ms. */
const MIN_MS = 100;
/** Longest time that changes of a list are not seen, in ms. */
const MAX_MS = 60_000;
/** A list that has not changed for this many times its interval is a quiet one again. */
const QUIET = 4;

/**
 * The pace of one list: the first changes are followed at once, and after that each within twice the time of the one
 * before. A server that reports changes without end makes its host list once a minute.
 */
export class RelistPace {
  #at = -Infinity;
  #streak = 0;

  /** Shortest time between the last list and the next one, in ms. */
  get intervalMs(): number {
    return Math.min(MAX_MS, MIN_MS * 2 ** Math.max(0, this.#streak - EAGER));
  }

  /** Time until the next list may be requested, in ms. */
  get waitMs(): number {
    return Math.max(0, this.#at + this.intervalMs - performance.now());
  }

  /** The list may be used although it has changed. */
  get isHeld(): boolean {
    return this.#streak >= EAGER && this.waitMs > 0;
  }

  /** The changes come too often for all of them to be followed. */
  get isSlowed(): boolean {
    return this.intervalMs > 2 * MIN_MS;
  }

  /** Waits until the next list may be requested, or until `signal` is aborted. It keeps no process running. */
  async wait(signal: AbortSignal): Promise<void> {
    const { waitMs } = this;
    if (waitMs === 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer: unknown = setTimeout(resolve, waitMs);
    // Only Node's timers can be left behind.
    (timer as { unref?: () => void }).unref?.();
    const stop = (): void => resolve();
    signal.addEventListener("abort", stop, { once: true });
    await promise;
    clearTimeout(timer as number);
    signal.removeEventListener("abort", stop);
  }

  /** A list is requested now. */
  note(): void {
    const now = performance.now();
    this.#streak = now - this.#at > QUIET * Math.max(this.intervalMs, 1_000) ? 1 : this.#streak + 1;
    this.#at = now;
  }
}
