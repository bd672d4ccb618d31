/** Types of `tool()`: what `run` gets follows from `input`. Compiled by `tsc`, never run. */
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import {
  createRuntime,
  type ErrorCode,
  tool,
  type ToolDefinition,
  ToolError,
} from "../../src/index.ts";

test("arguments of a zod schema are what it gives: defaults and transforms applied", () => {
  const made = tool({
    input: z.object({
      id: z.string(),
      limit: z.number().default(10),
      since: z.string().transform((text) => new Date(text)),
      tags: z.array(z.enum(["a", "b"])).optional(),
    }),
    run: (args) => {
      expectTypeOf(args).toEqualTypeOf<{
        id: string;
        limit: number;
        since: Date;
        tags?: ("a" | "b")[] | undefined;
      }>();
    },
  });
  expectTypeOf(made).toEqualTypeOf<ToolDefinition>();
});

test("arguments of a zod 3 schema are what it gives", () => {
  tool({
    input: z3.object({ id: z3.string(), limit: z3.number().default(10) }),
    run: (args) => expectTypeOf(args).toEqualTypeOf<{ id: string; limit: number }>(),
  });
});

test("arguments of a JSON Schema are a record", () => {
  tool({
    input: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
    run: (args) => {
      expectTypeOf(args).toEqualTypeOf<Record<string, unknown>>();
      expectTypeOf(args["id"]).toBeUnknown();
    },
  });
});

test("without a schema the argument is unknown, and can be given a type", () => {
  tool({ run: (args) => expectTypeOf(args).toBeUnknown() });
  tool({ run: () => 1 });
  tool({ run: (args: { id: string }) => args.id });
});

test("run gets the signal and the user, and may return anything, at once or later", () => {
  tool({
    run: async (_args, context) => {
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(context.user).toEqualTypeOf<string | undefined>();
      return new Map([[1n, new Date()]]);
    },
  });
});

test("a tool needs `run`, and has no other keys", () => {
  // @ts-expect-error -- no `run`
  tool({ description: "Find a customer" });
  // @ts-expect-error -- the schema is `input`
  tool({ inputSchema: z.object({}), run: () => 1 });
  // @ts-expect-error -- a description is a text
  tool({ description: 1, run: () => 1 });
});

test("a tool is accepted by createRuntime, beside plain functions", () => {
  const find = tool({ input: z.object({ id: z.string() }), run: ({ id }) => id });
  void createRuntime({ tools: { crm: { find, ping: async () => "pong" } } });
});

test("a plain function may have any parameters", () => {
  void createRuntime({ tools: { crm: { f: (a: string, b?: number) => `${a}${b}` } } });
});

test("a ToolError has a stable code", () => {
  const error = new ToolError("rate_limited", "try later", { hint: "wait", tool: "crm.find" });
  expectTypeOf(error).toExtend<Error>();
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  expectTypeOf(error.hint).toEqualTypeOf<string | undefined>();
  // @ts-expect-error -- unknown code
  void new ToolError("oops", "try later");
});
