/** Tools that take and give large values, and tools of a server that wrote the worst schemas it could. */
import { type JsonSchema, tool } from "../../src/index.ts";

function checked(input: JsonSchema): ReturnType<typeof tool> {
  return tool({ input, run: async () => 1 });
}

const numbers = { type: "array", items: { type: "number" } };

/** Thousands of schemas that are tried one after the other. */
const choices = Array.from({ length: 1_000 }, (_, at) => ({
  properties: { text: { type: "string", maxLength: at } },
  additionalProperties: { type: "boolean" },
}));

/** Made before: what a tool itself computes is not the host's. */
const lists = new Map([190_000, 4_000_000].map((length) => [length, Array(length).fill(0)]));

/** Each level refers twice to the next one. */
const levels = Object.fromEntries(
  Array.from({ length: 40 }, (_, at) => {
    const next = { $ref: `#/$defs/level${at + 1}` };
    return [`level${at}`, at === 39 ? { type: "object" } : { allOf: [next, next] }];
  }),
);

/** Made before, and flat. */
const failure = new Error(Buffer.alloc(5_000_000, "m").toString());

export const workTools = {
  fail: async () => {
    throw failure;
  },
  take: async () => 1,
  text: async (length: unknown) => "x".repeat(Number(length)),
  list: async (length: unknown) => lists.get(Number(length)),
  bytes: async (length: unknown) => new Uint8Array(Number(length)),
  nested: async (depth: unknown) => {
    let value: unknown = 1;
    for (let level = 0; level < Number(depth); level++) value = [value];
    return value;
  },
  numbers: checked({ type: "object", properties: { a: numbers } }),
  choices: checked({ type: "object", anyOf: choices }),
  listed: checked({
    type: "object",
    properties: {
      a: {
        type: "array",
        items: { anyOf: Array.from({ length: 50 }, () => ({ enum: words(200) })) },
      },
    },
  }),
  required: checked({
    type: "object",
    properties: { a: { type: "array", items: { type: "object", required: words(15_000) } } },
  }),
  web: checked({
    type: "object",
    properties: { a: { type: "array", items: { $ref: "#/$defs/level0" } } },
    $defs: levels,
  }),
};

function words(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `word ${at}`);
}
