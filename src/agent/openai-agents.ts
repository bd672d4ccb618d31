/** Tools of the OpenAI Agents SDK, as its function `tool` takes them. */
import type { AgentTool } from "./agent-tools.ts";
import { answerParts, answerText, dataUrl, hasImages } from "./answer-parts.ts";
import { type ObjectSchema, strictSchema } from "./strict-schema.ts";
import { execute } from "./tool-calls.ts";

/** A part of a result, as the Agents SDK defines it. */
export type AgentsPart =
  | {
      /** Text for the model. */
      readonly type: "text";
      /** The text. */
      readonly text: string;
    }
  | {
      /** A picture. */
      readonly type: "image";
      /** A `data:` URL. */
      readonly image: string;
    };

/** What `tool` of `@openai/agents` takes. */
export interface OpenAiAgentsTool {
  /** 1 to 64 letters, digits, `_` and `-`. */
  name: string;
  /** What it does, for the model. */
  description: string;
  /** JSON Schema of the arguments. */
  parameters: ObjectSchema;
  /** The Agents SDK is always used in strict mode. */
  strict: true;
  /**
   * Carries out a call. It does not throw for what the model wrote.
   * @throws CodecellError as `AgentTool.execute`
   */
  execute(
    input: unknown,
    context?: unknown,
    details?: { readonly signal?: AbortSignal | undefined },
  ): Promise<string | AgentsPart[]>;
}

/**
 * Options of the SDK's own `tool`: an object of its form that it has not made is taken for one with an approval policy, so that a call
 * whose arguments are no JSON would wait for a person.
 */
export function agentsTool(tool: AgentTool): OpenAiAgentsTool {
  const { name, description } = tool;
  return {
    name,
    description,
    parameters: strictSchema(tool),
    strict: true,
    execute: async (input, _context, details) => {
      const answer = await execute(tool, input, details?.signal);
      if (!hasImages(answer)) return answerText(answer);
      return answerParts(answer).map((part) =>
        part.type === "text" ? part : { type: "image", image: dataUrl(part) },
      );
    },
  };
}
