import { aborted } from "../core/breach.ts";
import type { Failure } from "../core/errors.ts";
import type { Outcome } from "./engine.ts";

/**
 * The outcome of a run that failed before it used anything.
 * @param clean see {@link Outcome.clean}
 */
export function failedOutcome(error: Failure, clean: boolean): Outcome {
  return { ok: false, error, usage: { cpuMs: 0, peakBytes: 0 }, clean };
}

/** The failure of a run whose engine or worker sent something else than a value. */
export function unreadableValue(): Failure {
  const message = "the value of the program could not be read";
  return { code: "not_serializable", name: "NotSerializable", message };
}

/** The outcome of a run that was aborted before it began. */
export function neverBegan(): Outcome {
  return failedOutcome(aborted("the run was aborted before it began"), true);
}
