/** Entry functions, and what a program comes to that does not say so itself: on both engines, in sessions and out of them. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionResult, Runtime } from "../../src/index.ts";
import { checked } from "../support/checked.ts";
import { createRuntime } from "../support/patient.ts";

const NOTHING = undefined;

/** Entry functions: they get the tools, whatever their parameter looks like. */
const ENTRIES: readonly (readonly [code: string, value: unknown])[] = [
  ["async ({ tools }) => await tools.demo.echo(1)", 1],
  ["(tools) => tools.demo.echo(2)", 2],
  ["tools => tools.demo.echo(3)", 3],
  ["({ tools: t, console }) => { console.log('x'); return t.demo.echo(4) }", 4],
  ["async function main(mcpClient) { return await mcpClient.demo.echo(5) }", 5],
  ["(ctx) => ctx.tools.demo.echo(6)", 6],
  ["(ctx) => ctx.demo.echo(7)", 7],
  ["async ({ demo, searchTools }) => [await demo.echo(8), typeof searchTools]", [8, "function"]],
  ["async ({ tools: { demo: { echo } } }: { tools: any }) => await echo(9)", 9],
  ["({ tools } = {}) => tools.demo.echo(10)", 10],
  ["({ demo, limit = 5 }) => limit", 5],
  ["({ demo, ...rest }) => typeof demo.echo", "function"],
  ["export default async function ({ tools }) { return await tools.demo.echo(11) }", 11],
  ["export async function handler({ tools }) { return await tools.demo.echo(12) }", 12],
  ["export const execute = async (tools) => await tools.demo.echo(13)", 13],
  ["const main = async ({ tools }) => await tools.demo.echo(14)", 14],
  ["const go = (ctx) => ctx.demo.echo(15);\nexport default go", 15],
  ["function go(ctx) { return ctx.demo.echo(16) }\nexport { go }", 16],
  ["export default { async run({ tools }) { return await tools.demo.echo(17) } }", 17],
  ["export default { a: 1 }", { a: 1 }],
  ["const wrap = (f) => (x) => f(x);\nexport default wrap((c) => c.tools.demo.echo(18))", 18],
  [
    "interface Deps { tools: any }\nasync function help(t) { return t.demo.echo(19) }\nasync function main({ tools }: Deps) { return await help(tools) }",
    19,
  ],
  // What did without an argument still does.
  ["function main(limit = 20) { return limit }", 20],
  ["function main({ limit } = {}) { return limit ?? 21 }", 21],
  ["function main({ limit } = { limit: 22 }) { return limit }", 22],
  ["function main(limit) { return limit ?? 23 }", 23],
  ["function main(input) { if (!input) return 24; return 0 }", 24],
  ["(ctx) => ctx.limit === undefined", true],
  ["(...all) => all.length", 0],
  ["() => 25", 25],
  ["(ctx) => ctx?.tools.demo.echo(26)", 26],
  ["(ctx) => ctx && ctx.tools.demo.echo(27)", 27],
  ["(ctx) => ctx && 1", NOTHING],
  // A program that calls its function itself: it is not called twice.
  ["let n = 0;\nasync function main() { return ++n }\nmain()", 1],
  ["let n = 0;\nexport default function main() { n++ }\nmain();\nn", 1],
  ["main().catch((e) => e.message);\nasync function main() { throw new Error('26') }", "26"],
  ["main().then(console.log);\nasync function main() { return 1 }", NOTHING],
  ["(async () => { return 27 })()", 27],
  [
    "async function main({ tools }) { return await tools.demo.echo(28) }\nawait main({ tools })",
    28,
  ],
];

