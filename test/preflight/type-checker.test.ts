/** Programs checked against the types of their tools before they run. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ExecutionResult, type Failure, type Runtime, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";
import { isAlive } from "../support/processes.ts";

let calls = 0;
const crm = {
  find: tool({
    description: "Find a customer.",
    input: z.object({ id: z.string(), limit: z.int().optional() }),
    output: z.object({ name: z.string(), orders: z.array(z.object({ total: z.number() })) }),
    run: () => {
      calls++;
      return { name: "Ada", orders: [{ total: 3 }] };
    },
  }),
  loose: () => ({ anything: 1 }),
};
const odd = fileURLToPath(new URL("../../fixtures/servers/odd-names.ts", import.meta.url));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({
    placement: "process",
    typeCheck: true,
    tools: { crm },
    mcpServers: { odd: { command: process.execPath, args: [odd] } },
  });
});
afterAll(() => runtime.close());

function errorOf(result: ExecutionResult): Failure {
  if (result.ok) expect.fail(`it succeeded with ${JSON.stringify(result.value)}`);
  return result.error;
}

describe("wrong programs", () => {
  test.each([
    [
      "an argument of another type",
      "return await tools.crm.find({ id: 7 })",
      1,
      31,
      "Type 'number' is not assignable to type 'string'.",
    ],
    ["a missing argument", "\nreturn await tools.crm.find({})", 2, 29, /Property 'id' is missing/],
    [
      "no argument at all",
      "return await tools.crm.find()",
      1,
      24,
      /Expected 1 arguments, but got 0/,
    ],
    [
      "an argument that is none",
      'await tools.crm.find({ id: "1", limt: 3 })',
      1,
      33,
      /'limt' does not exist.*limit/,
    ],
    [
      "an argument by another name",
      'await tools.crm.find({ ident: "1" })',
      1,
      24,
      /'ident' does not exist in type/,
    ],
    [
      "a property that the result lacks",
      'const c = await tools.crm.find({ id: "1" });\nreturn c.ordres.length',
      2,
      10,
      /'ordres' does not exist.*Did you mean 'orders'/,
    ],
    [
      "inside a callback",
      'const c = await tools.crm.find({ id: "1" }); return c.orders.map((o) => o.totl)',
      1,
      75,
      /'totl'/,
    ],
    [
      "a promise that is not awaited",
      'const c = tools.crm.find({ id: "1" }); return c.orders',
      1,
      49,
      /does not exist on type 'Promise<FindResult>'/,
    ],
    [
      "a loop over a promise",
      "for (const o of tools.crm.find({ id: 'x' })) console.log(o)",
      1,
      17,
      /Symbol\.iterator/,
    ],
    [
      "a tool that is not there",
      "return await tools.crm.fnd({ id: '1' })",
      1,
      24,
      /'fnd' does not exist on type 'CrmTools'/,
    ],
    ["a flat function", "return await crm_find({ id: 1 })", 1, 25, /not assignable/],
    [
      "an imported function",
      "import { find } from './mcp-tools/crm/find';\nreturn await find({ id: 1 })",
      2,
      21,
      /not assignable/,
    ],
    [
      "a module without a path",
      "import { find } from '~/.mcp/wrappers/crm';\nreturn await find({ id: 1 })",
      2,
      21,
      /not assignable/,
    ],
    [
      "a wrapper class",
      "import { CrmTools } from '/tools/crm/index.ts';\nreturn await new CrmTools().find({ id: 1 })",
      2,
      36,
      /not assignable/,
    ],
    [
      "a dynamic import",
      "const { find } = await import('./servers/crm');\nreturn await find({ id: 1 })",
      2,
      21,
      /not assignable/,
    ],
    [
      "an entry function",
      "async ({ tools }) => await tools.crm.find({ id: 1 })",
      1,
      45,
      /not assignable/,
    ],
    [
      "an entry function without parentheses",
      "tools => tools.crm.find({ id: 1 })",
      1,
      27,
      /not assignable/,
    ],
    [
      "an entry function with types",
      "interface Context { a: number }\nexport async function main(ctx: Context, n?: number) {\n  const { crm } = ctx;\n  return await crm.find({ id: 1 }) as unknown\n}",
      4,
      27,
      /not assignable/,
    ],
    [
      "an entry function of a type that nobody declares",
      "const main = async ({ tools }: Missing) => tools.crm.find({ id: 1 })",
      1,
      61,
      /not assignable/,
    ],
    [
      "a server that an entry function does not get",
      "({ crn }) => crn.find({ id: '1' })",
      1,
      4,
      /'crn' does not exist/,
    ],
    [
      "an object at the end",
      "const c = await tools.crm.find({ id: '1' })\n{ total: c.orders.length, name: c.nam }",
      2,
      35,
      /'nam' does not exist/,
    ],
    [
      "TypeScript's own types",
      "const n: number = 'x';\nreturn n",
      1,
      7,
      /not assignable to type 'number'/,
    ],
    ["a name that is not there", "return process.env", 1, 8, /^Cannot find name 'process'\.$/],
    [
      "in a code fence",
      "Here:\n```ts\nreturn await tools.crm.find({ id: 7 })\n```",
      3,
      31,
      /not assignable/,
    ],
    [
      "after wide characters",
      "const s = '😀é'; /* 日本 */ return await tools.crm.find({ id: 7 })",
      1,
      57,
      /not assignable/,
    ],
    ["discovery", "return await searchTools(7)", 1, 26, /not assignable/],
  ])("%s", async (_what, code, line, column, message) => {
    const before = calls;
    const error = errorOf(await runtime.run(code));
    expect(error).toMatchObject({
      code: "type_error",
      line,
      message: expect.stringMatching(message),
    });
    expect(code.split("\n")[line - 1]!.slice(error.column! - 1)).toBe(
      code.split("\n")[line - 1]!.slice(column - 1),
    );
    expect(error.frame).toContain("^");
    expect(calls).toBe(before);
  });

  test("the declaration of the tool concerned comes along, and the other errors", async () => {
    const error = errorOf(
      await runtime.run("await tools.crm.find({ id: 1 });\nawait tools.crm.find({ id: 2 });\nx;"),
    );
    expect(error.tool).toBe("crm.find");
    expect(error.hint).toMatch(
      /^2 more: 2:24 Type 'number'.*; 3:1 Cannot find name 'x'\.\n\n\/\*\* Find a customer\. \*\/\ndeclare function find\(args: FindArgs\)/s,
    );
  });
});

