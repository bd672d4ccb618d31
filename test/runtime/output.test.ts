/** `output`: the value of a program is checked by a schema, and what does not fit is an error for the program's author. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import type { JsonSchema, Runtime, StandardSchema } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

let runtime: Runtime;
let calls = 0;
beforeAll(async () => {
  runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tokenizer: (text) => text.length,
    tools: { crm: { count: () => ++calls } },
  });
});
afterAll(() => runtime.close());

/** A schema of a library of one's own. */
function standard<Output>(
  validate: StandardSchema<unknown, Output>["~standard"]["validate"],
): StandardSchema<unknown, Output> {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

const ORDERS = z.object({ orders: z.array(z.object({ id: z.string(), total: z.number() })) });

describe("a Standard Schema", () => {
  test("lets what fits through, as it returns it", async () => {
    const output = z.object({
      at: z.string().transform((text) => new Date(text)),
      page: z.number().default(1),
      bytes: z.number().transform((length) => new Uint8Array(length)),
    });
    const result = await runtime.run("return { at: '2026-01-02', bytes: 3 }", { output });
    if (!result.ok) return expect.fail(result.error.message);
    expect(result.value.at.getUTCFullYear()).toBe(2026);
    expect(result.value.page).toBe(1);
    expect(result.value.bytes).toHaveLength(3);
    result.value.page = 2; // it is the caller's
    expect(Object.isFrozen(result)).toBe(true);
    expect(result.tokens?.value).toBe('{"at":"2026-01-02","bytes":3}'.length);
  });

  test("says of what does not fit where it is, what was expected and what was found", async () => {
    const code =
      "await tools.crm.count(); return { orders: [{ id: 7, total: '12' }, { id: 'b' }] }";
    const result = await runtime.run(code, { output: ORDERS });
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "program_error",
        name: "OutputError",
        message: expect.stringMatching(
          /orders\[0\]\.id: .*expected string.*, got 7; orders\[0\]\.total: .*expected number.*, got "12"; orders\[1\]\.total: .*, got undefined/,
        ),
        hint: expect.stringContaining("expects { orders: { id: string, total: number }[] }"),
      },
      calls: [{ tool: "crm.count", ok: true }],
    });
    expect(result).not.toHaveProperty("value");
  });

  test("of many faults the first are named, and long texts are cut", async () => {
    const code =
      "return { orders: Array.from({ length: 500 }, () => ({ id: 'x', total: 'y'.repeat(500) })) }";
    const result = await runtime.run(code, { output: ORDERS, limits: { resultBytes: 2_000_000 } });
    if (result.ok) return expect.fail("it was taken");
    expect(result.error.message).toMatch(/and 495 more$/);
    expect(result.error.message.length).toBeLessThan(2_500);
    expect(result.error.message).not.toContain("\n");
  });

  test("takes paths of a class of its library", async () => {
    class Path extends Array<PropertyKey> {
      constructor(...keys: PropertyKey[]) {
        super();
        this.push(...keys);
      }
    }
    const failing = (...path: PropertyKey[]): StandardSchema =>
      standard(() => ({ issues: [{ message: "is wrong", path: new Path(...path) }] }));
    for (const [output, message] of [
      [failing(), "the value does not fit: is wrong, got 1"],
      [failing("a", 0), "the value does not fit: a[0]: is wrong, got undefined"],
    ] as const)
      expect(await runtime.run("1", { output })).toMatchObject({ error: { message } });
  });

  test("checks what returned nothing too", async () => {
    expect(await runtime.run("return;", { output: z.undefined() })).toMatchObject({ ok: true });
    expect(await runtime.run("return;", { output: z.number() })).toMatchObject({ ok: false });
  });

  test("may answer later, and be of zod 3", async () => {
    const output = z.number().refine(async (n) => (await Promise.resolve(n)) > 1, "too small");
    expect(await runtime.run("2", { output })).toMatchObject({ ok: true, value: 2 });
    expect(await runtime.run("1", { output })).toMatchObject({
      ok: false,
      error: { message: "the value does not fit: too small, got 1" },
    });
    const old = z3.object({ n: z3.number() });
    expect(await runtime.run("({ n: 1 })", { output: old })).toMatchObject({ ok: true });
    expect(await runtime.run("({ n: '1' })", { output: old })).toMatchObject({ ok: false });
  });

  test("that fails itself, or never answers, loses nothing", async () => {
    const broken = standard(() => {
      throw new Error("no database");
    });
    expect(await runtime.run("console.log('a'); 1", { output: broken })).toMatchObject({
      ok: false,
      error: { message: "the value does not fit: the schema of output failed: no database" },
      logs: [{ text: "a" }],
    });
    const controller = new AbortController();
    const stuck = standard<never>(() => {
      setImmediate(() => controller.abort());
      return new Promise(() => {});
    });
    expect(await runtime.run("1", { output: stuck, signal: controller.signal })).toMatchObject({
      ok: false,
      error: { code: "aborted" },
    });
    const silent = standard<never>(() => new Promise(() => {}));
    const limits = { wallMs: 2_000 };
    expect(await runtime.run("1", { output: silent, limits })).toMatchObject({
      ok: false,
      error: {
        name: "OutputError",
        message: expect.stringContaining("did not answer within 2000 ms"),
      },
    });
  });

  test("is not asked about a program that failed, nor about a value that was cut", async () => {
    const output = standard<never>(() => expect.fail("it was asked"));
    expect(await runtime.run("throw new Error('oh')", { output })).toMatchObject({
      error: { message: "oh" },
    });
    const limits = { resultBytes: 256 };
    expect(await runtime.run("'x'.repeat(1_000)", { output, limits })).toMatchObject({
      ok: false,
      error: { code: "output_limit", hint: expect.stringContaining("Return less") },
    });
  });
});

