/** The type check that nobody asked for: what it refuses, what it must not, when it starts, and where it is off. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { agentTools } from "../../src/agent/agent-tools.ts";
import { codecellTools } from "../../src/agent/ai-sdk.ts";
import { CodecellError, type Runtime, type RuntimeOptions, tool } from "../../src/index.ts";
import { Compiler } from "../../src/preflight/compiler.ts";
import { createMcpServer } from "../../src/serve/mcp/index.ts";
import { createRuntime } from "../support/patient.ts";

let calls = 0;
const run = (args: unknown): unknown => {
  calls++;
  return args;
};
const issues = {
  create: tool({
    input: z.object({
      title: z.string(),
      state: z.enum(["open", "closed"]).optional(),
      size: z.number().optional(),
      range: z.tuple([z.number(), z.number()]).optional(),
      labels: z.array(z.string()).optional(),
      author: z.object({ name: z.string() }).optional(),
    }),
    run,
  }),
  closed: tool({
    input: {
      type: "object",
      properties: { path: { type: "string" } },
      required: ["path"],
      additionalProperties: false,
    },
    run,
  }),
  raw: tool({
    input: {
      type: "object",
      properties: { title: { type: "string" }, size: { type: "number" } },
      required: ["title"],
    },
    run,
  }),
  list: tool({
    input: z.object({}),
    output: z.object({ items: z.array(z.object({ title: z.string() })), total: z.number() }),
    run: () => ({ items: [{ title: "a" }], total: 1 }),
  }),
  either: tool({
    output: {
      anyOf: [
        z.toJSONSchema(z.object({ a: z.string() })),
        z.toJSONSchema(z.object({ b: z.number() })),
      ],
    } as never,
    run: () => ({ a: "x" }),
  }),
  free: tool({ run }),
};
const options = { engine: "quickjs", placement: "inline", tools: { issues } } as const;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("auto", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ ...options, typeCheck: "auto" });
  });
  afterAll(() => runtime.close());

  test.each<[string, unknown]>([
    [
      "let state = ['open'][0]; return await tools.issues.create({ title: 'a', state })",
      { title: "a", state: "open" },
    ],
    [
      "const args = { title: 'a', state: 'open' }; return await tools.issues.create(args)",
      { title: "a", state: "open" },
    ],
    ["const args = {}; args.title = 'a'; return await tools.issues.create(args)", { title: "a" }],
    [
      "const args = { size: 1 }; args.title = 'a'; return await tools.issues.create(args)",
      { size: 1, title: "a" },
    ],
    [
      "const base = {}; base.title = 'a'; return await tools.issues.create({ ...base, size: 1 })",
      { title: "a", size: 1 },
    ],
    ["const key = 'title'; return await tools.issues.create({ [key]: 'a' })", { title: "a" }],
    [
      "return await tools.issues.raw({ title: new Date(0) })",
      { title: "1970-01-01T00:00:00.000Z" },
    ],
    ["return await tools.issues.raw({ title: 'a', size: 2n })", { title: "a", size: "2" }],
    [
      "const range = [1, 2].map((n) => n); return await tools.issues.create({ title: 'a', range })",
      { title: "a", range: [1, 2] },
    ],
    ["return await tools.issues.raw({ title: 'a', more: 1 })", { title: "a", more: 1 }],
    [
      "return await Promise.all(['a', 'b'].map(tools.issues.closed))",
      [{ path: "a" }, { path: "b" }],
    ],
    ["return await Promise.all(Array.from(['a'], tools.issues.create))", [{ title: "a" }]],
    ["const path = ['a'].join(); return await tools.issues.closed(path)", { path: "a" }],
    ["const t = tools; return await t.issues.create('a', 'open')", { title: "a", state: "open" }],
    [
      "const call = (t) => t.issues.create('a'); await tools.issues.create({ title: 'b' }); return await call(tools)",
      { title: "a" },
    ],
    ["return new Date(5) - new Date(2)", 3],
    ["return [parseInt(5), isNaN('x'), Math.max('3', 2), '5' * '2']", [5, true, 3, 10]],
    ["const f = (a) => a; return f(1, 2)", 1],
    ["const r = await tools.issues.list({}); return [r.more, r.items[0].other]", [null, null]],
    ["const r = await tools.issues.either({}); return r.a", "x"],
    ["const n: string = 5 as any; const m: number = 'x'; return m", "x"],
    ["const x: Unknown = 1; return x", 1],
    ["return typeof Buffer === 'undefined' ? 1 : Buffer.from('a')", 1],
    ["try { return require('fs') } catch { return 'none' }", "none"],
    ["if (0 > 1) process.exit(1); return 1", 1],
    ["const s = 'abc'; return s.contains ? s.contains('a') : s.includes('a')", true],
    ["const home = false && process.env.HOME; return home ? path.join(home, 'a') : 2", 2],
    ["switch ('a') { case 'b': process.exit(1); default: return 3 }", 3],
    ["return 'Buffer' in globalThis && Buffer.from('a')", false],
    ["try { return 4 } catch (error) { process.exit(1) }", 4],
    ["try { return await tools.issues.nothing({}) } catch (e) { return e.code }", "unknown_tool"],
    [
      "try { return await tools.issues.create(5) } catch (e) { return e.code }",
      "invalid_arguments",
    ],
    ["return await tools.issues.create(5).catch((e) => e.code)", "invalid_arguments"],
    [
      "return await tools.issues.closed({ path: 'a', more: 1 }).catch((e) => e.code)",
      "invalid_arguments",
    ],
    ["globalThis.made = 1; return made", 1],
    ["const o = {}; o.f = () => 1; return o.f()", 1],
    ["Array.prototype.second = function () { return this[1] }; return [1, 2].second()", 2],
    ["const p = Promise.resolve(1); p.done = true; return p.done", true],
    ["let list = {}; list = [1]; let n = 0; for (const x of list) n += x; return n", 1],
    ["return await issues__create({ title: 'a' })", { title: "a" }],
  ])("runs: %s", async (code, value) => {
    const result = await runtime.run(code);
    if (!result.ok) expect.fail(`${result.error.code}: ${result.error.message}`);
    expect(result.value).toEqual(value);
  });

  test.each<[code: string, message: RegExp]>([
    [
      "return await tools.issues.create({ title: 7 })",
      /^Type 'number' is not assignable to type 'string'/,
    ],
    ["const n = Date.now(); return await tools.issues.create({ title: n })", /'number'.*'string'/],
    [
      "const s = `${1}`; return await tools.issues.create({ title: s, size: s })",
      /'string'.*'number'/,
    ],
    ["return await tools.issues.create({ title: 'a', state: 'opne' })", /"opne"/],
    ["const t = `${1}`; return await tools.issues.create({ title: t, state: 'opne' })", /"opne"/],
    ["return await tools.issues.create({})", /'title' is missing/],
    ["const size = Date.now(); return await tools.issues.create({ size })", /'title' is missing/],
    ["return await tools.issues.create({ title: 'a', author: {} })", /'name' is missing/],
    ["return await tools.issues.create()", /Expected 1 arguments/],
    ["return await tools.issues.create({ title: 'a', labels: tools.issues.list({}) })", /Promise/],
    [
      "const path = `${1}`; return await tools.issues.closed({ path, more: 1 })",
      /'more' does not exist/,
    ],
    ["return await tools.issues.closed('a', 'b')", /arguments|overload/],
    ["for (const item of tools.issues.list({})) console.log(item)", /Promise.*Symbol\.iterator/],
    ["const r = tools.issues.list({}); return r.items", /'items' does not exist on type 'Promise/],
    ["const r = await tools.issues.list({}); return r.items.split(',')", /'split' does not exist/],
    ["const a = 1; a = 2", /constant/],
    ["return procces.env", /^procces is not defined$/],
    ["if (procces.env) return 1", /^procces is not defined$/],
    ["for (const n of [1]) await slep(n)", /^slep is not defined$/],
    ["return Buffer.from('a')", /^Buffer is not defined$/],
    ["const x = 5; return x()", /not callable/],
  ])("refuses: %s", async (code, message) => {
    const before = calls;
    const result = await runtime.run(`console.log("started");\n${code}`);
    expect(result).toMatchObject({
      ok: false,
      error: { code: "type_error", message: expect.stringMatching(message), line: 2 },
      logs: [],
    });
    expect(calls).toBe(before);
    expect(await runtime.run("return 1")).toMatchObject({ value: 1 });
  });

  test("a tool that is not there is named like in a run, with the nearest", async () => {
    const code = "await tools.issues.free(1);\nreturn await tools.issues.creaet({ title: 'a' })";
    const before = calls;
    expect(await runtime.run(code)).toMatchObject({
      ok: false,
      error: { code: "unknown_tool", message: expect.stringContaining("issues.create"), line: 2 },
    });
    expect(calls).toBe(before);
  });

  test("a name that is not there says what to write instead", async () => {
    const result = await runtime.run("print('a')");
    expect(result).toMatchObject({ error: { hint: expect.stringContaining("console.log") } });
  });

  test("inspect reports the same", async () => {
    const inspection = await runtime.inspect("return await tools.issues.create({ title: 7 })");
    expect(inspection).toMatchObject({ ok: false, diagnostics: [{ code: "type_error" }] });
    expect((await runtime.inspect("new Date(5) - new Date(2)")).diagnostics).toEqual([]);
  });

  test("a program with tools called in very many forms is accepted", async () => {
    const forms = Array.from(
      { length: 200 },
      (_, at) =>
        `tools.issues.free.name + tools.issues.create({ title: "a", x${at}: 1 }).constructor.name`,
    );
    const result = await runtime.run(`const all = [${forms.join(",")}]; return all.length`);
    expect(result).toMatchObject({ ok: true, value: 200 });
  });
});

/** What a wrong call comes to in each of the faces that models use. */
const WRONG = "return await tools.issues.create({ title: 7 })";
const FACES: readonly (readonly [string, (runtime: Runtime) => Promise<string>])[] = [
  [
    "agent tools",
    async (runtime) =>
      (
        await agentTools(runtime)
          .find(({ name }) => name === "execute_code")!
          .execute({ code: WRONG })
      ).text,
  ],
  [
    "agent tools in a session",
    async (runtime) =>
      (
        await agentTools(runtime)
          .find(({ name }) => name === "execute_code")!
          .execute({ code: WRONG, session: "s" })
      ).text,
  ],
  [
    "the AI SDK",
    async (runtime) =>
      (await codecellTools(runtime)["execute_code"]!.execute({ code: WRONG })).text,
  ],
  [
    "the MCP server",
    async (runtime) => {
      const [here, there] = InMemoryTransport.createLinkedPair();
      const client = new Client({ name: "test", version: "1" });
      await createMcpServer(runtime).connect(there);
      await client.connect(here);
      const answer = await client.callTool({ name: "execute_code", arguments: { code: WRONG } });
      await client.close();
      return JSON.stringify(answer.content);
    },
  ],
];

