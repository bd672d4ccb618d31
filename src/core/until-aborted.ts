import { ToolError } from "./tool-error.ts";

/**
 * Resolves with `work`, or rejects as soon as `signal` is aborted, so that work that ignores its signal does not delay its
 * caller.
 * @param refusal makes the error of an abort, by default a ToolError with code `aborted`
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  refusal: () => Error = runEnded,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(refusal());
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function runEnded(): ToolError {
  return new ToolError("aborted", "the run ended before the tool answered");
}
