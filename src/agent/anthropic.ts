/** codecell for Anthropic's Messages API and the tool runner of its SDK. Imports no package of it. */
import "../core/check-node.ts";
import { isObject } from "../core/is-object.ts";
import { configError } from "../core/setting-errors.ts";
import type { Runtime } from "../index.ts";
import { type AgentTool, agentTools, type AgentToolsOptions } from "./agent-tools.ts";
import type { AgentAnswer } from "./answer.ts";
import { answerParts, answerText, hasImages, type ImageType } from "./answer-parts.ts";
import { type ObjectSchema, objectSchema } from "./strict-schema.ts";
import { answerCall, callsIn, execute, type ToolCallOptions } from "./tool-calls.ts";

export type { ImageType } from "./answer-parts.ts";
export type { ObjectSchema } from "./strict-schema.ts";
export type { OtherToolCall, ToolCallOptions } from "./tool-calls.ts";

/** A block of a result. */
export type AnthropicBlock =
  | {
      /** Text for the model. */
      readonly type: "text";
      /** The text. */
      readonly text: string;
    }
  | {
      /** A picture. */
      readonly type: "image";
      /** The picture itself. */
      readonly source: {
        /** It is in the message. */
        readonly type: "base64";
        /** IANA media type. */
        readonly media_type: ImageType;
        /** In base64 (RFC 4648). */
        readonly data: string;
      };
    };

/** A tool of the Messages API. The functions in it are for `beta.messages.toolRunner`; the API receives the rest. */
export interface AnthropicTool {
  /** It is the user's own. */
  readonly type: "custom";
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What it does, for the model. */
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly input_schema: ObjectSchema;
  /**
   * Carries out a call. It throws where the call or the program failed: that is how the tool runner learns of it.
   * @throws Error whose message the model reads
   */
  readonly run: (
    args: unknown,
    context?: { readonly signal?: AbortSignal | null | undefined },
  ) => Promise<string | AnthropicBlock[]>;
  /** Arguments are checked by `run`. */
  readonly parse: (input: unknown) => unknown;
}

/** The answers to the calls of a message, to be sent after it. */
export interface AnthropicResults {
  /** As the API wants it. */
  readonly role: "user";
  /** One for each call, in order. */
  readonly content: {
    /** What it is. */
    readonly type: "tool_result";
    /** The call that it answers. */
    readonly tool_use_id: string;
    /** Text; text and pictures where the program returned some. */
    readonly content: string | AnthropicBlock[];
    /** Whether the call or the program failed. */
    readonly is_error: boolean;
  }[];
}

/** A message of the model. */
export interface AnthropicMessage {
  /** Blocks in order; of type `tool_use` are calls. */
  readonly content: readonly {
    /** What it is. */
    readonly type: string;
  }[];
}

/** The tools of a runtime for Anthropic's models, and what carries out their calls. */
export interface AnthropicTools {
  /** For `tools` of `messages.create`, `messages.stream` and `beta.messages.toolRunner`, which calls them itself. */
  readonly tools: AnthropicTool[];
  /**
   * Carries out the calls of a message. Returns the message to send after it; undefined where the model called nothing.
   * @throws CodecellError `config_error` for what is no message, else as `AgentTool.execute`
   */
  runToolCalls(
    message: AnthropicMessage,
    options?: ToolCallOptions,
  ): Promise<AnthropicResults | undefined>;
}

/**
 * Returns the tools of `runtime` for Anthropic's models.
 * @param runtime one that is still starting is waited for by the calls
 * @throws CodecellError `config_error` for bad options
 */
export function anthropicTools(
  runtime: Runtime | Promise<Runtime>,
  options: AgentToolsOptions = {},
): AnthropicTools {
  const tools = agentTools(runtime, options);
  return {
    tools: tools.map(toAnthropic),
    runToolCalls: async (message, calls = {}) => await runToolCalls(tools, message, calls),
  };
}

function toAnthropic(tool: AgentTool): AnthropicTool {
  const { name, description } = tool;
  return {
    type: "custom",
    name,
    description,
    input_schema: objectSchema(tool),
    run: async (args, context) => {
      const answer = await execute(tool, args, context?.signal);
      if (answer.isError) throw new Error(answerText(answer));
      return contentOf(answer);
    },
    parse: (input) => input,
  };
}

async function runToolCalls(
  tools: readonly AgentTool[],
  message: unknown,
  options: ToolCallOptions,
): Promise<AnthropicResults | undefined> {
  if (!isObject(message) || (!Array.isArray(message["content"]) && message["content"] !== ""))
    throw configError("runToolCalls takes a message, as messages.create returns it");
  const calls = callsIn(message["content"], ({ type, id, name, input }) =>
    type === "tool_use" ? { id: id as string, name: name as string, arguments: input } : undefined,
  );
  if (calls.length === 0) return undefined;
  const content = calls.map(async (call) => {
    const answer = await answerCall(tools, call, options);
    return {
      type: "tool_result" as const,
      tool_use_id: call.id,
      content: contentOf(answer),
      is_error: answer.isError,
    };
  });
  return { role: "user", content: await Promise.all(content) };
}

function contentOf(answer: AgentAnswer): string | AnthropicBlock[] {
  if (!hasImages(answer)) return answerText(answer);
  return answerParts(answer).map((part) =>
    part.type === "text"
      ? part
      : {
          type: "image",
          source: { type: "base64", media_type: part.mediaType, data: part.data },
        },
  );
}