describe("programs that are right, or wrong in ways that do not matter, run", () => {
  test.each([
    ["a plain call", "return (await tools.crm.find({ id: '1' })).orders[0].total", 3],
    ["results that nobody described", "return (await tools.crm.loose({ x: 1 })).anything", 1],
    [
      "objects that grow",
      "const seen = {}; seen.a = 1; seen.b = 2; const o = { n: 0 }; o.more = 1; return [seen, o]",
      [
        { a: 1, b: 2 },
        { n: 0, more: 1 },
      ],
    ],
    ["with types too", "const seen = {}; seen.a = 1; const n: number = 1; return seen", { a: 1 }],
    [
      "nulls and empty lists",
      `
        let best = null;
        const all = [];
        for (const n of [1, 2]) {
          if (!best || n > best.n) best = { n };
          all.push(n);
        }
        return [best.n, all]
      `,
      [2, [1, 2]],
    ],
    ["implicit types", "function f(a, b) { return a + b } return f(1, 2)", 3],
    [
      "caught errors",
      "try { await tools.odd.nothing({}) } catch (e) { return e.code }",
      "unknown_tool",
    ],
    ["globals", "globalThis.total = 1; total += 1; return total", 2],
    [
      "the web",
      "return [new URL('http://a/b').pathname, structuredClone({ a: 1 }), atob('YQ=='), typeof performance.now()]",
      ["/b", { a: 1 }, "a", "number"],
    ],
    ["odd names", "return typeof tools.odd['get-user.by/id']", "function"],
    [
      "computed names",
      "const name = 'find'; return (await tools.crm[name]({ id: '1' })).name",
      "Ada",
    ],
    ["early returns", "if (Math.random() < 2) return 1; return tools.crm.find({ id: '1' })", 1],
    ["functions as programs", "export default async function main() { return 4 }", 4],
    [
      "entry functions",
      "async ({ tools, console }) => (await tools.crm.find({ id: '1' })).name",
      "Ada",
    ],
    [
      "entry functions with types",
      "async ({ tools: t }: Tools) => { const n: string = (await t.crm.find({ id: '1' })).name; return n }",
      "Ada",
    ],
    [
      "entry functions of all kinds",
      "export const run = async (ctx) => ctx.limit ?? (await ctx.crm.find({ id: '1' })).orders[0].total",
      3,
    ],
    [
      "entry functions that do without",
      "function main(limit = 5, more = ctx => ctx.a) { return limit.toFixed(1) }",
      "5.0",
    ],
    ["an object at the end", "const n: number = 1\n{ a: n, b: 2 }", { a: 1, b: 2 }],
    [
      "a declaration at the end",
      "const { name } = await tools.crm.find({ id: '1' })",
      { name: "Ada" },
    ],
  ])("%s", async (what, code, value) => {
    const result = await runtime.run(code);
    if (what === "caught errors")
      return void expect(errorOf(result)).toMatchObject({ code: "type_error" });
    if (!result.ok) expect.fail(`${result.error.code}: ${result.error.message}`);
    expect(result.value).toEqual(value);
  });

  test("a program that does not compile is a syntax error, as ever", async () => {
    expect(errorOf(await runtime.run("const = 1"))).toMatchObject({
      code: "syntax_error",
      line: 1,
    });
    expect(errorOf(await runtime.run(""))).toMatchObject({ code: "syntax_error" });
  });
});

