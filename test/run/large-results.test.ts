/** Results that stay on the host: `tools.x.y.handle(…)`. */
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { decode } from "../../src/core/decode.ts";
import { encode } from "../../src/core/encode.ts";
import { atOnce } from "../../src/core/turns.ts";
import { utf8Length } from "../../src/core/utf8.ts";
import {
  DEFAULT_LIMITS,
  type ExecutionResult,
  type Limits,
  type Runtime,
  tool,
} from "../../src/index.ts";
import { copyOf } from "../../src/run/kept/copy-value.ts";
import { KeptResult } from "../../src/run/kept/kept-result.ts";
import { type Page, pageOf } from "../../src/run/kept/page.ts";
import { RunWork } from "../../src/run/kept/run-work.ts";
import type { ToolCall } from "../../src/tools/tool-call.ts";
import { startService } from "../../src/serve/index.ts";
import { leastDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";
import { createRuntime } from "../support/patient.ts";

interface Row {
  readonly id: number;
  readonly status: string;
  readonly paid: boolean;
  readonly owner: string | null;
}

const row = (id: number): Row => ({
  id,
  status: id % 3 === 0 ? "open" : "closed",
  paid: id % 2 === 0,
  owner: id % 5 === 0 ? null : `user ${id % 5}`,
});
const live = [row(0)];
const events: string[] = [];
/** 500,000 rows, 50 MB as JSON. */
const note = "x".repeat(40);
let large: readonly unknown[] | undefined;

const db = {
  query: tool({
    input: z.object({ count: z.number(), note: z.string().optional() }),
    output: z.array(z.object({ id: z.number(), status: z.string(), owner: z.string().nullable() })),
    run: ({ count }) => Array.from({ length: count }, (_, id) => row(id)),
  }),
  page: (count: number) => ({
    rows: Array.from({ length: count }, (_, id) => row(id)),
    total: count,
  }),
  large: () => (large ??= Array.from({ length: 500_000 }, (_, id) => ({ ...row(id), note }))),
  text: (length: number) => "0123456789".repeat(length / 10),
  give: (value: unknown) => value,
  live: () => live,
  rich: () => [
    { at: new Date(0), tags: new Set(["a"]), big: 10n ** 20n, nothing: undefined, bad: NaN },
  ],
  wide: () => [{ id: 1, note: "x".repeat(5_000) }, { id: 2 }],
  odd: () => JSON.parse('[{"__proto__": 1, "constructor": 2, "$type": 3, "toString": 4}, {}]'),
  fail: () => {
    throw new Error("no such table");
  },
  cyclic: () => {
    const node: { self?: unknown } = {};
    return [(node.self = node)];
  },
  functions: () => [{ ok: 1 }, { run: () => 1 }],
  error: () => ({ error: new Error("inside") }),
  getter: () => ({
    get calls() {
      events.push("read");
      return [1, 2];
    },
  }),
  connect: () => ({
    query: (count: number) => Array.from({ length: count }, (_, id) => row(id)),
    close: () => void events.push("closed"),
  }),
  takes: (given: unknown) => typeof given,
  blob: () => [new Uint8Array(2 * 1024 * 1024)],
};
/** A server with a tool of that name. */
const door = { handle: () => "turned", open: () => [1, 2] };

function errorOf(result: ExecutionResult): object {
  return result.ok ? { unexpected: result.value } : result.error;
}

const combinations = [
  { engine: "v8", placement: "inline" },
  { engine: "quickjs", placement: "inline" },
  { engine: "v8", placement: "process" },
  { engine: "quickjs", placement: "process" },
] as const;

describe.each(combinations)("$engine, $placement: a handle taken for its result", (options) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ ...options, tools: { db } });
  });
  afterAll(() => runtime.close());

  test.each([
    ["h.length", "has no length; write `await h.count()`"],
    ["h.rows", 'has no rows; write `await h.get("rows")`'],
    ["h.map((row) => row.id)", "has no map; write `for await (const row of h) {}`"],
    ["[...h]", "has no iterator; write `for await (const row of h) {}`"],
    [
      "await h.filter((row) => row.paid)",
      "it takes one object of at most 100 of them, and no function",
    ],
    ["await h.filter.handle((row) => row.paid)", "and no function"],
    ["(await h.filter({ paid: true })).length", "the result of db.query.filter stays on the host"],
  ])("%s is an error that says what to write", async (use, message) => {
    const result = await runtime.run(
      `const h = await tools.db.query.handle({ count: 3 }); return ${use}`,
    );
    expect(result.ok ? {} : result.error).toMatchObject({
      message: expect.stringContaining(message),
    });
  });

  test("is still an object like others", async () => {
    const result = await runtime.run(`
      const h = await tools.db.query.handle({ count: 3 });
      h.mine = 1;
      console.log(h);
      const [same] = await Promise.all([h]);
      return [same === h, Object.keys(h), "length" in h, String(typeof h), h.mine, JSON.stringify({ h })];`);
    expect(result).toMatchObject({
      ok: true,
      value: [true, ["mine"], false, "object", 1, '{"h":{"mine":1}}'],
    });
  });
});

