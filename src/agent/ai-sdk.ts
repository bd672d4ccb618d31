/** codecell for the Vercel AI SDK, version 7: `generateText({ model, tools: codecellTools(runtime), … })`. */
import { z } from "zod";
import type { Runtime } from "../index.ts";
import {
  type AgentAnswer,
  type AgentTool,
  agentTools,
  type AgentToolsOptions,
} from "./agent-tools.ts";

/** What a model reads of an answer, as the SDK has it. */
export type AiSdkOutput =
  | { readonly type: "error-text"; readonly value: string }
  | { readonly type: "content"; readonly value: AiSdkPart[] };

type AiSdkPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "file";
      readonly mediaType: string;
      readonly data: { readonly type: "data"; readonly data: string };
    };

/** A tool as `generateText` and `streamText` of the package `ai` take it. */
export interface AiSdkTool {
  readonly description: string;
  readonly inputSchema: z.ZodType<Record<string, unknown>>;
  execute(
    input: Record<string, unknown>,
    options?: { readonly abortSignal?: AbortSignal | undefined },
  ): Promise<AgentAnswer>;
  toModelOutput(options: { readonly output: AgentAnswer }): AiSdkOutput;
}

/** The tools of `runtime` by name, for the option `tools`. */
export function codecellTools(
  runtime: Runtime,
  options: AgentToolsOptions = {},
): Record<string, AiSdkTool> {
  return Object.fromEntries(agentTools(runtime, options).map((tool) => [tool.name, toAiSdk(tool)]));
}

function toAiSdk({ description, inputSchema, execute }: AgentTool): AiSdkTool {
  return {
    description,
    inputSchema: z.fromJSONSchema(inputSchema as never) as z.ZodType<Record<string, unknown>>,
    execute: async (input, { abortSignal } = {}) =>
      await execute(input, abortSignal === undefined ? {} : { signal: abortSignal }),
    toModelOutput: ({ output }) =>
      output.isError
        ? { type: "error-text", value: output.text }
        : { type: "content", value: output.content.map(toPart) },
  };
}

function toPart(part: AgentAnswer["content"][number]): AiSdkPart {
  if (part.type === "text") return { type: "text", text: String(part["text"]) };
  // The SDK has no links and no resources; as text they say what they are.
  if (part.type !== "image" && part.type !== "audio")
    return { type: "text", text: JSON.stringify(part) };
  return {
    type: "file",
    mediaType: String(part["mimeType"]),
    data: { type: "data", data: String(part["data"]) },
  };
}
