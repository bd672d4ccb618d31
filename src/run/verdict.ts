import { isAborted, isLimit } from "../core/breach.ts";
import type { Failure } from "../core/errors.ts";
import type { Outcome } from "../engine/engine.ts";

/** The first cap that a run breached and its place did not keep: it ends the run, and is how the run ended. */
export class FirstBreach {
  readonly #stop = new AbortController();
  #failure: Failure | undefined;

  readonly note = (failure: Failure): void => {
    this.#failure ??= failure;
    this.#stop.abort();
  };

  /** Aborted by a breach. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  replaces(outcome: Outcome): Outcome {
    return this.#failure === undefined ? outcome : { ...outcome, ok: false, error: this.#failure };
  }
}

/**
 * Calls that nobody awaits any more are finished only for a program that ended by itself. The code says whether it did: a
 * program may give its own error any name.
 */
export function endedByItself(outcome: Outcome): boolean {
  if (outcome.ok || !outcome.clean) return outcome.ok;
  return !isLimit(outcome.error) && !isAborted(outcome.error);
}
