/** The Responses API: tools, and the input items that answer calls. */
import { isObject } from "../core/is-object.ts";
import { configError } from "../core/setting-errors.ts";
import type { AgentTool } from "./agent-tools.ts";
import type { AgentAnswer } from "./answer.ts";
import { answerParts, answerText, dataUrl, hasImages } from "./answer-parts.ts";
import type { DescribedTool } from "./openai-chat.ts";
import type { ObjectSchema } from "./strict-schema.ts";
import { answerCall, callsIn, type ToolCallOptions } from "./tool-calls.ts";

/** A tool of the Responses API. */
export interface OpenAiFunctionTool {
  /** It is a function. */
  readonly type: "function";
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What it does, for the model. */
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: ObjectSchema;
  /** Whether the API makes sure that arguments fit. */
  readonly strict: boolean;
}

/** A response, as `responses.create` returns it: what the model wrote and called. */
export interface ResponseLike {
  /** Items in order; of type `function_call` are calls. */
  readonly output: readonly {
    /** What it is. */
    readonly type: string;
  }[];
}

/** A part of the output of a call. */
export type FunctionCallPart =
  | {
      /** Text for the model. */
      readonly type: "input_text";
      /** The text. */
      readonly text: string;
    }
  | {
      /** A picture. */
      readonly type: "input_image";
      /** A `data:` URL. */
      readonly image_url: string;
      /** How closely the model looks at it. */
      readonly detail: "auto";
    };

/** An input item that answers one call. */
export interface FunctionCallOutput {
  /** What it is. */
  readonly type: "function_call_output";
  /** The call that it answers. */
  readonly call_id: string;
  /** Text; text and pictures where the program returned some. */
  readonly output: string | FunctionCallPart[];
}

export function responsesTool({ tool, strict, parameters }: DescribedTool): OpenAiFunctionTool {
  const { name, description } = tool;
  return { type: "function", name, description, parameters, strict };
}

export async function runResponseCalls(
  tools: readonly AgentTool[],
  response: unknown,
  options: ToolCallOptions,
): Promise<FunctionCallOutput[]> {
  if (!isObject(response) || !Array.isArray(response["output"]))
    throw configError("runResponseCalls takes a response, as responses.create returns it");
  const calls = callsIn(response["output"], ({ type, call_id: id, name, arguments: args }) =>
    type === "function_call"
      ? { id: id as string, name: name as string, arguments: args }
      : undefined,
  );
  return await Promise.all(
    calls.map(async (call) => ({
      type: "function_call_output",
      call_id: call.id,
      output: outputOf(await answerCall(tools, call, options)),
    })),
  );
}

function outputOf(answer: AgentAnswer): string | FunctionCallPart[] {
  if (!hasImages(answer)) return answerText(answer);
  return answerParts(answer).map((part) =>
    part.type === "text"
      ? { type: "input_text", text: part.text }
      : { type: "input_image", image_url: dataUrl(part), detail: "auto" },
  );
}
