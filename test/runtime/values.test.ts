/** What a program returns, passes on and logs is its content, or is refused with the way to it. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ARRIVING } from "../../fixtures/values/arriving.ts";
import { REFUSED } from "../../fixtures/values/refused.ts";
import type { Runtime } from "../../src/index.ts";
import { demoTools } from "../support/demo-tools.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

const ERROR_CLASSES = [
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
] as const;

const seen: unknown[] = [];
const given = {
  keep: async (arg: unknown) => {
    seen.push(arg);
    return arg;
  },
  fail_softly: async () =>
    new RangeError("outer", { cause: new AggregateError([new URIError("inner")], "middle") }),
  iterator: async () => [1].values(),
  headers: async () => new globalThis.Headers({ a: "1" }),
  response: async () => new globalThis.Response("body"),
};

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    const tools = { demo: demoTools, given };
    const network = { allow: ["example.com"] };
    runtime = await createRuntime({ engine, placement: "inline", tools, network });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(ARRIVING)("%s arrives as its content", async (expression, content) => {
    expect(await value(runtime.run(`return (${expression})`))).toEqual(content);
    const passed = `return await tools.given.keep({ it: (${expression}) })`;
    expect(await value(runtime.run(passed))).toEqual({ it: content });
  });

  test.each(REFUSED)("%s is refused with the way out", async (expression, way) => {
    const returned = await runtime.run(`return { rows: [(${expression})] }`);
    const refusal = { code: "not_serializable", message: expect.stringContaining(way) };
    expect(returned).toMatchObject({ ok: false, error: refusal });
    expect(returned.ok || returned.error.message).toMatch(/^value\.rows\[0\] is /);
    const passed = await runtime.run(`return await tools.given.keep((${expression}))`);
    expect(passed).toMatchObject({ ok: false, error: refusal });
  });

  test.each([...ARRIVING, ...REFUSED])("%s is not logged as nothing", async (expression) => {
    const { logs } = await runtime.run(`console.log((${expression}))`);
    if (!/Empty|JSON|Math|Object\.create/.test(expression)) expect(logs[0]?.text).not.toBe("{}");
  });

  test("errors keep their native class on the way to a tool and back", async () => {
    for (const name of ERROR_CLASSES) {
      seen.length = 0;
      const program = `
        class Own extends ${name} { status = 404 }
        const back = await tools.given.keep(new Own("no", { cause: new ${name}("why") }));
        return [back instanceof ${name}, back.cause instanceof ${name}, back.status, back.name, Object.keys(back)]`;
      const facts = [true, true, 404, name, ["status"]];
      expect(await value(runtime.run(program))).toEqual(facts);
      const Class = (globalThis as unknown as Record<string, ErrorConstructor>)[name]!;
      const error = seen[0] as Error & { status: number };
      expect(error).toBeInstanceOf(Class);
      expect(error.cause).toBeInstanceOf(Class);
      expect(error).toMatchObject({ message: "no", name, status: 404 });
    }
  });

  test("errors that a tool returns keep theirs", async () => {
    const program = `const error = await tools.given.fail_softly();
      return [error instanceof RangeError, error.cause instanceof AggregateError, error.cause.errors[0] instanceof URIError]`;
    expect(await value(runtime.run(program))).toEqual([true, true, true]);
  });

  test.each(["iterator", "headers", "response"])("a tool that returns %s says so", async (name) => {
    expect(await runtime.run(`return await tools.given.${name}()`)).toMatchObject({
      ok: false,
      error: { code: "not_serializable", message: expect.stringContaining("use ") },
    });
  });

  test("whatever holds items arrives with all of them or is refused", async () => {
    const wraps = [
      "return it",
      "return new Map([['k', it]])",
      "return new Error('e', { cause: it })",
    ];
    const makes = [
      "list.values()",
      "new Set(list).values()",
      "new Set(list)",
      "new Map(list.map((item, at) => [at, item]))",
      "(function* () { yield* list; })()",
      "new (class { #list = list; *[Symbol.iterator]() { yield* this.#list; } })()",
      "new (class { list = list; })()",
      "new (class extends Set { get [Symbol.toStringTag]() { return tag; } })(list)",
      "new (class extends Array { get [Symbol.toStringTag]() { return tag; } })(...list)",
      "new RangeError(tag, { cause: list })",
      "new AggregateError(list)",
    ];
    const property = fc.asyncProperty(
      fc.constantFrom(...makes),
      fc.constantFrom(...wraps),
      fc.array(fc.integer({ min: 1_000, max: 9_999 }), { minLength: 2, maxLength: 5 }),
      fc.constantFrom("Map", "Set", "Object", "Error", "Rows"),
      async (make, wrap, list, tag) => {
        const code = `const list = ${JSON.stringify(list)}, tag = "${tag}"; const it = ${make}; ${wrap}`;
        const result = await runtime.run(code);
        if (!result.ok) expect(result.error.code).toBe("not_serializable");
        else for (const item of list) expect(JSON.stringify(result.value)).toContain(`${item}`);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test("copies of structuredClone have all of it or are refused", async () => {
    const program = `
      const refused = [[1].values(), (function* () {})(), new WeakMap(), new Headers(), new URLSearchParams("a=1"), Object(Symbol())];
      const names = refused.map((it) => { try { return typeof structuredClone(it) } catch (error) { return error.name } });
      const both = structuredClone(new AggregateError([new RangeError("a")], "both"));
      return [names, both instanceof AggregateError, both.errors[0] instanceof RangeError, structuredClone(new DataView(new ArrayBuffer(2))).byteLength]`;
    expect(await value(runtime.run(program))).toEqual([
      Array.from({ length: 6 }, () => "DataCloneError"),
      true,
      true,
      2,
    ]);
  });
});
