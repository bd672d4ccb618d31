/** Types of the tools for agents, ours and the AI SDK's. Compiled by `tsc`, never run. */
import { generateText, type LanguageModel, type ToolSet } from "ai";
import { expectTypeOf, test } from "vitest";
import {
  type AgentAnswer,
  type AgentCallOptions,
  type AgentTool,
  agentTools,
  type AgentToolsOptions,
} from "../../src/agent/agent-tools.ts";
import { codecellTools } from "../../src/agent/ai-sdk.ts";
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

test("codecellTools fits generateText of the AI SDK", () => {
  const tools = codecellTools(runtime, { maxResultChars: 5_000 });
  expectTypeOf(tools).toExtend<ToolSet>();
  void generateText({ model: {} as LanguageModel, tools, prompt: "Do it" });
});
