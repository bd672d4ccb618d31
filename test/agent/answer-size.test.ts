/** An answer is bounded as a whole: whatever the program, its tools, its errors and its logs are. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentAnswer, agentTools } from "../../src/agent/agent-tools.ts";
import { resultAnswer } from "../../src/agent/answer.ts";
import type { ExecutionResult, Runtime } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

const MAX_CHARS = 20_000;
/** What every result reports, see `maxResultChars`. */
const FACTS = 1_500;
/** A character can take six in JSON, where the text is sent. */
const ESCAPED = 6;

const usage = {
  engine: "quickjs",
  placement: "process",
  wallMs: 1234.567,
  cpuMs: 1234.567,
  peakBytes: 123_456_789,
  toolCalls: 1_000_000,
  bytesIn: 123_456_789,
  bytesOut: 123_456_789,
};
const runId = "7c1d0a52-0d3a-4cd0-9f2c-111111111111";

function expectBounded(answer: AgentAnswer, maxChars: number): void {
  const { content, structured } = answer;
  const text = content.find(({ type }) => type === "text")!;
  expect((text["text"] as string).length).toBeLessThanOrEqual(maxChars);
  expect(answer.text.length + JSON.stringify(structured ?? {}).length).toBeLessThanOrEqual(
    2 * maxChars + FACTS,
  );
}

test.each([
  ["a media type", { type: "image", mimeType: "m".repeat(1e6), data: "AAAA" }],
  ["another field", { type: "image", mimeType: "image/png", data: "AAAA", note: "n".repeat(1e6) }],
  [
    "links",
    Array.from({ length: 19 }, () => ({
      type: "resource_link",
      uri: "u".repeat(5_000),
      name: "n",
    })),
  ],
  ["a text", { type: "resource", resource: { uri: "a:b", text: "t".repeat(1e6) } }],
  [
    "a text with bytes",
    { type: "resource", resource: { uri: "a:b", text: "t", blob: "A".repeat(1e6) } },
  ],
])("content parts hold no more text than the answer: %s", (_name, value) => {
  const result = { ok: true, value, logs: [], calls: [], usage, runId } as ExecutionResult;
  const { content } = resultAnswer(result, MAX_CHARS);
  expect(JSON.stringify(content).length).toBeLessThan(2 * MAX_CHARS + FACTS);
});

test("of what is bytes only the text counts", () => {
  const value = [
    { type: "image", mimeType: "image/png", data: "A".repeat(400_000) },
    { type: "resource", resource: { uri: "a:b", blob: "A".repeat(400_000) } },
  ];
  const result = { ok: true, value, logs: [], calls: [], usage, runId } as ExecutionResult;
  expect(resultAnswer(result, MAX_CHARS).content.slice(1)).toEqual(value);
});

test("of any result, text and structured content together stay within their budget", () => {
  const long = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc
      .tuple(fc.constantFrom("x", "\u0001", "中", '"', "\\", "\ud800"), fc.nat(60_000))
      .map(([unit, times]) => unit.repeat(times)),
  );
  const call = fc.record(
    { tool: long, ok: fc.boolean(), ms: fc.double(), bytes: fc.nat(), error: long },
    { requiredKeys: ["tool", "ok", "ms", "bytes"] },
  );
  const lists = {
    logs: fc.array(fc.record({ level: fc.constant("log" as const), text: long }), {
      maxLength: 60,
    }),
    calls: fc.array(call, { maxLength: 80 }),
    usage: fc.constant(usage),
    runId: fc.constant(runId),
  };
  const good = fc.record({
    ok: fc.constant(true as const),
    value: fc.oneof(long, fc.jsonValue()),
    ...lists,
  });
  const bad = fc.record({
    ok: fc.constant(false as const),
    error: fc.record(
      {
        code: fc.constant("tool_error" as const),
        name: long,
        message: long,
        hint: long,
        frame: long,
        tool: long,
      },
      { requiredKeys: ["code", "name", "message"] },
    ),
    ...lists,
  });
  fc.assert(
    fc.property(fc.oneof(good, bad), fc.constantFrom(500, 2_000, MAX_CHARS), (result, maxChars) => {
      expectBounded(resultAnswer(result as ExecutionResult, maxChars), maxChars);
    }),
    { numRuns: 200 },
  );
});

describe("of a run", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      tools: {
        odd: {
          ["long".repeat(50_000)]: () => 1,
          fail: (size: number) => {
            throw new Error("e".repeat(size));
          },
        },
      },
    });
  });
  afterAll(() => runtime.close());

  const PROGRAMS = [
    [
      "names of tools",
      "for (const name of Object.keys(tools.odd)) for (let i = 0; i < 60; i++) await tools.odd[name]({}).catch(() => 0)",
    ],
    [
      "names that do not exist",
      "for (let i = 0; i < 60; i++) await tools.odd['y'.repeat(900_000) + i]({}).catch(() => 0)",
    ],
    [
      "names of servers that do not exist",
      "for (let i = 0; i < 60; i++) await tools['z'.repeat(900_000) + i].a({}).catch(() => 0)",
    ],
    [
      "errors of tools",
      "for (let i = 0; i < 60; i++) await tools.odd.fail(900_000).catch(() => 0)",
    ],
    ["an error of a tool that ends the run", "await tools.odd.fail(5_000_000)"],
    [
      "an error of the program",
      "throw Object.assign(new Error('m'.repeat(1e6)), { name: 'n'.repeat(1e6) })",
    ],
    ["logs", "for (let i = 0; i < 500; i++) console.log('\\u0001'.repeat(1_000))"],
    ["a value", "return { a: 'v'.repeat(5e6), b: Array(90_000).fill('\"') }"],
  ] as const;

  test.each(PROGRAMS)("%s", async (_name, code) => {
    const execute = agentTools(runtime).find(({ name }) => name === "execute_code")!;
    const answer = await execute.execute({ code });
    expectBounded(answer, MAX_CHARS);
    expect(JSON.stringify(answer.content).length).toBeLessThan(ESCAPED * MAX_CHARS);
  });

  test.each(PROGRAMS)(
    "%s, over HTTP too: calls and errors of a result have caps",
    async (_name, code) => {
      const { logs: _logs, ...result } = await runtime.run(code);
      const { value: _value, ...facts } = { value: undefined, ...result };
      expect(JSON.stringify(facts).length).toBeLessThan(400_000);
    },
  );

  test("calls beyond the cap of a result are counted", async () => {
    const code = `
      for (let i = 0; i < 1_000; i++) await tools.odd.fail(2_000).catch(() => 0);
      return 1;
    `;
    const { calls, truncated, usage: used } = await runtime.run(code);
    expect(used.toolCalls).toBe(1_000);
    expect(calls.length).toBeLessThan(1_000);
    expect(calls.length + truncated!.calls!).toBe(1_000);
    expect(calls[0]!.error).toHaveLength(1_000);
  });
});