describe("what users keep together", () => {
  const tools = { big: { text: (megabytes: number) => "x".repeat(megabytes * 1024 * 1024) } };
  const keep = async (runtime: Runtime, id: string, user?: string): Promise<string> => {
    const session = await runtime.session(id, user === undefined ? {} : { user });
    const result = await session.run(
      "const h = await tools.big.text.handle(200); return await h.count()",
    );
    return result.ok ? "kept" : `${result.error.code}: ${result.error.message}`;
  };

  test("has a cap for each, and one for all", async () => {
    await using runtime = await createRuntime({ placement: "inline", tools });
    expect([await keep(runtime, "1", "a"), await keep(runtime, "2", "a")]).toEqual([
      "kept",
      "kept",
    ]);
    expect(await keep(runtime, "3", "a")).toMatch(
      /^quota_exceeded: all runs of this user together/,
    );
    await (await runtime.session("1", { user: "a" })).close();
    expect(await keep(runtime, "4", "a")).toBe("kept");
    expect([await keep(runtime, "1", "b"), await keep(runtime, "2", "b")]).toEqual([
      "kept",
      "kept",
    ]);
    expect(await keep(runtime, "1")).toBe("kept");
    expect(await keep(runtime, "2")).toMatch(/^quota_exceeded: all runs of the host together/);
    expect(await keep(runtime, "1", "c")).toMatch(/^quota_exceeded/);
    await runtime.close();
    await using next = await createRuntime({ placement: "inline", tools });
    expect(await keep(next, "1", "a")).toBe("kept");
  });
});

