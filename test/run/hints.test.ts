/** What a program that failed is told, on both engines: what to write instead, and never what only its host can do. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/compile/compile.ts";
import { breach } from "../../src/core/breach.ts";
import { LIMITS, type Limits } from "../../src/core/limits.ts";
import type { Runtime } from "../../src/index.ts";
import { allHints } from "../../src/run/hints/unknown-names.ts";
import { demoTools } from "../support/demo-tools.ts";
import { createRuntime } from "../support/patient.ts";

/** A program that names what is not there, and a part of the hint. */
const UNKNOWN: readonly (readonly [code: string, hint: string])[] = [
  ["await fetch('https://example.com')", 'searchTools("fetch a page")'],
  ["new XMLHttpRequest()", 'searchTools("fetch a page")'],
  ["const fs2 = require('fs');\nfs2.x", "global fs"],
  ["require('lodash')", "no packages"],
  ["require('left-pad')", "plain JavaScript"],
  ["return process.env.HOME", "no process"],
  ["Buffer.from('a')", "new TextEncoder()"],
  ["print('a')", 'console.log("text")'],
  ["return __dirname", "fs.readdir"],
  ["module.exports = 1", "return 42"],
  ["exports.a = 1", "return 42"],
  ["window.x", "no browser"],
  ["document.title", "no browser"],
  ["import axios from 'axios';\naxios.get('x')", "no network"],
  ["import { readFile } from 'node:fs/promises';\nreadFile('x')", "global fs"],
  ["const p = await import('path'); p.join", "join texts"],
  ["await codemode.add({ a: 1, b: 2 })", "`await tools.demo.add({})`"],
  [
    "await client.callTools({ name: 'throw_text', arguments: {} })",
    "`await tools.demo.throwText({})`",
  ],
  ["await use_mcp_tool('demo', 'fail', {})", "`await tools.demo."],
  ["await agent.tool('fail')", "`await tools.demo.fail({})`"],
  ["await env.ECHO(1)", "`await tools.demo.echo({})`"],
  ["await tool('add')", "`await tools.demo.add({})`"],
  ["await demo_ad({ a: 1, b: 2 })", "`demo_add`"],
  ["setTimeOut(() => {}, 1)", "`setTimeout`"],
  ["return None", "`null`"],
  ["const ok = True; return ok", "`true`"],
  ["await get_tool_details(['demo.add'])", "getToolSpec"],
  ["await Deno.readTextFile('a')", "`await tools.demo."],
  ["localStorage.setItem('a', 1)", "session"],
];

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ engine, placement: "inline", tools: { demo: demoTools } });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(UNKNOWN)("%s", async (code, hint) => {
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: false, error: { hint: expect.stringContaining(hint) } });
  });

  test.each([
    "nothingLikeAnythingElseAtAll()",
    "str(1)",
    "return text",
    "throw new Error('fetch is not defined')",
    "throw Object.assign(new Error('x is not defined'.repeat(9_000)), { name: 'ReferenceError' })",
  ])("no hint where nothing is known: %s", async (code) => {
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: false, error: { code: "program_error" } });
    expect(result.ok || result.error.hint).toBeUndefined();
    expect(await runtime.run("return 1")).toMatchObject({ ok: true, value: 1 });
  });

  test("a program that forges the error of an engine gets a sentence, and keeps its code", async () => {
    const forged =
      "throw Object.assign(new Error('require is not defined'), { name: 'ReferenceError', code: 'memory' })";
    expect(await runtime.run(forged)).toMatchObject({
      ok: false,
      error: { code: "program_error" },
    });
  });

  test("a limit does not ask the program to raise it", async () => {
    const loop = "for (let i = 0; i < 9; i++) await tools.demo.echo(i)";
    const result = await runtime.run(loop, { limits: { toolCalls: 3 } });
    expect(result).toMatchObject({ ok: false, error: { code: "call_limit" } });
    expect(result.ok || result.error.hint).toMatch(/fewer calls/);
  });
});