/** What a program ends in. */
const ENDINGS: readonly (readonly [code: string, value: unknown])[] = [
  ["const x = await tools.demo.echo(1)", 1],
  ["let x = 1, y = 2", 2],
  ["var x = { a: 3 }", { a: 3 }],
  ["export const x = 4", 4],
  [
    "const { a, b: [c = 5, ...d], ...e } = { a: 1, b: [undefined, 2], f: 3 }",
    { a: 1, c: 5, d: [2], e: { f: 3 } },
  ],
  ["const [a, b] = await Promise.all([tools.demo.echo(6), 7])", { a: 6, b: 7 }],
  ["const x = tools.demo.echo(8)", 8],
  ["const all = [tools.demo.echo(9), tools.demo.echo(10)]", [9, 10]],
  ["const x = await f();\nasync function f() { return 11 }", 11],
  ["'use strict';\nconst x = 12 // twelve", 12],
  ["if (false) return 0;\nconst x = 13", 13],
  ["if (true) return 14;\nconst x = 0", 14],
  // A value that cannot leave is none, and nobody calls it.
  ["const f = () => { throw new Error('called') };\nconst g = 1, h = () => f()", NOTHING],
  ["const x = 1;\nconst it = [1].values()", NOTHING],
  ["const cyclic = {};\nconst more = (cyclic.self = cyclic)", NOTHING],
  ["const odd = { get x() { throw new Error('read') } }", NOTHING],
  ["const x = 1;\nconst s = Symbol()", NOTHING],
  ["const x = 1;\nclass A {}", NOTHING],
  ["let x = 1;\nlet y", NOTHING],
  ["{ using r = { [Symbol.dispose]() {} } }", NOTHING],
  // Expressions and objects.
  ["({})", {}],
  ["([])", []],
  ["let a = 1, b = 2;\n(a, b)", 2],
  ["{ a: 1, b: 2 }", { a: 1, b: 2 }],
  ["const a = 1, b = 2\n{ a, b }", { a: 1, b: 2 }],
  ['{ "a": 1 }', { a: 1 }],
  ["const x = { a: 1 };\n{ ...x, b: 2 }", { a: 1, b: 2 }],
  [
    "const n: number = 3;\n{\n  // the total\n  total: n as number, /* c */\n  deep: { list: [1, { b: 2 }] },\n};\n// end",
    { total: 3, deep: { list: [1, { b: 2 }] } },
  ],
  ["enum E { A = 4 }\n{ a: E.A as number, b: `${E.A}` }; // x; y", { a: 4, b: "4" }],
  ["{ a: await tools.demo.echo(5), b: tools.demo.echo(6) }", { a: 5, b: 6 }],
  ["{ name: 'x', arguments: {} }", { name: "x", arguments: {} }],
  // Blocks are blocks.
  ["{}", NOTHING],
  ["{ let a = 1; a + 1 }", 2],
  ["{ const a = 1 }", NOTHING],
  // Branches.
  ["if (true) { 1 } else { 2 }", 1],
  ["if (false) { 1 }", NOTHING],
  ["if (false) 1\nelse if (true) tools.demo.echo(2)\nelse 3", 2],
  ["if (true) { if (false) { 1 } else { const a = 4; a ? a * 2 : 0 } }", 8],
  ["if (true) { const a = 1 } else { 2 }", NOTHING],
  ["if (true) { () => 1 }", NOTHING],
  ["if (true) { return 1 } else { 5 }", 1],
  ["if (false) { return 1 } else { 5 }", NOTHING],
  ["if (false) { return 1 }\n2", 2],
  ["let log = '';\ntry { tools.demo.fail() } catch (e) { e.message } finally { log = 'x' }", "bad"],
  ["try { tools.demo.echo(3) } catch { 4 }", 3],
  ["try { throw 1 } catch (e) { if (e === 1) { 'one' } }\n", "one"],
  ["try { using r = { v: 6, [Symbol.dispose]() {} }; r.v } finally {}", 6],
  ["{using r = { v: 7, [Symbol.dispose]() {} }; r.v}", 7],
  ["switch (2) { case 1: 'a'; break; case 2: { 'b'; break } default: 'c' }", "b"],
  ["switch (1) { case 1: case 2: 'ab'; break; default: 'c' }", "ab"],
  ["switch (1) { case 1: 'a'\n default: 'falls' }", "falls"],
  ["if (true) { var v = 1; v + 1 }", 2],
  ["try { const f = g(); f; function g() { return 3 } } catch {}", 3],
  ["if (true) { class A { static x = 4 }\n A.x }", 4],
  ["if (true) ({ a: 1 })\nelse [2]", { a: 1 }],
  ["if (true) { /* a */ (5) /* b */ } // c", 5],
  ["if (true) 6; else 7;", 6],
  ["for (const x of [1]) { x }", NOTHING],
  ["if (true) for (const x of [1]) x", NOTHING],
  ["if (true) { for await (const x of [1]) {} 3 }", 3],
  ["end: { 5 }", NOTHING],
  ["if (true) { 6 } // six\nfunction f() {}", 6],
];

