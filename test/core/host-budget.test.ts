/** What bounds the work of a host on foreign data: parts, sizes that are measured once, turns. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutValue, readCutValue } from "../../src/core/cut-value.ts";
import { decodeWithin } from "../../src/core/decode-within.ts";
import { deepFreeze } from "../../src/core/deep-freeze.ts";
import { encode } from "../../src/core/encode.ts";
import { hostTurns, TURN_BYTES } from "../../src/core/host-turns.ts";
import { breachOfShape } from "../../src/core/json-shape.ts";
import { MAX_PARTS } from "../../src/core/parts.ts";
import { plainness } from "../../src/core/plain-json.ts";
import type { JsonValue } from "../../src/core/result.ts";
import { truncateJson, truncateJsonChars } from "../../src/core/truncate.ts";
import { growth } from "../support/cost.ts";

const depthOf = (value: unknown): number =>
  typeof value !== "object" || value === null
    ? 0
    : 1 + Math.max(0, ...Object.values(value).map(depthOf));
const nested = (levels: number, inner: JsonValue): JsonValue => {
  let value = inner;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

describe("the shape of a JSON text", () => {
  test("is found without parsing it", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(6), (text, depth) => {
        const isDeeper = depthOf(JSON.parse(text)) > depth;
        const breached = breachOfShape(text, { parts: Infinity, depth });
        expect(breached).toBe(isDeeper ? "depth" : undefined);
      }),
    );
  });

  test("what a guest may send, a host reads: both count alike", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.constantFrom(undefined, NaN, 1n, /a/, new Date(0), new Error("x"))),
      fc.array(fc.tuple(fc.integer(), fc.string())).map((pairs) => new Map(pairs)),
    );
    fc.assert(
      fc.property(value, fc.nat(60), (sent, parts) => {
        let text: string;
        try {
          text = encode(sent, { maxParts: parts });
        } catch {
          return;
        }
        expect(breachOfShape(text, { parts, depth: Infinity })).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test("over a cap decoding says which", () => {
    const caps = { parts: 100, depth: 10 };
    expect(() => decodeWithin(`[${"0,".repeat(200)}0]`, caps)).toThrow("more than 100 parts");
    expect(() => decodeWithin("[".repeat(200) + "]".repeat(200), caps)).toThrow(
      "deeper than 10 levels",
    );
    expect(decodeWithin(JSON.stringify("[,".repeat(200)), caps)).toBe("[,".repeat(200));
  });
});

describe("what an engine takes long to make is counted", () => {
  const caps = { parts: MAX_PARTS, depth: 100 };
  const read = (value: unknown): unknown => decodeWithin(encode(value), caps);
  const alike = (count: number): bigint[] =>
    Array.from({ length: count }, (_, i) => BigInt(i) << 64n);

  test("numbers in a Map or a Set, which a program can choose so that they are hashed alike", () => {
    expect(() => read(new Set(alike(2_000)))).toThrow("so many BigInts");
    expect(() => read(new Map(alike(2_000).map((key) => [key, 1])))).toThrow("so many BigInts");
    expect(() => read(new Set(Array.from({ length: 5_000 }, (_, i) => i)))).toThrow(
      "so many numbers",
    );
    expect(read(new Set(Array.from({ length: 3_000 }, (_, i) => i)))).toHaveProperty("size", 3_000);
    expect(read(new Set(Array.from({ length: 9_000 }, (_, i) => `${i} a`)))).toHaveProperty(
      "size",
      9_000,
    );
  });

  test("patterns", () => {
    expect(() => read(Array(40).fill(/\p{L}/u))).toThrow("patterns");
    expect(() => read(new RegExp("a".repeat(6_000)))).toThrow("patterns");
    expect(read([/a+/g, /\p{L}/iu])).toEqual([/a+/g, /\p{L}/iu]);
  });

  test("names, unless the object before has the same; texts count as two", () => {
    const rows = (name: (row: number, column: number) => string): object[] =>
      Array.from({ length: 2_000 }, (_, row) =>
        Object.fromEntries(Array.from({ length: 10 }, (__, at) => [name(row, at), at])),
      );
    expect(() => read(rows((row, at) => `${row} ${at}`))).toThrow("parts");
    expect(read(rows((_, at) => `column ${at}`))).toHaveLength(2_000);
    const nestedRows = rows((_, at) => `column ${at}`).map((row) => ({ a: row, b: { c: row } }));
    expect(read(nestedRows)).toHaveLength(2_000);
    expect(() => read(Array(110_000).fill("a"))).toThrow("parts");
    expect(read(Array(90_000).fill("a"))).toHaveLength(90_000);
    expect(read(Array(150_000).fill(1))).toHaveLength(150_000);
  });

  test("a prefix that comes back does not hide the names after it", () => {
    const long = (first: string): object =>
      Object.fromEntries(
        [first, ...Array.from({ length: 19 }, (_, at) => `n${at}`)].map((name) => [name, 0]),
      );
    const objects = Array.from({ length: 1_000 }, (_, i) => [{ [`x${i}`]: 0 }, long(`x${i}`)]);
    expect(() => read(objects.flat())).toThrow("parts");
  });
});

test("looking at a value ends at the first cap, whatever the value is", () => {
  const caps = { depth: 100, parts: 1_000, characters: 1_000 };
  expect(plainness(Array(1e6).fill(0), caps)).toBe("large");
  expect(plainness(["x".repeat(2_000)], caps)).toBe("large");
  expect(plainness({ ["x".repeat(2_000)]: 1 }, caps)).toBe("large");
  expect(plainness(nested(200, 1), caps)).toBe("other");
  expect(plainness([1, { a: "b" }], caps)).toBe("plain");
});

describe("sizes are measured once", () => {
  test.each([
    ["bytes", truncateJson],
    ["characters", truncateJsonChars],
  ])("in %s, however deep the value is", async (_unit, truncate) => {
    const deep = (levels: number): unknown =>
      truncate(nested(levels, "\ud800".repeat(200_000)), 50_000);
    expect(await growth(deep, 5, 80)).toBeLessThan(4);
  });

  test("a chain of objects with a large text at each level takes linear time", async () => {
    const chain = (levels: number): unknown => {
      let value: JsonValue = {};
      for (let level = 0; level < levels; level++) value = { text: "x".repeat(2_000), value };
      return truncateJson(value, 20_000);
    };
    expect(await growth(chain, 100, 400)).toBeLessThan(10);
  });
});

describe("a value on its way into a result", () => {
  test("is cut to its bytes and to its parts, and read again", () => {
    const numbers = cutValue(JSON.stringify(Array(1e6).fill(0)), 8e6);
    expect(numbers.cutBytes).toBeGreaterThan(1e6);
    expect(readCutValue(numbers.text, 8e6)).toContainEqual(
      expect.stringMatching(/more of 1000000/),
    );
    const text = cutValue(JSON.stringify("x".repeat(1e6)), 1_000);
    expect(readCutValue(text.text, 1_000)).toMatch(/^x+… \(\d+ more characters/);
  });

  test.each([
    ["too long", `"${"x".repeat(2_000)}"`],
    ["too deep", "[".repeat(9_000) + "]".repeat(9_000)],
    ["of too many parts", `[${"0,".repeat(120_000)}0]`],
    ["no JSON", "~[1"],
  ])("a text that is %s was made by no worker of ours", (name, text) => {
    expect(readCutValue(text, name === "too long" ? 1_000 : 1e6)).toBeUndefined();
  });
});

test("deepFreeze bears any depth", () => {
  const deep = nested(200_000, { a: 1 });
  deepFreeze(deep);
  expect(Object.isFrozen((deep as JsonValue[])[0])).toBe(true);
});

describe("a turn of the event loop", () => {
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test("has room for a megabyte of small work, or for one large piece; the rest waits in order", async () => {
    await nextTurn();
    const done: string[] = [];
    const work = async (name: string, bytes: number): Promise<void> => {
      await hostTurns.take(bytes);
      done.push(name);
    };
    const all = [
      work("small", 1),
      work("large", 8 * TURN_BYTES),
      work("second", TURN_BYTES),
      work("late", 1),
    ];
    await Promise.resolve();
    expect(done).toEqual(["small"]);
    await Promise.all(all.slice(0, 2));
    expect(done).toEqual(["small", "large"]);
    await Promise.all(all);
    expect(done).toEqual(["small", "large", "second", "late"]);
  });

  test("however much one user has waiting, another's comes next", async () => {
    await nextTurn();
    const done: string[] = [];
    const work = async (user: string, bytes: number): Promise<void> => {
      await hostTurns.take(bytes, user);
      done.push(user);
    };
    const eve = Array.from({ length: 20 }, () => work("eve", 4 * TURN_BYTES));
    await Promise.race(eve);
    await Promise.all([1, 2, 3].map(() => work("ann", 2_048)));
    expect(done.filter((user) => user === "eve").length).toBeLessThanOrEqual(4);
    await Promise.all(eve);
  });

  test("small work does not wait until a megabyte was done", async () => {
    await nextTurn();
    const pieces = Array.from({ length: 200 }, () => hostTurns.take(TURN_BYTES / 100));
    const atOnce = pieces.filter((wait) => wait === undefined).length;
    expect(atOnce).toBeGreaterThan(95);
    expect(atOnce).toBeLessThanOrEqual(100);
    await Promise.all(pieces);
  });

  test("other work of the host goes on between pieces", async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      if (turns < 1_000) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(Array.from({ length: 20 }, () => hostTurns.take(TURN_BYTES)));
    expect(turns).toBeGreaterThan(15);
  });
});

test("the caps are there to be met", () => {
  expect(() => encode(Array(MAX_PARTS).fill(0), { maxParts: MAX_PARTS })).toThrow(
    `value has more than ${MAX_PARTS} parts`,
  );
});
