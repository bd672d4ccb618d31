/** Tools of LangChain as local tools, by their structure: this file loads no package of LangChain. */
import { type LocalTools, tool as localTool, type ToolDefinition, ToolError } from "../index.ts";
import { isObject } from "../core/is-object.ts";
import { toJsonSchema } from "../tools/to-json-schema.ts";
import {
  type Callable,
  type Foreign,
  type ForeignCall,
  foreignTools,
  isFunction,
  lacking,
  leaveOut,
  needsApproval,
  textOf,
} from "./foreign-tools.ts";

export type { ForeignCall } from "./foreign-tools.ts";

/** A tool of LangChain: made by `tool()`, `DynamicStructuredTool`, `DynamicTool`, or a class of one's own. */
export interface LangChainToolLike {
  /** The name. */
  readonly name: string;
  /** zod, or JSON Schema. */
  readonly schema?: unknown;
  /** Carries out a call. */
  readonly invoke?: unknown;
}

/** What {@link fromLangChain} takes besides the tools. */
export interface FromLangChainOptions {
  /**
   * Returns what is added to the `config` of a call, for example `{ configurable: { thread_id } }`, from the name of the tool and the
   * user of the run.
   * @default `{ configurable: { user } }`, where the run has a user
   */
  readonly config?: (call: ForeignCall) => Readonly<Record<string, unknown>>;
}

const LIST = {
  taker: "fromLangChain",
  item: "a LangChain tool",
  hint: "Write fromLangChain([search, lookup]), with tools that have a name, a schema and invoke.",
};

/**
 * Returns tools of LangChain as a namespace of local tools: `createRuntime({ tools: { app: fromLangChain([lookup]) } })`. Their results
 * are values; of a tool with `responseFormat: "content_and_artifact"`, `{ content, artifact }`. Tools that a provider carries out
 * are left out with a warning.
 * @param tools a list, an object of them, or a toolkit
 * @throws CodecellError `config_error` for what is no tool, and for two tools with one name
 */
export function fromLangChain(
  tools:
    | readonly (LangChainToolLike | Readonly<Record<string, unknown>>)[]
    | Readonly<Record<string, LangChainToolLike>>
    | { readonly tools: readonly LangChainToolLike[] },
  options: FromLangChainOptions = {},
): LocalTools {
  const list = isObject(tools) && Array.isArray(tools["tools"]) ? tools["tools"] : tools;
  const made: Record<string, ToolDefinition> = {};
  for (const [name, tool] of foreignTools(list, nameOf, LIST)) {
    const { invoke } = tool;
    if (isFunction(invoke)) made[name] = definitionOf(name, tool, invoke, options);
    else if (typeof tool["type"] === "string")
      leaveOut("fromLangChain", name, `its provider carries it out (${tool["type"]})`);
    else throw lacking(LIST, name, "invoke");
  }
  return made;
}

/** Tools of providers have a type, and not always a name. */
function nameOf({ name, type }: Foreign): unknown {
  return name ?? type;
}

function definitionOf(
  name: string,
  tool: Foreign,
  invoke: Callable,
  { config }: FromLangChainOptions,
): ToolDefinition {
  const { schema } = tool;
  const description = textOf(tool["description"]);
  return {
    ...localTool({
      ...(description === undefined ? {} : { description }),
      run: async (args, { signal, user }) => {
        const added =
          config?.({ tool: name, signal, user }) ??
          (user === undefined ? {} : { configurable: { user } });
        // It parses its arguments itself: they go there as they came.
        const result = await called(tool, invoke, name, args, { ...added, signal });
        return valueOf(name, result);
      },
    }),
    ...(schema === undefined || schema === null
      ? {}
      : { late: { input: () => toJsonSchema(schema, "input") } }),
  };
}

async function called(
  tool: Foreign,
  invoke: Callable,
  name: string,
  args: unknown,
  config: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const id = `codecell-${crypto.randomUUID()}`;
  // Only who calls with a tool call gets the artifact.
  const input =
    tool["responseFormat"] === "content_and_artifact"
      ? { type: "tool_call", id, name, args }
      : args;
  try {
    return await invoke.call(tool, input, config);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.constructor.name === "ToolInputParsingException")
      throw new ToolError("invalid_arguments", error.message, { cause: error });
    if (error.name === "GraphInterrupt")
      throw needsApproval(name, "it interrupts its graph to ask a person");
    throw error;
  }
}

/** What a tool returned, as a value: of a message what is in it. */
function valueOf(name: string, result: unknown): unknown {
  if (!isObject(result) || result["lc_direct_tool_output"] !== true) return result;
  const { content, artifact, status } = result;
  if (content === undefined)
    throw new ToolError(
      "tool_error",
      `${name} returned a command, which only a graph can carry out`,
    );
  if (status === "error")
    throw new ToolError(
      "tool_error",
      typeof content === "string" ? content : JSON.stringify(content),
    );
  return artifact === undefined ? content : { content, artifact };
}
