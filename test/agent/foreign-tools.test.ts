/** Tools of the AI SDK, LangChain and Mastra as they are made there, called by programs. */
import { dynamicTool, jsonSchema, type JSONSchema7, tool as aiTool, zodSchema } from "ai";
import { DynamicStructuredTool, DynamicTool, tool as chainTool } from "@langchain/core/tools";
import { createTool } from "@mastra/core/tools";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import { fromAiSdk } from "../../src/agent/ai-sdk.ts";
import { fromLangChain } from "../../src/agent/from-langchain.ts";
import { fromMastra } from "../../src/agent/from-mastra.ts";
import type { ExecutionResult, LocalTools, Runtime } from "../../src/index.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";

const runtimes: Runtime[] = [];
let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(process, "emitWarning").mockImplementation((text) => void warnings.push(String(text)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const runtime of runtimes.splice(0)) await runtime.close();
});

async function open(app: LocalTools, engine: "quickjs" | "v8" = "quickjs"): Promise<Runtime> {
  const runtime = await createRuntime({ engine, placement: "inline", tools: { app } });
  runtimes.push(runtime);
  return runtime;
}

/** What a program's call comes to: its value, or the error that it throws. */
async function call(runtime: Runtime, name: string, args = "{}", user?: string): Promise<unknown> {
  const code = `try { return await tools.app[${JSON.stringify(name)}](${args}); } catch (e) { return { code: e.code, message: e.message, hint: e.hint }; }`;
  const result: ExecutionResult = await runtime.run(code, user === undefined ? {} : { user });
  return result.ok ? result.value : result.error;
}

async function declaration(runtime: Runtime, name: string): Promise<string> {
  return (await runtime.getToolSpec("app", name)).declaration;
}

describe.each(["quickjs", "v8"] as const)("tools of the AI SDK on %s", (engine) => {
  test("run with typed arguments, and their results are values", async () => {
    const runtime = await open(
      fromAiSdk({
        weather: aiTool({
          description: "Weather of a city",
          inputSchema: z.object({ city: z.string(), days: z.number().default(1) }),
          outputSchema: z.object({ city: z.string(), days: z.number() }),
          execute: async ({ city, days }) => ({ city, days }),
        }),
        dates: aiTool({
          inputSchema: z.object({}),
          execute: () => new Map([["at", new Date(0)]]),
        }),
      }),
      engine,
    );
    expect(await call(runtime, "weather", "{ city: 'Rome' }")).toEqual({ city: "Rome", days: 1 });
    expect(await call(runtime, "weather", "{ city: 7 }")).toMatchObject({
      code: "invalid_arguments",
    });
    expect(await declaration(runtime, "weather")).toMatch(/city: string[^]*days\?: number/);
    const code = "(await tools.app.dates()).get('at').getTime()";
    expect(await runtime.run(code)).toMatchObject({ value: 0 });
  });
});

