/** codecell for the Vercel AI SDK, version 7: `generateText({ model, tools: codecellTools(runtime), … })`. */
import { z } from "zod";
import type { Runtime } from "../index.ts";
import {
  type AgentAnswer,
  type AgentTool,
  agentTools,
  type AgentToolsOptions,
} from "./agent-tools.ts";
import { withoutBytes } from "./answer.ts";

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

/** A tool as `generateText` and `streamText` of the package `ai` take it. */
export interface AiSdkTool {
  /** What it does, for the model. */
  readonly description: string;
  /** zod schema of the arguments. */
  readonly inputSchema: z.ZodType<Record<string, unknown>>;
  /** Carries out a call; `abortSignal` ends its program. @throws CodecellError as {@link AgentTool.execute} */
  execute(
    input: Record<string, unknown>,
    options?: { readonly abortSignal?: AbortSignal | undefined },
  ): Promise<AgentAnswer>;
  /** Converts a result to what the model reads. */
  toModelOutput(options: { readonly output: AgentAnswer }): AiSdkOutput;
}

/**
 * Returns the tools of `runtime` by name, for the option `tools`.
 * @throws CodecellError `config_error` for bad options
 */
export function codecellTools(
  runtime: Runtime,
  options: AgentToolsOptions = {},
): Record<string, AiSdkTool> {
  return Object.fromEntries(agentTools(runtime, options).map((tool) => [tool.name, toAiSdk(tool)]));
}

function toAiSdk({ description, inputSchema, execute }: AgentTool): AiSdkTool {
  return {
    description,
    inputSchema: leniently(inputSchema),
    execute: async (input, { abortSignal } = {}) =>
      await execute(input, abortSignal === undefined ? {} : { signal: abortSignal }),
    toModelOutput: ({ output }) =>
      output.isError
        ? { type: "error-text", value: output.text }
        : { type: "content", value: output.content.map(toPart) },
  };
}

/** The SDK refuses what its schema refuses; here as elsewhere, arguments that are not offered any more still work. */
function leniently(schema: AgentTool["inputSchema"]): z.ZodType<Record<string, unknown>> {
  const open = { ...schema, additionalProperties: true };
  return z.fromJSONSchema(open as never) as z.ZodType<Record<string, unknown>>;
}

function toPart(part: AgentAnswer["content"][number]): AiSdkPart {
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