/** The compilers that this process has started. */
function compilers(): number[] {
  const list = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], {
    encoding: "utf8",
  });
  return list
    .split("\n")
    .filter((line) => line.includes("--api"))
    .map((line) => Number.parseInt(line, 10));
}

/** A check with a new compiler may take longer than it has, on a busy machine: then it is made again. */
async function inTime(run: () => Promise<ExecutionResult>): Promise<ExecutionResult> {
  for (;;) {
    const result = await run();
    if (result.ok || result.error.code !== "cpu_limit") return result;
  }
}

describe("the compiler", () => {
  test("reads nothing of this machine for a program", async () => {
    for (const path of [
      "/etc/passwd",
      `${process.cwd()}/package.json`,
      "../../../../etc/hostname",
      "lib.d.ts",
    ]) {
      const code = `/// <reference path="${path}" />\nimport type * as x from "${path}";\nreturn 1`;
      const result = await runtime.run(code);
      expect(JSON.stringify(result)).not.toMatch(/root:|"codecell"/);
    }
    expect(
      errorOf(await runtime.run('const x: typeof import("/etc/passwd") = 1; return y')).message,
    ).toBe("Cannot find name 'y'.");
  });

  test("one that computes for ever is killed, the run ends with its own code, and the next check has a new one", async () => {
    await using own = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      typeCheck: true,
      tools: { crm },
    });
    const others = new Set(compilers());
    const [pid] = compilers().filter((each) => [...others].at(-1) === each);
    const union = Array.from({ length: 10 }, (_, digit) => `"${digit}"`).join(" | ");
    const bomb = `type D = ${union}; type N<A extends string> = A extends \`\${infer H}\${infer T}\` ? \`\${H}\${D}\${N<T>}\` : "";
      type All<A extends any[], R = never> = A["length"] extends 60 ? R : All<[...A, 1], R | [A["length"], N<"abcd">]>;
      type Big<T, U> = T extends any ? U extends any ? [T, U] : never : never;
      let x: Big<Big<N<"abcd">, N<"abcd">>, Big<N<"abcd">, N<"abcd">>> = 1; let y: All<[]> = x; return y`;
    const result = await own.run(bomb);
    // TypeScript gives up by itself where it can; what matters is that something ends it.
    expect(["cpu_limit", "type_error", "program_error"]).toContain(
      result.ok ? "program_error" : result.error.code,
    );
    if (!result.ok && result.error.code === "cpu_limit") {
      expect(result.error.message).toContain("the type check took more than");
      await expect.poll(() => isAlive(pid!)).toBe(false);
    }
    const wrong = await inTime(() => own.run("return await tools.crm.find({ id: 7 })"));
    expect(errorOf(wrong).code).toBe("type_error");
  });

  test("is gone when the runtime is closed", async () => {
    const before = new Set(compilers());
    const own = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      typeCheck: true,
      tools: { crm },
    });
    const [pid] = compilers().filter((each) => !before.has(each));
    expect(isAlive(pid!)).toBe(true);
    await own.close();
    await expect.poll(() => isAlive(pid!)).toBe(false);
  });

  test("one that dies is replaced, and the program is checked all the same", async () => {
    const before = new Set(compilers());
    await using own = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      typeCheck: true,
      tools: { crm },
    });
    for (const pid of compilers().filter((each) => !before.has(each))) process.kill(pid, "SIGKILL");
    const wrong = await inTime(() => own.run("return await tools.crm.find({ id: 7 })"));
    expect(errorOf(wrong)).toMatchObject({ code: "type_error" });
    expect(await own.run("return (await tools.crm.find({ id: '7' })).name")).toMatchObject({
      ok: true,
      value: "Ada",
    });
  });

  test("many checks at once each get their own answer", async () => {
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        runtime.run(at % 2 === 0 ? `return await tools.crm.find({ id: ${at} })` : `return ${at}`),
      ),
    );
    for (const [at, result] of results.entries())
      expect(result.ok ? result.value : result.error.code).toBe(at % 2 === 0 ? "type_error" : at);
  });
});

