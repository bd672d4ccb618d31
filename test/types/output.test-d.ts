/** Types of a program's value: claimed, or those of a schema. Compiled by `tsc`, never run. */
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import type {
  ExecutionResult,
  JsonValue,
  ResumeOptions,
  RunOptions,
  Runtime,
  Session,
  StandardSchema,
} from "../../src/index.ts";

const runtime = {} as Runtime;
const session = {} as Session;

test("without more, a value is JSON, or there is none", () => {
  expectTypeOf(runtime.run("1")).resolves.toEqualTypeOf<ExecutionResult>();
  expectTypeOf(runtime.run("1", { user: "ann" })).resolves.toEqualTypeOf<ExecutionResult>();
  expectTypeOf(session.run("1")).resolves.toEqualTypeOf<ExecutionResult>();
});

test("a claim types it", async () => {
  const result = await runtime.run<{ total: number }>("1", { user: "ann" });
  if (result.ok) expectTypeOf(result.value).toEqualTypeOf<{ total: number }>();
  else expectTypeOf(result.error.code).toExtend<string>();
  const maybe = await session.run<number | undefined>("1");
  if (maybe.ok) expectTypeOf(maybe.value).toEqualTypeOf<number | undefined>();
  const resumed = await session.resume<number>();
  if (resumed.ok) expectTypeOf(resumed.value).toEqualTypeOf<number>();
  // @ts-expect-error -- not narrowed
  void result.value;
});

test("a Standard Schema types it, as it comes out of the schema", async () => {
  const output = z.object({ at: z.string().transform((text) => new Date(text)), n: z.number() });
  const result = await runtime.run("1", { output, limits: { wallMs: 1 } });
  if (result.ok) expectTypeOf(result.value).toEqualTypeOf<{ at: Date; n: number }>();
  const inSession = await session.run("1", { output: z.array(z.string()) });
  if (inSession.ok) expectTypeOf(inSession.value).toEqualTypeOf<string[]>();
  const resumed = await session.resume({ output: z.array(z.string()), answers: { 1: "x" } });
  if (resumed.ok) expectTypeOf(resumed.value).toEqualTypeOf<string[]>();
  const any = await runtime.run("1", { output: {} as StandardSchema<unknown, "x"> });
  if (any.ok) expectTypeOf(any.value).toEqualTypeOf<"x">();
});

test("a JSON Schema promises that there is a value", async () => {
  const result = await runtime.run("1", { output: { type: "number" } });
  if (result.ok) expectTypeOf(result.value).toEqualTypeOf<JsonValue>();
});

test("what is no schema is refused, and a claim beside a schema", () => {
  // @ts-expect-error -- no schema
  void runtime.run("1", { output: "number" });
  // @ts-expect-error -- the schema says the type
  void runtime.run<number>("1", { output: z.number() });
});

test("runtimes and sessions are called alike, also with options of a variable", () => {
  const target = {} as Runtime | Session;
  expectTypeOf(target.run("1", { limits: {} })).resolves.toEqualTypeOf<ExecutionResult>();
  expectTypeOf(runtime.run("1", {} as RunOptions)).resolves.toEqualTypeOf<ExecutionResult>();
  expectTypeOf(session.resume({} as ResumeOptions)).resolves.toEqualTypeOf<ExecutionResult>();
});

test("a result of one type is not one of another", () => {
  expectTypeOf<ExecutionResult<number>>().toExtend<ExecutionResult>();
  expectTypeOf<ExecutionResult>().not.toExtend<ExecutionResult<number>>();
});
