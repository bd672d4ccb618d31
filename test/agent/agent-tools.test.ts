/** The tools that stand for all others, in agent loops of one's own and in the Vercel AI SDK. */
import { generateText, stepCountIs } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentTool, agentTools } from "../../src/agent/agent-tools.ts";
import { codecellTools } from "../../src/agent/ai-sdk.ts";
import { anthropicTools } from "../../src/agent/anthropic.ts";
import { langchainTools } from "../../src/agent/langchain.ts";
import { openaiTools } from "../../src/agent/openai.ts";
import { type Runtime, tool as localTool } from "../../src/index.ts";
import { loadTokenizer } from "../../src/tokens/tokenizers.ts";
import { createRuntime } from "../support/patient.ts";

const PNG = "iVBORw0KGgo=";
let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools: {
      crm: {
        find: ({ id }: { id: string }) => ({ id, name: "Ada" }),
        who: localTool({ run: (_args, { user }) => user }),
      },
      art: { draw: () => ({ type: "image", data: PNG, mimeType: "image/png" }) },
    },
  });
});
afterAll(() => runtime.close());

function named(name: string): AgentTool {
  return agentTools(runtime).find((tool) => tool.name === name)!;
}

test("a runtime that is still starting is waited for by calls, which say why it did not start", async () => {
  const search = { query: "find" };
  const [tool] = agentTools(Promise.resolve(runtime));
  expect(await tool!.execute(search)).toMatchObject({ text: "tools.crm.find(args)" });
  const { search_tools: ai } = codecellTools(Promise.resolve(runtime));
  expect(await ai.execute(search, {} as never)).toMatchObject({ text: "tools.crm.find(args)" });
  const anthropic = anthropicTools(Promise.resolve(runtime)).tools[0]!;
  expect(JSON.stringify(await anthropic.run(search))).toContain("tools.crm.find");
  const langchain = langchainTools(Promise.resolve(runtime))[0]!;
  expect(JSON.stringify(await langchain.invoke(search))).toContain("tools.crm.find");
  const message = {
    tool_calls: [
      {
        id: "1",
        type: "function",
        function: { name: "search_tools", arguments: JSON.stringify(search) },
      },
    ],
  } as const;
  const answers = await openaiTools(Promise.resolve(runtime)).runChatCalls(message);
  expect(JSON.stringify(answers)).toContain("tools.crm.find");

  const [broken] = agentTools(createRuntime({ startMs: -1 }));
  await new Promise((resolve) => setTimeout(resolve, 10)); // nobody has called it yet
  expect(await broken!.execute(search)).toMatchObject({
    isError: true,
    text: expect.stringMatching(/^config_error: startMs is -1/),
  });
});

