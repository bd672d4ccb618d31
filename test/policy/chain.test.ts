/** The one way of every call: what links see, and in which order. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, test } from "vitest";
import { encode } from "../../src/core/encode.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { ToolError } from "../../src/core/tool-error.ts";
import type { HostCall } from "../../src/engine/engine.ts";
import { callSource } from "../../src/policy/call-source.ts";
import { checkArguments } from "../../src/policy/check-arguments.ts";
import { compose } from "../../src/policy/compose.ts";
import { parseCall } from "../../src/run/parse-call.ts";
import type { CallContext } from "../../src/tools/call-context.ts";
import { createCatalogue } from "../../src/tools/live-catalogue.ts";
import type { ResourceSource } from "../../src/tools/resource-source.ts";
import type { CallingRun, Middleware, ToolCall } from "../../src/tools/tool-call.ts";
import type { ToolSource } from "../../src/tools/tool.ts";

const RUN: CallingRun = {
  id: "run-1",
  session: "s",
  caller: { user: "ada", roles: ["reader"] },
  limits: DEFAULT_LIMITS,
  emit: () => {},
};

const resources: ResourceSource = {
  listResources: async () => [],
  listTemplates: async () => [],
  listPrompts: async () => [],
  readResource: async (uri) => [{ uri, text: "hello" }],
  getPrompt: async (name, args) => ({
    description: `${name} ${JSON.stringify(args)}`,
    messages: [],
  }),
};

/** Contexts that the sources were called with. */
const contexts: CallContext[] = [];

const docs: ToolSource = {
  name: "my docs",
  warnings: [],
  resources,
  list: async () => [
    { name: "find-page", inputSchema: { type: "object", required: ["id"] } },
    { name: "all", inputSchema: { type: "object" } },
  ],
  call: async (tool, args, context) => {
    contexts.push(context);
    return { tool, args };
  },
};

const network: ToolSource = {
  name: "network",
  warnings: [],
  offersFetch: true,
  list: async () => [{ name: "fetch" }],
  call: async (_tool, args) => args,
};

async function send(asked: Pick<HostCall, "server" | "tool">, args: unknown, link: Middleware) {
  const sources = [docs, network];
  const catalogue = await createCatalogue(sources);
  const chain = compose([link, checkArguments(() => catalogue)], callSource(sources));
  const { signal } = new AbortController();
  return await chain(parseCall({ ...asked, args: encode(args) }, catalogue, RUN, signal));
}

describe("what a link sees", () => {
  test.each([
    {
      asked: { server: "myDocs", tool: "findPage" },
      given: { id: 1 },
      seen: { kind: "tool", server: "my docs", tool: "find-page", args: { id: 1 } },
      value: { tool: "find-page", args: { id: 1 } },
    },
    {
      asked: { server: "", tool: "resources.read" },
      given: ["myDocs", "docs://a"],
      seen: {
        kind: "resource",
        server: "my docs",
        tool: "resources/read",
        args: { uri: "docs://a" },
      },
      value: [{ uri: "docs://a", text: "hello" }],
    },
    {
      asked: { server: "", tool: "prompts.get" },
      given: ["my docs", "sum", { n: 2 }],
      seen: {
        kind: "prompt",
        server: "my docs",
        tool: "prompts/get",
        args: { name: "sum", arguments: { n: 2 } },
      },
      value: { description: 'sum {"n":"2"}', messages: [] },
    },
    {
      asked: { server: "network", tool: "fetch" },
      given: { url: "https://a.example/" },
      seen: {
        kind: "fetch",
        server: "network",
        tool: "fetch",
        args: { url: "https://a.example/" },
      },
      value: { url: "https://a.example/" },
    },
  ] as const)("$seen.kind", async ({ asked, given, seen, value }) => {
    let call: ToolCall | undefined;
    const result = await send(asked, given, (passing, next) => {
      call = passing;
      return next(passing);
    });
    expect(call).toMatchObject({ ...seen, run: RUN });
    expect(result.value).toEqual(value);
  });

  test("who asks reaches what is called", async () => {
    await send({ server: "my docs", tool: "all" }, undefined, (call, next) => next(call));
    expect(contexts.at(-1)!.caller).toEqual({ user: "ada", roles: ["reader"] });
  });
});

describe("links", () => {
  test("the first link is outermost; each may change the call and its result", async () => {
    const order: string[] = [];
    const named =
      (name: string): Middleware =>
      async (call, next) => {
        order.push(`${name} in`);
        const { value } = await next({ ...call, args: [...(call.args as string[]), name] });
        order.push(`${name} out`);
        return { value: [...(value as string[]), name] };
      };
    const chain = compose([named("a"), named("b")], async ({ args }) => {
      order.push("call");
      return { value: args };
    });
    const call = { args: [] as string[] } as unknown as ToolCall;
    expect(await chain(call)).toEqual({ value: ["a", "b", "b", "a"] });
    expect(order).toEqual(["a in", "b in", "call", "b out", "a out"]);
  });

  test("a link that refuses keeps the call from its source", async () => {
    const before = contexts.length;
    const refusal = send({ server: "my docs", tool: "all" }, {}, () => {
      throw new ToolError("denied", "not today");
    });
    await expect(refusal).rejects.toMatchObject({ code: "denied", message: "not today" });
    expect(contexts).toHaveLength(before);
  });

  test.each([
    [
      { server: "my docs", tool: "find_pag" },
      {},
      "unknown_tool",
      "did you mean my docs.find-page?",
    ],
    [{ server: "mydoc", tool: "all" }, {}, "unknown_tool", "there is no server 'mydoc'"],
    [{ server: "my docs", tool: "find-page" }, {}, "invalid_arguments", "id is missing"],
    [
      { server: "", tool: "resources.read" },
      [3, "a"],
      "invalid_arguments",
      "server must be a string",
    ],
    [{ server: "", tool: "resources.read" }, ["my docs", 3], "invalid_arguments", "uri must be"],
    [
      { server: "", tool: "prompts.get" },
      ["my docs"],
      "invalid_arguments",
      "name must be a string",
    ],
    [
      { server: "", tool: "prompts.get" },
      ["gone", "a"],
      "unknown_tool",
      "there is no server 'gone'",
    ],
    [{ server: "", tool: "resources.read" }, ["network", "a"], "tool_error", "has no resources"],
  ] as const)("%j %j: %s", async (asked, args, code, message) => {
    const work = send(asked, args, (call, next) => next(call));
    await expect(work).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

/** Ways to call a source: a tool, a resource, a prompt. */
const CALLS = /\b(?:source|sources\.get\([^)]*\))!?\??\.call\(|\.readResource\(|\.getPrompt\(/;

test("only the last link of the chain calls a source", () => {
  const src = new URL("../../src/", import.meta.url);
  const callers = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("engine/guest/"))
    .filter((path) => CALLS.test(readFileSync(new URL(path, src), "utf8")));
  expect(callers).toEqual(["policy/call-source.ts"]);
});

test("a link is a function of a call and what comes next", () => {
  expectTypeOf<Middleware>().parameter(0).toEqualTypeOf<ToolCall>();
  expectTypeOf<ToolCall["kind"]>().toEqualTypeOf<
    "tool" | "resource" | "model" | "prompt" | "fetch" | "method"
  >();
});
