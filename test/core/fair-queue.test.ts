/** The queue by which users share what is scarce: who comes next, and what is forgotten. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FairQueue, type FlowName } from "../../src/core/fair-queue.ts";
import { FairSemaphore } from "../../src/core/fair-semaphore.ts";
import { Tally } from "../../src/core/tally.ts";
import { Gate } from "../support/gate.ts";

/** What the queue charges for every item, besides what it is told. */
const LEAST_COST = 1;

interface Item {
  readonly flow: FlowName;
  /** Number of the item among those of its user. */
  readonly at: number;
  readonly cost: number;
}

interface Arrival {
  /** Items that are served before it comes. */
  readonly after: number;
  readonly flow: FlowName;
  readonly cost: number;
}

const FLOWS: readonly FlowName[] = ["ann", "bob", "eve", undefined];
const WEIGHTS = new Map<FlowName, number>([
  ["ann", 1],
  ["bob", 2],
  ["eve", 0.5],
  [undefined, 1],
]);
const MOST = 100;
const arrivals: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({
    after: fc.nat(4),
    flow: fc.constantFrom(...FLOWS),
    cost: fc.integer({ min: 0, max: MOST }),
  }),
  { maxLength: 200 },
);

/** Normalised service of each user: what its items have cost, divided by its weight. */
type Served = Map<FlowName, number>;

/** A server that serves one item after the other. `onServed` is called after each, with the users who still wait. */
function serve(
  list: readonly Arrival[],
  onServed: (item: Item, waiting: ReadonlyMap<FlowName, number>) => void,
): FairQueue<Item> {
  const queue = new FairQueue<Item>((flow) => WEIGHTS.get(flow)!);
  const waiting = new Map<FlowName, number>();
  const numbers = new Map<FlowName, number>();
  const next = (): boolean => {
    const item = queue.take(() => true);
    expect(item === undefined).toBe([...waiting.values()].every((count) => count === 0)); // it is never idle while items wait
    if (item === undefined) return false;
    waiting.set(item.flow, waiting.get(item.flow)! - 1);
    queue.charge(item.flow, item.cost);
    onServed(item, waiting);
    queue.leave(item.flow);
    return true;
  };
  for (const { after, flow, cost } of list) {
    for (let count = 0; count < after; count++) next();
    const at = numbers.get(flow) ?? 0;
    numbers.set(flow, at + 1);
    waiting.set(flow, (waiting.get(flow) ?? 0) + 1);
    queue.push(flow, { flow, at, cost });
    expect(queue.size).toBe([...waiting.values()].reduce((sum, count) => sum + count, 0));
  }
  while (next());
  return queue;
}

describe("for all arrivals", () => {
  test("every item is served once, those of a user in their order, and nothing is kept at the end", () => {
    const property = fc.property(arrivals, (list) => {
      const seen = new Map<FlowName, number>();
      const queue = serve(list, ({ flow, at }) => {
        expect(at).toBe(seen.get(flow) ?? 0);
        seen.set(flow, at + 1);
      });
      for (const flow of FLOWS)
        expect(seen.get(flow) ?? 0).toBe(list.filter((arrival) => arrival.flow === flow).length);
      expect([queue.size, queue.flows]).toEqual([0, 0]);
    });
    fc.assert(property);
  });

  test("of two users who wait, neither gets ahead by more than one item of each", () => {
    const bound = (flow: FlowName): number => (MOST + LEAST_COST) / WEIGHTS.get(flow)!;
    const property = fc.property(arrivals, (list) => {
      // Since when both of a pair have waited without a break, and what each has had since then.
      const together = new Map<string, Served>();
      serve(list, ({ flow, cost }, waiting) => {
        for (const one of FLOWS)
          for (const other of FLOWS) {
            if (one === other) continue;
            const pair = `${one} ${other}`;
            if (!(waiting.get(one)! > 0) || !(waiting.get(other)! > 0)) {
              together.delete(pair);
              continue;
            }
            const served = together.get(pair);
            if (served === undefined) {
              together.set(pair, new Map()); // from the next item on
              continue;
            }
            const had = (served.get(flow) ?? 0) + (cost + LEAST_COST) / WEIGHTS.get(flow)!;
            served.set(flow, had);
            const ahead = (served.get(one) ?? 0) - (served.get(other) ?? 0);
            expect(ahead).toBeLessThanOrEqual(bound(one) + bound(other) + 1e-6);
          }
      });
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("an item waits for no more of another user's cost than its own user has had, and two items", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: MOST }),
      (crowd, cost) => {
        const queue = new FairQueue<Item>();
        for (let at = 0; at < crowd; at++) queue.push("eve", { flow: "eve", at, cost });
        let before = 0;
        const next = (): Item => {
          const item = queue.take(() => true)!;
          queue.charge(item.flow, item.cost);
          return item;
        };
        next(); // eve's first is at work when ann's comes
        queue.push("ann", { flow: "ann", at: 0, cost: 0 });
        while (next().flow !== "ann") before++;
        expect(before).toBeLessThanOrEqual(1);
      },
    );
    fc.assert(property);
  });
});