describe("tools of the AI SDK", () => {
  test("schemas may have any form that the SDK takes", async () => {
    const json: JSONSchema7 = {
      type: "object",
      properties: { n: { type: "number" } },
      required: ["n"],
    };
    const validate = (
      value: unknown,
    ): { success: true; value: { n: number } } | { success: false; error: Error } =>
      (value as { n: number }).n > 0
        ? { success: true, value: { n: (value as { n: number }).n + 1 } }
        : { success: false, error: new Error("n must be positive") };
    const execute = (input: unknown): unknown => input;
    const runtime = await open(
      fromAiSdk({
        zod4: aiTool({ inputSchema: z.object({ n: z.number() }), execute }),
        zod3: { inputSchema: z3.object({ n: z3.number() }), execute },
        wrapped: aiTool({ inputSchema: zodSchema(z.object({ n: z.number() })), execute }),
        plain: aiTool({ inputSchema: jsonSchema(json), execute }),
        later: aiTool({ inputSchema: jsonSchema(async () => json), execute }),
        checked: aiTool({ inputSchema: jsonSchema(json, { validate }), execute }),
        lazy: aiTool({ inputSchema: () => jsonSchema(json), execute }),
        dynamic: dynamicTool({ inputSchema: jsonSchema(json), execute }),
      }),
    );
    for (const name of [
      "zod4",
      "zod3",
      "wrapped",
      "plain",
      "later",
      "checked",
      "lazy",
      "dynamic",
    ]) {
      expect(await declaration(runtime, name), name).toMatch(/n: number/);
      const n = name === "checked" ? 8 : 7;
      expect(await call(runtime, name, "{ n: 7 }"), name).toEqual({ n });
      expect(await call(runtime, name, "{ n: '7x' }"), name).toMatchObject({
        code: "invalid_arguments",
      });
    }
    expect(await call(runtime, "checked", "{ n: -1 }")).toMatchObject({
      message: expect.stringContaining("n must be positive"),
    });
    expect(runtime.describe().warnings).toEqual([]);
  });

  test("of a tool that yields results the last one counts, and the signal, the user and a context reach it", async () => {
    const seen: unknown[] = [];
    const runtime = await open(
      fromAiSdk(
        {
          steps: aiTool({
            inputSchema: z.object({}),
            async *execute() {
              yield "loading";
              yield "done";
            },
          }),
          who: aiTool({
            inputSchema: z.object({}),
            contextSchema: z.object({ key: z.string() }),
            execute: (_input, { context, abortSignal, toolCallId, messages }) => {
              seen.push(abortSignal, messages);
              return [context.key, typeof toolCallId];
            },
          }),
        },
        { context: ({ tool, user }) => ({ key: user === undefined ? 7 : `${tool} of ${user}` }) },
      ),
    );
    expect(await call(runtime, "steps")).toBe("done");
    expect(await call(runtime, "who", "{}", "ann")).toEqual(["who of ann", "string"]);
    expect(seen).toEqual([expect.any(AbortSignal), []]);
    expect(await call(runtime, "who")).toMatchObject({
      code: "tool_error",
      message: expect.stringContaining("the context of who does not fit"),
    });
  });

  test("a run that is aborted ends the call", async () => {
    const gate = new Gate();
    const aborted = Promise.withResolvers<void>();
    const runtime = await open(
      fromAiSdk({
        slow: aiTool({
          inputSchema: z.object({}),
          execute: (_input, { abortSignal }) => {
            abortSignal!.addEventListener("abort", () => aborted.resolve());
            aborting.abort();
            return gate.wait(1);
          },
        }),
      }),
    );
    const aborting = new AbortController();
    const result = await runtime.run("await tools.app.slow({})", { signal: aborting.signal });
    expect(result).toMatchObject({ ok: false, error: { code: "aborted" } });
    await aborted.promise;
  });

  test("what needs approval is refused and never done", async () => {
    const done: string[] = [];
    const make = (name: string, needsApproval?: unknown): never =>
      ({
        inputSchema: z.object({ sure: z.boolean().optional() }),
        execute: () => void done.push(name),
        ...(needsApproval === undefined ? {} : { needsApproval }),
      }) as never;
    const runtime = await open(
      fromAiSdk({
        always: make("always", true),
        never: make("never", false),
        asks: make("asks", async ({ sure }: { sure?: boolean }) => sure !== true),
        throws: make("throws", () => {
          throw new Error("nobody there");
        }),
      }),
    );
    const refused = {
      code: "approval_required",
      hint: expect.stringContaining("outside of the program"),
    };
    expect(await call(runtime, "always")).toMatchObject(refused);
    expect(await call(runtime, "asks")).toMatchObject(refused);
    expect(await call(runtime, "throws")).toMatchObject({
      code: "tool_error",
      message: "nobody there",
    });
    expect(done).toEqual([]);
    await call(runtime, "asks", "{ sure: true }");
    await call(runtime, "never");
    expect(done).toEqual(["asks", "never"]);
    const uncaught = await runtime.run("await tools.app.always({})");
    expect(uncaught).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("always was not called") },
    });
  });

  test.each([
    ["a value for each", { a: "user-approval", b: "denied", c: { type: "approved" } }],
    [
      "a function for each",
      {
        a: () => ({ type: "user-approval", reason: "it costs" }),
        b: async () => "denied",
        c: () => undefined,
      },
    ],
    [
      "one function for all",
      ({ toolCall }: { toolCall: { toolName: string } }) =>
        ({ a: "user-approval", b: "denied", c: undefined })[toolCall.toolName],
    ],
  ])("toolApproval as generateText takes it: %s", async (_what, toolApproval) => {
    const execute = (): string => "done";
    const inputSchema = z.object({});
    const runtime = await open(
      fromAiSdk(
        {
          a: aiTool({ inputSchema, execute }),
          b: aiTool({ inputSchema, execute }),
          c: { inputSchema, execute, needsApproval: true },
        },
        { toolApproval: toolApproval as never },
      ),
    );
    expect(await call(runtime, "a")).toMatchObject({ code: "approval_required" });
    expect(await call(runtime, "b")).toMatchObject({ code: "denied" });
    expect(await call(runtime, "c")).toBe("done");
  });

  test("an approval that says nothing clear is none", async () => {
    const tools = { a: aiTool({ inputSchema: z.object({}), execute: () => "done" }) };
    for (const status of ["yes", 7, {}, true]) {
      const runtime = await open(fromAiSdk(tools, { toolApproval: { a: status as never } }));
      expect(await call(runtime, "a")).toMatchObject({ code: "approval_required" });
    }
  });

  test("what the client or a provider carries out is left out, and said so", () => {
    const inputSchema = z.object({});
    const made = fromAiSdk({
      ask: { inputSchema },
      search: {
        type: "provider",
        id: "openai.web_search",
        isProviderExecuted: true,
        args: {},
        inputSchema,
      } as never,
      bash: {
        type: "provider",
        id: "anthropic.bash",
        args: {},
        inputSchema: () => jsonSchema({ type: "object" }),
        execute: () => 1,
      } as never,
    });
    expect(Object.keys(made)).toEqual(["bash"]);
    expect(warnings).toEqual([
      'fromAiSdk: "ask" was left out: it has no execute: the client carries it out',
      'fromAiSdk: "search" was left out: its provider carries it out (openai.web_search)',
    ]);
  });

  test("what is no tool is refused, with what to write", () => {
    const execute = (): number => 1;
    const refused: [unknown, string][] = [
      [undefined, "fromAiSdk takes an object of tools, not undefined"],
      [[], "fromAiSdk takes an object of tools, not an array"],
      ["x", "fromAiSdk takes an object of tools, not a string"],
      [{ a: null }, "fromAiSdk: a is null, not an AI SDK tool"],
      [{ a: () => 1 }, "fromAiSdk: a is a function, not an AI SDK tool"],
      [{ a: { parameters: {}, execute } }, "fromAiSdk: a has parameters, as before version 5"],
      [{ a: { inputSchema: "text", execute } }, "fromAiSdk: the schema of a is no schema"],
      [
        {
          a: {
            inputSchema: () => {
              throw new Error("oh");
            },
            execute,
          },
        },
        "fromAiSdk: the schema of a cannot be made: oh",
      ],
    ];
    for (const [tools, message] of refused)
      expect(() => fromAiSdk(tools as never), message).toThrow(message);
  });
});

