/** What every engine promises in every place: one table of programs, run over all combinations. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionResult, Limits, Runtime } from "../../src/index.ts";
import { COMBINATIONS, startRuntime } from "../support/combinations.ts";

/** Program forms and values: the text, and the value it comes to. */
const VALUES: readonly (readonly [promise: string, code: string, value: unknown])[] = [
  ["a return", "return 1 + 1", 2],
  ["a trailing expression", "const a = 20;\na + 1", 21],
  ["a trailing call that is awaited", "async function main() { return 'done' }\nmain()", "done"],
  [
    "a trailing expression before a function",
    "go();\nfunction go() { return 'hoisted' }",
    "hoisted",
  ],
  [
    "top-level await and return together",
    "const a = await tools.demo.echo(4);\nif (a > 3) return 'big';\nreturn 'small'",
    "big",
  ],
  ["a lone arrow function", "async () => { return 7 }", 7],
  ["a server as a global", "return await demo.echo(1)", 1],
  ["a wrapper class that is simply used", "return await new DEMOTools(mcpClient).echo(2)", 2],
  ["a tool by its names", "return await callTool('demo', 'echo', 3)", 3],
  [
    "a path that names a tool",
    "import { say } from './mcp-tools/demo/echo';\nreturn await say(4)",
    4,
  ],
  ["a lone function declaration", "async function main() { return 8 }", 8],
  ["a default export of a value", "export default { a: 1 }", { a: 1 }],
  ["a default export of a function", "export default async function () { return 9 }", 9],
  ["an exported main", "export async function main() { return 10 }", 10],
  ["a Markdown fence", "Here you are:\n\n```ts\nconst x: number = 5;\nreturn x\n```\nEnjoy.", 5],
  ["several fences", "```ts\nconst x = 5;\n```\nthen\n```ts\nreturn x\n```", 5],
  ["JavaScript", "var o = { a: 1, ...{ b: 2 } }; return o", { a: 1, b: 2 }],
  [
    "an enum",
    "enum Color { Red, Green = 'g' }\nreturn [Color.Red, Color[0], Color.Green]",
    [0, "Red", "g"],
  ],
  ["a parameter property", "class P { constructor(readonly x: number) {} }\nreturn new P(3).x", 3],
  [
    "generics and satisfies",
    "const id = <T,>(x: T): T => x;\nreturn id<number>(2) satisfies number",
    2,
  ],
  [
    "using declarations",
    `
      const log: string[] = [];
      {
        using a = { [Symbol.dispose]() { log.push('a') } };
        log.push('body');
      }
      return log
    `,
    ["body", "a"],
  ],
  [
    "await using declarations",
    `
      const log: string[] = [];
      {
        await using a = { async [Symbol.asyncDispose]() { log.push('a') } };
        log.push('body');
      }
      return log
    `,
    ["body", "a"],
  ],
  [
    "a using declaration of a loop, and of values without a name",
    `
      const log: unknown[] = [];
      class Told { static [Symbol.dispose]() { log.push(this.name) } }
      outer: for (using a = { n: 0, [Symbol.dispose]() { log.push('gone') } }; a.n < 2; a.n++) {
        for (;;) { log.push(a.n); continue outer }
      }
      {
        using b = class extends Told {}, c = (class extends Told {}), d = (log.push('d'), null);
      }
      return log
    `,
    [0, 1, "gone", "d", "c", "b"],
  ],
  [
    "a call of a program that has replaced what arithmetic is done with",
    `
      const refuse = () => { throw new Error('replaced') };
      for (const name of ['floor', 'max', 'trunc']) (Math as any)[name] = refuse;
      globalThis.Math = {} as any;
      BigInt.asIntN = refuse;
      console.log('%i', 1.5, 7n);
      return [crypto.randomUUID().length, String((await tools.demo.echo({ a: 5n })).a)]
    `,
    [36, "5"],
  ],
  [
    "functions of its own that stand for others",
    `
      const made = { then() {} };
      const kept = Promise.any.call(function (start: Function) { start(() => {}, () => {}); return made }, []);
      const isConstructor = (method: Function) => { try { new (method as any)(); return true } catch { return false } };
      const methods = [Math.random, ''.localeCompare, (1).toLocaleString, 1n.toLocaleString, Date.now];
      let refused = '';
      try { ''.localeCompare.call(null as any, '') } catch (e) { refused = e.name }
      return [kept === made, methods.map((method) => method.name), methods.some(isConstructor), refused]
    `,
    [
      true,
      ["random", "localeCompare", "toLocaleString", "toLocaleString", "now"],
      false,
      "TypeError",
    ],
  ],
  [
    "an import of a tool",
    "import { add } from './mcp-tools/demo/add';\nreturn await add({ a: 1, b: 2 })",
    3,
  ],
  [
    "an import with extension",
    "import { add as plus } from './servers/demo/add.ts';\nreturn await plus({ a: 1, b: 2 })",
    3,
  ],
  [
    "an import of a server",
    "import { add } from '/mcp-tools/demo';\nreturn await add({ a: 1, b: 2 })",
    3,
  ],
  [
    "an import of all",
    "import * as demo from '~/.mcp/wrappers/demo';\nreturn await demo.add({ a: 1, b: 2 })",
    3,
  ],
  [
    "a default import",
    "import add from '/tools/demo/add.js';\nreturn await add({ a: 1, b: 2 })",
    3,
  ],
  [
    "the wrapper class",
    "import { DemoTools } from '~/.mcp/wrappers/demo';\nreturn await new DemoTools().add({ a: 1, b: 2 })",
    3,
  ],
  [
    "a dynamic import",
    "const { add } = await import('./mcp-tools/demo');\nreturn await add({ a: 1, b: 2 })",
    3,
  ],
  [
    "an object with methods",
    `
      const counter = await tools.demo.open(1);
      const copy = await counter.copy();
      const seen: unknown[] = [counter.start, await counter.add(1), await counter.add(1, 2), await copy.read()];
      for await (const at of counter) seen.push(at);
      seen.push((await counter.describe()).at.getTime(), await counter.fail().catch((e) => [e.name, e.tool, e.message]));
      seen.push(await counter.close(), await counter.add(1).catch((e) => e.code), Object.keys(counter));
      return seen
    `,
    [
      1,
      2,
      5,
      5,
      0,
      1,
      2,
      3,
      4,
      0,
      ["ToolError", "demo.open.fail", "the counter is stuck"],
      "closed at 5",
      "invalid_arguments",
      ["start"],
    ],
  ],
  [
    "an object with methods in a block that closes it",
    `
      let kept;
      {
        await using counter = await tools.demo.open(3);
        kept = counter;
        await counter.add(1);
      }
      return await kept.add(1).catch((e) => e.message.includes('it was closed'))
    `,
    true,
  ],
  ["a flat function", "return await demo_add({ a: 1, b: 2 })", 3],
  ["a flat function of another product", "return await mcp__demo__add({ a: 1, b: 2 })", 3],
  ["a tool with its server in one word", "return await tools['demo.add']({ a: 1, b: 2 })", 3],
  [
    "another spelling",
    "return (await tools.Demo['throw-text']().catch((e) => e.message))",
    "plain text",
  ],
  ["arguments in order", "return await tools.demo.add(1, 2)", 3],
  ["an argument and an object of the others", "return await demo_add(1, { b: 2 })", 3],
  ["keys in another casing", "return await tools.demo.add({ A: 1, B: 2 })", 3],
  [
    "a camelCase alias",
    "try { await tools.demo.throwText() } catch (e) { return e.message }",
    "plain text",
  ],
  ["listing tools", "return Object.keys(tools.demo).slice(0, 3)", ["echo", "slow", "add"]],
  [
    "looking for a tool",
    "return ['add' in tools.demo, 'nope' in tools.demo, 'demo' in tools, 'nope' in tools]",
    [true, false, true, false],
  ],
  ["an awaited namespace", "return (await tools.demo) === tools.demo", true],
  ["a call without argument", "return await tools.demo.echo()", {}],
  [
    "a result that stays on the host",
    `
      const h = await tools.demo.echo.handle([{ id: 1, ok: true }, { id: 2, ok: false }]);
      const found = await h.filter({ ok: true });
      return [await h.count(), await found.slice(), await h.get(-1, 'id')]
    `,
    [2, [{ id: 1, ok: true }], 2],
  ],
  [
    "rows of a result that stays on the host",
    `
      const ids = [];
      for await (const { id } of await demo_echo.handle([{ id: 1 }, { id: 2 }])) ids.push(id);
      return ids
    `,
    [1, 2],
  ],
  ["discovery of categories", "return await listToolCategories()", [{ name: "demo", tools: 13 }]],
  [
    "discovery of tools",
    "return (await listTools('demo'))[1]",
    { category: "demo", name: "slow", call: "tools.demo.slow(args)", description: "Waits." },
  ],
  [
    "discovery of a tool",
    "return (await getToolSpec('demo', 'add')).inputSchema.required",
    ["a", "b"],
  ],
  ["search", "return (await searchTools('numbers')).map((t) => t.name)", ["add"]],
  [
    "the tree of wrappers",
    `
      const source = await fs.readFile('/tools/demo/add.ts', 'utf8');
      return [await fs.readdir('/tools'), source.includes('export function add(args: AddArgs)')]
    `,
    [["call.ts", "globals.d.ts", "demo"], true],
  ],
  [
    "a file that is not there",
    "return await fs.readFile('/etc/passwd').catch((e) => [e.name, e.code])",
    ["ToolError", "tool_error"],
  ],
  [
    "resources and prompts where no server has any",
    "return [await resources.list(), await resources.templates(), await prompts.list()]",
    [[], [], []],
  ],
  ["no value", "for (const x of [1]) x", undefined],
  ["a trailing declaration", "const x = await tools.demo.echo(5)", 5],
  ["a trailing pattern", "const { a, ...rest } = { a: 1, b: 2 }", { a: 1, rest: { b: 2 } }],
  [
    "a trailing object without parentheses",
    "const n: number = 1;\n{ a: n as number, b: 2 };",
    { a: 1, b: 2 },
  ],
  ["a trailing if", "if (tools.demo) tools.demo.echo('yes')\nelse 'no'", "yes"],
  [
    "a trailing try",
    "try { tools.demo.throwText() } catch (e) { e.message } finally { 5 }",
    "plain text",
  ],
  [
    "an entry function with the tools",
    "async ({ tools: t, console }) => await t.demo.add({ a: 1, b: 2 })",
    3,
  ],
  [
    "an entry function with a context",
    "export const main = (ctx) => ctx.tools.demo.echo(ctx.demo === ctx.tools.demo)",
    true,
  ],
  ["a fence that only closes", "return 5\n```\nThat's it.", 5],
  ["undefined", "return undefined", undefined],
  ["null", "return null", null],
  [
    "an object literal at the end",
    "const total = 3, count = 2;\n({ total, count })",
    { total: 3, count: 2 },
  ],
  [
    "numbers JSON lacks",
    "return [NaN, Infinity, -Infinity, -0]",
    ["NaN", "Infinity", "-Infinity", 0],
  ],
  ["a BigInt", "return 12345678901234567890n", "12345678901234567890"],
  ["a Date", "return new Date(0)", "1970-01-01T00:00:00.000Z"],
  ["a RegExp", "return /a\\/b/gi", "/a\\/b/gi"],
  ["a Map of names", "return new Map([['a', 1], ['b', new Set([1, 2])]])", { a: 1, b: [1, 2] }],
  ["a Map of other keys", "return new Map([[1, 'a']])", [[1, "a"]]],
  ["typed arrays", "return [new Uint8Array([1, 2]), new Float64Array([0.5])]", [[1, 2], [0.5]]],
  ["an Error as value", "return new TypeError('bad')", { name: "TypeError", message: "bad" }],
  ["undefined inside", "return { a: undefined, b: [undefined] }", { b: [null] }],
  ["a class instance", "class A { x = 1; #y = 2; get z() { return 3 } }\nreturn new A()", { x: 1 }],
  ["toJSON", "return { at: { toJSON: () => 'now' } }", { at: "now" }],
  [
    "promises inside the value",
    "return { all: [1, 2].map(async (x) => ({ x, y: Promise.resolve(x * 2) })) }",
    {
      all: [
        { x: 1, y: 2 },
        { x: 2, y: 4 },
      ],
    },
  ],
  [
    "odd keys",
    'return JSON.parse(\'{"__proto__": 1, "$type": 2, "": 3}\')',
    JSON.parse('{"__proto__": 1, "$type": 2, "": 3}'),
  ],
  ["text of all kinds", "return 'a\\u0000b\\n\\u2028😀\\ud800'", "a\u0000b\n\u2028😀\ud800"],
  [
    "a rich result",
    `
      const r = await tools.demo.rich();
      return [
        r.date instanceof Date,
        r.map.get('a') === 1n,
        r.set.has(NaN),
        r.bytes instanceof Uint8Array,
        r.pattern.test('AA'),
        'nothing' in r,
        r.error instanceof Error,
        r.error.name,
      ]
    `,
    [true, true, true, true, true, true, true, "RangeError"],
  ],
  [
    "a rich argument",
    "return await tools.demo.describe(new Map([[1, 2]]))",
    { kind: "[object Map]", text: "[[1,2]]" },
  ],
  ["a Date argument", "return (await tools.demo.describe(new Date(NaN))).kind", "[object Date]"],
  [
    "a failing tool that is caught",
    "try { await tools.demo.fail() } catch (e) { return [e instanceof Error, e.name, e.message, e.code, e.tool] }",
    [true, "ToolError", "no such customer", "tool_error", "demo.fail"],
  ],
  [
    "a tool that throws null",
    "try { await tools.demo.throw_null() } catch (e) { return e.code }",
    "tool_error",
  ],
  [
    "invalid arguments that are caught",
    "try { await tools.demo.add({ a: 1, b: 'x' }) } catch (e) { return [e.code, e.message.includes('b')] }",
    ["invalid_arguments", true],
  ],
  [
    "a function as argument",
    "try { await tools.demo.echo({ a: [() => 1] }) } catch (e) { return [e.code, e.message] }",
    ["not_serializable", "arguments.a[0] is a function, which is not data"],
  ],
  [
    "a cycle as argument",
    "const a: any = { b: {} }; a.b.c = a;\ntry { await tools.demo.echo(a) } catch (e) { return e.message }",
    "arguments.b.c refers back to arguments: a cycle cannot be sent as data",
  ],
  [
    "a promise as argument",
    "try { await tools.demo.echo({ id: tools.demo.echo(1) }) } catch (e) { return e.message }",
    "arguments.id is a Promise: await it first",
  ],
  [
    "a tool that returns a function",
    "try { await tools.demo.gives_function() } catch (e) { return e.code }",
    "not_serializable",
  ],
  [
    "a tool that returns a cycle",
    "try { await tools.demo.gives_cycle() } catch (e) { return e.code }",
    "not_serializable",
  ],
  [
    "parallel calls",
    `
      const [calls, ms] = [10, 500];
      const begun = Date.now();
      await Promise.all(Array.from({ length: calls }, () => tools.demo.slow({ ms })));
      return Date.now() - begun < calls * ms;
    `,
    true,
  ],
  [
    "timers",
    `
      const log = [];
      await new Promise((done) => {
        const stop = setInterval(() => {
          if (log.push('tick') === 3) done(clearInterval(stop));
        }, 5);
      });
      await new Promise((done) => setTimeout(done, 20, 1));
      return log.length
    `,
    3,
  ],
  [
    "an abort signal",
    `
      const c = new AbortController();
      setTimeout(() => c.abort(new Error('enough')), 5);
      return await new Promise((done) => {
        c.signal.addEventListener('abort', () => done(c.signal.reason.message));
      })
    `,
    "enough",
  ],
  [
    "a digest",
    `
      const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'));
      const hex = [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0'));
      return hex.join('').slice(0, 16)
    `,
    "ba7816bf8f01cfea",
  ],
  [
    "random values",
    `
      return [
        crypto.randomUUID().length,
        new Set(crypto.getRandomValues(new Uint8Array(64))).size > 8,
        Math.random() !== Math.random(),
      ]
    `,
    [36, true, true],
  ],
  [
    "URL",
    "const u = new URL('../b?x=1#h', 'https://example.com/a/c/');\nu.searchParams.append('y', 'ä b');\nreturn u.href",
    "https://example.com/a/b?x=1&y=%C3%A4+b#h",
  ],
  [
    "text coding",
    "return new TextDecoder().decode(new TextEncoder().encode('ä€😀')) + atob(btoa('hi'))",
    "ä€😀hi",
  ],
  [
    "structuredClone",
    `
      const a = { m: new Map([[1, { d: new Date(0) }]]) };
      a.self = a;
      const b = structuredClone(a);
      return [b.self === b, b.m.get(1).d.getTime(), b !== a]
    `,
    [true, 0, true],
  ],
  [
    "what must not be there",
    `
      const names = ['process', 'require', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'fetch', 'Buffer', 'module'];
      return names.filter((name) => name in globalThis)
    `,
    [],
  ],
  ["global", "global.x = 5;\nreturn [x, globalThis === global]", [5, true]],
];

