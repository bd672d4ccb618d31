/** Tools in the forms of other SDKs fit those. Compiled by `tsc`, never run. */
import type Anthropic from "@anthropic-ai/sdk";
import type { BetaRunnableTool } from "@anthropic-ai/sdk/lib/tools/BetaRunnableTool";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { Agent, type Tool, tool } from "@openai/agents";
import type OpenAI from "openai";
import { expectTypeOf, test } from "vitest";
import { type AnthropicResults, anthropicTools } from "../../src/agent/anthropic.ts";
import { type LangChainTool, langchainTools } from "../../src/agent/langchain.ts";
import {
  type ChatToolMessage,
  type FunctionCallOutput,
  type OpenAiTools,
  openaiTools,
} from "../../src/agent/openai.ts";
import type { Runtime } from "../../src/index.ts";

const runtime = {} as Runtime;
const openai = {} as OpenAI;
const anthropic = {} as Anthropic;

test("Chat Completions", async () => {
  const codecell = openaiTools(runtime, { strict: false, names: { execute: "run" } });
  expectTypeOf(codecell).toEqualTypeOf<OpenAiTools>();
  const { chat: tools } = codecell;
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  expectTypeOf(tools).toExtend<OpenAI.ChatCompletionTool[]>();
  void openai.chat.completions.runTools({ model: "m", messages, tools });
  void openai.chat.completions.runTools({ model: "m", messages, tools, stream: true });
  void openai.chat.completions.stream({ model: "m", messages, tools });
  const completion = await openai.chat.completions.create({ model: "m", messages, tools });
  const answers = codecell.runChatCalls(completion.choices[0]!.message, {
    signal: AbortSignal.timeout(1),
  });
  expectTypeOf(answers).resolves.toEqualTypeOf<ChatToolMessage[]>();
  messages.push(...(await answers));
  // @ts-expect-error -- no option
  void openaiTools(runtime, { stict: true });
});

test("Responses", async () => {
  const { responses: tools, runResponseCalls } = openaiTools(runtime);
  const response = await openai.responses.create({ model: "m", input: "x", tools });
  const input = await runResponseCalls(response);
  expectTypeOf(input).toEqualTypeOf<FunctionCallOutput[]>();
  void openai.responses.create({ model: "m", input, tools });
});

test("the Agents SDK", () => {
  const { agents } = openaiTools(runtime);
  const tools = agents.map((each) => tool(each));
  expectTypeOf(tools).toExtend<Tool[]>();
  void new Agent({ name: "a", tools });
});

test("the Messages API and its tool runner", async () => {
  const { tools, runToolCalls } = anthropicTools(runtime, { maxResultChars: 5_000 });
  expectTypeOf(tools).toExtend<BetaRunnableTool[]>();
  const messages: Anthropic.MessageParam[] = [];
  const message = await anthropic.messages.create({ model: "m", max_tokens: 1, messages, tools });
  const results = await runToolCalls(message);
  expectTypeOf(results).toEqualTypeOf<AnthropicResults | undefined>();
  if (results !== undefined) messages.push(results);
  void anthropic.beta.messages.toolRunner({ model: "m", max_tokens: 1, messages: [], tools });
});

test("LangChain", () => {
  const tools = langchainTools(runtime, { strict: true, images: true });
  expectTypeOf(tools).toEqualTypeOf<LangChainTool[]>();
  expectTypeOf(tools).toExtend<StructuredToolInterface[]>();
  void ({} as BaseChatModel).bindTools?.(tools);
});