describe.each(FACES)("%s", (_name, ask) => {
  const texts = async (more: RuntimeOptions): Promise<string[]> => {
    await using runtime = await createRuntime({ ...options, ...more });
    return [await ask(runtime), await ask(runtime)];
  };

  test("types are checked by default", async () => {
    for (const text of await texts({})) expect(text).toContain("type_error");
  });

  test("typeCheck: false turns that off", async () => {
    const start = vi.spyOn(Compiler, "start");
    for (const text of await texts({ typeCheck: false }))
      expect(text).toContain("invalid_arguments");
    expect(start).not.toHaveBeenCalled();
  });

  test("without its compiler it is off, and says so once", async () => {
    vi.spyOn(Compiler, "start").mockRejectedValue(
      new CodecellError("config_error", "typeCheck needs the package typescript", {
        hint: "npm install it",
      }),
    );
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    for (const text of await texts({})) expect(text).toContain("invalid_arguments");
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/without a type check.*needs the package typescript.*npm install it/),
        "CodecellWarning",
      ],
    ]);
  });
});

test("a program that the library itself runs is not checked unless it is asked for", async () => {
  const start = vi.spyOn(Compiler, "start");
  await using runtime = await createRuntime(options);
  expect(await runtime.run(WRONG)).toMatchObject({ error: { code: "invalid_arguments" } });
  expect((await runtime.inspect(WRONG)).diagnostics).toEqual([]);
  expect(start).not.toHaveBeenCalled();
  expect(await runtime.run(WRONG, { typeCheck: "auto" })).toMatchObject({
    error: { code: "type_error" },
  });
});

