/** What an engine lacks or does otherwise: the same answers on both, or a failure that says so. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { demoTools } from "../support/demo-tools.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

const FEED = `
  const log = [];
  const feed = (fails = false) => ({
    [Symbol.asyncIterator]() { return this; },
    next: async () => ({ value: 1, done: false }),
    return: async () => { await null; await null; log.push("closed"); if (fails) throw new Error("not closed"); return {}; },
  });
  async function* numbers() { try { yield 1; yield 2; } finally { await null; log.push("closed"); } }`;

/** Programs that catch that memory ran out. */
const CATCHES = [
  "let a = []; try { while (true) a.push(new Array(10_000).fill(1)); } catch { a = null; return 'caught'; }",
  "let a = []; try { while (true) a.push('x'.repeat(1e6) + a.length); } catch {} a = null; return 'caught';",
  "let a = []; const fill = async () => { while (true) a.push(new Array(10_000).fill(1)); }; await fill().catch(() => { a = null; }); return 'caught';",
  "let a = []; try { while (true) a.push(new Array(10_000).fill(1)); } finally { a = null; return await tools.demo.echo('called'); }",
  "let a = []; setTimeout(() => { try { while (true) a.push(new Array(10_000).fill(1)); } catch { a = null; } }); await tools.demo.slow({ ms: 300 }); return 'caught';",
];

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  const called: unknown[] = [];
  beforeAll(async () => {
    const echo = async (given: unknown): Promise<unknown> => {
      called.push(given);
      return given;
    };
    const tools = { demo: { ...demoTools, echo } };
    runtime = await createRuntime({ engine, placement: "inline", tools, limits: { memoryMb: 48 } });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(CATCHES)("running out of memory ends the run: %s", async (program) => {
    called.length = 0;
    const result = await runtime.run(program);
    expect(result).toMatchObject({ ok: false, error: { code: "memory" } });
    expect(called).toEqual([]);
    expect(await value(runtime.run("return 1"))).toBe(1);
  });

  test("a session that ran out of memory says so and goes on from before", async () => {
    const session = await runtime.session("memory");
    expect(await value(session.run("globalThis.kept = 1; return kept"))).toBe(1);
    expect(await session.run(CATCHES[0]!)).toMatchObject({ ok: false, error: { code: "memory" } });
    expect((await session.run("return 2")).ok).toBe(true);
    await session.close();
  });

  test.each([
    ["break", "for await (const x of feed()) { break; }"],
    ["break of a generator", "for await (const x of numbers()) { break; }"],
    ["break to a label", "outer: for await (const x of feed()) { for (;;) break outer; }"],
    [
      "continue to a label",
      "let n = 0; outer: for await (const x of feed()) { for (;;) { if (n++ < 2) continue outer; break outer; } }",
    ],
    ["return", "const f = async () => { for await (const x of feed()) return 1; }; await f();"],
    [
      "throw",
      "try { for await (const x of feed(true)) throw new Error('mine'); } catch (error) { log.push(error.message); log.shift(); }",
    ],
    ["an end of its own", "for await (const x of numbers()) ;"],
    [
      "a loop in a loop",
      "for await (const x of feed()) { for await (const y of numbers()) break; log.pop(); break; }",
    ],
    ["one statement", "if (true) for await (const x of feed()) break; else log.push('no');"],
    [
      "a list",
      "for await (const x of [1, Promise.resolve(2)]) { if (x === 2) break; } log.push('closed');",
    ],
  ])("for await waits until its iterator is closed: %s", async (how, loop) => {
    const first = how === "throw" ? "mine" : "closed";
    expect(await value(runtime.run(`${FEED}\n${loop}\nlog.push("after"); return log`))).toEqual([
      first,
      "after",
    ]);
  });

  test("a failure to close is the failure of the loop", async () => {
    const program = `${FEED}\nfor await (const x of feed(true)) break;`;
    expect(await runtime.run(program)).toMatchObject({
      ok: false,
      error: { message: "not closed" },
    });
  });

  test("Array.fromAsync takes what it takes elsewhere", async () => {
    const sources = fc.record({
      list: fc.array(fc.integer(), { maxLength: 5 }),
      as: fc.constantFrom(
        "list",
        "list.map(async (n) => n)",
        "list.values()",
        "(async function* () { yield* list; })()",
        "new Set(list)",
        "Object.assign({ length: list.length }, list)",
      ),
      map: fc.constantFrom("", ", (n, at) => n + at", ", async (n) => [n]"),
    });
    const property = fc.asyncProperty(sources, async ({ list, as, map }) => {
      const items = as.startsWith("new Set") ? [...new Set(list)] : list;
      const wanted = items.map((n, at) => (map === "" ? n : map.includes("at") ? n + at : [n]));
      const program = `const list = ${JSON.stringify(list)}; return await Array.fromAsync(${as}${map})`;
      expect(await value(runtime.run(program))).toEqual(wanted);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test.each([
    ["await Promise.any([Promise.reject(1)])", "All promises were rejected", [1]],
    ["await Promise.any([])", "All promises were rejected", []],
    ["throw new AggregateError([1], 'mine')", "mine", [1]],
  ])("%s has its message", async (code, message, errors) => {
    const program = `try { ${code} } catch (error) { return [error.name, error.message, error.errors] }`;
    expect(await value(runtime.run(program))).toEqual(["AggregateError", message, errors]);
  });

  test("Temporal is there, or its absence says what to use", async () => {
    const result = await runtime.run("return typeof Temporal.Now.instant()");
    if (result.ok) expect(result.value).toBe("object");
    else expect(result.error.hint).toMatch(/no Temporal: use Date/);
  });
});

test("a regular expression that runs out of memory is a breach of memory on QuickJS", async () => {
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    limits: { memoryMb: 32 },
  });
  const program =
    "try { return /(?:a|b)*c/.test('ab'.repeat(3_000_000)) } catch { return 'caught' }";
  expect(await runtime.run(program)).toMatchObject({ ok: false, error: { code: "memory" } });
});
