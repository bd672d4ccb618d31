/** codecell for the Vercel AI SDK, version 7: `generateText({ model, tools: codecellTools(runtime), … })`. */
import "../core/check-node.ts";
import { z } from "zod";
import { isObject } from "../core/is-object.ts";
import type { Runtime, StandardSchema } from "../index.ts";
import {
  type AgentAnswer,
  type AgentTool,
  type AgentToolNames,
  agentTools,
  type AgentToolsOptions,
} from "./agent-tools.ts";
import { withoutBytes } from "./answer.ts";
import type { DetailsInput, ExecuteInput, SearchInput } from "./input-schemas.ts";
import { type LiveAnswer, liveAnswer } from "./live-answer.ts";

export type { AiSdkApproval, AiSdkApprovalFunction, AiSdkApprovals } from "./ai-sdk-approval.ts";
export { type AiSdkToolLike, fromAiSdk, type FromAiSdkOptions } from "./from-ai-sdk.ts";
export type { ForeignCall } from "./foreign-tools.ts";
export type { DetailsInput, ExecuteInput, SearchInput } from "./input-schemas.ts";
export type { LiveAnswer } from "./live-answer.ts";

/** What a model reads of a result: a `ToolResultOutput` of the SDK. */
export type AiSdkOutput =
  | {
      /** The call failed. */
      readonly type: "error-text";
      /** Why it failed. */
      readonly value: string;
    }
  | {
      /** The call succeeded. */
      readonly type: "content";
      /** Text and files in order. */
      readonly value: AiSdkPart[];
    };

/** A part of the content of a result, as the SDK defines it. */
export type AiSdkPart =
  | {
      /** Text for the model. */
      readonly type: "text";
      /** The text. */
      readonly text: string;
    }
  | {
      /** A picture or a sound. */
      readonly type: "file";
      /** IANA media type, for example `image/png`. */
      readonly mediaType: string;
      /** The file itself. */
      readonly data: {
        /** The file is in the message. */
        readonly type: "data";
        /** In base64 (RFC 4648). */
        readonly data: string;
      };
    };

/** What the SDK passes to a tool besides its input, as far as it is used here. */
export interface AiSdkCallOptions {
  /** Aborting ends the program. */
  readonly abortSignal?: AbortSignal | undefined;
  /** Not used. */
  readonly toolCallId?: string;
  /** Not used. */
  readonly messages?: readonly unknown[];
  /** Not used: for whom programs run is an option of the tools. */
  readonly context?: unknown;
}

/** A schema as the SDK takes it: a Standard Schema (standardschema.dev). */
export interface AiSdkSchema<Value> {
  /** The properties that the specification names. */
  readonly "~standard": Omit<StandardSchema<Value, Value>["~standard"], "jsonSchema">;
}

/** A tool as `generateText` and `streamText` of the package `ai` take it. */
export interface AiSdkTool<Input = Record<string, unknown>, Result = Promise<AgentAnswer>> {
  /** What it does, for the model. */
  readonly description: string;
  /** Schema of the input. */
  readonly inputSchema: AiSdkSchema<Input>;
  /** Carries out a call. @throws CodecellError as {@link AgentTool.execute} */
  execute(input: Input, options?: AiSdkCallOptions): Result;
  /** Converts a result to what the model reads. */
  toModelOutput(options: {
    readonly toolCallId: string;
    readonly input: Input;
    readonly output: AgentAnswer;
  }): AiSdkOutput;
}

/** The tools by what they do. */
export interface AiSdkToolsByRole {
  /** Finds tools. */
  readonly search: AiSdkTool<SearchInput>;
  /** Describes tools. */
  readonly details: AiSdkTool<DetailsInput>;
  /** Runs programs: what they say and do comes as preliminary results. */
  readonly execute: AiSdkTool<ExecuteInput, LiveAnswer>;
}

/** What the tools are called where `names` does not say it. */
export interface AiSdkDefaultNames {
  /** Finds tools. */
  readonly search: "search_tools";
  /** Describes tools. */
  readonly details: "get_tool_details";
  /** Runs programs. */
  readonly execute: "execute_code";
}

/** The tools by name, with the option `names` of type `Names`. */
export type AiSdkTools<Names extends AgentToolNames = Record<never, never>> = {
  [
    Role in keyof AiSdkToolsByRole as Role extends keyof Names
      ? Names[Role] extends string
        ? Names[Role]
        : string
      : AiSdkDefaultNames[Role]
  ]: AiSdkToolsByRole[Role];
};

/**
 * Returns the tools of `runtime` by name, for the option `tools`.
 * @param runtime one that is still starting is waited for by the calls
 * @throws CodecellError `config_error` for bad options
 */
export function codecellTools<const Names extends AgentToolNames = Record<never, never>>(
  runtime: Runtime | Promise<Runtime>,
  options: AgentToolsOptions & { readonly names?: Names } = {},
): AiSdkTools<Names> {
  const [search, details, execute] = agentTools(runtime, options) as [
    AgentTool,
    AgentTool,
    AgentTool,
  ];
  const byName = {
    [search.name]: { ...described(search), execute: once(search) },
    [details.name]: { ...described(details), execute: once(details) },
    [execute.name]: { ...described(execute), execute: live(execute, options.onProgress) },
  };
  return byName as unknown as AiSdkTools<Names>;
}

function described({
  description,
  inputSchema,
}: AgentTool): Pick<AiSdkTool, "description" | "inputSchema" | "toModelOutput"> {
  return {
    description,
    inputSchema: leniently(inputSchema),
    toModelOutput: ({ output }) => modelOutput(output),
  };
}

function once(tool: AgentTool): AiSdkTool["execute"] {
  return async (input, { abortSignal } = {}) =>
    await tool.execute(input, abortSignal === undefined ? {} : { signal: abortSignal });
}

function live(
  tool: AgentTool,
  onProgress: AgentToolsOptions["onProgress"],
): AiSdkTool<Record<string, unknown>, LiveAnswer>["execute"] {
  return (input, { abortSignal } = {}) =>
    liveAnswer(async (tell, signal) => {
      const told = (message: string): void => {
        tell(message);
        onProgress?.(message);
      };
      return await tool.execute(input, { signal, onProgress: told });
    }, abortSignal);
}

/** The SDK refuses what its schema refuses; here as elsewhere, arguments that are not offered any more still work. */
function leniently(schema: AgentTool["inputSchema"]): AiSdkTool["inputSchema"] {
  const open = { ...schema, additionalProperties: true };
  return z.fromJSONSchema(open as never) as z.ZodType<
    Record<string, unknown>,
    Record<string, unknown>
  >;
}

/** What was stored with a chat comes back from its client, and may be anything. */
function modelOutput(output: unknown): AiSdkOutput {
  const { text, content, isError } = isObject(output) ? output : {};
  if (isError === true && typeof text === "string") return { type: "error-text", value: text };
  const parts = Array.isArray(content) && content.every(isObject) ? content : undefined;
  const whole = typeof text === "string" ? text : (JSON.stringify(output) ?? "");
  return { type: "content", value: (parts ?? [{ type: "text", text: whole }]).map(toPart) };
}

function toPart(part: Readonly<Record<string, unknown>>): AiSdkPart {
  if (part.type === "text") return { type: "text", text: String(part["text"]) };
  // The SDK has no links and no resources; as text they say what they are. Bytes say nothing to a model.
  if (part.type !== "image" && part.type !== "audio")
    return { type: "text", text: JSON.stringify(withoutBytes(part as never)) };
  return {
    type: "file",
    mediaType: String(part["mimeType"]),
    data: { type: "data", data: String(part["data"]) },
  };
}
