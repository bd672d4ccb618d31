/** Chat Completions: tools with the function that carries them out, and the messages that answer calls. */
import { isObject } from "../core/is-object.ts";
import { configError } from "../core/setting-errors.ts";
import type { AgentTool } from "./agent-tools.ts";
import { answerText } from "./answer-parts.ts";
import type { ObjectSchema } from "./strict-schema.ts";
import { answerCall, callsIn, execute, type ToolCallOptions } from "./tool-calls.ts";

/** A tool as the APIs of OpenAI describe it. */
export interface DescribedTool {
  readonly tool: AgentTool;
  readonly strict: boolean;
  readonly parameters: ObjectSchema;
}

/** A tool of Chat Completions. The function in it is for `runTools`; the API receives the rest. */
export interface OpenAiChatTool {
  /** It is a function. */
  readonly type: "function";
  /** The function and its description. */
  readonly function: {
    /** 1 to 64 letters, digits, `_` and `-`. */
    readonly name: string;
    /** What it does, for the model. */
    readonly description: string;
    /** JSON Schema of the arguments. */
    readonly parameters: ObjectSchema;
    /** Whether the API makes sure that arguments fit. */
    readonly strict: boolean;
    /**
     * Carries out a call, and returns what the model reads. It does not throw for what the model wrote.
     * @throws CodecellError as `AgentTool.execute`
     */
    readonly function: (args: string, runner?: unknown) => Promise<string>;
  };
}

/** A message of the model, as `choices[0].message` of a completion. */
export interface ChatMessage {
  /** What the model calls. Absent: nothing. */
  readonly tool_calls?:
    | readonly {
        /** Identifies the call. */
        readonly id: string;
        /** `function`, for tools of these. */
        readonly type: string;
        /** Name and arguments. */
        readonly function?: {
          /** Name of the tool. */
          readonly name: string;
          /** JSON of the arguments. */
          readonly arguments: string;
        };
      }[]
    | null
    | undefined;
}

/** A message that answers one call. */
export interface ChatToolMessage {
  /** It is of a tool. */
  readonly role: "tool";
  /** The call that it answers. */
  readonly tool_call_id: string;
  /** Text: these messages have nothing else. Pictures are named in it. */
  readonly content: string;
}

export function chatTool({ tool, strict, parameters }: DescribedTool): OpenAiChatTool {
  const { name, description } = tool;
  return {
    type: "function",
    function: {
      name,
      description,
      parameters,
      strict,
      function: async (args, runner) => answerText(await execute(tool, args, signalOf(runner))),
    },
  };
}

/** The runner of `runTools` has the controller that its `abort()` uses. */
function signalOf(runner: unknown): AbortSignal | undefined {
  const controller = isObject(runner) ? runner["controller"] : undefined;
  return controller instanceof AbortController ? controller.signal : undefined;
}

export async function runChatCalls(
  tools: readonly AgentTool[],
  message: unknown,
  options: ToolCallOptions,
): Promise<ChatToolMessage[]> {
  if (!isObject(message) || "choices" in message)
    throw configError("runChatCalls takes a message: completion.choices[0].message");
  const calls = callsIn(message["tool_calls"], ({ id, function: called, custom }) => {
    const of = isObject(called) ? called : custom;
    return isObject(of) ? { ...of, id: id as string } : undefined;
  });
  return await Promise.all(
    calls.map(async (call) => ({
      role: "tool",
      tool_call_id: call.id,
      content: answerText(await answerCall(tools, call, options)),
    })),
  );
}