describe("a JSON Schema", () => {
  const output = {
    type: "object",
    properties: { n: { type: "integer" } },
    required: ["n"],
    additionalProperties: false,
  };

  test.each<[code: string, message: string]>([
    ["({ n: 'x' })", 'n must be integer, got the string "x"'],
    ["({})", "n is missing"],
    ["({ n: 1, m: 2 })", "m is not a property"],
    ["[1]", "the value must be object, got an array"],
    ["return;", "the program returned nothing"],
  ])("%s", async (code, message) => {
    expect(await runtime.run(code, { output })).toMatchObject({
      ok: false,
      error: {
        code: "program_error",
        message: expect.stringContaining(message),
        hint: expect.stringContaining("expects { n: number }"),
      },
    });
  });

  test.each<[schema: JsonSchema, fits: string, fitsNot: string]>([
    [{ minimum: 3 }, "3", "2"],
    [{ minLength: 2 }, "'ab'", "'b'"],
    [{ minItems: 1 }, "[1]", "[]"],
    [{ prefixItems: [{ type: "string" }] }, "['a']", "[1]"],
  ])("of any keywords: %j", async (schema, fits, fitsNot) => {
    expect(await runtime.run(fits, { output: schema })).toMatchObject({ ok: true });
    expect(await runtime.run(fitsNot, { output: schema })).toMatchObject({
      error: { name: "OutputError" },
    });
  });

  test("lets what fits through, frozen as ever", async () => {
    const result = await runtime.run("({ n: 1 })", { output });
    expect(result).toMatchObject({ ok: true, value: { n: 1 } });
    expect(Object.isFrozen(result.ok && result.value)).toBe(true);
  });
});

test("sessions check values too, and events tell the verdict", async () => {
  const ends: unknown[] = [];
  const stop = runtime.on("run_end", ({ ok }) => ends.push(ok));
  const session = await runtime.session("checked");
  const first = await session.run("const kept = 1; return 'x'", { output: z.number() });
  expect(first).toMatchObject({ ok: false, error: { name: "OutputError" } });
  expect(await session.run("kept", { output: z.number() })).toMatchObject({ ok: true, value: 1 });
  stop();
  expect(ends).toEqual([false, true]);
});
