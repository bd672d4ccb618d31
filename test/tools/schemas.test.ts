/** Schemas of other libraries in `tool({ input })`: typed and checked, or a warning says that they are not. */
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import { type LocalTools, type Runtime, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

let runtime: Runtime | undefined;
afterEach(() => runtime?.close());

async function open(app: LocalTools): Promise<Runtime> {
  runtime = await createRuntime({ engine: "quickjs", placement: "inline", tools: { app } });
  return runtime;
}

async function declaration(of: Runtime, name: string): Promise<string> {
  return (await of.getToolSpec("app", name)).declaration;
}

test("a zod 3 schema is typed, checked and applied", async () => {
  const node: z3.ZodType = z3.lazy(() => z3.object({ label: z3.string(), next: node.optional() }));
  const input = z3.object({
    id: z3.string().describe("Of the customer"),
    limit: z3.number().default(10),
    since: z3.date().optional(),
    tags: z3.array(z3.enum(["a", "b"])).optional(),
    tree: node.optional(),
  });
  const output = z3.object({ id: z3.string(), limit: z3.number() });
  const of = await open({
    find: tool({
      input,
      output,
      run: ({ id, limit, since }) => ({ id, limit, ms: since?.getTime() }),
    }),
  });
  const text = await declaration(of, "find");
  expect(text).toMatch(
    /id: string[^]*limit\?: number[^]*since\?: unknown[^]*tags\?: \("a" \| "b"\)\[\]/,
  );
  expect(text).toContain("Of the customer");
  expect(text).toContain("label: string");
  const run = async (args: string): Promise<unknown> =>
    await of.run(`await tools.app.find(${args})`);
  expect(
    await run("{ id: 'x', since: new Date(5), tree: { label: 'a', next: { label: 'b' } } }"),
  ).toMatchObject({
    value: { id: "x", limit: 10, ms: 5 },
  });
  expect(await run("{ id: 'x', limit: 'many' }")).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining("limit: Expected number, received string") },
  });
  expect(of.describe().warnings).toEqual([]);
});

test("so is one of zod before 3.24, which is no Standard Schema", async () => {
  const whole = z3.object({ id: z3.string().transform((id) => `${id}!`) });
  const input = { _def: whole._def, safeParseAsync: whole.safeParseAsync.bind(whole) } as never;
  const of = await open({ find: tool({ input, run: ({ id }: { id: string }) => id }) });
  expect(await declaration(of, "find")).toContain("id: string");
  expect(await of.run("await tools.app.find({ id: 'x' })")).toMatchObject({ value: "x!" });
  expect(await of.run("await tools.app.find({ id: 7 })")).toMatchObject({ ok: false });
});

test("so is one of zod 4 before 4.2, which does not convert itself", async () => {
  const whole = z.object({ id: z.string() });
  const { jsonSchema: _, ...standard } = whole["~standard"];
  const input = { _zod: whole._zod, "~standard": standard } as never;
  const of = await open({ find: tool({ input, run: ({ id }: { id: string }) => id }) });
  expect(await declaration(of, "find")).toContain("id: string");
  expect(await of.run("await tools.app.find({ id: 'x' })")).toMatchObject({ value: "x" });
});

test("a schema that knows draft-07 only is asked for that", async () => {
  const asked: string[] = [];
  const convert = ({ target }: { target: string }): Record<string, unknown> => {
    asked.push(target);
    if (target !== "draft-07") throw new Error("unknown target");
    return { type: "object", properties: { id: { type: "string" } } };
  };
  const input = {
    "~standard": {
      version: 1,
      vendor: "mine",
      validate: (value: unknown) => ({ value: value as { id: string } }),
      jsonSchema: { input: convert, output: convert },
    },
  } as const;
  const of = await open({ find: tool({ input, run: ({ id }) => id }) });
  expect(await declaration(of, "find")).toContain("id?: string");
  expect(asked).toEqual(["draft-2020-12", "draft-07"]);
});

test("a schema that nothing converts works, and a warning says that it has no types", async () => {
  const input = {
    "~standard": {
      version: 1,
      vendor: "mine",
      validate: (value: unknown) => ({ value: value as { id: string } }),
    },
  } as const;
  const of = await open({ find: tool({ input, output: input, run: ({ id }) => id }) });
  expect(await of.run("await tools.app.find({ id: 'x' })")).toMatchObject({ value: "x" });
  expect(of.describe().warnings).toEqual([
    expect.stringContaining("app.find: programs see no types of its arguments and its result"),
  ]);
});
