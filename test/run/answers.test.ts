/** A wrong use of a result: the failure says what the tool had answered, its shape and never its values, on both engines. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExecutionResult, type Runtime, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

const PAGE = {
  items: [{ title: "SECRET", labels: [], author: { login: "SECRET" } }, { title: "SECRET" }],
  next: null,
};
const SHAPE =
  "x.page answered { items: { title: string; labels?: []; author?: { login: string } }[]; next: null }.";
const GET = "const list = await tools.x.page();";

/** What programs get wrong about a result. */
const WRONG: readonly string[] = [
  `${GET}\nreturn list.split(",")`,
  `${GET}\nreturn list.map((each) => each.title)`,
  `${GET}\nreturn list.items.map((each) => each.title.items.first())`,
  `${GET}\nreturn list.data.title`,
  `${GET}\nlist.data.title = 1`,
  `${GET}\nfor (const each of list) console.log(each)`,
  `${GET}\nfor await (const each of list) console.log(each)`,
  `${GET}\nreturn [...list]`,
  `${GET}\nreturn Math.max(...list)`,
  `${GET}\nreturn new Map(list)`,
  `${GET}\nconst [first] = list`,
  `${GET}\nconst { title } = list.data`,
  `${GET}\nconst { data: { title } } = list`,
  `${GET}\nreturn Object.keys(list.data)`,
  `${GET}\nreturn "a" in list.items[0].title`,
  `${GET}\nreturn Object.fromEntries(list.items[0].title)`,
  `${GET}\nreturn JSON.parse(list)`,
  `${GET}\nreturn JSON.parse(list.items[0].title)`,
  "return (await tools.x.page()).map((each) => each)",
  "return await tools.x.page().then((list) => list.map((each) => each))",
];

/** What a tool answers, and its shape. */
const SHAPES: readonly (readonly [answer: unknown, shape: string])[] = [
  ["a text", "string"],
  [7, "number"],
  [true, "boolean"],
  [null, "null"],
  [undefined, "nothing (undefined)"],
  [12n ** 30n, "bigint"],
  [[], "[]"],
  [["a", 1], "(string | number)[]"],
  [[{ a: 1 }, { a: null }], "{ a: number | null }[]"],
  [{}, "{}"],
  [new Date(0), "unknown"],
  [
    '{"rows":[{"SECRET@example.com":1}]}',
    "a string, the JSON of { rows: { [key: string]: number }[] }",
  ],
  ["{ no JSON", "string"],
  [{ "SECRET@example.com": { age: 1 } }, "{ [key: string]: { age: number } }"],
  [{ SECRET7: 1, SECRET8: "a" }, "{ [key: string]: number | string }"],
  [{ "SECRET SECRET": [1] }, "{ [key: string]: number[] }"],
  [
    { SECRETann: { age: 1 }, SECRETbob: { age: 2 }, SECRETcid: { age: 3 } },
    "{ [key: string]: { age: number } }",
  ],
  [{ SECRETann: { age: 1 }, SECRETbob: { age: 2 } }, "{ [key: string]: { age: number } }"],
  [{ errors: [], warnings: [] }, "{ errors: []; warnings: [] }"],
  [
    Object.fromEntries(Array.from("abcdefghijklmnop", (each) => [`SECRET${each}`, 1])),
    "{ [key: string]: number }",
  ],
  [
    { title: "a", body: "b", state: "c", url: "d" },
    "{ title: string; body: string; state: string; url: string }",
  ],
  [{ sha256: "a", SECRET_1: "b" }, "{ [key: string]: string }"],
  ["x".repeat(70_000), "a string of more than 64 KiB"],
  [Array.from({ length: 9_000 }, () => "SECRET"), "a list of more than 64 KiB"],
  [{ all: "SECRET".repeat(20_000) }, "an object of more than 64 KiB"],
];

function hintOf(result: ExecutionResult): string | undefined {
  return result.ok ? undefined : result.error.hint;
}