describe("for any agent loop", () => {
  test("the three descriptions have at most 500 tokens together", async () => {
    const { count } = await loadTokenizer("o200k_base");
    const counts = agentTools(runtime).map(({ description }) => count(description));
    expect(counts).toHaveLength(3);
    expect(counts.reduce((sum, tokens) => sum + tokens, 0)).toBeLessThanOrEqual(500);
  });

  test("name, description, inputSchema, execute", async () => {
    const tools = agentTools(runtime);
    expect(tools.map(({ name }) => name)).toEqual([
      "search_tools",
      "get_tool_details",
      "execute_code",
    ]);
    for (const { description, inputSchema } of tools) {
      expect(description.length).toBeLessThanOrEqual(2_048);
      expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
    }
    expect(await named("search_tools").execute({ query: "find" })).toMatchObject({
      text: "tools.crm.find(args)",
      isError: false,
    });
    expect(
      await named("execute_code").execute({
        code: "return (await tools.crm.find({ id: '7' })).name",
      }),
    ).toMatchObject({
      text: "Ada",
      isError: false,
      structured: { ok: true, value: "Ada", usage: { toolCalls: 1 } },
    });
  });

  test("what a program says and does is told while it runs; who it runs for reaches the tools", async () => {
    const messages: string[] = [];
    const answer = await named("execute_code").execute(
      { code: "console.log('hello'); return await tools.crm.who({})" },
      { user: "ada", onProgress: (message) => messages.push(message) },
    );
    expect(answer.text).toBe("ada\n\nLogs:\nhello");
    expect(messages).toEqual(["hello", expect.stringMatching(/^crm\.who answered after \d+ ms$/)]);
  });

  test("a signal ends the program", async () => {
    const answer = await named("execute_code").execute(
      { code: "await new Promise((r) => setTimeout(r, 20_000))" },
      { signal: AbortSignal.timeout(100) },
    );
    expect(answer).toMatchObject({ isError: true, text: expect.stringMatching(/^aborted: /) });
  });

  test("programs of one session find what those before them left; of another user, not", async () => {
    const { execute } = named("execute_code");
    await execute({ code: "const left = 41; await fs.writeFile('/f', 'x')", session: "a" });
    const later = { code: "[left + 1, await fs.readFile('/f')]", session: "a" };
    expect(await execute(later)).toMatchObject({
      isError: false,
      structured: { value: [42, "x"] },
    });
    expect(await execute(later, { user: "bob" })).toMatchObject({ isError: true });
    expect(await execute({ code: "1", session: "a b" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("session's id must be"),
    });
  });

  test("whatever a model sends is answered", async () => {
    for (const args of [undefined, null, 7, "x", [], { code: 1 }, { query: 1 }, { tools: {} }])
      for (const tool of agentTools(runtime))
        expect(typeof (await tool.execute(args)).text).toBe("string");
  });

  test("names and sizes that make no sense are refused", () => {
    expect(() => agentTools(runtime, { names: { execute: "run code" } })).toThrow(
      'a tool cannot be named "run code"',
    );
    expect(() => agentTools(runtime, { names: { execute: "search_tools" } })).toThrow(
      "two tools have the same name",
    );
    expect(() => agentTools(runtime, { maxResultChars: 10 })).toThrow(
      "maxResultChars must be a whole number from 500",
    );
  });
});

type Prompt = { role: string; content: { type: string; output?: unknown }[] }[];

/** A model that says what it is told to, turn by turn. */
function model(...turns: { tool?: string; input?: object; text?: string }[]): MockLanguageModelV4 {
  let turn = 0;
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const { tool, input, text = "" } = turns[turn++]!;
      const content =
        tool === undefined
          ? [{ type: "text" as const, text }]
          : [
              {
                type: "tool-call" as const,
                toolCallId: `call-${turn}`,
                toolName: tool,
                input: JSON.stringify(input),
              },
            ];
      const tokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0, text: 1, reasoning: 0 };
      return {
        content,
        finishReason: { unified: tool === undefined ? "stop" : "tool-calls", raw: undefined },
        usage: { inputTokens: tokens, outputTokens: tokens },
        warnings: [],
      } as never;
    },
  });
}

describe("for the Vercel AI SDK", () => {
  test("generateText runs programs, and the model reads what they return", async () => {
    const mock = model(
      { tool: "search_tools", input: { query: "find" } },
      { tool: "execute_code", input: { code: "return (await tools.crm.find({ id: '7' })).name" } },
      { tool: "execute_code", input: { code: "return await tools.art.draw()" } },
      { tool: "execute_code", input: { code: "throw new Error('oh')" } },
      { text: "done" },
    );
    const result = await generateText({
      model: mock,
      tools: codecellTools(runtime),
      prompt: "Who is 7?",
      stopWhen: stepCountIs(10),
    });
    expect(result.text).toBe("done");
    const outputs = (mock.doGenerateCalls.at(-1)!.prompt as unknown as Prompt)
      .filter(({ role }) => role === "tool")
      .flatMap(({ content }) => content.map(({ output }) => output));
    expect(outputs).toMatchObject([
      { type: "content", value: [{ type: "text", text: "tools.crm.find(args)" }] },
      { type: "content", value: [{ type: "text", text: "Ada" }] },
      { type: "content", value: [{ type: "text" }, expect.anything()] },
      { type: "error-text", value: expect.stringMatching(/^program_error: Error: oh/) },
    ]);
    expect(JSON.stringify(outputs[2])).toContain(PNG);
  });

  test("an agent that still sends what is not offered any more gets its answer", async () => {
    const input = { query: "find", detail: "name" };
    const mock = model({ tool: "search_tools", input }, { text: "done" });
    const tools = codecellTools(runtime);
    await generateText({ model: mock, tools, prompt: "x", stopWhen: stepCountIs(3) });
    const sent = JSON.stringify(mock.doGenerateCalls.at(-1)!.prompt);
    expect(sent).toContain("tools.crm.find(args)");
    expect(sent).not.toMatch(/invalid/i);
    for (const session of ["", "a b", "x".repeat(300), "../x", "\u202e"])
      expect(await named("execute_code").execute({ code: "1", session })).toMatchObject({
        isError: true,
        text: expect.stringMatching(/^config_error: .{1,400}/),
      });
  });

  test("arguments that do not fit the schema do not reach the runtime", async () => {
    const mock = model({ tool: "execute_code", input: { source: "return 1" } }, { text: "sorry" });
    const result = await generateText({
      model: mock,
      tools: codecellTools(runtime),
      prompt: "x",
      stopWhen: stepCountIs(3),
    });
    expect(result.text).toBe("sorry");
    expect(JSON.stringify(mock.doGenerateCalls.at(-1)!.prompt)).toMatch(/invalid/i);
  });
});
