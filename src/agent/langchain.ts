/** codecell for LangChain and LangGraph. The tools are of the class that `@langchain/core` has, which the application brings. */
import "../core/check-node.ts";
import { ToolMessage } from "@langchain/core/messages";
import { DynamicStructuredTool, type ToolRunnableConfig } from "@langchain/core/tools";
import { readSetting } from "../core/check-settings.ts";
import type { SchemaFor } from "../core/setting-schema.ts";
import type { Runtime } from "../index.ts";
import { type AgentTool, agentTools, type AgentToolsOptions } from "./agent-tools.ts";
import type { AgentAnswer } from "./answer.ts";
import { answerParts, answerText, dataUrl, hasImages } from "./answer-parts.ts";
import { type ObjectSchema, objectSchema, strictSchema } from "./strict-schema.ts";
import { execute } from "./tool-calls.ts";

export {
  fromLangChain,
  type FromLangChainOptions,
  type LangChainToolLike,
} from "./from-langchain.ts";
export type { ForeignCall } from "./foreign-tools.ts";
export type { AgentAnswer, ContentPart } from "./answer.ts";
export type { ObjectSchema } from "./strict-schema.ts";

/** What {@link langchainTools} takes. */
export interface LangChainToolsOptions extends AgentToolsOptions {
  /**
   * Schemas for models that are bound with `strict: true`: what may be left out is `null` then.
   * @default false
   */
  readonly strict?: boolean;
  /**
   * Pictures that a program returns are in the content of the message, as `image_url` blocks: only for models that take them from
   * tools. They are in its `artifact` either way.
   * @default false
   */
  readonly images?: boolean;
}

/** A tool of LangChain. Its message has the {@link AgentAnswer} as `artifact`, and the status `error` where the program failed. */
export type LangChainTool = DynamicStructuredTool<ObjectSchema>;

/** Content of a message and its artifact; in place of the content, the message itself. */
type ContentAndArtifact = [content: unknown, artifact: AgentAnswer];

const FLAGS: SchemaFor<Pick<LangChainToolsOptions, "strict" | "images">> = {
  title: "LangChainToolsOptions",
  type: "object",
  properties: {
    strict: { type: "boolean", default: false },
    images: { type: "boolean", default: false },
  },
};

/**
 * Returns the tools of `runtime` for `bindTools`, `ToolNode` and `createAgent`.
 * @param runtime one that is still starting is waited for by the calls
 * @throws CodecellError `config_error` for bad options
 */
export function langchainTools(
  runtime: Runtime | Promise<Runtime>,
  options: LangChainToolsOptions = {},
): LangChainTool[] {
  const { strict: givenStrict, images: givenImages, ...rest } = options;
  const strict = readSetting(FLAGS.properties.strict, givenStrict, "strict") as boolean;
  const images = readSetting(FLAGS.properties.images, givenImages, "images") as boolean;
  return agentTools(runtime, rest).map((tool) => toLangChain(tool, strict, images));
}

function toLangChain(tool: AgentTool, strict: boolean, images: boolean): LangChainTool {
  const { name, description } = tool;
  const schema = strict ? strictSchema(tool) : objectSchema(tool);
  return new DynamicStructuredTool({
    name,
    description,
    schema,
    responseFormat: "content_and_artifact",
    // Which of its arguments are wrong is what a model has to know.
    verboseParsingErrors: true,
    func: async (args: unknown, _manager, config): Promise<ContentAndArtifact> => {
      const answer = await execute(tool, args, config?.signal);
      const content = contentOf(answer, images);
      const id = answer.isError ? callId(config) : undefined;
      return [id === undefined ? content : failed(id, name, answer), answer];
    },
  });
}

function contentOf(answer: AgentAnswer, images: boolean): unknown {
  if (!images || !hasImages(answer)) return answerText(answer);
  return answerParts(answer).map((part) =>
    part.type === "text" ? part : { type: "image_url", image_url: { url: dataUrl(part) } },
  );
}

/** The call of a model that a tool was invoked with. */
function callId(config: ToolRunnableConfig | undefined): string | undefined {
  return config?.toolCall?.id;
}

/** A message that says that it is an error, where a thrown one would end loops that do not catch it. */
function failed(id: string, name: string, answer: AgentAnswer): ToolMessage {
  return new ToolMessage({
    status: "error",
    content: answerText(answer),
    artifact: answer,
    tool_call_id: id,
    name,
  });
}
