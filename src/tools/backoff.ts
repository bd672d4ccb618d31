import { outsideRuns } from "../core/async-context.ts";

/** Longest wait before the second attempt, in ms: a server that is being restarted is there again by then. */
const FIRST_MS = 1_000;
/** Longest wait between any two, in ms: a server that is dead costs its host a start every few minutes. */
const MAX_MS = 300_000;
/** Shortest wait, in ms: an attempt is never made in the turn in which one failed. */
const MIN_MS = 100;

/**
 * When a server that failed is tried again: exponential backoff with full jitter, so that many hosts do not return to a
 * server that comes up in the same moment. Its timer keeps no process running.
 */
export class Backoff {
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = 0;

  /** Time until the next attempt, in ms. Nothing: none is due. */
  get waitMs(): number | undefined {
    return this.#timer === undefined ? undefined : Math.max(0, this.#at - performance.now());
  }

  /** An attempt failed: `attempt` is called after a while. */
  schedule(attempt: () => void): void {
    this.cancel();
    const most = Math.min(MAX_MS, FIRST_MS * 2 ** this.#failures++);
    const waitMs = Math.max(MIN_MS, Math.random() * most);
    this.#at = performance.now() + waitMs;
    const due = (): void => {
      this.#timer = undefined;
      attempt();
    };
    this.#timer = outsideRuns(() => setTimeout(due, waitMs));
    // Only Node's timers can be left behind.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** An attempt is made now, or never again. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** It succeeded. */
  reset(): void {
    this.cancel();
    this.#failures = 0;
  }
}
