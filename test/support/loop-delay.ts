import { setTimeout as wait } from "node:timers/promises";

/**
 * Largest delay that a host's event loop may have by something foreign, in milliseconds of this thread's CPU time: time that
 * other processes take does not count, so the test holds on a busy machine.
 */
export const MAX_DELAY_MS = 50;

/** The value of `work`, and the longest CPU time that one turn of this thread's event loop took until it settled. */
export async function loopDelay<Value>(
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly delayMs: number }> {
  let delayMs = 0;
  let ended = false;
  const watch = async (): Promise<void> => {
    let before = process.threadCpuUsage();
    while (!ended) {
      await wait(1);
      const { user, system } = process.threadCpuUsage(before);
      delayMs = Math.max(delayMs, (user + system) / 1_000);
      before = process.threadCpuUsage();
    }
  };
  const watching = watch();
  try {
    const value = await work();
    await wait(1);
    return { value, delayMs };
  } finally {
    ended = true;
    await watching;
  }
}
