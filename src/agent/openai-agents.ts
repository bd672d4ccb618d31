/** Tools of the OpenAI Agents SDK, as its `tool()` makes them. */
import { answerParts, answerText, dataUrl, hasImages } from "./answer-parts.ts";
import type { DescribedTool } from "./openai-chat.ts";
import type { ObjectSchema } from "./strict-schema.ts";
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

/** A function tool of `@openai/agents`. */
export interface OpenAiAgentsTool {
  /** It is a function. */
  type: "function";
  /** 1 to 64 letters, digits, `_` and `-`. */
  name: string;
  /** What it does, for the model. */
  description: string;
  /** JSON Schema of the arguments. */
  parameters: ObjectSchema;
  /** Whether the API makes sure that arguments fit. */
  strict: boolean;
  /**
   * Carries out a call. It does not throw for what the model wrote.
   * @throws CodecellError as `AgentTool.execute`
   */
  invoke(
    context: unknown,
    input: string,
    details?: { readonly signal?: AbortSignal | undefined },
  ): Promise<string | AgentsPart[]>;
  /** Calls need no approval. Replace it where they do. */
  needsApproval: () => Promise<boolean>;
  /** The tool is there in every run. */
  isEnabled: () => Promise<boolean>;
}

export function agentsTool({ tool, strict, parameters }: DescribedTool): OpenAiAgentsTool {
  const { name, description } = tool;
  return {
    type: "function",
    name,
    description,
    parameters,
    strict,
    invoke: async (_context, input, details) => {
      const answer = await execute(tool, input, details?.signal);
      if (!hasImages(answer)) return answerText(answer);
      return answerParts(answer).map((part) =>
        part.type === "text" ? part : { type: "image", image: dataUrl(part) },
      );
    },
    needsApproval: async () => false,
    isEnabled: async () => true,
  };
}
