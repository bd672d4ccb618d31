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