describe.each(combinations)("$engine, $placement", (options) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ ...options, tools: { db, door } });
  });
  afterAll(() => runtime.close());
  const run = async (code: string, limits: Partial<Limits> = {}): Promise<ExecutionResult> => {
    events.length = 0;
    return await runtime.run(code, { limits });
  };

  test.each<[promise: string, code: string, value: unknown]>([
    ["counts", "return await h.count()", 1_000],
    ["gives a slice", "return await h.slice(2, 4)", [row(2), row(3)]],
    ["counts from the end of the list too", "return await h.slice(-1)", [row(999)]],
    [
      "filters by one value, as a handle again",
      'const open = await h.filter({ status: "open" });\nreturn [await open.count(), await open.slice(1, 2)]',
      [334, [row(3)]],
    ],
    [
      "filters by several",
      'const found = await h.filter({ status: "open", paid: true, owner: null });\nreturn (await found.slice()).map((r) => r.id)',
      Array.from({ length: 34 }, (_, at) => at * 30),
    ],
    [
      "filters what was filtered",
      'return await (await (await h.filter({ status: "open" })).filter({ paid: true })).count()',
      167,
    ],
    [
      "finds none of a property that no row has",
      "return await (await h.filter({ nope: 1 })).count()",
      0,
    ],
    ["has all rows without a condition", "return await (await h.filter({})).count()", 1_000],
    [
      "gives a part",
      "return [await h.get(0, 'id'), await h.get(-1, 'id'), await h.get([1, 'status'])]",
      [0, 999, "closed"],
    ],
    [
      "gives a handle of a part",
      "const first = await h.at(0);\nreturn [await first.get(), await first.get('paid')]",
      [row(0), true],
    ],
    [
      "is iterated over",
      "let sum = 0;\nfor await (const r of h) sum += r.id;\nreturn sum",
      (999 * 1_000) / 2,
    ],
    [
      "is iterated over to a break",
      "const ids = [];\nfor await (const { id } of h) { if (id === 3) break; ids.push(id) }\nreturn ids",
      [0, 1, 2],
    ],
    [
      "ends with its block",
      "{ await using one = await tools.db.query.handle({ count: 1 }); await one.count() }\nreturn 1",
      1,
    ],
  ])("%s", async (_promise, code, value) => {
    const program = `const h = await tools.db.query.handle({ count: 1_000 });\n${code}`;
    expect(await run(program)).toMatchObject({ ok: true, value });
    const session = await runtime.session(code.replace(/\W/g, "_").slice(0, 60));
    expect(await session.run(program)).toMatchObject({ ok: true, value });
    await session.close();
  });

  test.each<[promise: string, code: string, value: unknown]>([
    ["positional", "return await (await tools.db.page.handle(3)).get('total')", 3],
    [
      "keys in another casing",
      "return await (await tools.db.query.handle({ Count: 3 })).count()",
      3,
    ],
    ["in the order of the schema", "return await (await tools.db.query.handle(3)).count()", 3],
    [
      "imported",
      "import { query } from './mcp-tools/db/query';\nreturn await (await query.handle(3)).count()",
      3,
    ],
    ["flat", "return await (await db_query.handle(3)).count()", 3],
    [
      "mapped",
      "return await Promise.all([1, 2].map(tools.db.page.handle).map(async (h) => (await h).get('total')))",
      [1, 2],
    ],
  ])("its arguments are those of the call: %s", async (_promise, code, value) => {
    expect(await run(code)).toMatchObject({ ok: true, value });
  });

  test.each<[promise: string, code: string, value: unknown]>([
    [
      "rows at a key",
      'const rows = await (await tools.db.page.handle(5)).at("rows");\nreturn [await rows.count(), await rows.slice(4), await (await rows.filter({ paid: true })).count()]',
      [5, [row(4)], 3],
    ],
    [
      "a text",
      "const h = await tools.db.text.handle(1_000);\nreturn [await h.count(), await h.slice(998), (await h.get()).length]",
      [1_000, "89", 1_000],
    ],
    ["a number", "return await (await tools.db.give.handle(7)).get()", 7],
    ["nothing", "return await (await tools.db.give.handle()).get()", {}],
    [
      "what JSON lacks",
      "const r = await (await tools.db.rich.handle()).get(0);\nreturn [r.at instanceof Date, r.tags.has('a'), r.big === 10n ** 20n, 'nothing' in r, Object.is(r.bad, NaN)]",
      [true, true, true, true, true],
    ],
    [
      "odd keys, which are data",
      "const h = await tools.db.odd.handle();\nreturn [await h.get(0, '__proto__'), await h.get(0, 'constructor'), await h.get(0, '$type'), await (await h.filter(JSON.parse('{\"__proto__\":1}'))).count(), await (await h.filter({ toString: 4 })).count()]",
      [1, 2, 3, 1, 1],
    ],
    [
      "a large integer in a filter",
      "return await (await (await tools.db.rich.handle()).filter({ big: 10n ** 20n })).count()",
      1,
    ],
    [
      "a slice that is kept",
      "return await (await (await tools.db.query.handle(9)).slice.handle(2)).count()",
      7,
    ],
    [
      "the result of a method",
      "await using c = await tools.db.connect();\nreturn await (await c.query.handle(4)).count()",
      4,
    ],
    [
      "an object with methods, which is a handle anyway",
      "const c = await tools.db.connect.handle();\nreturn (await c.query(2)).length",
      2,
    ],
    [
      "a tool of that name",
      "return [await tools.door.handle(), await (await tools.door.open.handle()).count(), await (await tools.door.handle.handle()).get()]",
      ["turned", 2, "turned"],
    ],
  ])("has %s", async (_promise, code, value) => {
    expect(await run(code)).toMatchObject({ ok: true, value });
  });

  test("is a copy: what the host changes later is not seen", async () => {
    live.length = 1;
    const code =
      "const h = await tools.db.live.handle();\nawait tools.db.give(1);\nreturn await h.count()";
    const running = runtime.run(code, {
      onCall: ({ tool: name }) => void (name === "db.give" && live.push(row(1))),
    });
    expect(await running).toMatchObject({ ok: true, value: 1 });
  });

  test("reads accessors of the host's object once", async () => {
    const code =
      "const h = await tools.db.getter.handle();\nawait h.get('calls');\nreturn await h.get('calls', 1)";
    expect(await run(code)).toMatchObject({ ok: true, value: 2 });
    expect(events).toEqual(["read"]);
  });

  test("its calls are records of the run, and only what is asked for crosses", async () => {
    const result = await run(
      "const h = await tools.db.query.handle({ count: 20_000 });\nconst open = await h.filter({ status: 'open' });\nreturn await open.slice(0, 2)",
    );
    expect(result.calls.map(({ tool: name }) => name)).toEqual([
      "db.query",
      "db.query.filter",
      "db.query.filter.slice",
    ]);
    expect(result.usage.bytesIn).toBeLessThan(2_000);
  });

  test("rows come in pages", async () => {
    const result = await run(
      "let n = 0;\nfor await (const r of await tools.db.query.handle(5_000)) n++;\nreturn n",
    );
    expect(result).toMatchObject({ ok: true, value: 5_000 });
    expect(result.usage.toolCalls).toBeLessThan(10);
  });

  test("pages fit the cap of a call, rows of any size", async () => {
    const code =
      "const ids = [];\nfor await (const r of await tools.db.query.handle(300)) ids.push(r.id);\nreturn ids.length";
    expect(await run(code, { callBytes: 1_024 })).toMatchObject({ ok: true, value: 300 });
  });

  test.each<[what: string, code: string, error: object]>([
    [
      "a slice that is too large",
      "await (await tools.db.query.handle(1_000)).slice()",
      { code: "output_limit", hint: expect.stringContaining("fewer rows") },
    ],
    [
      "a part that is too large",
      "await (await tools.db.page.handle(1_000)).get()",
      { code: "output_limit", hint: expect.stringContaining("fewer rows") },
    ],
    [
      "a row that is too large",
      "for await (const r of await tools.db.wide.handle()) r;",
      { code: "output_limit" },
    ],
    [
      "the call without a handle",
      "await tools.db.query({ count: 1_000 })",
      {
        code: "output_limit",
        hint: expect.stringContaining("const h = await tools.db.query.handle({ count: 1000 })"),
      },
    ],
  ])("%s is an error that says what to do", async (_what, code, error) => {
    expect(errorOf(await run(code, { callBytes: 4_096 }))).toMatchObject(error);
  });

  test.each<[call: string, code: string, message: RegExp | string]>([
    ["count()", "invalid_arguments", /no list but an object with rows, total/],
    ["filter({ id: 1 })", "invalid_arguments", /no list/],
    [
      "get('nope')",
      "invalid_arguments",
      "the result of db.page has nothing at .nope: result is an object with rows, total",
    ],
    ["get('rows.0')", "invalid_arguments", /nothing at \.rows\.0/],
    ["get('rows', 3)", "invalid_arguments", /nothing at \.rows\[3\]: result\.rows is a list of 3/],
    ["get('rows', 'length')", "invalid_arguments", /a list of 3/],
    ["get('rows', 'constructor')", "invalid_arguments", /a list of 3/],
    ["get('__proto__')", "invalid_arguments", /nothing at \.__proto__/],
    ["get('total', 0)", "invalid_arguments", /result\.total is a number/],
    ["get({ a: 1 })", "invalid_arguments", /names and whole numbers/],
    ["get(1.5)", "invalid_arguments", /names and whole numbers/],
    ["get(...Array(200).fill('a'))", "invalid_arguments", /at most 100/],
    ["at('nope')", "invalid_arguments", /nothing at \.nope/],
    ["slice(0, 1)", "invalid_arguments", /no list/],
    ["at('rows').then((rows) => rows.slice('a'))", "invalid_arguments", /start must be a number/],
    ["at('rows').then((rows) => rows.slice(0, null))", "invalid_arguments", /end must be a number/],
    [
      "at('rows').then((rows) => rows.slice({ limit: 1 }))",
      "invalid_arguments",
      /must be a number/,
    ],
    ["at('rows').then((rows) => rows.slice(NaN))", "invalid_arguments", /must be a number/],
    ["at('rows').then((rows) => rows.filter())", "invalid_arguments", /takes one object/],
    ["at('rows').then((rows) => rows.filter('open'))", "invalid_arguments", /takes one object/],
    ["at('rows').then((rows) => rows.filter([1]))", "invalid_arguments", /takes one object/],
    [
      "at('rows').then((rows) => rows.filter({ id: [1] }))",
      "invalid_arguments",
      /id is none of them/,
    ],
    [
      "at('rows').then((rows) => rows.filter({ id: undefined }))",
      "invalid_arguments",
      /id is undefined/,
    ],
    [
      "at('rows').then((rows) => rows.filter((r) => r.paid))",
      "invalid_arguments",
      /and no function/,
    ],
    ["at('rows').then((rows) => rows.filter.call(null))", "invalid_arguments", /takes one object/],
    ["close().then(() => h.get())", "invalid_arguments", /was closed/],
    ["get().then(() => tools.db.takes(h))", "invalid_arguments", /kept on the host/],
  ])("h.%s is refused, and the next call works", async (call, code, message) => {
    const program = `
      const h = await tools.db.page.handle(3);
      const error = await (async () => h.${call})().catch((e) => e);
      return [error.code, error.message, await tools.db.give(1)];
    `;
    const text = typeof message === "string" ? message : expect.stringMatching(message);
    expect(await run(program)).toMatchObject({ ok: true, value: [code, text, 1] });
  });

  test.each<[tool: string, code: string, message: RegExp]>([
    ["db.fail.handle()", "tool_error", /no such table/],
    ["db.qury.handle()", "unknown_tool", /db\.query/],
    ["db.query.handle({ count: 'x' })", "invalid_arguments", /count/],
    ["db.query.handle({ count: () => 1 })", "not_serializable", /is a function/],
    [
      "db.cyclic.handle()",
      "not_serializable",
      /nested deeper than 100 levels, or refers to itself/,
    ],
    ["db.functions.handle()", "not_serializable", /result\[1\]\.run is a function/],
    [
      "db.error.handle().then((h) => h.get('error', 'stack'))",
      "invalid_arguments",
      /nothing at \.error\.stack/,
    ],
    ["db.blob.handle()", "output_limit", /no list and no object/],
  ])("tools.%s is refused", async (call, code, message) => {
    const program = `return await tools.${call}.then(() => 0, (e) => [e.code, e.message])`;
    expect(await run(program)).toMatchObject({
      ok: true,
      value: [code, expect.stringMatching(message)],
    });
  });

  test("is no value of a program", async () => {
    const result = await run("return await tools.db.query.handle(1)");
    expect(errorOf(result)).toMatchObject({ code: "not_serializable" });
  });

  test("what a run keeps has a cap, and room again when it is closed", async () => {
    const limits = { keptBytes: 200_000 };
    const over = { code: "output_limit", message: expect.stringContaining("keptBytes") };
    expect(errorOf(await run("await tools.db.query.handle(2_000)", limits))).toMatchObject(over);
    const twice = "await tools.db.query.handle(1_000);\nawait tools.db.query.handle(1_000)";
    expect(errorOf(await run(twice, limits))).toMatchObject(over);
    const together = "await Promise.all([1_000, 1_000].map((n) => tools.db.query.handle(n)))";
    expect(errorOf(await run(together, limits))).toMatchObject(over);
    const closed =
      "for (let i = 0; i < 5; i++) { await using h = await tools.db.query.handle(1_000); await h.count() }\nreturn 1";
    expect(await run(closed, limits)).toMatchObject({ ok: true, value: 1 });
    const views =
      "const h = await tools.db.query.handle(1_000);\nfor (let i = 0; i < 50; i++) await h.at();\nreturn 1";
    expect(await run(views, limits)).toMatchObject({ ok: true, value: 1 });
    const filtered =
      "const h = await tools.db.query.handle(1_000);\nfor (let i = 0; i < 50; i++) await h.filter({})";
    expect(errorOf(await run(filtered, limits))).toMatchObject({ code: "output_limit" });
  });

  test("what the host computes for a run counts", async () => {
    const code =
      "const h = await tools.db.query.handle(200_000);\ntry { for (;;) await (await h.filter({ status: 'none' })).close() } catch (e) { return [e.code, e.message] }";
    const limits = { cpuMs: 2_000, toolCalls: 1_000_000, wallMs: 600_000 };
    const result = await run(code, limits);
    expect(result).toMatchObject({
      ok: true,
      value: ["cpu_limit", expect.stringContaining("the host computed for more than 2000 ms")],
    });
  });

  test("several waits for rows at once get each row once", async () => {
    const code =
      "const it = (await tools.db.query.handle(5))[Symbol.asyncIterator]();\nreturn (await Promise.all(Array.from({ length: 6 }, () => it.next()))).map((r) => r.value?.id ?? 'end')";
    expect(await run(code)).toMatchObject({ ok: true, value: [0, 1, 2, 3, 4, "end"] });
  });
});

