import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ToolError } from "../../src/core/tool-error.ts";
import { tool } from "../../src/tools/define-tool.ts";
import { LocalSource, type LocalTools } from "../../src/tools/local.ts";
import type { ToolInfo, ToolSource } from "../../src/tools/tool.ts";
import { growth } from "../support/cost.ts";
import { type OpenTools, openTools } from "../support/open-tools.ts";

const context = { signal: new AbortController().signal, caller: {} };

async function local(tools: LocalTools): Promise<OpenTools> {
  return await openTools([new LocalSource("crm", tools)]);
}

async function failure(work: Promise<unknown>): Promise<ToolError> {
  const error = await work.then(
    () => expect.fail("it did not fail"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ToolError);
  return error as ToolError;
}

async function run(catalogue: OpenTools, name: string, args?: unknown): Promise<unknown> {
  return await catalogue.call(catalogue.resolve("crm", name), args, context);
}

function nothing(): void {}

function fake(name: string, tools: unknown[], more: Partial<ToolSource> = {}): ToolSource {
  const list = async (): Promise<ToolInfo[]> => tools as ToolInfo[];
  return { name, warnings: [], list, call: async (_tool, args) => args, ...more };
}

describe("local tools", () => {
  test("a zod schema types, checks and describes the argument", async () => {
    const find = tool({
      description: "Find a customer",
      input: z.object({ id: z.string(), limit: z.coerce.number().default(3) }),
      output: z.object({ id: z.string() }),
      run: ({ id, limit }, { signal }) => ({
        id: id.toUpperCase(),
        limit: limit + 1,
        aborted: signal.aborted,
      }),
    });
    const catalogue = await local({ find });
    expect(await run(catalogue, "find", { id: "a", limit: "4" })).toEqual({
      id: "A",
      limit: 5,
      aborted: false,
    });
    expect(catalogue.servers[0]!.tools[0]).toMatchObject({
      description: "Find a customer",
      inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
      outputSchema: { required: ["id"] },
    });
    const error = await failure(run(catalogue, "find", { id: 3 }));
    expect(error).toMatchObject({
      code: "invalid_arguments",
      hint: "expects { id: string, limit?: number }",
      tool: "crm.find",
    });
    expect(error.message).toContain("id: ");
  });

  test("a zod schema that JSON Schema cannot express still checks", async () => {
    const at = tool({
      input: z.object({ when: z.date() }),
      run: ({ when }) => when.getUTCFullYear(),
    });
    const catalogue = await local({ at });
    expect(await run(catalogue, "at", { when: new Date(0) })).toBe(1970);
    expect((await failure(run(catalogue, "at", { when: "x" }))).code).toBe("invalid_arguments");
  });

  test("a plain JSON Schema, no schema, and a plain function", async () => {
    const catalogue = await local({
      plain: tool({
        input: { type: "object", properties: { a: { type: "number" } } },
        run: ({ a }) => a,
      }),
      any: tool({ run: (value) => value }),
      ping: async (x: unknown) => x,
    });
    expect(await run(catalogue, "plain", { a: 1 })).toBe(1);
    expect(await run(catalogue, "plain")).toBe(undefined);
    expect((await failure(run(catalogue, "plain", { a: "1" }))).code).toBe("invalid_arguments");
    expect(await run(catalogue, "any", 7n)).toBe(7n);
    expect(await run(catalogue, "ping")).toBe(undefined);
  });

  test.each<[string, unknown, string]>([
    ["an error", new Error("out of stock"), "out of stock"],
    ["null", null, "the tool threw null"],
    ["undefined", undefined, "the tool threw undefined"],
    ["a string", "no", "no"],
    ["an empty error", new Error(""), "the tool threw Error"],
    ["an object", { a: 1 }, "the tool threw a value that is not an error"],
    [
      "paths",
      new Error("ENOENT: no such file, open '/home/x/My Secrets/db.json'"),
      "ENOENT: no such file, open '…/db.json'",
    ],
    [
      "bare paths",
      new Error("in /srv/app/lib/a.js:3:4, C:\\Users\\me\\b.txt, file:///etc/c"),
      "in …/a.js:3:4, …/b.txt, …/c",
    ],
    [
      "routes and urls",
      new Error("GET /repos/a/b https://api.x.com/a/b and 1/2"),
      "GET /repos/a/b https://api.x.com/a/b and 1/2",
    ],
    ["a stack", new Error("bad\n    at run (/home/x/a.js:1:2)"), "bad"],
  ])("throwing %s gives a clean message", async (_what, thrown, message) => {
    const catalogue = await local({
      sync: () => {
        throw thrown;
      },
      async: () => Promise.reject(thrown),
    });
    for (const name of ["sync", "async"]) {
      expect(await failure(run(catalogue, name))).toMatchObject({
        code: "tool_error",
        message,
        tool: `crm.${name}`,
      });
    }
  });

  test("an error with hostile getters", async () => {
    const hostile = {
      get message(): string {
        throw new Error("/home/x/secret");
      },
    };
    const catalogue = await local({ bad: () => Promise.reject(hostile) });
    expect((await failure(run(catalogue, "bad"))).message).toBe(
      "the tool threw a value that cannot be read",
    );
  });

  test("a tool that never settles ends with the signal", async () => {
    const hanging = new LocalSource("crm", { hang: () => new Promise(() => {}) });
    const stop = new AbortController();
    const call = failure(hanging.call("hang", undefined, { signal: stop.signal, caller: {} }));
    stop.abort();
    expect((await call).code).toBe("aborted");
    expect(
      (await failure(hanging.call("hang", undefined, { signal: stop.signal, caller: {} }))).code,
    ).toBe("aborted");
  });

  test("what is no tool is named", () => {
    expect(() => new LocalSource("crm", { find: 3 as never })).toThrow("tools.crm.find is no tool");
  });
});

function source(inputSchema: unknown): ToolSource {
  return fake("github", [{ name: "create_issue", inputSchema }]);
}

async function check(inputSchema: unknown, args: unknown): Promise<unknown> {
  const catalogue = await openTools([source(inputSchema)]);
  return await catalogue.call(catalogue.resolve("github", "create_issue"), args, context);
}

function both(name: string): object {
  return { allOf: [{ $ref: `#/$defs/${name}` }, { $ref: `#/$defs/${name}` }] };
}

describe("argument checks", () => {
  const schema = {
    type: "object",
    properties: {
      owner: { type: "string", pattern: "^(a+)+$", format: "email" },
      repo: { type: ["string", "null"] },
      labels: { type: "array", items: { type: "string" } },
      state: { enum: ["open", "closed"] },
      pattern: { type: "number" },
      page: { type: "integer", minimum: 1 },
    },
    required: ["owner"],
    additionalProperties: false,
  };

  test.each<[unknown, string]>([
    [{}, "owner is missing"],
    [undefined, "owner is missing"],
    [{ owner: undefined }, "owner is missing"],
    [{ owner: 3 }, "owner must be string, got the number 3"],
    [{ owner: "a", repo: 1 }, "repo must be string or null, got the number 1"],
    [{ owner: "a", labels: ["x", 2] }, "labels[1] must be string, got the number 2"],
    [{ owner: "a", state: "opne" }, 'state must be one of "open","closed", got the string "opne"'],
    [{ owner: "a", ownr: "b" }, "ownr is not a parameter"],
    [{ owner: "a", pattern: "x" }, 'pattern must be number, got the string "x"'],
    [{ owner: "a", page: 0 }, "page: 0 is less than 1. (got the number 0)"],
    ["a", 'the argument must be object, got the string "a"'],
    [[], "the argument must be object, got an array"],
  ])("%j", async (args, message) => {
    const error = await failure(check(schema, args));
    expect(error.code).toBe("invalid_arguments");
    expect(error.message).toContain(`invalid arguments for github.create_issue: ${message}`);
    expect(error.hint).toMatch(
      /^expects \{ owner: string, repo\?: string \| null, labels\?: string\[\], state\?: "open" \| "closed"/,
    );
  });

  test("regular expressions and formats of the schema are not run; undefined counts as absent; dates are text", async () => {
    const hard = (length: number) => ({ owner: `${"a".repeat(length)}!`, repo: undefined });
    const args = hard(100);
    expect(await check(schema, args)).toBe(args);
    // The pattern would take twice as long for each further letter.
    expect(await growth((length) => check(schema, hard(length)), 10, 100)).toBeLessThan(20);
    await check({ type: "object", properties: { at: { type: "string" } } }, { at: new Date() });
    await check(
      { type: "object", patternProperties: { "^x-": {} }, additionalProperties: false },
      { "x-a": 1 },
    );
    await check({ type: "object", properties: { a: { not: { pattern: "x" } } } }, { a: "y" });
    await check(
      {
        type: "object",
        properties: { a: { oneOf: [{ type: "string", format: "uri" }, { type: "string" }] } },
      },
      { a: "y" },
    );
  });

  test.each([
    { type: "object", properties: { a: { $ref: "#/$defs/gone" } } },
    { type: "object", properties: { a: { $ref: "http://127.0.0.1:9/x.json" } } },
    { $ref: "#" },
    { type: "object", properties: { a: null } },
  ])("a schema that cannot be used means a warning, not a lost tool: %j", async (inputSchema) => {
    const catalogue = await openTools([source(inputSchema)]);
    const resolved = catalogue.resolve("github", "create_issue");
    expect(await catalogue.call(resolved, { a: 1 }, context)).toEqual({ a: 1 });
    await catalogue.call(resolved, { a: 1 }, context);
    expect(catalogue.warnings).toHaveLength(1);
    expect(catalogue.warnings[0]).toMatch(/^github\.create_issue: its arguments are not checked/);
  });

  test("a small schema cannot take exponential time", async () => {
    const doubling = async (levels: number): Promise<void> => {
      const names = Array.from({ length: levels }, (_, at) => [`d${at}`, both(`d${at + 1}`)]);
      const $defs = { ...Object.fromEntries(names), [`d${levels}`]: {} };
      await check({ type: "object", $defs, ...both("d0") }, {});
    };
    // Each level would double it.
    expect(await growth(doubling, 30, 40)).toBeLessThan(20);
  });

  test("the dialect is taken from $schema", async () => {
    const tuple = {
      type: "object",
      properties: { a: { type: "array", items: [{ type: "string" }] } },
    };
    const old = { $schema: "http://json-schema.org/draft-07/schema#", ...tuple };
    expect((await failure(check(old, { a: [1] }))).message).toContain("a[0] must be string");
    const now = {
      type: "object",
      properties: { a: { type: "array", prefixItems: [{ type: "string" }] } },
    };
    expect((await failure(check(now, { a: [1] }))).message).toContain("a[0] must be string");
  });

  test("the hint is short whatever the schema", async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => [`p${at}`, { type: "string" }]),
    );
    const error = await failure(check({ type: "object", properties, required: ["p499"] }, {}));
    expect(error.hint!.length).toBeLessThan(450);
    expect(error.hint).toMatch(/^expects \{ p499: string, p0\?: string/);
  });
});

