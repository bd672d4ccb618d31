import { aborted } from "../core/breach.ts";
import type { Outcome } from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";

/** The outcome of a run whose caller gave up before anything of it was done. */
export function neverBegan(): Outcome {
  return failedOutcome(aborted("the run was aborted before it began"), true);
}