describe.each(combinations)("in a session: $engine, $placement", (options) => {
  test("lives from program to program, within one cap, and ends with the session", async () => {
    await using runtime = await createRuntime({
      ...options,
      tools: { db },
      limits: { keptBytes: 200_000 },
    });
    const session = await runtime.session("a");
    await session.run("const h = await tools.db.query.handle(1_000);\nreturn 1");
    const code =
      "let n = 0;\nawait using paid = await h.filter({ paid: true });\nfor await (const r of paid) n++;\nreturn n";
    expect(await session.run(code)).toMatchObject({ ok: true, value: 500 });
    const second = await session.run("await tools.db.query.handle(1_000)");
    expect(errorOf(second)).toMatchObject({ code: "output_limit" });
    const stolen = await runtime.session("b");
    expect(errorOf(await stolen.run("return await h.count()"))).toMatchObject({
      code: "program_error",
    });
    const closed = "await h.close();\nawait tools.db.query.handle(500);\nreturn await h.count()";
    expect(errorOf(await session.run(closed))).toMatchObject({
      code: "invalid_arguments",
      message: expect.stringContaining("db.query"),
    });
    await session.close();
  });
});

describe.each(["v8", "quickjs"] as const)("50 MB: %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    db.large();
    runtime = await createRuntime({ engine, placement: "process", tools: { db } });
  });
  afterAll(() => runtime.close());
  const limits = { memoryMb: 32, cpuMs: 600_000, wallMs: 600_000, keptBytes: 1024 * 1024 * 1024 };

  test("never cross, and hold up nothing", async () => {
    const code = `
      await using h = await tools.db.large.handle();
      const open = await h.filter({ status: "open", paid: true });
      return [await h.count(), await open.count(), (await open.slice(-2)).map((r) => r.id)];
    `;
    const work = async (): Promise<void> => {
      const result = await runtime.run(code, { limits });
      expect(result).toMatchObject({ ok: true, value: [500_000, 83_334, [499_992, 499_998]] });
      expect(result.usage.bytesIn).toBeLessThan(2_000);
    };
    expect(await leastDelay(work)).toBeLessThan(MAX_DELAY_MS);
  });

  test("end with their run, also while they are copied or filtered", async () => {
    const stopped = await runtime.run("await tools.db.large.handle()", {
      limits,
      signal: AbortSignal.timeout(20),
    });
    expect(errorOf(stopped)).toMatchObject({ code: "aborted" });
    expect(await runtime.run("return 1")).toMatchObject({ ok: true, value: 1 });
  });
});

