/** Types of the tools for agents, ours and the AI SDK's. Compiled by `tsc`, never run. */
import {
  generateText,
  type InferToolInput,
  type InferToolOutput,
  type InferUITools,
  type LanguageModel,
  streamText,
  type Tool,
  type ToolSet,
} from "ai";
import { expectTypeOf, test } from "vitest";
import {
  type AgentAnswer,
  type AgentCallOptions,
  type AgentTool,
  agentTools,
  type AgentToolsOptions,
} from "../../src/agent/agent-tools.ts";
import { codecellTools, type ExecuteInput, fromAiSdk } from "../../src/agent/ai-sdk.ts";
import type { AgentToolNames } from "../../src/agent/agent-tools.ts";
import type { ModelHandler, Runtime } from "../../src/index.ts";

const runtime = {} as Runtime;

test("agentTools gives tools with a name, texts, schemas and a function", () => {
  expectTypeOf(agentTools).parameters.toEqualTypeOf<
    [runtime: Runtime | Promise<Runtime>, options?: AgentToolsOptions | undefined]
  >();
  expectTypeOf(agentTools(runtime)).toEqualTypeOf<AgentTool[]>();
  expectTypeOf<AgentTool["inputSchema"]>().toEqualTypeOf<Readonly<Record<string, unknown>>>();
  expectTypeOf<AgentTool["execute"]>().parameters.toEqualTypeOf<
    [args: unknown, options?: AgentCallOptions | undefined]
  >();
  expectTypeOf<AgentTool["execute"]>().returns.resolves.toEqualTypeOf<AgentAnswer>();
});

test("names and the longest text can be chosen", () => {
  void agentTools(runtime, { names: { execute: "run_code" }, maxResultChars: 5_000 });
  // @ts-expect-error -- there are three
  void agentTools(runtime, { names: { run: "run_code" } });
});

test("a call takes a signal, a user, a listener and a model", () => {
  expectTypeOf<AgentCallOptions>().toEqualTypeOf<{
    readonly signal?: AbortSignal;
    readonly user?: string;
    readonly onProgress?: (message: string) => void;
    readonly onModel?: ModelHandler;
  }>();
});

test("an answer is text and content, and data where the tool promises some", () => {
  expectTypeOf<AgentAnswer["text"]>().toBeString();
  expectTypeOf<AgentAnswer["content"][number]["type"]>().toBeString();
  expectTypeOf<AgentAnswer["structured"]>().toEqualTypeOf<
    Readonly<Record<string, unknown>> | undefined
  >();
  expectTypeOf<AgentAnswer["isError"]>().toBeBoolean();
});

test("agentTools takes a user, a session, a scope, limits, a listener", () => {
  void agentTools(runtime, {
    user: "ann",
    session: "chat-1",
    scope: "a",
    limits: { wallMs: 1_000 },
  });
  void agentTools(runtime, { scope: false, typeCheck: false, onProgress: (text) => text.length });
  // @ts-expect-error -- a session has a name
  void agentTools(runtime, { session: 1 });
});

test("codecellTools fits generateText and streamText of the AI SDK, with the types of each tool", async () => {
  const tools = codecellTools(runtime, { maxResultChars: 5_000 });
  expectTypeOf(tools).toExtend<ToolSet>();
  type Tools = typeof tools;
  expectTypeOf<keyof Tools>().toEqualTypeOf<"search_tools" | "get_tool_details" | "execute_code">();
  expectTypeOf<InferToolInput<Tools["execute_code"]>>().toEqualTypeOf<ExecuteInput>();
  expectTypeOf<InferToolOutput<Tools["execute_code"]>>().toEqualTypeOf<AgentAnswer>();
  expectTypeOf<InferUITools<Tools>["search_tools"]["output"]>().toEqualTypeOf<AgentAnswer>();
  const { toolCalls, toolResults } = await generateText({
    model: {} as LanguageModel,
    tools,
    prompt: "Do it",
    toolApproval: { execute_code: "user-approval" },
  });
  for (const call of toolCalls)
    if (!call.dynamic && call.toolName === "execute_code")
      expectTypeOf(call.input).toEqualTypeOf<ExecuteInput>();
  for (const result of toolResults)
    if (!result.dynamic && result.toolName === "execute_code")
      expectTypeOf(result.output).toEqualTypeOf<AgentAnswer>();
  void streamText({ model: {} as LanguageModel, tools, prompt: "Do it" });
});

test("execute can be awaited and iterated", async () => {
  const { execute } = codecellTools(runtime).execute_code;
  const options = { toolCallId: "1", messages: [], context: {} };
  expectTypeOf(await execute({ code: "1" }, options)).toEqualTypeOf<AgentAnswer>();
  for await (const item of execute({ code: "1" })) expectTypeOf(item).toEqualTypeOf<AgentAnswer>();
  // @ts-expect-error -- the program's text is `code`
  void execute({ source: "1" });
});

test("renamed tools keep their types", () => {
  const tools = codecellTools(runtime, { names: { execute: "run_code" } });
  expectTypeOf<keyof typeof tools>().toEqualTypeOf<
    "search_tools" | "get_tool_details" | "run_code"
  >();
  expectTypeOf<InferToolInput<(typeof tools)["run_code"]>>().toEqualTypeOf<ExecuteInput>();
  const some = codecellTools(runtime, { names: {} as AgentToolNames });
  expectTypeOf(some).toExtend<ToolSet>();
});

test("fromAiSdk takes tools of the SDK as they are", () => {
  void fromAiSdk({} as ToolSet, { toolApproval: { a: "denied" } });
  void fromAiSdk({ a: {} as Tool });
  // @ts-expect-error -- they are by name
  void fromAiSdk([{} as Tool]);
});