/** Failures: the text, and the error it comes to. */
const ERRORS: readonly (readonly [promise: string, code: string, error: object])[] = [
  ["a syntax error", "const a = 1;\nconst b = ;", { code: "syntax_error", line: 2, column: 11 }],
  ["a syntax error in a fence", "Sure:\n```ts\nlet = = 2\n```", { code: "syntax_error", line: 3 }],
  ["an empty program", "  \n// nothing\n", { code: "syntax_error" }],
  ["a binary file", "\u0000\u0001\u0002ELF", { code: "syntax_error" }],
  [
    "an uncaught error",
    "const a = 1;\nthrow new TypeError('bad thing')",
    { code: "program_error", name: "TypeError", message: "bad thing", line: 2, column: 7 },
  ],
  [
    "a column after removed types",
    "const f = (a: number, b: Array<string>): void => { null.x };\n\n  f(1, [])",
    { code: "program_error", line: 1, column: 57 },
  ],
  [
    "an error after an await",
    "await tools.demo.echo(1);\nawait null;\n  undefinedFunction()",
    { code: "program_error", name: "ReferenceError", line: 3, column: 3 },
  ],
  ["a thrown string", "throw 'plain'", { code: "program_error", name: "Error", message: "plain" }],
  ["a thrown null", "throw null", { code: "program_error", message: "null" }],
  [
    "a failing tool",
    "const x = 1;\nawait tools.demo.fail()",
    {
      code: "tool_error",
      name: "ToolError",
      message: "no such customer",
      tool: "demo.fail",
      line: 2,
    },
  ],
  [
    "an unknown tool",
    "await tools.demo.ecko(1)",
    { code: "unknown_tool", message: expect.stringContaining("demo.echo") },
  ],
  [
    "an unknown server",
    "await tools.dmeo.echo(1)",
    { code: "unknown_tool", message: expect.stringContaining("demo") },
  ],
  [
    "an unknown import",
    "import { nope } from './mcp-tools/demo';\nreturn nope()",
    { code: "unknown_tool", line: 1, message: expect.stringContaining("nope") },
  ],
  [
    "an import of anything else",
    "\nimport fs from 'node:fs';\nreturn fs",
    { code: "program_error", line: 2, message: expect.stringContaining("node:fs") },
  ],
  [
    "wrong arguments",
    "await tools.demo.add({ a: 1 })",
    { code: "invalid_arguments", tool: "demo.add", message: expect.stringContaining("b") },
  ],
  [
    "a function in the value",
    "return { a: { b: () => 1 } }",
    { code: "not_serializable", message: "value.a.b is a function, which is not data" },
  ],
  [
    "a cycle in the value",
    "const a: any = []; a[0] = { a };\nreturn { list: a }",
    {
      code: "not_serializable",
      message: expect.stringContaining("value.list[0].a refers back to value.list"),
    },
  ],
  [
    "a rejected promise in the value",
    "return [Promise.reject(new Error('inside'))]",
    { code: "program_error", message: "inside" },
  ],
  [
    "an error in a timer",
    "setTimeout(() => { throw new Error('later') }, 1);\nawait tools.demo.slow({ ms: 500 })",
    { code: "program_error", message: "later" },
  ],
  [
    "a namespace",
    "namespace A { export const x = 1 }\nreturn A.x",
    { code: "syntax_error", line: 1 },
  ],
  [
    "a forged limit",
    "const e = new Error('x'); e.name = 'LimitError'; e.code = 'memory'; throw e",
    { code: "program_error" },
  ],
  [
    "a forged tool error",
    "const e = new ToolError('x'); e.code = 'denied'; throw e",
    { code: "program_error" },
  ],
];