describe("tools of LangChain", () => {
  test("run with typed arguments, whatever their schema is made with", async () => {
    const runtime = await open(
      fromLangChain([
        chainTool(({ n }) => ({ n }), {
          name: "zod4",
          description: "d",
          schema: z.object({ n: z.number() }),
        }),
        // Its types want zod 3 without exactOptionalPropertyTypes.
        chainTool((input: unknown) => input, {
          name: "zod3",
          description: "d",
          schema: z3.object({ n: z3.number() }) as never,
        } as never),
        chainTool((input) => input, {
          name: "json",
          description: "d",
          schema: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
        }),
        new DynamicStructuredTool({
          name: "structured",
          description: "d",
          schema: z.object({ n: z.number() }),
          func: async ({ n }: { n: number }) => ({ n }),
        }),
      ]),
    );
    for (const name of ["zod4", "zod3", "json", "structured"]) {
      expect(await declaration(runtime, name), name).toMatch(/n: number/);
      expect(await call(runtime, name, "{ n: 7 }"), name).toEqual({ n: 7 });
      expect(await call(runtime, name, "{ n: 'x' }"), name).toMatchObject({
        code: "invalid_arguments",
      });
    }
    expect(runtime.describe().warnings).toEqual([]);
  });

  test("parse their arguments themselves, once", async () => {
    const schema = z.object({
      at: z
        .string()
        .refine((text) => text !== "", "at is empty")
        .transform((text) => new Date(text)),
    });
    const runtime = await open(
      fromLangChain([
        chainTool(({ at }) => at.getTime(), { name: "at", description: "d", schema }),
        new DynamicTool({ name: "text", description: "d", func: async (input) => `${input}!` }),
      ]),
    );
    expect(await call(runtime, "at", "{ at: '1970-01-01T00:00:01Z' }")).toBe(1_000);
    expect(await call(runtime, "at", "{ at: '' }")).toMatchObject({
      code: "invalid_arguments",
      message: expect.stringContaining("at is empty"),
    });
    expect(await call(runtime, "text", "{ input: 'hello' }")).toBe("hello!");
  });

  test("artifacts, errors, the signal and the user", async () => {
    const configs: Record<string, unknown>[] = [];
    const schema = z.object({});
    const runtime = await open(
      fromLangChain([
        chainTool(() => ["2 rows", [1, 2]], {
          name: "rows",
          description: "d",
          schema,
          responseFormat: "content_and_artifact",
        }),
        chainTool(
          () => {
            throw new Error("no such row");
          },
          { name: "fails", description: "d", schema },
        ),
        chainTool((_input, config) => void configs.push(config as never), {
          name: "config",
          description: "d",
          schema,
        }),
      ]),
    );
    expect(await call(runtime, "rows")).toEqual({ content: "2 rows", artifact: [1, 2] });
    expect(await call(runtime, "fails")).toMatchObject({
      code: "tool_error",
      message: "no such row",
    });
    await call(runtime, "config", "{}", "ann");
    expect(configs[0]).toMatchObject({
      configurable: { user: "ann" },
      signal: expect.any(AbortSignal),
    });
    const other = await open(
      fromLangChain(
        {
          config: chainTool((_input, config) => void configs.push(config as never), {
            name: "c",
            description: "d",
            schema,
          }),
        },
        { config: ({ user }) => ({ configurable: { thread_id: user } }) },
      ),
    );
    await call(other, "config", "{}", "bob");
    expect(configs[1]).toMatchObject({ configurable: { thread_id: "bob" } });
  });

  test("a toolkit; what a provider carries out; what is no tool, and names that are the same", () => {
    const made = chainTool(() => 1, { name: "one", description: "d", schema: z.object({}) });
    expect(Object.keys(fromLangChain({ tools: [made] }))).toEqual(["one"]);
    expect(Object.keys(fromLangChain([made, { type: "web_search_20250305" }]))).toEqual(["one"]);
    expect(warnings).toEqual([
      'fromLangChain: "web_search_20250305" was left out: its provider carries it out (web_search_20250305)',
    ]);
    const refused: [unknown, string][] = [
      [undefined, "fromLangChain takes a list or an object of tools, not undefined"],
      [[7], "fromLangChain: tool 0 is a number, not a LangChain tool"],
      [[{}], "fromLangChain: tool 0 has no name"],
      [[{ name: "a" }], "fromLangChain: a has no invoke"],
      [[made, made], 'fromLangChain: two tools are named "one"'],
    ];
    for (const [tools, message] of refused)
      expect(() => fromLangChain(tools as never), message).toThrow(message);
  });
});