test("the compiler starts with the first program, once, and programs that come meanwhile wait for it", async () => {
  const start = vi.spyOn(Compiler, "start");
  await using runtime = await createRuntime({ ...options, typeCheck: "auto" });
  expect(start).not.toHaveBeenCalled();
  const results = await Promise.all([1, 2, 3].map(() => runtime.run(WRONG)));
  for (const result of results) expect(result).toMatchObject({ error: { code: "type_error" } });
  expect(start).toHaveBeenCalledTimes(1);
});

test("typeCheck: true without its compiler is an error", async () => {
  vi.spyOn(Compiler, "start").mockRejectedValue(
    new CodecellError("config_error", "needs typescript"),
  );
  await expect(createRuntime({ ...options, typeCheck: true })).rejects.toThrow("needs typescript");
});

test("a check that fails refuses no program that nobody wanted checked", async () => {
  await using runtime = await createRuntime({ ...options, typeCheck: "auto" });
  expect(await runtime.run("return 1")).toMatchObject({ value: 1 });
  vi.spyOn(Compiler.prototype, "check").mockRejectedValue(new Error("it died"));
  expect(await runtime.run("return 2")).toMatchObject({ value: 2 });
});

test("a runtime that is closed while the compiler starts leaves none behind", async () => {
  const runtime = await createRuntime({ ...options, typeCheck: "auto" });
  const kill = vi.spyOn(Compiler.prototype, "kill");
  const running = runtime.run("return 1");
  await runtime.close();
  expect(await running).toMatchObject({ ok: false, error: { code: "aborted" } });
  expect(kill).toHaveBeenCalled();
});