/** Limits: the text, the caps, and the error it comes to. */
const LIMITS: readonly (readonly [
  promise: string,
  code: string,
  limits: Partial<Limits>,
  error: object,
])[] = [
  ["CPU time", "for (;;) {}", { cpuMs: 150 }, { code: "cpu_limit" }],
  [
    "CPU time after an await",
    "await tools.demo.echo(1);\nfor (;;) {}",
    { cpuMs: 150 },
    { code: "cpu_limit" },
  ],
  ["CPU time in microtasks", "for (;;) await null", { cpuMs: 150 }, { code: "cpu_limit" }],
  [
    "CPU time that a catch cannot swallow",
    "for (;;) { try { for (;;) {} } finally { continue } }",
    { cpuMs: 150 },
    { code: "cpu_limit" },
  ],
  [
    "CPU time spread over timers",
    "for (;;) { const t = Date.now(); while (Date.now() - t < 20); await new Promise((r) => setTimeout(r)) }",
    { cpuMs: 150 },
    { code: "cpu_limit" },
  ],
  ["wall time in a tool", "await tools.demo.never()", { wallMs: 150 }, { code: "timeout" }],
  [
    "wall time in a timer",
    "await new Promise((r) => setTimeout(r, 10_000))",
    { wallMs: 150 },
    { code: "timeout" },
  ],
  ["a promise that nothing settles", "await new Promise(() => {})", {}, { code: "timeout" }],
  ["wall time under a loop", "for (;;) {}", { wallMs: 150 }, { code: "timeout" }],
  ["memory", "const all = [];\nfor (;;) all.push({ a: [1, 2, 3] })", {}, { code: "memory" }],
  ["stack", "function f() { return f() + 1 }\nreturn f()", {}, { code: "stack_overflow" }],
  [
    "tool calls",
    "for (;;) try { await tools.demo.echo(1) } catch {}",
    { toolCalls: 20 },
    { code: "call_limit" },
  ],
  [
    "tool calls at once",
    "await Promise.all(Array.from({ length: 50 }, () => tools.demo.echo(1)))",
    { toolCalls: 20 },
    { code: "call_limit" },
  ],
  [
    "bytes of an argument",
    "await tools.demo.echo('x'.repeat(5_000))",
    { callBytes: 4_096 },
    { code: "output_limit" },
  ],
  [
    "bytes of a result",
    "await tools.demo.big(5_000)",
    { callBytes: 4_096 },
    { code: "output_limit", tool: "demo.big" },
  ],
  [
    "bytes of the value",
    "return 'x'.repeat(5_000)",
    { callBytes: 4_096 },
    { code: "output_limit" },
  ],
  [
    "parts of an argument",
    "await tools.demo.echo(Array(250_000).fill(0))",
    {},
    { code: "output_limit", message: expect.stringContaining("parts") },
  ],
  [
    "bytes in all",
    "for (;;) try { await tools.demo.echo('x'.repeat(1_000)) } catch {}",
    { bridgeBytes: 20_000 },
    { code: "output_limit" },
  ],
  [
    "a flood of calls",
    "for (;;) tools.demo.echo('x'.repeat(100_000))",
    { bridgeBytes: 2_000_000 },
    { code: "output_limit" },
  ],
  [
    "depth",
    "let a = [];\nfor (let i = 0; i < 50; i++) a = [a];\nreturn a",
    { valueDepth: 40 },
    { code: "not_serializable" },
  ],
  [
    "bytes of the program",
    `return '${"x".repeat(2_000)}'`,
    { sourceBytes: 1_024 },
    { code: "source_too_large" },
  ],
  [
    "compile time",
    "x = (y) => ({ z: [1, y, `${y}`] });\n".repeat(6_500),
    { compileMs: 20 },
    { code: "cpu_limit" },
  ],
];

