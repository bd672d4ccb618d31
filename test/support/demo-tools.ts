import { z } from "zod";
import { tool } from "../../src/index.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Local functions that behave in every way a tool can. */
export const demoTools = {
  echo: async (value: unknown) => value,
  slow: tool({
    description: "Waits. Then answers.",
    input: z.object({ ms: z.number(), value: z.unknown().optional() }),
    run: async ({ ms, value }) => {
      await sleep(ms);
      return value;
    },
  }),
  add: tool({
    description: "Adds two numbers.",
    input: {
      type: "object",
      properties: { a: { type: "number" }, b: { type: "number" } },
      required: ["a", "b"],
    },
    run: async (args) => {
      const { a, b } = args as { a: number; b: number };
      return a + b;
    },
  }),
  fail: async () => {
    throw new Error("no such customer");
  },
  throw_text: async () => {
    throw "plain text";
  },
  throw_null: async () => {
    throw null;
  },
  never: () => new Promise(() => {}),
  gives_function: async () => ({ list: [() => 1] }),
  gives_cycle: async () => {
    const node: { self?: unknown } = {};
    node.self = node;
    return node;
  },
  big: async (size: unknown) => "x".repeat(Number(size)),
  rich: async () => ({
    date: new Date(0),
    map: new Map([["a", 1n]]),
    set: new Set([1, Number.NaN]),
    bytes: new Uint8Array([1, 2, 3]),
    pattern: /a+/gi,
    nothing: undefined,
    error: new RangeError("inside"),
  }),
  open: async (start: unknown) => {
    let count = Number(start);
    return {
      start: count,
      add: (by: number, more = 0) => (count += by + more),
      describe: () => ({ count, at: new Date(0) }),
      copy: () => ({ read: () => count }),
      fail: () => {
        throw new Error("the counter is stuck");
      },
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < count; at++) yield at;
      },
      close: () => `closed at ${count}`,
    };
  },
  describe: async (value: unknown) => ({
    kind: Object.prototype.toString.call(value),
    text: value instanceof Map ? JSON.stringify([...value]) : String(value),
  }),
};
