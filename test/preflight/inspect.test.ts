/** What a program may do, read from its text. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Inspection, Runtime } from "../../src/index.ts";
import { cpuMs } from "../support/cost.ts";
import { createRuntime } from "../support/patient.ts";

let runtime: Runtime;
let ran = 0;
const count = (): number => ++ran;
beforeAll(async () => {
  runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools: {
      crm: { find: count, "send-mail": count },
      "my files": { read: count, constructor: count },
    },
  });
});
afterAll(async () => {
  await runtime.close();
  // Whatever was inspected, nothing was called.
  expect(ran).toBe(0);
});

async function tools(code: string): Promise<string[]> {
  const { tools: uses, diagnostics } = await runtime.inspect(code);
  expect(diagnostics).toEqual([]);
  return uses.map(({ server, tool = "*" }) => `${server}.${tool}`);
}

describe("tools that can be called, under all their names", () => {
  test.each([
    ["tools.crm.find({})", ["crm.find"]],
    ["tools.crm['send-mail']({})", ["crm.send-mail"]],
    ["tools.crm.sendMail({})", ["crm.send-mail"]],
    ["tools['my files'].read()", ["my files.read"]],
    ["tools?.crm?.find?.({})", ["crm.find"]],
    ["crm_find({})", ["crm.find"]],
    ["import { find } from './mcp-tools/crm/find'; find({})", ["crm.find"]],
    [
      "import { find as f, sendMail } from '/tools/crm/index.ts'; f({}); sendMail({})",
      ["crm.find", "crm.send-mail"],
    ],
    ["import crm from './servers/crm'; crm.find({})", ["crm.find"]],
    ["import * as all from './servers/crm'; all.find({})", ["crm.find"]],
    [
      "import { CrmTools } from '~/.mcp/wrappers/crm'; const c = new CrmTools(); c.find({})",
      ["crm.find"],
    ],
    ["const m = await import('./tools/crm/find.ts'); m.default({})", ["crm.find"]],
    ["const { crm } = tools; crm.find({})", ["crm.find"]],
    ["const { crm: { find } } = tools; const c = tools.crm; c.find({})", ["crm.find"]],
    ["const { find: search = 1 } = tools.crm; search({})", ["crm.find"]],
    ["const { crm: { find: search } } = tools; search({})", ["crm.find"]],
    [
      "const { ['crm']: { find: f = 1 } = {}, ...others } = tools; f(); others.crm.sendMail()",
      ["crm.find", "crm.send-mail"],
    ],
    ["let t = tools; t.crm.find({})", ["crm.find"]],
    ["const f = tools.crm.find; [1].map(f)", ["crm.find", "crm.find"]],
    ["[1].map(tools.crm.find)", ["crm.find"]],
    ["tools.crm.find.call(null, {})", ["crm.find"]],
    ["const key = 'find'; tools.crm[key]({})", ["crm.*"]],
    ["const key = 'find'; tools.crm[key].handle({})", ["crm.*"]],
    ["use(tools.crm); function use(x) { return x.find({}) }", ["crm.*"]],
    ["async ({ mcpClient: c }) => await c.callTool({ name: 'crm.find' })", ["crm.find"]],
    ["const { callTool: c } = mcpClient; await c('crm', 'find')", ["crm.find"]],
    ["async ({ tools }) => await tools.crm.find({})", ["crm.find"]],
    ["({ tools: t, console }) => { console.log(1); return t.crm.find({}) }", ["crm.find"]],
    [
      "({ tools: { crm: { find } }, crm }) => { find({}); crm.sendMail({}) }",
      ["crm.find", "crm.send-mail"],
    ],
    ["async function main(mcpClient) { mcpClient.crm.find({}) }", ["crm.find"]],
    ["const main = (ctx) => { const { crm } = ctx.tools; return crm.find({}) }", ["crm.find"]],
    ["export const run = (ctx) => ctx.limit ? 1 : ctx.crm.find({})", ["crm.find"]],
    ["export default { async run({ tools }) { await tools.crm.find({}) } }", ["crm.find"]],
    ["const o = { find: 1 }; o.find; 'tools.crm.find'; // tools.crm.find", []],
  ])("%s", async (code, expected) => {
    const found = await tools(code);
    for (const each of expected) expect(found).toContain(each);
    if (expected.length === 0) expect(found).toEqual([]);
  });
});

async function only(code: string): Promise<Inspection["tools"][number]> {
  const { tools: uses } = await runtime.inspect(code);
  expect(uses).toHaveLength(1);
  return uses[0]!;
}

describe("how they are called", () => {
  test("with which arguments, as far as the text tells", async () => {
    expect(
      await only(
        "tools.crm.find({ id: 'a', n: -1, on: true, tags: ['x', null], deep: { y: `z` }, when: new Date(), [k]: 1, ...rest })",
      ),
    ).toMatchObject({
      args: { id: "a", n: -1, on: true, tags: ["x", null], deep: { y: "z" } },
      computed: ["when", "…", "…"],
    });
    expect(await only("tools.crm.find()")).toMatchObject({ args: {} });
    expect(await only("tools.crm.find({ id })")).toMatchObject({ args: {}, computed: ["id"] });
    expect(await only("tools.crm.find.call(null, { id: 1 })")).toMatchObject({ args: { id: 1 } });
    expect(await only("tools.crm.find.handle.call(0)")).toMatchObject({ args: {} });
    expect(await only("tools.crm.find.apply(null, ['a', 'b'])")).toMatchObject({
      args: ["a", "b"],
    });
    expect(await only("tools.crm.find.apply(null)")).toMatchObject({ args: {} });
    for (const unknown of [
      "apply(null, list)",
      "bind(null, 'a')",
      "call(...list)",
      "apply(...list)",
    ])
      expect(await only(`tools.crm.find.${unknown}`)).not.toHaveProperty("args");
    const spread = await only("tools.crm.find(...list, 'b')");
    expect(Object.keys(spread).filter((key) => /args|computed|spreads/.test(key))).toEqual([]);
    expect(await only("tools.crm.find(someArgs)")).not.toHaveProperty("args");
  });

  test("where, in offsets and lines of the text as it was given", async () => {
    const code = "Sure:\n```ts\nconst x: number = 1;\nawait tools.crm.find({ id: `😀` });\n```";
    const { line, column, start, end } = await only(code);
    expect([line, column, code.slice(start, end)]).toEqual([4, 7, "tools.crm.find({ id: `😀` })"]);
  });

  test.each([
    ["for (const x of [1]) await tools.crm.find({ x })", true],
    ["while (true) { if (1) await tools.crm.find({}) }", true],
    ["await Promise.all([1].map(async (x) => await tools.crm.find({ x })))", true],
    ["[1].forEach(function (x) { tools.crm.find({ x }) })", true],
    ["await tools.crm.find({})", false],
    ["const f = () => tools.crm.find({}); await f()", false],
  ])("%s: in a loop: %s", async (code, inLoop) => {
    expect((await only(code)).inLoop).toBe(inLoop);
  });

  test.each([
    ["tools.crm.find({}); 1", true],
    ["[1].forEach(async (x) => { await tools.crm.find({ x }) }); 1", true],
    ["await tools.crm.find({}); 1", false],
    ["const p = tools.crm.find({}); await p", false],
    ["tools.crm.find({})", false],
    ["return tools.crm.find({})", false],
    ["if (a) { tools.crm.find({}) } else { 1 }", false],
    ["try { 1 } catch { tools.crm.find({}); 2 }", true],
    ["tools.crm.find({})\nfunction f() {}", false],
  ])("%s: nobody waits: %s", async (code, unawaited) => {
    expect((await only(code)).unawaited).toBe(unawaited);
  });
});

describe("what hides which tools are called", () => {
  test.each([
    "tools[name]({})",
    "Object.values(tools)",
    "call(tools)",
    "for (const key in tools) tools[key]",
    "eval('tools.crm.find({})')",
    "new Function('return tools')()",
    "(() => {}).constructor('return tools')()",
    "globalThis.tools.crm",
    "globalThis['to' + 'ols']",
    "const g = global; g.tools",
    "await import('./tools/' + name)",
    "tools[name].find({})",
    "const use = (client) => client.callTool('crm', 'find'); use(mcpClient)",
    "mcpClient[name]('crm', 'find')",
    "const server = tools[name]; server.find({})",
    "const { [name]: server } = tools; server.find()",
    "const [server] = tools; server.find()",
    "const { crm: { [name]: find } } = tools; find()",
    `let f; ${"f = 1; ".repeat(60)} f = tools.crm.find; f({})`,
  ])("%s", async (code) => {
    expect((await runtime.inspect(code)).dynamic.length).toBeGreaterThan(0);
  });

  test.each([
    "globalThis.total = 1",
    "class A { constructor() {} } new A()",
    "const { crm } = tools; await crm.find({})",
    "const { crm: { find }, ['my files']: { read = 1 } = {}, ...others } = tools; await find()",
    "tools.crm.find({})",
    "typeof tools.crm",
    "const client = mcpClient; new CRMTools(client).find({}); client.close?.()",
  ])("not: %s", async (code) => {
    expect((await runtime.inspect(code)).dynamic).toEqual([]);
  });
});

describe("what is wrong with a program", () => {
  test("syntax errors, unknown tools and imports are told with their places", async () => {
    expect(await runtime.inspect("const x = ;")).toMatchObject({
      ok: false,
      diagnostics: [{ code: "syntax_error", line: 1 }],
      tools: [],
    });
    const { ok, diagnostics, imports } = await runtime.inspect(
      [
        "import { x } from 'lodash';",
        "import { find } from './tools/crm';",
        "await tools.crm.fnd({});",
        "await tools.crn.find({}); x(find);",
      ].join("\n"),
    );
    expect(ok).toBe(false);
    expect(diagnostics.map(({ code, line, message }) => [code, line, message])).toEqual([
      ["unknown_tool", 1, expect.stringContaining("cannot import 'lodash'")],
      ["unknown_tool", 3, expect.stringContaining("did you mean crm.find?")],
      ["unknown_tool", 4, expect.stringContaining("did you mean crm?")],
    ]);
    expect(imports.map(({ specifier, names }) => [specifier, names])).toEqual([
      ["lodash", ["x"]],
      ["./tools/crm", ["find"]],
    ]);
  });

  test("type errors too, where the runtime checks types", async () => {
    await using checked = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      typeCheck: true,
      tools: { crm: { find: count } },
    });
    const { diagnostics } = await checked.inspect(
      "const n: number = 'x';\nawait tools.crm.fnd({});",
    );
    expect(diagnostics.map(({ code, line }) => [code, line])).toEqual([
      ["type_error", 1],
      ["unknown_tool", 2],
    ]);
  });

  test("hostile programs are no trouble", async () => {
    const inspectAll = async (): Promise<void> => {
      for (const code of [
        "(".repeat(50_000),
        "a?".repeat(50_000),
        `${"tools.".repeat(20_000)}x`,
        "x".repeat(300_000),
        "let a = b, b = a; a.b()",
        "const t = t; t.x()",
      ]) {
        const { diagnostics } = await runtime.inspect(code);
        expect(Array.isArray(diagnostics)).toBe(true);
      }
    };
    expect(await cpuMs(inspectAll)).toBeLessThan(20_000);
    await expect(runtime.inspect(7 as never)).rejects.toThrow(
      "the program must be a string, not number",
    );
  });
});

describe("questions to the host's model are calls of `ask`, which is no server's", () => {
  test.each([
    ["await ask('What?')", [{ args: { prompt: "What?" } }]],
    [
      "for (const row of rows) await ask(`${row}`, { schema: { type: 'string' } })",
      [{ args: { schema: { type: "string" } }, computed: ["prompt"], inLoop: true }],
    ],
    ["await ask('a', { schema })", [{ args: { prompt: "a" }, computed: ["schema"] }]],
    ["await ask('a', options)", [{ args: { prompt: "a" }, computed: ["schema"] }]],
    ["ask('a');\n1", [{ args: { prompt: "a" }, unawaited: true }]],
    ["await globalThis.ask('a')", [{ args: { prompt: "a" } }]],
    ["export default async ({ ask }) => await ask('a')", [{ args: { prompt: "a" } }]],
    ["export default async (ctx) => await ctx.ask('a')", [{ args: { prompt: "a" } }]],
    ["await Promise.all(['a'].map(ask))", [{ inLoop: true }]],
    ["const question = ask; await question('a')", [{}, { args: { prompt: "a" } }]],
  ])("%s", async (code, uses) => {
    const { tools: found, diagnostics } = await runtime.inspect(code);
    expect(diagnostics).toEqual([]);
    expect(found).toMatchObject(uses.map((use) => ({ server: "", tool: "ask", ...use })));
    expect(found).toHaveLength(uses.length);
  });

  test.each([
    "function ask(q) { return q }\nask('a')",
    "const ask = (q) => q;\nask('a')",
    "[1].map((ask) => ask + 1)",
    "class ask {}\nnew ask()",
    "const a = { ask: 1 };\na.ask",
    "import { find as ask } from './mcp-tools/crm/find';\n1",
    "await tools.crm.find({ ask: 1 })",
  ])("what only has its name is none: %s", async (code) => {
    const { tools: found } = await runtime.inspect(code);
    expect(found.filter(({ server }) => server === "")).toEqual([]);
  });
});