describe("the catalogue", () => {
  const github = fake("github", [
    { name: "create_issue" },
    { name: "list_issues" },
    { name: "get-user" },
  ]);

  test("finds tools by original name and alias of both", async () => {
    const catalogue = await openTools([github, fake("my-server", [{ name: "a" }])]);
    expect(catalogue.resolve("github", "create_issue")).toMatchObject({
      server: "github",
      tool: "create_issue",
    });
    expect(catalogue.resolve("github", "createIssue").tool).toBe("create_issue");
    expect(catalogue.resolve("github", "getUser").tool).toBe("get-user");
    expect(catalogue.resolve("myServer", "a").server).toBe("my-server");
  });

  test("names the nearest of what is unknown", async () => {
    const catalogue = await openTools([github]);
    expect(() => catalogue.resolve("github", "create_isue")).toThrow(
      "github.create_isue is not a tool; did you mean github.create_issue?",
    );
    expect(() => catalogue.resolve("githb", "create_issue")).toThrow(
      "there is no server 'githb'; did you mean github?",
    );
    expect(() => catalogue.resolve("github", "__proto__")).toThrow("is not a tool");
    expect(() => catalogue.resolve("toString", "x")).toThrow("there is no server");
    expect(() => catalogue.resolve("github", "zzz")).toThrow(
      "its tools are create_issue, list_issues, get-user",
    );
  });

  test("a source that fails is noted and does not touch the others", async () => {
    const broken = fake("broken", [], {
      list: () => Promise.reject(new Error("x")),
      failure: 'server "broken" did not start: x',
    });
    const catalogue = await openTools([broken, github]);
    expect(catalogue.warnings).toEqual(['server "broken" did not start: x']);
    expect(catalogue.servers[0]).toEqual({
      name: "broken",
      state: "failed",
      isCached: false,
      retryInMs: expect.any(Number),
      outage: 'server "broken" does not list its tools',
      tools: [],
      failure: 'server "broken" did not start: x',
    });
    expect(catalogue.resolve("github", "create_issue").tool).toBe("create_issue");
    // Whoever calls it is not told what only its host may know.
    expect(() => catalogue.resolve("broken", "anything")).toThrow(
      /^server "broken" does not list its tools$/,
    );
  });

  test("two sources of one name are a mistake", async () => {
    await expect(openTools([github, github])).rejects.toThrow("two servers are named 'github'");
  });

  test("relists when a source reports a change; a relist that fails keeps the tools", async () => {
    const tools: unknown[] = [{ name: "one" }];
    let changed: () => void = nothing;
    let fail = false;
    const list = async (): Promise<ToolInfo[]> =>
      fail ? Promise.reject(new Error("gone")) : ([...tools] as ToolInfo[]);
    const live = fake("live", tools, { list, onChanged: (listener) => (changed = listener) });
    const catalogue = await openTools([live]);
    const { version } = catalogue.names;
    tools.push({ name: "two" });
    changed();
    await expect.poll(() => catalogue.names.version).not.toBe(version);
    expect(catalogue.resolve("live", "two").tool).toBe("two");
    fail = true;
    changed();
    await expect.poll(() => catalogue.warnings).toEqual(["gone"]);
    expect(catalogue.resolve("live", "one").tool).toBe("one");
  });

  test("a storm of changes makes few lists", async () => {
    let lists = 0;
    let changed: () => void = nothing;
    const begun = performance.now();
    const list = async (): Promise<ToolInfo[]> => {
      lists++;
      changed();
      return [];
    };
    await openTools([fake("storm", [], { list, onChanged: (listener) => (changed = listener) })]);
    for (let count = 0; count < 1_000; count++) changed();
    await new Promise((resolve) => setTimeout(resolve, 350));
    // One for each 100 ms that have passed, beside the first and one that has just begun.
    expect(lists).toBeLessThan(2 + (performance.now() - begun) / 100);
  });

  test("closes all sources, whatever one of them does", async () => {
    const closed: string[] = [];
    const closing = (name: string): ToolSource =>
      fake(name, [], {
        [Symbol.asyncDispose]: async () => {
          closed.push(name);
          throw new Error("no");
        },
      });
    const catalogue = await openTools([closing("a"), closing("b")]);
    await catalogue[Symbol.asyncDispose]();
    expect(closed).toEqual(["a", "b"]);
  });
});
