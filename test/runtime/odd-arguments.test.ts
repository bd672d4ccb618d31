/** Arguments as nobody should write them, schemas as nobody should declare them, tools as callbacks: the right call or a clear error. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { type Runtime, tool } from "../../src/index.ts";
import { checked } from "../support/checked.ts";
import { createRuntime } from "../support/patient.ts";

const echo = (args: unknown): unknown => args;
const text = { type: "string" };
const number = { type: "number" };
const input = (schema: object) => tool({ input: schema as never, run: echo });
const object = (properties: object, required: string[] = [], more: object = {}) =>
  input({ type: "object", properties, required, ...more });

const odd = {
  query: object({ sql: text, params: { type: "array" } }, ["sql"]),
  any: object({ id: {}, n: {} }),
  none: object({}),
  shut: object({}, [], { additionalProperties: false }),
  closed: object({ a: text, b: text }, ["a"], { additionalProperties: false }),
  open: object({ a: text, b: text }, ["a"], { additionalProperties: true }),
  either: input({
    oneOf: [
      { type: "object", properties: { a: text }, required: ["a"] },
      { type: "object", properties: { b: number }, required: ["b"] },
    ],
  }),
  some: object({ a: text, b: text }, [], { anyOf: [{ required: ["a"] }, { required: ["b"] }] }),
  both: input({
    allOf: [
      { type: "object", properties: { a: text }, required: ["a"] },
      { properties: { b: number } },
    ],
  }),
  referred: input({
    $ref: "#/$defs/A",
    $defs: { A: { type: "object", properties: { a: text, b: text }, required: ["a"] } },
  }),
  names: tool({
    input: JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"},"toString":{"type":"string"}},"required":["__proto__"]}',
    ) as never,
    run: (args) => Object.entries(args as object),
  }),
  settings: object({ settings: { type: "object" }, dry: { type: "boolean" } }, ["settings"]),
  dollar: object({ $filter: text, "page-size": number }),
  twins: object({ a_b: text, aB: text }),
  texts: input({ type: "array", items: text }),
  free: tool({ run: echo }),
  plain: (...args: unknown[]) => args,
};
const basic = fileURLToPath(new URL("../../fixtures/servers/basic.ts", import.meta.url));

describe.each(["v8", "quickjs"] as const)("%s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    const mcpServers = { basic: { command: process.execPath, args: ["--no-warnings", basic] } };
    runtime = await createRuntime({
      engine,
      placement: "inline",
      ...checked(engine),
      tools: { odd },
      mcpServers,
    });
  });
  afterAll(() => runtime.close());

  const valueOf = async (code: string): Promise<unknown> => {
    const result = await runtime.run(code);
    if (!result.ok) expect.fail(`${result.error.code}: ${result.error.message}`);
    return result.value;
  };

  test.each<[string, unknown]>([
    ["none({ a: 1 })", { a: 1 }],
    ["none(undefined)", {}],
    ["closed({ A: '1' })", { a: "1" }],
    ["open('1', { b: '2' })", { a: "1", b: "2" }],
    ["either({ b: 2 })", { b: 2 }],
    ["some('x')", { a: "x" }],
    ["some({ B: 'y' })", { b: "y" }],
    ["both('x', 2)", { a: "x", b: 2 }],
    ["both({ A: 'x', B: 2 })", { a: "x", b: 2 }],
    ["referred('x', 'y')", { a: "x", b: "y" }],
    ["names('x')", [["__proto__", "x"]]],
    [
      "names('x', { constructor: 3 })",
      [
        ["__proto__", "x"],
        ["constructor", 3],
      ],
    ],
    [
      "names('x', 2, 'z')",
      [
        ["__proto__", "x"],
        ["constructor", 2],
        ["toString", "z"],
      ],
    ],
    [
      "names({ Constructor: 1, ['__proto__']: 'x' })",
      [
        ["constructor", 1],
        ["__proto__", "x"],
      ],
    ],
    ["dollar({ filter: 'x', pageSize: 3 })", { $filter: "x", "page-size": 3 }],
    ["dollar({ 'page.size': 3 })", { "page-size": 3 }],
    ["twins({ 'a-b': 'x' })", { "a-b": "x" }],
    ["query(new Date(0))", { sql: "1970-01-01T00:00:00.000Z" }],
    ["query('s', undefined)", { sql: "s" }],
    ["query({ SQL: 'a', sql: 'b' })", { SQL: "a", sql: "b" }],
    ["settings(new Map([['a', 1]]))", { settings: { a: 1 } }],
    ["settings({}, { dry: true })", { settings: {}, dry: true }],
    ["any(new Map([['id', 1]]))", { id: { id: 1 } }],
    ["any({ x: 1 }, { n: 2 })", { id: { x: 1 }, n: 2 }],
    ["any([1, 2])", { id: [1, 2] }],
    ["any(null)", { id: null }],
    ["texts('a', 'b')", ["a", "b"]],
    ["free(undefined, 1)", [null, 1]],
    ["plain(null)", [null]],
    ["plain(new Date(0), 1)", ["1970-01-01T00:00:00.000Z", 1]],
  ])("%s", async (call, value) => {
    expect(await valueOf(`return await tools.odd.${call}`)).toEqual(value);
  });

  test.each<[call: string, code: string, message: string, hint: string]>([
    ["none(1)", "invalid_arguments", "must be object, got the number 1", "expects {}"],
    ["none(1, 2)", "invalid_arguments", "it takes one argument, and got 2", "expects {}"],
    ["shut({ a: 1 })", "invalid_arguments", "a is not a parameter", "expects {}"],
    ["either('x')", "invalid_arguments", "none of the allowed shapes", "{ b: number }"],
    [
      "either({ a: 'x' }, 2)",
      "invalid_arguments",
      "it takes one argument, and got 2",
      'Write tools.odd.either({ a: "x" }); it expects',
    ],
    [
      "closed('1', { b: '2', c: '3' })",
      "invalid_arguments",
      '"c" in its last argument is none of its parameters',
      'Write tools.odd.closed({ a: "1", b: "2" }).',
    ],
    [
      "query('s', { params: [1], x: 't' })",
      "invalid_arguments",
      '"x" in its last argument is none of its parameters',
      'Write tools.odd.query({ sql: "s", params, x: "t" }).',
    ],
    [
      "query('s', { params: [1], sql: 't' })",
      "invalid_arguments",
      '"sql" in its last argument is there a second time',
      'Write tools.odd.query({ sql: "s", params }) or tools.odd.query({ sql: "t", params }).',
    ],
    [
      "query(undefined, [1])",
      "invalid_arguments",
      "sql is missing",
      "tools.odd.query({ sql, params })",
    ],
    ["query(null)", "invalid_arguments", "sql must be string, got null", "query({ sql: null })"],
    ["query(new Map([['sql', 'x']]))", "invalid_arguments", "sql must be string", "query({ sql })"],
    ["query('s', 10n)", "invalid_arguments", "params must be array", 'query({ sql: "s", params })'],
    ["settings({ a: 1, dry: true })", "invalid_arguments", "settings is missing", "expects"],
    ["any(1, {})", "invalid_arguments", "its last argument can be", "any({ id: 1, n: {} }) or"],
    ["query(Promise.resolve('x'), [1])", "not_serializable", "arguments[0] is a Promise", ""],
    ["query('s', () => 1)", "not_serializable", "arguments[1] is a function", ""],
    ["query(Symbol('x'))", "not_serializable", "is a symbol", ""],
    [
      "plain(...Array.from({ length: 1001 }, () => 1))",
      "invalid_arguments",
      "a call has at most 1000 arguments",
      "",
    ],
    ["plain('x'.repeat(9e6), 1)", "output_limit", "arguments is larger than", ""],
    [
      "plain(1, Array.from({ length: 200 }).reduce((inner) => [inner], 1))",
      "not_serializable",
      "nested",
      "",
    ],
  ])("%s is an error", async (call, code, message, hint) => {
    const caught = await valueOf(
      `try { return await tools.odd.${call} } catch (e) { return [e.code, e.message, e.hint ?? ""] }`,
    );
    expect(caught).toEqual([code, expect.stringContaining(message), expect.stringContaining(hint)]);
    expect(await valueOf("return 1")).toBe(1);
  });

  test("no text of a program is taken for several arguments", async () => {
    const code = `
      const texts = ['...', '...[1,2]', '..."x"', '["a"]'];
      return await Promise.all(texts.map((each) => tools.odd.plain(each)).concat(
        tools.odd.plain(...texts), tools.odd.query('...[1]', texts), tools.odd.free(['...', 1])))
    `;
    const texts = ["...", "...[1,2]", '..."x"', '["a"]'];
    expect(await valueOf(code)).toEqual([
      ...texts.map((each) => [each]),
      texts,
      { sql: "...[1]", params: texts },
      ["...", 1],
    ]);
  });

  test("1,000 arguments arrive", async () => {
    const code =
      "return (await tools.odd.plain(...Array.from({ length: 1000 }, (_, n) => n))).length";
    expect(await valueOf(code)).toBe(1_000);
  });

  test("values fill the parameters in the order of the server's own list", async () => {
    const code = "return await tools.basic.create_issue('o', 'r', ['a'], 'open')";
    const issue = { owner: "o", repo: "r", labels: ["a"], state: "open" };
    expect(await valueOf(code)).toEqual(issue);
    const spread =
      "return await tools.basic.createIssue('o', 'r', { Labels: ['a'], state: 'open' })";
    expect(await valueOf(spread)).toEqual(issue);
  });

  test.each([
    "['a', 'b'].map(tools.odd.query)",
    "['a', 'b'].flatMap(tools.odd.query)",
    "Array.from(['a', 'b'], tools.odd.query)",
    "Array.from(new Set(['a', 'b']), tools.odd.query)",
    "await Array.fromAsync(['a', 'b'], tools.odd.query)",
    "['a', 'b'].values().map(tools.odd.query)",
    "['a', 'b'].map(tools.odd.query.bind(tools.odd))",
  ])("%s passes the items", async (list) => {
    expect(await valueOf(`return await Promise.all(${list})`)).toEqual([
      { sql: "a" },
      { sql: "b" },
    ]);
  });

  test.each([
    "['x'].forEach(f)",
    "['x'].some(f)",
    "['x'].filter(f)",
    "['x'].values().forEach(f)",
    "['x'].values().every(f)",
    "new Set(['x']).forEach(f)",
    "new Map([['k', 'x']]).forEach(f)",
    "Uint8Array.from(['x'], f)",
  ])("%s passes the item", async (call) => {
    const got: unknown[] = [];
    await using own = await createRuntime({
      engine,
      placement: "inline",
      tools: { t: { f: (...args: unknown[]) => void got.push(args) } },
    });
    expect(await own.run(`const { f } = tools.t; ${call}; return 1`)).toMatchObject({ ok: true });
    expect(got).toEqual([["x"]]);
  });

  test("typed arrays pass their numbers, NaN too", async () => {
    const code = `
      const got = [];
      const f = (...given) => { got.push(tools.odd.plain.apply(null, given)); return 0 };
      new Float64Array([1, NaN]).forEach(f);
      return await Promise.all(got)
    `;
    expect(await valueOf(code)).toEqual([[1], ["NaN"]]);
  });

  test("what a program passes itself is never taken for a callback's", async () => {
    const code = `
      const { plain } = tools.odd;
      return [await plain('a', 0), await plain('a', 0, ['b']), await plain('a', 1, ['a']), await plain('a', 'k', { k: 'a' })]
    `;
    expect(await valueOf(code)).toEqual([
      ["a", 0],
      ["a", 0, ["b"]],
      ["a", 1, ["a"]],
      ["a", "k", { k: "a" }],
    ]);
  });

  test("other callbacks get what they always got", async () => {
    const code = `
      class List extends Array {}
      const refused = [() => Array.from([1], 5), () => new Array.from([1]), () => [].values().map(1)].map((f) => {
        try { return f() } catch (e) { return e.name }
      });
      return [
        Array.from('ab', (x, at) => x + at),
        Array.from('a', function (x) { return this.p + x }, { p: '-' }),
        List.from([1]) instanceof List,
        [...Uint8Array.from([1, 2], (x, at) => x + at)],
        [...['a'].values().map((x, at) => x + at)],
        [Array.from.name, Array.from.length],
        refused,
      ]
    `;
    const refused = ["TypeError", "TypeError", "TypeError"];
    expect(await valueOf(code)).toEqual([
      ["a0", "b1"],
      ["-a"],
      true,
      [1, 3],
      ["a0"],
      ["from", 1],
      refused,
    ]);
  });

  test("a session with calls of several arguments is saved and goes on elsewhere", async () => {
    const called: unknown[] = [];
    const tools = { t: { note: (...args: unknown[]) => called.push(args) }, odd };
    await using own = await createRuntime({ engine, placement: "inline", tools });
    const session = await own.session("s");
    await session.run(
      "const made = await tools.odd.query('s', [1]); await tools.t.note('a', { b: 1 }, '...')",
    );
    await session.run("const twice = await Promise.all(Array.from(['x', 'y'], tools.odd.query))");
    const copy = await own.restore(await session.snapshot(), { id: "copy" });
    expect(await copy.run("[made, twice, await tools.odd.query('t', [2])]")).toMatchObject({
      value: [{ sql: "s", params: [1] }, [{ sql: "x" }, { sql: "y" }], { sql: "t", params: [2] }],
    });
    expect(called).toEqual([["a", { b: 1 }, "..."]]);
  });
});
