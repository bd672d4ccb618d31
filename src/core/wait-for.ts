/**
 * Waits until all of `work` has settled, at most until a time, and no longer when `signal` is aborted. Never rejects.
 * @param deadline on the clock of `performance.now()`
 */
export async function waitFor(
  work: Iterable<Promise<unknown>>,
  deadline: number,
  signal?: AbortSignal,
): Promise<void> {
  const all = [...work];
  if (all.length === 0 || signal?.aborted === true) return;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = setTimeout(end, Math.max(0, deadline - performance.now()));
  signal?.addEventListener("abort", end, { once: true });
  await Promise.race([Promise.allSettled(all), over]);
  clearTimeout(timer);
  signal?.removeEventListener("abort", end);
}
