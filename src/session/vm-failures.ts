/** Failures of a session's run that could not start in its VM. */
import { CodecellError, type ErrorCode } from "../core/errors.ts";
import type { Outcome } from "../engine/engine.ts";
import { failedOutcome } from "../engine/failed-outcome.ts";

/** The state that was lost with a VM. */
export interface VmLoss {
  /** Why the VM was lost. */
  readonly reason: string;
  /** Number of programs whose state is lost. */
  readonly lost: number;
  /** Names that they declared. */
  readonly names: readonly string[];
  /** Number of programs whose state is kept. */
  readonly kept: number;
}

const MAX_NAMES = 20;

export function describeLoss({ reason, lost, names, kept }: VmLoss): string {
  const state =
    kept === 0 ? "The session begins anew" : `The session is as after its program ${kept}`;
  const list = names.length === 0 ? "" : ` (${names.slice(0, MAX_NAMES).join(", ")})`;
  const what =
    lost === 0
      ? "nothing of earlier programs was lost"
      : `what ${lost === 1 ? "one program" : `${lost} programs`} left in memory is lost${list}`;
  return `${state}: ${reason}; ${what}. Its files are kept.`;
}

export function sessionFailure(code: ErrorCode, message: string, hint?: string): Outcome {
  const error = { code, name: "SessionError", message, ...(hint === undefined ? {} : { hint }) };
  return failedOutcome(error, true);
}

/** @param labels what it has open */
export function hasHandles(labels: string): CodecellError {
  return new CodecellError(
    "not_serializable",
    `the session cannot be saved or moved while it has an object of this host: ${labels}`,
    { hint: "Close it in a program (`await it.close()`); it also ends with the session." },
  );
}

/** No VM was leased. A saved VM is kept, because another engine or version may be able to read it. */
export function leaseFailure(error: unknown): Outcome {
  if (!CodecellError.is(error)) throw error;
  return sessionFailure(error.code, error.message, error.hint);
}