test("what may not go is passed by and keeps its place", () => {
  const queue = new FairQueue<number>();
  for (const item of [1, 2, 3]) queue.push("ann", item);
  expect(queue.take((item) => item !== 1)).toBe(2);
  expect(queue.take(() => false)).toBeUndefined();
  expect([queue.take(() => true), queue.take(() => true)]).toEqual([1, 3]);
});

test("what is withdrawn, or cleared, is gone and leaves nothing behind", () => {
  const queue = new FairQueue<number>();
  queue.push("ann", 1);
  queue.push("bob", 2);
  expect([queue.withdraw("ann", 1), queue.withdraw("ann", 1), queue.withdraw("eve", 1)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([queue.size, queue.flows]).toEqual([1, 1]);
  expect(queue.clear()).toEqual([2]);
  expect([queue.size, queue.flows]).toEqual([0, 0]);
});

test("who comes back after a costly item finds it on its account", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "a3"]) queue.push("ann", item);
  queue.push("eve", "e1");
  const take = (): string => queue.take(() => true)!;
  expect([take(), take()]).toEqual(["a1", "e1"]);
  queue.charge("eve", 1_000);
  queue.leave("eve");
  queue.leave("ann");
  queue.push("eve", "e2");
  expect([take(), take(), take()]).toEqual(["a2", "a3", "e2"]);
});

test("names that come once are forgotten, while others are at work all the time", () => {
  const queue = new FairQueue<number>();
  queue.push("always", 0);
  queue.take(() => true);
  let most = 0;
  for (let at = 0; at < 50_000; at++) {
    queue.push(`user ${at}`, at);
    queue.take(() => true);
    queue.charge(`user ${at}`, 1e6);
    queue.leave(`user ${at}`);
    most = Math.max(most, queue.flows);
  }
  expect(most).toBeLessThan(10_000);
});

test("a tally is the number of additions that were not taken back, and keeps no name without one", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("ann", "bob", undefined), fc.boolean()));
  const property = fc.property(steps, (list) => {
    const tally = new Tally<FlowName>();
    const model = new Map<FlowName, number>();
    for (const [name, adds] of list) {
      const count = model.get(name) ?? 0;
      if (adds) tally.add(name);
      else tally.remove(name);
      model.set(name, Math.max(0, count + (adds ? 1 : -1)));
    }
    const counted = [...model].filter(([, count]) => count > 0);
    expect([...tally.names()].toSorted()).toEqual(counted.map(([name]) => name).toSorted());
    expect(tally.size).toBe(counted.length);
    expect(tally.total).toBe(counted.reduce((sum, [, count]) => sum + count, 0));
    for (const [name, count] of model) expect(tally.of(name)).toBe(count);
  });
  fc.assert(property);
});

test("slots go to users in turns, never to more at once than there are", async () => {
  const semaphore = new FairSemaphore(2);
  const order: string[] = [];
  const gate = new Gate();
  let now = 0;
  let most = 0;
  const task = (flow: string, name: string): Promise<void> =>
    semaphore.run(flow, async () => {
      most = Math.max(most, ++now);
      order.push(name);
      await gate.wait(name);
      now--;
    });
  const all = Array.from({ length: 20 }, (_, at) => task("eve", `eve ${at}`));
  all.push(task("ann", "ann"));
  gate.open();
  await Promise.all(all);
  expect(most).toBe(2);
  expect(order.indexOf("ann")).toBeLessThanOrEqual(4);
  await expect(semaphore.run("ann", () => Promise.reject(new Error("mine")))).rejects.toThrow(
    "mine",
  );
  expect(await semaphore.run("ann", async () => "free again")).toBe("free again");
});

test("who has nothing at work begins beyond the slots, as long as there are some beyond", async () => {
  const gate = new Gate();
  const semaphore = new FairSemaphore(2, 2);
  const begun: string[] = [];
  const all = ["eve", "eve", "eve", "ann", "ann", "bob", "cyd"].map((user) =>
    semaphore.run(user, async () => {
      begun.push(user);
      await gate.wait(user);
    }),
  );
  await expect.poll(() => begun.length).toBe(4);
  expect(begun).toEqual(["eve", "eve", "ann", "bob"]);
  gate.open();
  await Promise.all(all);
});

test("what is aborted while it waits leaves the queue, and nothing else does", async () => {
  const gate = new Gate();
  const semaphore = new FairSemaphore(1);
  const done: string[] = [];
  const task = async (name: string, signal?: AbortSignal): Promise<void> =>
    await semaphore.run(
      "ann",
      async () => {
        await gate.wait(name);
        done.push(name);
      },
      signal,
    );
  const [working, waiting] = [new AbortController(), new AbortController()];
  const first = task("first", working.signal);
  const second = task("second", waiting.signal);
  const third = task("third");
  working.abort(); // its own work decides what that means
  waiting.abort(new Error("no more"));
  await expect(second).rejects.toThrow("no more");
  await expect(task("late", waiting.signal)).rejects.toThrow("no more");
  expect(done).toEqual([]);
  gate.open();
  await Promise.all([first, third]);
  expect(done).toEqual(["first", "third"]);
});