describe.each(["quickjs", "v8"] as const)("on %s", (engine) => {
  let runtime: Runtime;
  let answer: unknown;
  beforeAll(async () => {
    const page = (): unknown => PAGE;
    runtime = await createRuntime({
      engine,
      placement: "inline",
      tools: {
        x: {
          page,
          any: () => answer,
          user: () => ({ name: "SECRET" }),
          fail: () => Promise.reject(new Error("SECRET")),
          declared: tool({
            output: { type: "object", properties: { sha256: { type: "string" }, line_1: {} } },
            run: () => ({ sha256: "SECRET", line_1: 1 }),
          }),
        },
      },
    });
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(WRONG)("%s", async (code) => {
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: false, error: { code: "program_error", hint: SHAPE } });
  });

  test.each(SHAPES)("answer %#", async (given, shape) => {
    answer = given;
    const hint = hintOf(await runtime.run("const a = await tools.x.any();\nreturn a.nothing.at"));
    const other = hintOf(await runtime.run("const a = await tools.x.any();\nreturn a.nothing()"));
    expect(hint).toMatch(/^x\.any answered /);
    expect(hint).toContain(shape);
    expect(other).toBe(hint);
    expect(hint).not.toContain("SECRET");
  });

  test("names that a tool declares are no data", async () => {
    const hint = hintOf(await runtime.run("(await tools.x.declared()).map()"));
    expect(hint).toBe("x.declared answered { sha256: string; line_1: number }.");
  });

  test("the tool whose result has a name in the line comes first, then the last ones", async () => {
    answer = 1;
    const lines = [
      "const user = await tools.x.user();",
      "const all = await tools.x.page();",
      "const other = await tools.x.any();",
      "await tools.x.declared();",
      "await tools.x.fail().catch(() => {});",
    ];
    const failing = async (line: string): Promise<string | undefined> =>
      hintOf(await runtime.run([...lines, line].join("\n")));
    expect(await failing("user.roles.map(String)")).toBe(
      "x.user answered { name: string }; x.declared answered { sha256: string; line_1: number }; x.any answered number.",
    );
    expect(await failing("all.map(String)")).toMatch(
      /^x\.page answered .*; x\.declared .*; x\.any /,
    );
  });

  test("it is short, however large and deep the answers are", async () => {
    const deep = (depth: number): unknown =>
      depth === 0
        ? 1
        : Object.fromEntries(["left", "right"].map((key) => [`${key}SIDE`, deep(depth - 1)]));
    answer = Object.fromEntries(["alpha", "beta", "gamma"].map((key, at) => [key, deep(at + 3)]));
    const code = "await tools.x.page(); await tools.x.user(); (await tools.x.any()).map()";
    const hint = hintOf(await runtime.run(code));
    expect(hint).toContain("x.any answered { ");
    expect(hint!.length).toBeLessThanOrEqual(420);
  });

  test.each([
    "null.x",
    "await tools.x.fail().catch(() => {});\nnull.x",
    `${GET}\nthrow new Error("list.map is not a function")`,
    `${GET}\nconst one = 1;\none = 2`,
    `${GET}\nreturn "a".repeat(-1)`,
    "await listTools('x');\nnull.x",
  ])("no such hint: %s", async (code) => {
    const result = await runtime.run(code);
    expect(result).toMatchObject({ ok: false, error: { code: "program_error" } });
    expect(hintOf(result)).toBeUndefined();
  });

  test("nothing is told of the run before, in a session as elsewhere", async () => {
    const session = await runtime.session("answers");
    await session.run("const kept = await tools.x.page()");
    expect(hintOf(await session.run("kept.map(String)"))).toBeUndefined();
    expect(hintOf(await session.run("(await tools.x.user()).map(String)"))).toContain("x.user");
    await session.close();
  });

  test("no value is in a hint, whatever is answered", async () => {
    const secret = fc.stringMatching(/^Q[a-z]{3,8}[0-9@. -][a-z]{2,8}Q$/);
    const key = fc.oneof(fc.constantFrom("title", "items", "name"), secret);
    const json = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        secret,
        fc.constant(null),
        fc.boolean(),
        tie("list"),
        tie("map"),
      ),
      list: fc.array(tie("any"), { maxLength: 4 }),
      map: fc.dictionary(key, tie("any"), { maxKeys: 4 }),
    })).any;
    const property = fc.asyncProperty(json, async (given) => {
      answer = given;
      const hint = hintOf(await runtime.run("(await tools.x.any()).none.of.it()"));
      expect(hint).toMatch(/^x\.any answered .+\.$/);
      expect(hint).not.toMatch(/Q[a-z]/);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

test("a placement elsewhere says the same", async () => {
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "process",
    tools: { x: { page: () => PAGE } },
  });
  expect(hintOf(await runtime.run(WRONG[0]!))).toBe(SHAPE);
});