describe("tools of Mastra", () => {
  test("run with typed arguments and results; what does not fit is an error", async () => {
    const runtime = await open(
      fromMastra({
        weather: createTool({
          id: "get-weather",
          description: "Weather of a city",
          inputSchema: z.object({
            city: z.string().min(2),
            at: z
              .string()
              .transform((text) => new Date(text))
              .optional(),
          }),
          outputSchema: z.object({ city: z.string(), ms: z.number() }),
          mcp: { annotations: { readOnlyHint: true } },
          execute: async ({ city, at }) => ({ city, ms: at?.getTime() ?? 0 }),
        }),
        old: createTool({
          id: "old",
          description: "d",
          inputSchema: z3.object({ n: z3.number() }),
          execute: async ({ n }) => n,
        }),
        wrong: createTool({
          id: "wrong",
          description: "d",
          outputSchema: z.object({ n: z.number() }),
          execute: async () => ({ n: "x" }) as never,
        }),
      }),
    );
    expect(await call(runtime, "weather", "{ city: 'Rome', at: '1970-01-01T00:00:01Z' }")).toEqual({
      city: "Rome",
      ms: 1_000,
    });
    expect(await declaration(runtime, "weather")).toMatch(/city: string[^]*ms: number/);
    expect(await declaration(runtime, "old")).toMatch(/n: number/);
    expect(await call(runtime, "old", "{ n: 7 }")).toBe(7);
    expect(await call(runtime, "weather", "{ city: 'R' }")).toMatchObject({
      code: "invalid_arguments",
    });
    expect(await call(runtime, "weather", "{}")).toMatchObject({ code: "invalid_arguments" });
    expect(await call(runtime, "wrong")).toMatchObject({
      code: "tool_error",
      message: expect.stringContaining("Tool output validation failed"),
    });
  });

  test("get the signal and what the host adds; of a list they are named by their ids", async () => {
    const seen: unknown[] = [];
    const made = createTool({
      id: "who",
      description: "d",
      inputSchema: z.object({}),
      execute: async (_input, context) => {
        seen.push(context.abortSignal, context.requestContext.get("user"));
        return "seen";
      },
    });
    const { RequestContext } = await import("@mastra/core/request-context");
    const runtime = await open(
      fromMastra([made], {
        context: ({ user }) => ({ requestContext: new RequestContext([["user", user]] as never) }),
      }),
    );
    expect(await call(runtime, "who", "{}", "ann")).toBe("seen");
    expect(seen).toEqual([expect.any(AbortSignal), "ann"]);
  });

  test("what needs approval, or suspends itself, is refused", async () => {
    const done: string[] = [];
    const inputSchema = z.object({ sure: z.boolean().optional() });
    const tools = {
      always: createTool({
        id: "always",
        description: "d",
        inputSchema,
        requireApproval: true,
        execute: async () => void done.push("always"),
      }),
      asks: createTool({
        id: "asks",
        description: "d",
        inputSchema,
        requireApproval: ({ sure }) => sure !== true,
        execute: async () => void done.push("asks"),
      }),
      suspends: createTool({
        id: "suspends",
        description: "d",
        inputSchema,
        suspendSchema: z.object({}),
        execute: async (_input, { agent }) => {
          await agent?.suspend({});
          done.push("suspends");
        },
      }),
    };
    const runtime = await open(fromMastra(tools as never));
    for (const name of ["always", "asks", "suspends"])
      expect(await call(runtime, name), name).toMatchObject({ code: "approval_required" });
    expect(done).toEqual([]);
    await call(runtime, "asks", "{ sure: true }");
    expect(done).toEqual(["asks"]);
  });

  test("what is no tool, and names that are the same", () => {
    const one = createTool({ id: "one", description: "d", execute: async () => 1 });
    const refused: [unknown, string][] = [
      [null, "fromMastra takes a list or an object of tools, not null"],
      [{ a: 1 }, "fromMastra: a is a number, not a Mastra tool"],
      [{ a: aiTool({ inputSchema: z.object({}), execute: () => 1 }) }, "fromMastra: a has no id"],
      [[one, one], 'fromMastra: two tools are named "one"'],
    ];
    for (const [tools, message] of refused)
      expect(() => fromMastra(tools as never), message).toThrow(message);
    expect(fromMastra({ a: createTool({ id: "a", description: "d" }) })).toEqual({});
    expect(warnings).toEqual([
      'fromMastra: "a" was left out: it has no execute: the client carries it out',
    ]);
  });
});
