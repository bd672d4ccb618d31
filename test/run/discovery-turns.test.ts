/** Programs that look tools up at the same time share the thread of their host. */
import { expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { DiscoveryCalls } from "../../src/run/discovery-calls.ts";

test("of many programs that have computed for long, one goes on in each turn of the event loop", async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const perTurn = new Map<number, number>();
  const discovery = {
    answer: async () => {
      perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
      for (const end = performance.now() + 10; performance.now() < end;);
      return [];
    },
  };
  const sources = { discovery, files: {} } as unknown as ConstructorParameters<
    typeof DiscoveryCalls
  >[0];
  const programs = Array.from(
    { length: 10 },
    () =>
      new DiscoveryCalls(
        sources,
        DEFAULT_LIMITS,
        () => {},
        () => {},
      ),
  );
  const call = { server: "", tool: "searchTools", args: "[]" };
  await Promise.all(programs.flatMap((program) => [1, 2, 3].map(() => program.answer(call))));
  isOver = true;
  // Each begins at once, and pauses before the second call.
  const [, ...later] = [...perTurn.values()];
  expect(later.length).toBeGreaterThan(10);
  expect(Math.max(...later)).toBeLessThanOrEqual(2);
});
