/** Tools of the Vercel AI SDK as local tools, by their structure: the package `ai` is not loaded. */
import {
  CodecellError,
  type LocalTools,
  tool as localTool,
  type ToolDefinition,
  ToolError,
} from "../index.ts";
import { type AiSdkApprovals, checkApproval } from "./ai-sdk-approval.ts";
import { NO_ARGUMENTS, schemaOf } from "./ai-sdk-schema.ts";
import {
  type Foreign,
  type ForeignCall,
  foreignTools,
  isFunction,
  leaveOut,
  textOf,
} from "./foreign-tools.ts";

/** A tool of the AI SDK, as `tool()`, `dynamicTool()` and providers make it. */
export interface AiSdkToolLike {
  /** Schema of the input, in any form that the SDK takes. */
  readonly inputSchema: unknown;
  /** What it does: text, or a function that returns it. */
  readonly description?: unknown;
  /** Carries out a call. Tools without it are left out. */
  readonly execute?: unknown;
  /** Schema of the result, in the same forms. */
  readonly outputSchema?: unknown;
  /** Schema of the context, in the same forms. */
  readonly contextSchema?: unknown;
  /** Whether a call needs approval: true, or a function that says it. */
  readonly needsApproval?: unknown;
  /** `function`, `dynamic` or `provider`. */
  readonly type?: unknown;
}

/** What {@link fromAiSdk} takes besides the tools. */
export interface FromAiSdkOptions {
  /**
   * Returns what the tool gets as `context`, from its name and the user of the run: what `toolsContext` is in the SDK.
   * @default no context
   */
  readonly context?: (call: ForeignCall) => unknown;
  /**
   * As `toolApproval` of `generateText`: a value or a function for each tool, or one function for all. A call that needs approval
   * is refused with `approval_required`, one that is denied with `denied`.
   * @default `needsApproval` of each tool
   */
  readonly toolApproval?: AiSdkApprovals;
}

const LIST = {
  taker: "fromAiSdk",
  item: "an AI SDK tool",
  hint: 'Write fromAiSdk({ weather: tool({ description, inputSchema, execute }) }), with tool() of the package "ai".',
};

/**
 * Returns tools of the AI SDK as a namespace of local tools: `createRuntime({ tools: { app: fromAiSdk(tools) } })`. Their results are
 * values; of a tool that yields several, the last one. A call that needs approval is refused, and what the client or a provider
 * carries out is left out with a warning.
 * @throws CodecellError `config_error` for what is no tool
 */
export function fromAiSdk(
  tools: Readonly<Record<string, AiSdkToolLike>>,
  options: FromAiSdkOptions = {},
): LocalTools {
  const all = foreignTools(tools, undefined, LIST);
  const made: Record<string, ToolDefinition> = {};
  for (const [name, tool] of all) {
    const definition = definitionOf(name, tool, options);
    if (definition !== undefined) made[name] = definition;
  }
  return made;
}

function definitionOf(
  name: string,
  tool: Foreign,
  options: FromAiSdkOptions,
): ToolDefinition | undefined {
  const { inputSchema, outputSchema, execute, id } = tool;
  if (inputSchema === undefined && tool["parameters"] !== undefined)
    throw new CodecellError(
      "config_error",
      `fromAiSdk: ${name} has parameters, as before version 5 of the SDK`,
      {
        hint: "Rename parameters to inputSchema.",
      },
    );
  if (!isFunction(execute)) {
    const provider = tool["type"] === "provider";
    const why = provider
      ? `its provider carries it out (${String(id)})`
      : "it has no execute: the client carries it out";
    leaveOut("fromAiSdk", name, why);
    return undefined;
  }
  const input = schemaOf(name, inputSchema ?? NO_ARGUMENTS);
  const output = outputSchema === undefined ? undefined : schemaOf(name, outputSchema);
  const description = descriptionOf(tool);
  return {
    ...localTool({
      ...(description === undefined ? {} : { description }),
      run: async (args, { signal, user }) => {
        const call: ForeignCall = { tool: name, signal, user };
        const context = await contextOf(tool, options.context?.(call), name);
        const given = { toolCallId: `codecell-${crypto.randomUUID()}`, messages: [], context };
        await checkApproval(name, tool, args, given, options.toolApproval);
        return await lastOf(execute.call(tool, args, { ...given, abortSignal: signal }), signal);
      },
    }),
    ...(input.check === undefined ? {} : { input: input.check }),
    late: { input: input.json, ...(output === undefined ? {} : { output: output.json }) },
  };
}

function descriptionOf({ description, id }: Foreign): string | undefined {
  if (!isFunction(description)) return textOf(description) ?? textOf(id);
  try {
    return textOf(description({ context: undefined }));
  } catch {
    return undefined; // it needs a context, and there is none yet
  }
}

/** @throws ToolError for a context that the tool does not take */
async function contextOf(
  { contextSchema }: Foreign,
  context: unknown,
  name: string,
): Promise<unknown> {
  const given = await context;
  if (contextSchema === undefined || contextSchema === null) return given;
  const { check } = schemaOf(name, contextSchema);
  if (check === undefined) return given;
  const result = await check["~standard"].validate(given);
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  throw new ToolError("tool_error", `the context of ${name} does not fit: ${issue?.message}`, {
    hint: "The host gives it with fromAiSdk(tools, { context }).",
  });
}

/** What a tool returns; of one that yields several, the last. */
async function lastOf(result: unknown, signal: AbortSignal): Promise<unknown> {
  if (!isAsyncIterable(result)) return await result;
  let last: unknown;
  for await (const item of result) {
    last = item;
    if (signal.aborted) break;
  }
  return last;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
