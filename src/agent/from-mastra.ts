/** `codecell/mastra`: tools of Mastra as local tools, by their structure: no package of Mastra is loaded. */
import "../core/check-node.ts";
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

/** A tool of Mastra, as `createTool()` makes it. */
export interface MastraToolLike {
  /** The name, where the tools are a list. */
  readonly id: string;
  /** Schema of the input. */
  readonly inputSchema?: unknown;
  /** Carries out a call. Tools without it are left out. */
  readonly execute?: unknown;
}

/** What {@link fromMastra} takes besides the tools. */
export interface FromMastraOptions {
  /**
   * Returns what is added to the context of a call, for example `{ mastra, requestContext }`, from the name of the tool and the user
   * of the run.
   * @default nothing
   */
  readonly context?: (call: ForeignCall) => Readonly<Record<string, unknown>>;
}

const LIST = {
  taker: "fromMastra",
  item: "a Mastra tool",
  hint: "Write fromMastra({ weather }) with tools that createTool() made; those of the AI SDK go to fromAiSdk.",
};

/**
 * Returns tools of Mastra as a namespace of local tools: `createRuntime({ tools: { app: fromMastra({ weather }) } })`. A call that needs
 * approval, or that suspends itself, is refused; tools that the client carries out are left out with a warning.
 * @param tools an object of them, as an agent has it, or a list, of which each is named by its id
 * @throws CodecellError `config_error` for what is no tool, and for two tools with one name
 */
export function fromMastra(
  tools: Readonly<Record<string, MastraToolLike>> | readonly MastraToolLike[],
  options: FromMastraOptions = {},
): LocalTools {
  const made: Record<string, ToolDefinition> = {};
  for (const [name, tool] of foreignTools(tools, ({ id }) => id, LIST)) {
    const { id, execute } = tool;
    if (typeof id !== "string") throw lacking(LIST, name, "id");
    if (isFunction(execute)) made[name] = definitionOf(name, tool, execute, options);
    else leaveOut("fromMastra", name, "it has no execute: the client carries it out");
  }
  return made;
}

function definitionOf(
  name: string,
  tool: Foreign,
  execute: Callable,
  { context }: FromMastraOptions,
): ToolDefinition {
  const { inputSchema, outputSchema, mcp } = tool;
  const [title, description] = [textOf(tool["title"]), textOf(tool["description"])];
  const annotations =
    isObject(mcp) && isObject(mcp["annotations"]) ? mcp["annotations"] : undefined;
  return {
    ...localTool({
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(annotations === undefined ? {} : { annotations }),
      run: async (args, { signal, user }) => {
        const added = context?.({ tool: name, signal, user }) ?? {};
        await checkApproval(name, tool, args, added);
        // It parses its arguments itself: they go there as they came.
        return valueOf(
          await execute.call(tool, args, { ...contextOf(name), ...added, abortSignal: signal }),
        );
      },
    }),
    late: {
      ...(inputSchema === undefined ? {} : { input: () => toJsonSchema(inputSchema, "input") }),
      ...(outputSchema === undefined ? {} : { output: () => toJsonSchema(outputSchema, "output") }),
    },
  };
}

/** A tool that suspends itself would wait for a person: it fails instead. */
function contextOf(name: string): Readonly<Record<string, unknown>> {
  const suspend = async (): Promise<never> => {
    throw needsApproval(name, "it suspended itself to ask a person");
  };
  const toolCallId = `codecell-${crypto.randomUUID()}`;
  return { suspend, agent: { agentId: "", toolCallId, messages: [], suspend } };
}

/** @throws ToolError `approval_required` for a call that must not be made, whatever the function throws else */
async function checkApproval(
  name: string,
  { needsApprovalFn, requireApproval }: Foreign,
  args: unknown,
  { requestContext, workspace }: Readonly<Record<string, unknown>>,
): Promise<void> {
  const decides = needsApprovalFn ?? requireApproval;
  const isNeeded = isFunction(decides)
    ? await decides(args, { requestContext: plain(requestContext), workspace })
    : decides;
  if (isNeeded) throw needsApproval(name, "it needs the approval of a person (requireApproval)");
}

/** A request context as plain data, as such functions get it. */
function plain(requestContext: unknown): unknown {
  return isObject(requestContext) && isObject(requestContext["all"])
    ? requestContext["all"]
    : undefined;
}

/** @throws ToolError for what Mastra returns in the place of a result that does not fit */
function valueOf(result: unknown): unknown {
  if (!isObject(result) || result["error"] !== true || result["validationErrors"] === undefined)
    return result;
  const message = textOf(result["message"]) ?? "the tool's schema does not fit";
  const isInput = message.startsWith("Tool input");
  throw new ToolError(isInput ? "invalid_arguments" : "tool_error", message);
}