describe.each(["v8", "quickjs"] as const)("%s", (engine) => {
  let runtime: Runtime;
  let sessions = 0;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine,
      placement: "inline",
      ...checked(engine),
      tools: {
        demo: {
          echo: (value: unknown) => value,
          fail: () => {
            throw new Error("bad");
          },
        },
        tools: { read: () => "a server of that name" },
      },
    });
  });
  afterAll(() => runtime.close());

  async function both(code: string): Promise<readonly ExecutionResult[]> {
    const session = await runtime.session(`s${++sessions}`);
    const results = [await runtime.run(code), await session.run(code)];
    await session.close();
    return results;
  }

  async function comesTo(code: string, value: unknown): Promise<void> {
    for (const result of await both(code)) {
      expect([code, result.ok ? undefined : result.error]).toEqual([code, undefined]);
      expect([code, result.ok && result.value]).toEqual([code, value]);
    }
  }

  test.each(ENTRIES)("entry: %s", comesTo);
  test.each(ENDINGS)("ending: %s", comesTo);

  test("a log line tells of a value that a declaration gives", async () => {
    for (const { logs } of await both("const { a, b } = { a: 1, b: 2 }"))
      expect(logs).toEqual([
        {
          level: "info",
          text: "the value is that of '{ a, b }', which the last statement declares; write `return { a, b }` to say so",
        },
      ]);
    for (const code of ["const f = () => 1", "const x = 1;\nlet y", "return 1", "if (true) { 1 }"])
      for (const { logs } of await both(code)) expect([code, logs]).toEqual([code, []]);
  });

  test("a declared call that fails is told of, and is not the failure of the program", async () => {
    for (const result of await both("const x = tools.demo.fail()")) {
      expect(result).toMatchObject({ ok: true });
      expect(result.logs.map(({ text }) => text).join()).toMatch(/rejected in line 1.*bad/);
    }
  });

  test("a branch that fails fails where it stands", async () => {
    for (const result of await both("const a = 1;\nif (a) {\n  tools.demo.fail()\n}"))
      expect(result).toMatchObject({ ok: false, error: { message: "bad", line: 3 } });
    for (const result of await both("const o: any = null;\nif (!o) {\n  o.x.y\n}"))
      expect(result).toMatchObject({ ok: false, error: { name: "TypeError", line: 3 } });
  });

  test("a server called tools is a property of tools", async () => {
    await comesTo("({ tools }) => tools.tools.read()", "a server of that name");
    await comesTo("(tools) => tools.tools.read()", "a server of that name");
    await comesTo("(ctx) => ctx.tools.tools.read()", "a server of that name");
    await comesTo("(tools) => tools.demo.echo(1)", 1);
  });

  test("a server that is not there is named", async () => {
    for (const code of [
      "({ demoo }) => demoo.echo(1)",
      "(tools) => tools.demoo.echo(1)",
      "(c) => c.tools.demoo.echo(1)",
    ])
      for (const result of await both(code))
        expect(result).toMatchObject({
          ok: false,
          error: { code: "unknown_tool", message: expect.stringContaining("did you mean") },
        });
  });

  test("what an entry function gets cannot be changed, and is no value", async () => {
    await comesTo(
      "(ctx) => { try { ctx.tools = 1 } catch (e) { return [e.name, typeof ctx.tools, Object.keys(ctx)] } }",
      ["TypeError", "object", ["demo", "tools"]],
    );
    await comesTo("(tools) => tools.then === undefined && `${typeof tools}`", "object");
  });

  test("in a session, a lone function under another name is defined, not called", async () => {
    const session = await runtime.session("defines");
    expect(await session.run("const double = (n) => n * 2")).toMatchObject({ ok: true });
    expect(await session.run("double(4)")).toMatchObject({ value: 8 });
    expect(await session.run("const run = () => 5")).toMatchObject({ value: 5 });
    await session.close();
  });

  test("nonsense has its place, and ends nothing", async () => {
    for (const [code, line] of [
      ["const a = 1;\n{ a: 1, b: }", 2],
      ["{ a: 1, b: 2 } + 1", 1],
      ["{ a: 1, b: 2 }\nfoo()", 1],
      ["if (true) { a: 1, b: 2 }", 1],
      ["async ({ tools }", 1],
      ["```ts", undefined],
      ["```", undefined],
      ["}\n```", 1],
    ] as const)
      for (const result of await both(code)) {
        expect([code, result]).toMatchObject([
          code,
          { ok: false, error: { code: "syntax_error" } },
        ]);
        expect([code, result.ok ? 0 : result.error.line]).toEqual([code, line]);
      }
    await comesTo("1 + 1", 2);
  });

  test("wrapped in a branch, an expression has the same value", async () => {
    const expression = fc.oneof(
      fc.json().map((text) => `(${text})`),
      fc.constantFrom(
        "await tools.demo.echo(1)",
        "tools.demo.echo('x')",
        "k ? [k] : {}",
        "(k, 2)",
        "`${k}` // end",
        "new Map([[1, k]])",
        "[1, 2]\n  .map((n) => n + k)",
      ),
    );
    const wraps = [
      (it: string) => `if (k) {\n${it}\n} else { 0 }`,
      (it: string) => `if (!k) 0\nelse {\n${it}\n}`,
      (it: string) => `try {\n${it}\n} finally { k }`,
      (it: string) => `try { throw k } catch {\n${it}\n}`,
      (it: string) => `{\nlet q = 1;\n${it}\n}`,
      (it: string) => `switch (k) { case 3:\n${it}\nbreak; default: 0 }`,
    ];
    await fc.assert(
      fc.asyncProperty(
        expression,
        fc.array(fc.constantFrom(...wraps), { minLength: 1, maxLength: 3 }),
        async (it, around) => {
          const plain = await runtime.run(`const k = 3;\n${it}`);
          const wrapped = await runtime.run(
            `const k = 3;\n${around.reduce((inner, wrap) => wrap(inner), it)}`,
          );
          expect(wrapped.ok && wrapped.value).toEqual(plain.ok && plain.value);
          expect(plain.ok).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a return that is reached decides, whatever the program ends in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          ...[...ENDINGS, ...ENTRIES]
            .map(([code]) => code)
            .filter(
              (code) =>
                !/^\s*(?:export|interface|enum|'use)|\nexport|^var|^let n|main|const go|f\(\)/.test(
                  code,
                ),
            ),
        ),
        fc.integer(),
        async (code, value) => {
          expect(await runtime.run(`if (globalThis) return ${value};\n${code}`)).toMatchObject({
            ok: true,
            value,
            logs: [],
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
