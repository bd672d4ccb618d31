/** Arguments as programs write them: in order, with a last object, in another casing, wrapped. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Runtime, tool } from "../../src/index.ts";
import { arrangeArguments } from "../../src/tools/arrange-arguments.ts";
import { parametersOf } from "../../src/tools/parameters.ts";
import { checked } from "../support/checked.ts";
import { createRuntime } from "../support/patient.ts";

const echo = (args: unknown): unknown => args;
const text = { type: "string" };
const object = (properties: object, required: string[] = [], more: object = {}) =>
  tool({ input: { type: "object", properties, required, ...more }, run: echo });

const db = {
  query: object({ sql: text, params: { type: "array" } }, ["sql"]),
  deploy: object({ schema: { type: "object" }, environment: text, validate: { type: "boolean" } }, [
    "schema",
  ]),
  review: object({ pull_number: { type: "number" }, event: text, body: text }, ["pull_number"]),
  merge: tool({
    input: z.object({ repo: z.string(), pull_number: z.number(), method: z.string().optional() }),
    run: echo,
  }),
  check: object({ verbose: { type: "boolean" }, coverage: { type: "object" } }, ["coverage"]),
  find: object(
    {
      table: text,
      filter: { type: "object", properties: { limit: { type: "number" } } },
      limit: { type: "number" },
    },
    ["table"],
  ),
  open: object({ perPage: text }, [], { additionalProperties: true }),
  referred: tool({
    input: {
      $ref: "#/$defs/A",
      $defs: { A: { type: "object", properties: { a: text, b: text } } },
    },
    run: echo,
  }),
  free: tool({ run: echo }),
  plain: (...args: unknown[]) => args,
};

describe.each(["v8", "quickjs"] as const)("%s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine,
      placement: "inline",
      ...checked(engine),
      tools: { db },
    });
  });
  afterAll(() => runtime.close());

  test.each<[string, unknown]>([
    ['query("s")', { sql: "s" }],
    ['query("s", [1])', { sql: "s", params: [1] }],
    ['query("s", undefined)', { sql: "s" }],
    ['query.call(null, "s", [1])', { sql: "s", params: [1] }],
    ['merge("o/r", 7, "squash")', { repo: "o/r", pull_number: 7, method: "squash" }],
    ['merge({ repo: "o/r", pullNumber: 7 })', { repo: "o/r", pull_number: 7 }],
    [
      'deploy({ a: 1 }, { environment: "x", validate: true })',
      { schema: { a: 1 }, environment: "x", validate: true },
    ],
    ['review(7, { event: "E", Body: "b" })', { pull_number: 7, event: "E", body: "b" }],
    ["check({ lines: 1 })", { coverage: { lines: 1 } }],
    ["check({ coverage: { lines: 1 } })", { coverage: { lines: 1 } }],
    ["open({ per_page: 'x' })", { per_page: "x" }],
    ['referred("1", "2")', { a: "1", b: "2" }],
    ["free(1)", 1],
    ["free(1, 2)", [1, 2]],
    ["free()", {}],
    ["plain(1)", [1]],
    ["plain([1])", [[1]]],
    ["plain('repo', 'title')", ["repo", "title"]],
    ["plain()", [{}]],
  ])("%s", async (call, value) => {
    const code = `return await tools.db.${call}`;
    expect(await runtime.run(code)).toMatchObject({ ok: true, value });
    const session = await runtime.session(call.replace(/\W/g, "_"));
    expect(await session.run(code)).toMatchObject({ ok: true, value });
  });

  test("a tool as the callback of a list gets the item", async () => {
    const code = "return await Promise.all([{ sql: 'a' }, { sql: 'b' }].map(tools.db.query))";
    expect(await runtime.run(code)).toMatchObject({ value: [{ sql: "a" }, { sql: "b" }] });
  });

  test.each([
    [
      'query("s", [], 3)',
      "it has 2 parameters, and got 3 arguments",
      'tools.db.query({ sql: "s", params })',
    ],
    ["query(7)", "sql must be string, got the number 7", "tools.db.query({ sql: 7 })"],
    ['query({ sql: "s" }, 1)', "sql must be string", "tools.db.query({ sql: {"],
    [
      'find("t", { limit: 5 })',
      "its last argument can be its parameter filter",
      'tools.db.find({ table: "t", filter: { limit: 5 } }) or tools.db.find({ table: "t", limit: 5 })',
    ],
    ["merge('o/r', 'x')", "pull_number", 'tools.db.merge({ repo: "o/r", pull_number: "x" })'],
    ["check({ verbose: true })", "coverage is missing", "expects"],
    ["check({})", "coverage is missing", "expects"],
    ["query('s', () => 1)", "is a function", ""],
  ])("%s is an error that shows the call", async (call, message, hint) => {
    const code = `try { return await tools.db.${call} } catch (e) { return [e.message, e.hint ?? ""] }`;
    const result = await runtime.run(code);
    expect(result).toMatchObject({
      ok: true,
      value: [expect.stringContaining(message), expect.stringContaining(hint)],
    });
    expect(await runtime.run("return 1")).toMatchObject({ value: 1 });
  });
});

describe("before a program runs", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ placement: "inline", typeCheck: true, tools: { db } });
  });
  afterAll(() => runtime.close());

  test.each<[string, object]>([
    ['query("s", [1])', { args: { sql: "s", params: [1] } }],
    ['query("s", [Date.now()])', { args: { sql: "s" }, computed: ["params"] }],
    ["review(7, { Event: 'E' })", { args: { pull_number: 7, event: "E" } }],
    ["free(1, 2)", { args: [1, 2] }],
    ["merge({ repo: 'o/r', pullNumber: 7 })", { args: { repo: "o/r", pull_number: 7 } }],
    ["deploy({ a: 1 }, { validate: true })", { args: { schema: { a: 1 }, validate: true } }],
    ["check({ lines: 1 })", { args: { coverage: { lines: 1 } } }],
    ["plain('a', 'b')", { args: ["a", "b"] }],
  ])("%s is understood", async (call, use) => {
    const inspection = await runtime.inspect(`return await tools.db.${call}`);
    expect(inspection.diagnostics).toEqual([]);
    expect(inspection.tools).toMatchObject([use]);
    expect(inspection.tools[0]).not.toHaveProperty("given");
  });

  test.each([
    ['query("s", 5)', /number/],
    ["query(5)", /number/],
    ['query("s", [], 3)', /arguments|overload/],
    ["merge({ repo: 'o/r', pullNumber: 'x' })", /string/],
    [
      "merge({ repo: 'o/r', pull_number: 'x' })",
      /^Type 'string' is not assignable to type 'number'/,
    ],
    ["review(7, { event: 5 })", /number/],
  ])("%s is a type error with the declaration", async (call, message) => {
    const result = await runtime.run(`return await tools.db.${call}`);
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "type_error",
        message: expect.stringMatching(message),
        hint: expect.stringContaining("declare function"),
      },
    });
  });
});

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{2,5}_[a-z]{2,5}$/), {
  minLength: 1,
  maxLength: 6,
  selector: (name) => name.replace("_", ""),
});
const values = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.integer()));
const calls = names.chain((keys) =>
  fc.record({
    keys: fc.constant(keys),
    list: fc.array(values, { minLength: keys.length, maxLength: keys.length }),
    at: fc.integer({ min: 0, max: keys.length }),
  }),
);
const all = (): boolean => true;

function parametersFor(keys: readonly string[]) {
  return parametersOf({
    type: "object",
    // Any value but an object.
    properties: Object.fromEntries(keys.map((key) => [key, {}])),
  })!;
}

function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

test("every form of a call arrives as the same object", () => {
  fc.assert(
    fc.property(calls, ({ keys, list, at }) => {
      const parameters = parametersFor(keys);
      const entries = keys.map((key, index) => [key, list[index]] as const);
      const args = Object.fromEntries(entries);
      const rest = Object.fromEntries(entries.slice(at));
      const recased = Object.fromEntries(entries.map(([key, value]) => [camel(key), value]));
      expect(arrangeArguments(parameters, [args], all)).toEqual({ args });
      expect(arrangeArguments(parameters, list, all)).toEqual({ args });
      expect(arrangeArguments(parameters, [recased], all)).toEqual({ args });
      if (at > 0 && at < keys.length) {
        const arranged = arrangeArguments(parameters, [...list.slice(0, at), rest], all);
        expect(arranged).toEqual({ args });
      }
      const tooMany = arrangeArguments(parameters, [...list, 1], all);
      expect(tooMany).toHaveProperty("problem");
    }),
  );
});
