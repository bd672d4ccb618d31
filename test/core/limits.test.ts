import { expect, test } from "vitest";
import { truncateJson } from "../../src/core/truncate.ts";
import { countUtf8, utf8Length } from "../../src/core/utf8.ts";
import { CodecellError, createRuntime, DEFAULT_LIMITS } from "../../src/index.ts";

test("the defaults are the ones that are documented", () => {
  expect(DEFAULT_LIMITS).toMatchInlineSnapshot(`
    {
      "bridgeBytes": 67108864,
      "callBytes": 4194304,
      "compileMs": 1000,
      "cpuMs": 5000,
      "keptBytes": 268435456,
      "logBytes": 65536,
      "memoryMb": 64,
      "parallelCalls": 32,
      "resultBytes": 65536,
      "sourceBytes": 262144,
      "toolCalls": 1000,
      "valueDepth": 100,
      "wallMs": 30000,
    }
  `);
});

test.each<[mistake: string, options: object, message: string]>([
  [
    "a negative limit",
    { limits: { wallMs: -1 } },
    "limits.wallMs is -1; it must be a number from 1 to 86400000",
  ],
  [
    "a limit that is text",
    { limits: { cpuMs: "5s" } },
    'limits.cpuMs is "5s"; it must be a number from 1 to 3600000',
  ],
  [
    "NaN",
    { limits: { memoryMb: NaN } },
    "limits.memoryMb is NaN; it must be a number from 16 to 4096",
  ],
  [
    "an unknown limit",
    { limits: { memory: 64 } },
    "limits.memory is not a limit; the limits are memoryMb",
  ],
  ["limits that are no object", { limits: 5 }, "limits must be an object of numbers"],
  ["an unknown option", { engin: "v8" }, "engin is not a setting; did you mean engine?"],
  ["an unknown engine", { engine: "v9" }, 'engine is "v9"; it must be one of v8, quickjs'],
  [
    "an unknown placement",
    { placement: "cloud" },
    'placement is "cloud"; it must be one of auto, inline',
  ],
  [
    "no workers",
    { workers: { max: 0 } },
    "workers.max is 0; it must be a whole number from 1 to 256",
  ],
  ["a server without a name", { tools: { "": { a: () => 1 } } }, 'tools[""] has no name'],
  [
    "two servers of one name",
    { tools: { a: {} }, mcpServers: { a: { command: "x" } } },
    "have the same name",
  ],
])("misuse: %s is a config_error that says what to write", async (_mistake, options, message) => {
  const starting = createRuntime(options);
  await expect(starting).rejects.toSatisfy(CodecellError.is);
  await expect(starting).rejects.toMatchObject({
    code: "config_error",
    message: expect.stringContaining(message),
  });
});

test("misuse of run throws, and the runtime goes on", async () => {
  await using runtime = await createRuntime({ engine: "quickjs", placement: "inline" });
  await expect(runtime.run(5 as never)).rejects.toMatchObject({
    code: "config_error",
    message: "the program must be a string, not number",
  });
  await expect(runtime.run("return 1", { limits: { wallMs: 0 } })).rejects.toMatchObject({
    code: "config_error",
  });
  expect(await runtime.run("return 1")).toMatchObject({ value: 1 });
});

const rows = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `näme ${id}` }));

test.each<[name: string, value: never, max: number]>([
  ["rows", rows as never, 1_000],
  ["one large part among small ones", { before: 1, rows, after: 2 } as never, 2_000],
  ["text", "ä😀".repeat(10_000) as never, 500],
  ["many keys", Object.fromEntries(rows.map(({ name }) => [name, "v".repeat(20)])) as never, 3_000],
  ["deep rows", [[[{ rows }]]] as never, 1_000],
  ["two large texts", { a: "a".repeat(50_000), b: "b".repeat(50_000) } as never, 5_000],
])("a value of %s is cut to its cap and stays JSON", (_name, value, max) => {
  const { value: cut, cutBytes } = truncateJson(value, max);
  const text = JSON.stringify(cut);
  expect(utf8Length(text)).toBeLessThanOrEqual(max);
  expect(utf8Length(text)).toBeGreaterThan(max / 4);
  expect(cutBytes).toBe(utf8Length(JSON.stringify(value)) - utf8Length(text));
  expect(text).toContain("more");
  expect(text).not.toMatch(/\\ud[89ab]/); // no half of a surrogate pair
});

test("a value that fits is not touched", () => {
  expect(truncateJson({ a: 1 }, 256)).toEqual({ value: { a: 1 }, cutBytes: 0 });
});

test.each(["", "abc", "ä", "€", "😀", "\ud800", "\udc00a", "a😀ä\ud83d"])(
  "countUtf8(%j) is what Node says",
  (text) => {
    expect(countUtf8(text)).toBe(Buffer.byteLength(text));
  },
);
