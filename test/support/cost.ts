/** What work costs: computed time, so that other processes do not count, and ratios, so that the speed of the machine does not. */

/** Milliseconds that this thread computes while `work` is done. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** Some systems count in steps of 10 ms: what is shorter than this is repeated until it is not. */
const MEASURABLE_MS = 100;

async function costOf(work: () => unknown): Promise<number> {
  for (let times = 1; ; times *= 2) {
    const ms = await cpuMs(async () => {
      for (let time = 0; time < times; time++) await work();
    });
    if (ms >= MEASURABLE_MS) return ms / times;
  }
}

/**
 * How many times as much `work` costs for the size `large` as for the size `small`: about `large / small` where the cost is
 * linear, the square of that where it is quadratic. The least of three is the cost: other processes and the garbage
 * collector only add to it.
 */
export async function growth(
  work: (size: number) => unknown,
  small: number,
  large: number,
): Promise<number> {
  const costs = { large: Infinity, small: Infinity };
  for (let time = 0; time < 3; time++) {
    costs.large = Math.min(costs.large, await costOf(() => work(large)));
    costs.small = Math.min(costs.small, await costOf(() => work(small)));
  }
  return costs.large / costs.small;
}
