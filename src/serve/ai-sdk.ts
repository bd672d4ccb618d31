/** codecell for the Vercel AI SDK: `generateText({ model, tools: codecellTools(runtime), … })`. */
import { z } from "zod";
import type { Runtime } from "../index.ts";
import {
  type AgentAnswer,
  type AgentTool,
  agentTools,
  type AgentToolsOptions,
} from "./agent-tools.ts";

/** A tool as `generateText` and `streamText` of package `ai` take it. */
export interface AiSdkTool {
  readonly description: string;
  readonly inputSchema: z.ZodType;
  execute(input: unknown, options?: { readonly abortSignal?: AbortSignal }): Promise<AgentAnswer>;
  toModelOutput(
    answer: unknown,
  ): { type: "content"; value: never[] } | { type: "error-text"; value: string };
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
    inputSchema: z.fromJSONSchema(inputSchema as never),
    execute: async (input, { abortSignal } = {}) =>
      await execute(input, abortSignal === undefined ? {} : { signal: abortSignal }),
    toModelOutput,
  };
}

/** What the model reads: the text, and pictures as pictures. */
function toModelOutput(given: unknown): ReturnType<AiSdkTool["toModelOutput"]> {
  // Version 5 of the SDK gives the output itself, later ones an object around it.
  const answer = (
    isAnswer(given) ? given : (given as { output: AgentAnswer }).output
  ) as AgentAnswer;
  if (answer.isError) return { type: "error-text", value: answer.text };
  const value = answer.content.map((part) =>
    part.type === "text"
      ? { type: "text", text: part["text"] }
      : { type: "media", data: part["data"], mediaType: part["mimeType"] },
  );
  return { type: "content", value: value as never[] };
}

function isAnswer(given: unknown): boolean {
  return typeof given === "object" && given !== null && "content" in given && "isError" in given;
}