test("a result of a server stays on the host too, as large as its messages may be", async () => {
  const rows = fileURLToPath(new URL("../../fixtures/servers/rows.ts", import.meta.url));
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    mcpServers: { shop: { command: process.execPath, args: [rows] } },
    limits: { callBytes: 16 * 1024 * 1024 },
  });
  const code = (count: number): string => `
    const h = await tools.shop.findRows.handle(${count}, "${"n".repeat(1_000)}");
    const open = await (await h.at("rows")).filter({ status: "open" });
    return [await h.get("total"), await open.count(), await open.get(0, "id")];
  `;
  // The run's own cap on what crosses is small; the runtime's decides about messages.
  const limits = { callBytes: 64 * 1024 };
  const result = await runtime.run(code(20_000), { limits });
  expect(result).toMatchObject({ ok: true, value: [20_000, 5_000, 0] });
  expect(errorOf(await runtime.run(code(60_000), { limits }))).toMatchObject({
    code: "tool_error",
    message: expect.stringContaining("larger than 33554432 bytes"),
  });
});

test("a result stays where its tool is called: with a remote service, or with its client", async () => {
  const key = "a-key-of-ann-0123456789";
  const host = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools: { there: db },
  });
  const service = await startService(host, { port: 0, auth: { apiKeys: [{ key, user: "ann" }] } });
  try {
    const placement = { remote: service.url, token: key };
    await using runtime = await createRuntime({ engine: "quickjs", placement, tools: { db } });
    const code = (tools: string): string => `
      const h = await ${tools}.query.handle(30_000);
      let sum = 0;
      for await (const r of await h.filter({ status: "open", paid: true })) sum += r.id;
      return sum;
    `;
    const value = (4_999 * 5_000 * 6) / 2;
    expect(await runtime.run(code("tools.db"))).toMatchObject({ ok: true, value });
    expect(await runtime.run(code("tools.there"))).toMatchObject({ ok: true, value });
  } finally {
    await service.stop();
  }
});

