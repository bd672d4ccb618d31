/** codecell for OpenAI: Chat Completions, the Responses API, and the Agents SDK. Imports none of their packages. */
import "../core/check-node.ts";
import { readSetting } from "../core/check-settings.ts";
import type { Runtime } from "../index.ts";
import { agentTools, type AgentToolsOptions } from "./agent-tools.ts";
import { agentsTool, type OpenAiAgentsTool } from "./openai-agents.ts";
import {
  type ChatMessage,
  type ChatToolMessage,
  chatTool,
  type OpenAiChatTool,
  runChatCalls,
} from "./openai-chat.ts";
import {
  type FunctionCallOutput,
  type OpenAiFunctionTool,
  type ResponseLike,
  responsesTool,
  runResponseCalls,
} from "./openai-responses.ts";
import { objectSchema, strictSchema } from "./strict-schema.ts";
import type { ToolCallOptions } from "./tool-calls.ts";

export type { AgentsPart, OpenAiAgentsTool } from "./openai-agents.ts";
export type { ChatMessage, ChatToolMessage, OpenAiChatTool } from "./openai-chat.ts";
export type {
  FunctionCallOutput,
  FunctionCallPart,
  OpenAiFunctionTool,
  ResponseLike,
} from "./openai-responses.ts";
export type { ObjectSchema } from "./strict-schema.ts";
export type { OtherToolCall, ToolCallOptions } from "./tool-calls.ts";

/** What {@link openaiTools} takes. */
export interface OpenAiToolsOptions extends AgentToolsOptions {
  /**
   * Strict mode: the model's arguments are sure to fit their schema. What may be left out is `null` then.
   * @default true
   */
  readonly strict?: boolean;
}

/** The tools of a runtime in the forms of OpenAI's APIs, and what carries out their calls. */
export interface OpenAiTools {
  /** For `tools` of `chat.completions.create`, `.stream` and `.runTools`, which calls them itself. */
  readonly chat: OpenAiChatTool[];
  /** For `tools` of `responses.create` and `.stream`. */
  readonly responses: OpenAiFunctionTool[];
  /** For `tool` of `@openai/agents`: `new Agent({ tools: agents.map((each) => tool(each)) })`. Always in strict mode. */
  readonly agents: OpenAiAgentsTool[];
  /**
   * Carries out the calls of a message of Chat Completions. Returns one message for each, in order, to be sent after it; none
   * where the model called nothing.
   * @throws CodecellError `config_error` for what is no message, else as `AgentTool.execute`
   */
  runChatCalls(message: ChatMessage, options?: ToolCallOptions): Promise<ChatToolMessage[]>;
  /**
   * Carries out the calls of a response. Returns one input item for each, in order; none where the model called nothing.
   * @throws CodecellError `config_error` for what is no response, else as `AgentTool.execute`
   */
  runResponseCalls(
    response: ResponseLike,
    options?: ToolCallOptions,
  ): Promise<FunctionCallOutput[]>;
}

/**
 * Returns the tools of `runtime` for OpenAI.
 * @param runtime one that is still starting is waited for by the calls
 * @throws CodecellError `config_error` for bad options
 */
export function openaiTools(
  runtime: Runtime | Promise<Runtime>,
  options: OpenAiToolsOptions = {},
): OpenAiTools {
  const { strict: given, ...rest } = options;
  const strict = readSetting({ type: "boolean", default: true }, given, "strict") as boolean;
  const tools = agentTools(runtime, rest);
  const described = tools.map((tool) => ({
    tool,
    strict,
    parameters: strict ? strictSchema(tool) : objectSchema(tool),
  }));
  return {
    chat: described.map(chatTool),
    responses: described.map(responsesTool),
    agents: tools.map(agentsTool),
    runChatCalls: async (message, calls = {}) => await runChatCalls(tools, message, calls),
    runResponseCalls: async (response, calls = {}) =>
      await runResponseCalls(tools, response, calls),
  };
}