test("settings that make no sense are refused", async () => {
  await expect(createRuntime({ typeCheck: "yes" as never })).rejects.toThrow(
    'typeCheck must be true, false or "auto"',
  );
});

test("a runtime that is closed inspects nothing, and leaves no compiler behind", async () => {
  const own = await createRuntime({ engine: "quickjs", placement: "inline", typeCheck: true });
  const waiting = Array.from({ length: 5 }, () => own.inspect("return 1"));
  const runs = Array.from({ length: 5 }, () => own.run("return 1"));
  const settled = Promise.allSettled(waiting);
  await own.close();
  for (const inspection of await settled)
    expect(inspection).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
  for (const result of await Promise.all(runs))
    expect(result).toMatchObject({ ok: false, error: { code: "aborted" } });
  await expect(own.inspect("1")).rejects.toMatchObject({ code: "aborted" });
});

describe("ask", () => {
  let model: Runtime;
  beforeAll(async () => {
    model = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      typeCheck: true,
      onModel: ({ schema }) =>
        schema === undefined ? "a text" : '{"n":1,"kind":"gift","tags":[]}',
    });
  });
  afterAll(() => model.close());

  const SCHEMA = `{ type: "object", properties: {
    n: { type: "number" }, kind: { enum: ["gift", "other"] }, note: { type: ["string", "null"] },
    tags: { type: "array", items: { anyOf: [{ type: "string" }, { type: "integer" }] } },
    by: { type: "object", additionalProperties: { type: "boolean" } },
  }, required: ["n", "kind", "tags"] }`;

  test.each([
    ["(await ask('a')).toUpperCase()", true],
    ["(await ask('a', {})).toUpperCase()", true],
    ["(await ask('a')).total", /'total' does not exist on type 'string'/],
    ["ask('a').length", /'length' does not exist on type 'Promise<string>'/],
    ["await ask()", /Expected 1-2 arguments|No overload/],
    ["await ask(1)", /not assignable/],
    ["await ask('a', { schema: 1 })", /not assignable|No overload/],
    [
      `const a = await ask('a', { schema: ${SCHEMA} });\na.n.toFixed(1) + a.kind + a.tags.length`,
      true,
    ],
    [
      `const a = await ask('a', { schema: ${SCHEMA} });\na.note?.length; a.by?.x; a.tags.map(String)`,
      true,
    ],
    [`const a = await ask('a', { schema: ${SCHEMA} });\na.total`, /'total' does not exist/],
    [
      `const a = await ask('a', { schema: ${SCHEMA} });\na.n.length`,
      /'length' does not exist on type 'number'/,
    ],
    [
      `const a = await ask('a', { schema: ${SCHEMA} });\na.tags.total`,
      /'total' does not exist on type/,
    ],
    [
      "const schema = { type: 'object', properties: { n: { type: 'number' } } };\n(await ask('a', { schema })).n",
      true,
    ],
    ["const schema = JSON.parse('{}');\n(await ask('a', { schema })).anything", true],
    ["(await ask('a', { schema: { type: 'object' } })).anything", true],
    ["(await ask('a', { schema: { $ref: '#/a' } }))?.anything", true],
  ] as const)("%s", async (code, right) => {
    const { diagnostics } = await model.inspect(code);
    if (right === true) expect(diagnostics).toEqual([]);
    else expect(diagnostics[0]).toMatchObject({ message: expect.stringMatching(right) });
  });

  test("a program with it runs", async () => {
    const code = `return (await ask('a', { schema: ${SCHEMA} })).kind`;
    expect(await model.run(code)).toMatchObject({ ok: true, value: "gift" });
  });

  test("without a model it is not there, and the hint says what to do", async () => {
    const wrong = errorOf(await runtime.run("return await ask('a')"));
    expect(wrong).toMatchObject({
      code: "type_error",
      message: expect.stringContaining("Cannot find name 'ask'"),
      hint: expect.stringContaining("This host gives programs no model. Return the rows"),
    });
    expect(wrong.tool).toBeUndefined();
    const inspection = await runtime.inspect("return await ask('a')");
    expect(inspection).toMatchObject({ ok: false, tools: [{ server: "", tool: "ask" }] });
    expect(await runtime.run("const ask = (n) => n; return ask(2)")).toMatchObject({ value: 2 });
    expect(await runtime.run("return await ask('a')", { onModel: () => "b" })).toMatchObject({
      ok: true,
      value: "b",
    });
  });
});
