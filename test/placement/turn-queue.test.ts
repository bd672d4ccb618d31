/** The queue of turns by itself, with workers that are plain objects. */
import { expect, test } from "vitest";
import { IdleWorkers } from "../../src/placement/pool/idle-workers.ts";
import { TurnQueue } from "../../src/placement/pool/turn-queue.ts";
import type { WorkerClient } from "../../src/placement/pool/worker-client.ts";

test("after a failed boot, which ends all waiting, runs are looked at again while others wait", async () => {
  const idle = new IdleWorkers({ kept: 2, idleMs: 60_000, discard: () => {} });
  const queue = new TurnQueue({ computing: 1, max: 2, weights: new Map() }, idle, () => {});
  const { signal } = new AbortController();
  const failed = queue.enter("ann", signal);
  queue.clear(({ reject }) => reject(new Error("no worker boots")));
  await expect(failed).rejects.toThrow("no worker boots");

  // The first one reports nothing; the system's counters show that it sleeps.
  const worker = { dead: false, waits: false, used: () => ({ cpuMs: 0, asleep: true }) };
  for (let at = 0; at < 2; at++) idle.push({ ...worker } as unknown as WorkerClient);
  await queue.enter("ann", signal);
  expect(await queue.enter("ann", signal)).toBeDefined();
  queue.clear(() => {});
  idle.stop();
});