describe("before it runs", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ placement: "process", typeCheck: true, tools: { db, door } });
  });
  afterAll(() => runtime.close());

  test.each([
    ["await tools.db.query.handle({ count: 2 })", "db.query", { count: 2 }],
    ["const { query } = tools.db;\nawait query.handle(2)", "db.query", { count: 2 }],
    ["await db_query.handle(2)", "db.query", { count: 2 }],
    ["await tools.door.handle()", "door.handle", {}],
    ["await tools.door.handle.handle()", "door.handle", {}],
  ])("inspect names the tool of %s", async (code, name, args) => {
    const { tools, diagnostics } = await runtime.inspect(`${code};\nreturn 1`);
    expect(diagnostics).toEqual([]);
    expect(tools.map((use) => [`${use.server}.${use.tool}`, use.args])).toEqual([[name, args]]);
  });

  test.each([
    "const h = await tools.db.query.handle({ count: 2 });\nfor await (const { id, status } of await h.filter({ status: 'open' })) console.log(id.toFixed(), status.trim());\nreturn (await h.slice(0, 1))[0].owner?.length",
    "await using h = await tools.db.query.handle(2);\nreturn [await h.count(), (await h.get(0)).id.toFixed(), (await (await h.at(0)).get('status')).trim()]",
    "const h = await tools.db.page.handle(2);\nreturn (await (await h.at('rows')).slice(0, 1)).map((r) => r.anything)",
    "for (const t of Object.values(tools.db)) await (await t.handle(1)).count();\nreturn 1",
  ])("the type check knows it: %#", async (code) => {
    expect((await runtime.inspect(code)).diagnostics).toEqual([]);
  });

  test.each([
    [
      "const h = await tools.db.query.handle({ count: 'x' });\nreturn 1",
      1,
      /'string' is not assignable to type 'number'/,
    ],
    [
      "const h = await tools.db.query.handle(2);\nreturn h.map((r) => r.id)",
      2,
      /'map' does not exist on type 'KeptResult</,
    ],
    [
      "const h = await tools.db.query.handle(2);\nfor await (const r of h) r.idd",
      2,
      /'idd' does not exist on type '\{ id: number/,
    ],
    [
      "const h = await tools.db.query.handle(2);\nawait h.filter({ stat: 'open' })",
      2,
      /'stat' does not exist/,
    ],
    [
      "const h = tools.db.query.handle(2);\nreturn await h.count()",
      2,
      /'count' does not exist on type 'Promise<KeptResult</,
    ],
  ])("the type check finds what is wrong: %#", async (code, line, message) => {
    const { diagnostics } = await runtime.inspect(code);
    expect(diagnostics).toMatchObject([{ line, message: expect.stringMatching(message) }]);
  });

  test("what models read of a tool is as long as before", async () => {
    const result = await runtime.run("return (await getToolSpec('db', 'query')).declaration");
    expect(result.ok && result.value).not.toContain("handle");
  });
});