function errorOf(result: ExecutionResult): unknown {
  return result.ok ? { unexpected: result.value } : result.error;
}

describe.each(COMBINATIONS)("$engine $placement", (combination) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await startRuntime(combination);
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(VALUES)("value: %s", async (_promise, code, value) => {
    const result = await runtime.run(code);
    expect(result.ok ? undefined : result.error).toBeUndefined();
    expect(result).toMatchObject({ ok: true });
    expect((result as { value?: unknown }).value).toEqual(value);
  });

  test.each(ERRORS)("error: %s", async (_promise, code, error) => {
    expect(errorOf(await runtime.run(code))).toMatchObject(error);
  });

  test.each(LIMITS)("limit: %s, and the next run works", async (_promise, code, limits, error) => {
    expect(errorOf(await runtime.run(code, { limits }))).toMatchObject(error);
    expect(await runtime.run("return await tools.demo.echo('fine')")).toMatchObject({
      ok: true,
      value: "fine",
    });
  });

  test("a run that hits a limit keeps its logs, its calls and its usage", async () => {
    const code = "console.log('before');\nawait tools.demo.echo('abc');\nfor (;;) {}";
    const result = await runtime.run(code, { limits: { cpuMs: 1_000 } });
    expect(result.logs).toEqual([{ level: "log", text: "before" }]);
    expect(result.calls).toMatchObject([{ tool: "demo.echo", ok: true, bytes: 5 }]);
    expect(result.usage).toMatchObject({ ...combination, toolCalls: 1, bytesIn: 5, bytesOut: 5 });
  });

  test("waiting for tools costs no CPU time", async () => {
    const result = await runtime.run("await tools.demo.slow({ ms: 1_000 });\nreturn 1", {
      limits: { cpuMs: 900 },
    });
    expect(result).toMatchObject({ ok: true });
    expect(result.usage.wallMs).toBeGreaterThan(990);
    expect(result.usage.cpuMs).toBeLessThan(900);
  });

  test("a call may have more parts where it may have more bytes", async () => {
    const code = "return (await tools.demo.echo(Array(250_000).fill(0))).length";
    expect(await runtime.run(code, { limits: { callBytes: 8 * 2 ** 20 } })).toMatchObject({
      ok: true,
      value: 250_000,
    });
  });

  test("calls over the parallel cap wait and do not fail", async () => {
    const code =
      "return (await Promise.all([1, 2, 3, 4, 5].map((value) => tools.demo.slow({ ms: 20, value })))).join()";
    const result = await runtime.run(code, { limits: { parallelCalls: 2 } });
    expect(result).toMatchObject({ ok: true, value: "1,2,3,4,5" });
    expect(result.usage.wallMs).toBeGreaterThan(55);
  });

  test("calls that the program did not await are finished and told", async () => {
    const result = await runtime.run("tools.demo.slow({ ms: 50 });\nreturn 1");
    expect(result).toMatchObject({ ok: true, value: 1, calls: [{ tool: "demo.slow", ok: true }] });
    expect(result.logs).toMatchObject([
      { level: "warn", text: expect.stringContaining("not awaited (demo.slow)") },
    ]);
  });

  test("a promise that is used as if it were its value is told, and explains the failure", async () => {
    const code = "const list = tools.demo.echo([1]);\nawait list;\nreturn list.length";
    const { logs } = await runtime.run(code);
    expect(logs).toMatchObject([
      {
        level: "warn",
        text: expect.stringContaining("line 3 reads .length of the result of demo.echo"),
      },
    ]);
    expect(await runtime.run("return [...tools.demo.echo([1])]")).toMatchObject({
      ok: false,
      error: { code: "program_error", hint: expect.stringContaining("a promise is used as if") },
    });
  });

  test("a wrong use of a result says what the tool had answered", async () => {
    const code =
      "const page = await tools.demo.echo({ items: [{ id: 7 }] });\nreturn page.map(String)";
    expect(await runtime.run(code)).toMatchObject({
      ok: false,
      error: { code: "program_error", hint: "demo.echo answered { items: { id: number }[] }." },
    });
  });

  test("calls that never end are aborted at the wall limit and told", async () => {
    const result = await runtime.run("tools.demo.never();\nreturn 1", {
      limits: { wallMs: 2_000 },
    });
    expect(result).toMatchObject({
      ok: true,
      value: 1,
      calls: [{ tool: "demo.never", ok: false }],
    });
    expect(result.logs).toMatchObject([
      { level: "warn", text: expect.stringContaining("aborted") },
    ]);
  });

  test("console: every level, one line an entry, safe to print", async () => {
    const code = `
        console.debug('a');
        console.log('b', { x: [1, 'two'] }, new Map([[1, 2]]));
        console.info('%s is %d', 'x', 4);
        console.warn('line\\nbreak \\u001b[31m');
        console.error(new Error('oops').message);
      `;
    const { logs } = await runtime.run(code);
    expect(logs).toEqual([
      { level: "debug", text: "a" },
      { level: "log", text: "b { x: [ 1, 'two' ] } Map(1) { 1 => 2 }" },
      { level: "info", text: "x is 4" },
      { level: "warn", text: "line\\nbreak \\x1b[31m" },
      { level: "error", text: "oops" },
    ]);
  });

  test("logs over their cap are cut and told", async () => {
    const result = await runtime.run(
      "for (let i = 0; i < 1_000; i++) console.log('x'.repeat(100))",
      { limits: { logBytes: 2_000 } },
    );
    expect(result.truncated?.logs).toBeGreaterThan(90_000);
    expect(JSON.stringify(result.logs).length).toBeLessThan(4_000);
    expect(result.logs.at(-1)).toMatchObject({
      level: "warn",
      text: expect.stringContaining("cut"),
    });
  });

  test("a value over its cap is cut by whole items and stays JSON", async () => {
    const code = "return { note: 'ok', rows: Array.from({ length: 5_000 }, (_, id) => ({ id })) }";
    const result = await runtime.run(code, { limits: { resultBytes: 2_000 } });
    const { value } = result as unknown as { value: { note: string; rows: unknown[] } };
    expect(value.note).toBe("ok");
    expect(value.rows.slice(0, 2)).toEqual([{ id: 0 }, { id: 1 }]);
    expect(value.rows.at(-1)).toContain("more of 5000 items");
    expect(JSON.stringify(value).length).toBeLessThanOrEqual(2_000);
    expect(result.truncated?.value).toBeGreaterThan(10_000);
  });

  test("an abort ends the run, whatever it is doing", async () => {
    for (const code of ["await tools.demo.never()", "for (;;) await tools.demo.echo(1)"]) {
      const running = runtime.run(code, {
        signal: AbortSignal.timeout(100),
        limits: { toolCalls: 1_000_000 },
      });
      expect(errorOf(await running)).toMatchObject({ code: "aborted" });
    }
    expect(errorOf(await runtime.run("return 1", { signal: AbortSignal.abort() }))).toMatchObject({
      code: "aborted",
    });
  });

  test("an answer that comes after the end of a run is dropped", async () => {
    const late = await runtime.run("await tools.demo.slow({ ms: 1_500 })", {
      limits: { wallMs: 1_200 },
    });
    expect(late).toMatchObject({ ok: false, error: { code: "timeout" }, calls: [{ ok: false }] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await runtime.run("return await tools.demo.echo('fine')")).toMatchObject({
      value: "fine",
    });
  });

  test("two runs do not get the same random numbers", async () => {
    const code = "return [Math.random(), crypto.randomUUID()].join()";
    const values = (await Promise.all([1, 2, 3].map(() => runtime.run(code)))).map(
      (result) => (result as { value?: unknown }).value,
    );
    expect(new Set(values).size).toBe(3);
  });

  test("runs share nothing", async () => {
    await runtime.run(
      `
        globalThis.leak = 1;
        Array.prototype.leak = 1;
        Object.prototype.leak = 1;
        Math.max = null;
        console.log = null;
      `,
    );
    const probe = "return [typeof leak, [].leak, {}.leak, typeof Math.max, typeof console.log]";
    expect(await runtime.run(probe)).toMatchObject({
      value: ["undefined", null, null, "function", "function"],
    });
  });

  test("runs at the same time get their own answers", async () => {
    const runs = Array.from({ length: 6 }, (_, id) =>
      runtime.run(
        `return [await tools.demo.slow({ ms: ${60 - id * 10}, value: ${id} }), await tools.demo.echo(${id})]`,
      ),
    );
    const values = (await Promise.all(runs)).map((result) => (result as { value?: unknown }).value);
    expect(values).toEqual([0, 1, 2, 3, 4, 5].map((id) => [id, id]));
  });

  test("an error shows the line of the program and nothing of the host", async () => {
    const result = await runtime.run("const a: number = 1;\nconst b = a.missing.deep;\nreturn b");
    const error = errorOf(result) as { frame: string };
    expect(error.frame).toContain("> 2 | const b = a.missing.deep;");
    expect(JSON.stringify(result)).not.toMatch(/node_modules|node:internal|file:\/\/|\/src\//);
  });
});

describe("with types checked first, where only what is sure to fail is refused", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await startRuntime({ engine: "quickjs", placement: "inline" }, { typeCheck: "auto" });
  });
  afterAll(() => runtime.close());

  test.each(VALUES)("value: %s", async (_promise, code, value) => {
    const result = await runtime.run(code);
    expect(result.ok ? undefined : result.error).toBeUndefined();
    expect((result as { value?: unknown }).value).toEqual(value);
  });
});
