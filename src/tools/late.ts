import { untilAborted } from "../core/until-aborted.ts";
import type { CallContext } from "./call-context.ts";

/** Resolves with `work`, or rejects as soon as the call is aborted; what it comes to then is handed over as late. */
export async function orLate<T>(
  work: Promise<T>,
  { signal, onLate }: Pick<CallContext, "signal" | "onLate">,
): Promise<T> {
  try {
    return await untilAborted(work, signal);
  } catch (error) {
    if (signal.aborted && onLate !== undefined) void work.then(onLate, () => {});
    throw error;
  }
}