describe("copies", () => {
  const caps = { bytes: 10_000_000, depth: 100 };
  const copied = (value: unknown): unknown => {
    const steps = copyOf(value, caps, "x.y");
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value.value;
    }
  };

  test("are what the bridge would bring, for all values", () => {
    const values = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
      withBoxedValues: true,
    });
    fc.assert(
      fc.property(values, (value) => {
        expect(encode(copied(value))).toBe(encode(decode(encode(value))));
      }),
    );
  });

  test("share nothing with what they were made of", () => {
    const value = { list: [{ a: 1 }], map: new Map([["k", { b: 1 }]]) };
    const copy = copied(value) as typeof value;
    value.list[0]!.a = 2;
    value.map.get("k")!.b = 2;
    expect(copy).toEqual({ list: [{ a: 1 }], map: new Map([["k", { b: 1 }]]) });
  });

  test("may be nested as deeply as what crosses the bridge", () => {
    const nested = (levels: number, innermost: unknown): unknown => {
      let value = innermost;
      for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { value };
      return value;
    };
    for (const innermost of [1, {}, new Map([[1, []]])])
      for (const levels of [97, 98, 99, 100, 101]) {
        const value = nested(levels, innermost);
        const crosses = (): unknown => encode(value, { maxDepth: caps.depth });
        const isRefused = [crosses, () => copied(value)].map((work) => {
          try {
            return work() === undefined;
          } catch {
            return true;
          }
        });
        expect(isRefused).toEqual([isRefused[0], isRefused[0]]);
      }
  });

  test("are made in small steps, however large the value is", () => {
    const size = 10_000;
    const steps = copyOf(Array.from({ length: size }, row), caps, "x.y");
    let pauses = 0;
    while (steps.next().done !== true) pauses++;
    expect(pauses).toBeGreaterThan(size / 64);
  });
});

