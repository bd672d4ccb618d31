import { aborted } from "../core/breach.ts";
import type { Outcome } from "../engine/engine.ts";

/** The outcome of a run whose caller gave up before anything of it was done. */
export function neverBegan(): Outcome {
  const error = aborted("the run was aborted before it began");
  return { ok: false, error, usage: { cpuMs: 0, peakBytes: 0 }, clean: true };
}
