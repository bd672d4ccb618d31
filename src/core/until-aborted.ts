import { ToolError } from "./tool-error.ts";

/**
 * Resolves with `work`, or rejects as soon as `signal` is aborted: work that ignores its signal must not hold up whoever
 * waits for it.
 * @param refusal makes the error of an abort. Default: a ToolError with code `aborted`
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