describe("laws of rows", () => {
  const inNoRun = {
    run: { limits: DEFAULT_LIMITS },
    signal: new AbortController().signal,
  } as unknown as ToolCall;
  const values = fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom("a", "b", true, false, null, NaN, 5n),
  );
  const rows = fc.array(
    fc.oneof(
      { weight: 9, arbitrary: fc.dictionary(fc.constantFrom("a", "b", "__proto__"), values) },
      values,
    ),
  );
  const work = new RunWork();
  const result = (list: readonly unknown[]): KeptResult =>
    new KeptResult("x.y", list, [{ bytes: 0 }], new Set());

  test("filter is that of arrays, with all conditions", async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.dictionary(fc.constantFrom("a", "b"), values),
        async (list, equal) => {
          const data = list.map((each) =>
            typeof each === "object" && each !== null ? { ...each } : each,
          );
          const kept = (await result(data)
            .filter({ ...equal })
            .run(inNoRun, work)) as KeptResult;
          const expected = data.filter(
            (each) =>
              typeof each === "object" &&
              each !== null &&
              Object.entries(equal).every(
                ([key, value]) =>
                  Object.hasOwn(each, key) &&
                  [(each as Record<string, unknown>)[key]].includes(value),
              ),
          );
          expect(kept.get()).toEqual(expected);
          expect(kept.count()).toBe(expected.length);
        },
      ),
    );
  });

  test("slice is that of arrays", () => {
    const ends = fc.option(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Infinity)), {
      nil: undefined,
    });
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 8 }), ends, ends, (list, start, end) => {
        expect(result(list).slice(start, end)).toEqual(list.slice(start, end));
      }),
    );
  });

  test("the pages of a list are the list, and each fits", async () => {
    const texts = fc.array(fc.string({ maxLength: 700, unit: "binary" }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1_024, max: 20_000 }), async (list, callBytes) => {
        const limits = { ...DEFAULT_LIMITS, callBytes };
        const seen: unknown[] = [];
        for (let from: number | null = 0; from !== null;) {
          const page: Page = atOnce(pageOf(list, from, limits));
          expect(page.rows.length > 0 || list.length === 0).toBe(true);
          if (page.rows.length > 1) expect(utf8Length(encode(page))).toBeLessThanOrEqual(callBytes);
          seen.push(...page.rows);
          from = page.next;
        }
        expect(seen).toEqual(list);
      }),
    );
  });
});
