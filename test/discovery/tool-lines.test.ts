/** What a line of a list says of a tool: enough to write the call, and a mark where it leaves something out. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import { type Runtime, type RuntimeOptions, tool } from "../../src/index.ts";
import { argumentTypes, resultType } from "../../src/tools/call-types.ts";
import type { JsonSchema } from "../../src/tools/tool.ts";
import { createRuntime } from "../support/patient.ts";

type Tools = NonNullable<RuntimeOptions["tools"]>;

const start = (tools: Tools, more: RuntimeOptions = {}): Promise<Runtime> =>
  createRuntime({ engine: "quickjs", placement: "inline", tools, ...more });

const text = { type: "string" };
const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: "object",
  properties,
  required,
});

async function search(runtime: Runtime, args: object): Promise<string> {
  return (await agentTools(runtime)[0]!.execute(args)).text;
}

test("a line is the call with the types of its arguments and result, and the first sentence", async () => {
  const createIssue = tool({
    description: "Opens an issue. It needs the right to write.",
    input: object({ labels: { type: "array", items: text }, owner: text, title: text }, [
      "owner",
      "title",
    ]),
    output: object({ number: { type: "integer" }, url: text }, ["number", "url"]),
    run: () => ({ number: 1, url: "u" }),
  });
  await using runtime = await start({ github: { create_issue: createIssue, ping: () => 1 } });
  const line =
    "tools.github.createIssue({ owner: string, title: string, labels?: string[] }): " +
    "Promise<{ number: number, url: string }> // Opens an issue.";
  expect(await search(runtime, { query: "open an issue" })).toBe(line);
  expect(await search(runtime, { category: "github" })).toBe(`${line}\ntools.github.ping(args)`);
  expect(await runtime.startContext()).toContain(`\n${line}\n`);
  const inside = await runtime.run("return await searchTools('open an issue', 'parameters')");
  expect(inside).toMatchObject({
    ok: true,
    value: [
      {
        category: "github",
        name: "create_issue",
        call: "tools.github.createIssue(args)",
        description: "Opens an issue.",
        parameters: "{ owner: string, title: string, labels?: string[] }",
        result: "{ number: number, url: string }",
      },
    ],
  });
});

test("null is what is left out, and a page has at least one tool", async () => {
  await using runtime = await start({ api: { get: () => 1, list: () => 2 } });
  const nothing = { category: null, limit: null, offset: null, detail: null };
  expect(await search(runtime, { ...nothing, query: "get" })).toBe("tools.api.get(args)");
  expect(await search(runtime, { ...nothing, query: null })).toBe("api (2 tools)");
  const page = await search(runtime, { category: "api", limit: 0 });
  expect(page).toBe("tools.api.get(args)\nThere are more: offset 1.");
  const run = await agentTools(runtime)[2]!.execute({ code: "return 1", session: null });
  expect(run).toMatchObject({ isError: false, text: "1" });
  for (const bad of [
    { query: 1 },
    { query: "a", limit: "x" },
    { query: "a", offset: -1 },
    { category: [] },
  ])
    expect(await search(runtime, bad), JSON.stringify(bad)).toMatch(
      /^invalid_arguments: .{1,200}$/,
    );
});

test("a result that nobody declares is learned, or left out", async () => {
  const tools = { api: { get: () => [{ id: 1, tags: ["a"] }] } };
  await using plain = await start(tools);
  await plain.run("await tools.api.get()");
  expect(await search(plain, { category: "api" })).toBe("tools.api.get(args)");
  await using learning = await start(tools, { learn: true });
  await learning.run("await tools.api.get()");
  expect(await search(learning, { category: "api" })).toBe(
    "tools.api.get(args): Promise<{ id: number, tags: string[] }[]>",
  );
});

const wide = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`property${at}`, text]));

test.each<[string, JsonSchema, string]>([
  ["none", object({}), "{}"],
  [
    "a reference",
    { ...object({ a: { $ref: "#/$defs/A" } }), $defs: { A: text } },
    "{ a?: string }",
  ],
  [
    "a reference to itself",
    { ...object({ next: { $ref: "#" }, id: text }, ["id"]) },
    "{ id: string, next?: { id: string, next?: { id: string, next?: { id: string, next?: { … } } } } }",
  ],
  ["a reference that leads nowhere", object({ a: { $ref: "#/$defs/B" } }), "{ a?: B }"],
  [
    "limits",
    object({
      page: { type: "integer", minimum: 1 },
      size: { type: "integer", minimum: 1, maximum: 100 },
      id: { type: "integer", maximum: Number.MAX_SAFE_INTEGER },
      since: { type: "string", format: "date-time" },
      key: { type: "string", pattern: "^[A-Z]{3}$" },
      title: { type: "string", minLength: 1, maxLength: 72 },
    }),
    "{ page?: number, size?: number (1..100), id?: number, since?: string (date-time), key?: string…, title?: string (≤72 chars) }",
  ],
  [
    "choices",
    object({ state: { enum: ["open", "closed"] }, by: { type: ["string", "null"] } }, ["state"]),
    '{ state: "open" | "closed", by?: string | null }',
  ],
  [
    "all of several",
    object({ a: { allOf: [object({ b: text }), object({ c: text })] } }),
    "{ a?: { b?: string } & { c?: string } }",
  ],
  [
    "any key",
    object({ env: { type: "object", additionalProperties: text } }),
    "{ env?: Record<string, string> }",
  ],
  [
    "a tuple, and a list of choices",
    object({
      at: { type: "array", prefixItems: [{ type: "number" }, text], items: false },
      old: { type: "array", items: [text, { type: "integer" }] },
      of: { type: "array", items: { enum: ["a(b", "c<d"] } },
    }),
    '{ at?: [number, string], old?: [string, number], of?: ("a(b" | "c<d")[] }',
  ],
  [
    "what has to be in several schemas at once",
    { type: "object", allOf: [object({ a: text }, ["a"]), object({ b: text })] },
    "{ a: string } & { b?: string }",
  ],
  [
    "choices that must fit another",
    object({ a: { allOf: [{ enum: ["x", "y"] }, { type: "string" }] } }),
    '{ a?: ("x" | "y") & string }',
  ],
  [
    "which go together",
    { ...object({ a: text, b: text }), anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    "{ a?: string, b?: string, … }",
  ],
  [
    "others of one type beside them",
    { ...object({ a: text }), additionalProperties: { type: "number" } },
    "{ a?: string, … }",
  ],
  ["only others", { type: "object", additionalProperties: true }, "Record<string, unknown>"],
  [
    "a reference that may be null",
    { ...object({ a: { $ref: "#/$defs/A", nullable: true } }), $defs: { A: text } },
    "{ a?: string | null }",
  ],
  [
    "a text that is too long for a literal",
    object({ a: { const: "x".repeat(101) } }),
    `{ a?: "${"x".repeat(100)}"… }`,
  ],
  ["data as a choice", object({ a: { enum: [[1], { b: 1 }] } }), "{ a?: unknown[] | { … } }"],
  [
    "limits of referenced, nullable and listed values",
    {
      ...object({
        id: { $ref: "#/$defs/Id" },
        at: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
        all: { type: "array", items: { $ref: "#/$defs/Id" } },
      }),
      $defs: { Id: { type: "string", pattern: "^a" } },
    },
    "{ id?: string…, at?: string | null (date), all?: string[]… }",
  ],
  [
    "exclusive limits, and those of texts",
    object({
      share: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
      more: { type: "number", exclusiveMinimum: 5 },
      code: { type: "string", minLength: 8 },
      file: { type: "string", contentEncoding: "base64" },
    }),
    "{ share?: number (<1), more?: number (>5), code?: string…, file?: string (base64) }",
  ],
])("arguments: %s", (_name, schema, expected) => {
  expect(argumentTypes(schema)).toBe(expected);
});

test("what does not fit is left out with a mark, optional arguments first", () => {
  const line = argumentTypes(object({ ...wide, needed: text }, ["needed"]));
  expect(line).toMatch(/^\{ needed: string, property0\?: string, .*, … \}$/);
  expect(line.length).toBeLessThanOrEqual(200);
  const all = argumentTypes(object(wide, Object.keys(wide).slice(0, 15)));
  expect(all).toContain("property14: string, …");
  const deep = object({ a: object({ b: object(wide) }) }, ["a"]);
  expect(argumentTypes(deep)).toBe("{ a: { b?: { … } } }");
  expect(resultType({ type: "array", items: object(wide) })).toMatch(/^\{ .*, … \}\[\]$/);
});

test.each<[string, JsonSchema | undefined, string | undefined]>([
  ["none", undefined, undefined],
  ["anything", {}, undefined],
  ["a string", text, "string"],
  ["a list of objects", { type: "array", items: object({ a: text }, ["a"]) }, "{ a: string }[]"],
  ["a list of choices", { type: "array", items: { enum: [1, 2] } }, "(1 | 2)[]"],
  ["a choice of objects", { anyOf: [object({ a: text }), text] }, "{ a?: string } | string"],
  [
    "an object or null",
    { ...object({ a: text }, ["a"]), type: ["object", "null"] },
    "{ a: string } | null",
  ],
  ["a large number", { type: "integer", format: "int64" }, "number | bigint"],
  [
    "large numbers in a list",
    { type: "array", items: object({ id: { type: "integer", format: "int64" } }, ["id"]) },
    "{ id: number | bigint }[]",
  ],
  ["a list of itself", { type: "array", items: { $ref: "#" } }, expect.stringMatching(/^\S+$/)],
])("result: %s", (_name, schema, expected) => {
  expect(resultType(schema)).toEqual(expected);
});

test("properties that are too many to look at are marked, and cost little", () => {
  const self = { $ref: "#" };
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`p${at}`, self]));
  expect(argumentTypes(object({ a: object(many) }, ["a"]))).toMatch(/^\{ a: .*… \} \}$/);
  const visits = { count: 0 };
  const counted = new Proxy(many, {
    ownKeys: (target) => {
      visits.count++;
      return Reflect.ownKeys(target);
    },
  });
  argumentTypes(object(counted));
  expect(visits.count).toBeLessThan(200);
  expect(argumentTypes(object({ a: { enum: Array.from({ length: 60 }, () => ({})) } }))).toBe(
    "{ a?: { … } | … }",
  );
});

test("whatever a server sends as a schema is a short text on one line", () => {
  const schema = fc.letrec((part) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.record(
        {
          type: fc.oneof(fc.constantFrom("object", "array", "string", "integer"), fc.jsonValue()),
          properties: fc.oneof(fc.dictionary(fc.string(), part("schema")), fc.jsonValue()),
          required: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
          items: part("schema"),
          anyOf: fc.oneof(fc.array(part("schema")), fc.jsonValue()),
          allOf: fc.array(part("schema")),
          $ref: fc.constantFrom("#", "#/properties", "#/items", "#x"),
          format: fc.jsonValue(),
          maximum: fc.jsonValue(),
          pattern: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    ),
  })).schema;
  fc.assert(
    fc.property(schema, (given) => {
      const root = (typeof given === "object" && given !== null ? given : {}) as JsonSchema;
      for (const line of [argumentTypes(root), resultType(root) ?? ""]) {
        expect(line).not.toMatch(/[\n\r\u2028\u202e]/);
        expect(line.length).toBeLessThanOrEqual(2_400);
      }
    }),
  );
});