/** Every kind of hint that a program can get: what brings it, and a part of it. */
const HINTS: readonly (readonly [what: string, code: string, hint: string])[] = [
  ["a name of another platform", "await fetch('https://example.com')", "searchTools"],
  ["a module", "import axios from 'axios';\naxios.get('x')", "no network"],
  ["a call of another product", "await codemode.add({ a: 1, b: 2 })", "Tools are called as"],
  ["a name that is nearly one", "setTimeOut(() => {}, 1)", "Did you mean `setTimeout`?"],
  [
    "a wrong use of a result",
    "(await tools.demo.echo({ a: [1] })).map(String)",
    "demo.echo answered { a: number[] }.",
  ],
  [
    "a text that is JSON",
    "(await tools.demo.echo('{\"a\":1}')).map(String)",
    "read it with JSON.parse",
  ],
  [
    "a call that was not awaited",
    "tools.demo.echo([1]).map(String)",
    "write `const value = await tools.demo.echo({})`",
  ],
  [
    "a discovery call that was not awaited",
    "listTools('demo').map(String)",
    "write `const value = await listTools()`",
  ],
  [
    "another promise that was not awaited",
    "(async () => [1])().map(String)",
    "write `const value = await promise`",
  ],
  ["a question that is none", "await ask()", 'Write `await ask("a question"'],
  ["a question without a model", "await ask('a')", "Return the rows"],
  ["arguments that do not fit", "await tools.demo.add({ a: 'x' })", ""],
  [
    "too many arguments",
    "await tools.demo.add(1, 2, 3, 4)",
    "Write tools.demo.add({ a: 1, b: 2 })",
  ],
  ["a call without an end", "await new Promise(() => {})", "Await tool calls or timers"],
  ["too many calls", "for (;;) await tools.demo.echo(1)", "Make fewer calls"],
  ["a result that is too large", "await tools.demo.big(300_000)", "Ask the tool for less"],
  ["too long a program", `"${"x".repeat(3_000)}"`, "shorter program"],
  ["a file outside of a session", "await fs.writeFile('/a', '1')", "session"],
  ["a file of the tools", "await fs.writeFile('/tools/a', '1')", "cannot be changed"],
  ["Python", "def main():\n    return None", "This is Python"],
  ["a shell command", "curl https://example.com", "This is a shell command"],
  ["HTML entities", "if (1 &lt; 2) x()", "escaped for HTML"],
  ["typographic quotes", "return \u201ca\u201d", "typographic"],
  ["dots", "const rows = [...];", "The dots stand for code"],
  ["a tool call as JSON", '{"name": "add", "arguments": {"a": 1}}', "tool call as JSON"],
  ["a program in JSON", '{"code": "return 1"}\n.', "JSON with a program in it"],
  ["a diff", "@@ -1 +1 @@\n-const a = 1\n+const a = 2", "This is a diff"],
  ["SQL", "SELECT a FROM b WHERE c = 1", "This is SQL"],
  ["JSX", "return <p>a</p>", "JSX"],
  ["a sentence", "Here is the program that you want.\nreturn 1", "text besides the program"],
  ["a reserved name", "const $codecell = 1", "Choose another name"],
  ["no text", "", "Write a program that returns a value"],
];

describe.each(["quickjs", "v8"] as const)("on %s, each hint", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    const limits = { toolCalls: 50, callBytes: 200_000, sourceBytes: 2_000 };
    const tools = { demo: demoTools };
    runtime = await createRuntime({ engine, placement: "inline", tools, limits });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(HINTS)(
    "%s: says what to write, which compiles, and asks for nothing of the host",
    async (_, code, part) => {
      const result = await runtime.run(code);
      if (result.ok) expect.fail("it did not fail");
      const { hint = "" } = result.error;
      expect(hint).toContain(part);
      expect(hint).not.toBe("");
      expect(hint).not.toMatch(/\braise\b|limits\.|sessions\.|sharing\./i);
      for (const line of codesIn(hint))
        expect(compile(line, { sourceBytes: 5_000 }).code).not.toBe("");
    },
  );
});

/** What stands in backticks, and calls after "Write". */
function codesIn(hint: string): string[] {
  const calls = hint.match(/(?<=^Write |\) or )tools\..*?\)(?= or |\.$|;)/g) ?? [];
  return [...Array.from(hint.matchAll(/`([^`]+)`/g), ([, code]) => code!), ...calls];
}

test("the code of every hint compiles", () => {
  const codes = allHints().flatMap((hint) =>
    [...hint.matchAll(/`([^`]+)`/g)].map(([, code]) => code!),
  );
  expect(codes.length).toBeGreaterThan(20);
  for (const code of codes)
    expect(
      compile(code.replace("CALL", "await tools.demo.add({})"), { sourceBytes: 1_000 }).code,
    ).not.toBe("");
});

test("no hint of a limit says to raise it", () => {
  for (const name of Object.keys(LIMITS.properties))
    expect(breach("timeout", "", name as keyof Limits).hint).not.toMatch(/raise|limits\./);
});
