/** When a server that failed is tried again. */
import { afterEach, expect, test, vi } from "vitest";
import { Backoff } from "../../src/tools/backoff.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function waits(backoff: Backoff, count: number): number[] {
  const all = Array.from({ length: count }, () => {
    backoff.schedule(() => {});
    return Math.round(backoff.waitMs! / 100) * 100;
  });
  backoff.cancel();
  return all;
}

test("waits grow from a second to five minutes, and begin anew after a success", () => {
  const random = vi.spyOn(Math, "random").mockReturnValue(1);
  const backoff = new Backoff();
  expect(waits(backoff, 11)).toEqual([
    ...[1, 2, 4, 8, 16, 32, 64, 128, 256].map((seconds) => seconds * 1_000),
    ...[300_000, 300_000],
  ]);
  expect(backoff.waitMs).toBeUndefined();
  random.mockReturnValue(0.5);
  expect(waits(backoff, 1)).toEqual([150_000]);
  random.mockReturnValue(0);
  expect(waits(backoff, 1)).toEqual([100]);
  backoff.reset();
  random.mockReturnValue(1);
  expect(waits(backoff, 1)).toEqual([1_000]);
});

test("a wait keeps no process running", () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const backoff = new Backoff();
  backoff.schedule(() => {});
  expect(timers()).toBe(before);
  backoff.cancel();
});
