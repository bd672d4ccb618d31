/** Tools of the Vercel AI SDK as local tools, by their structure: the package `ai` is not loaded. */
import {
  CodecellError,
  type JsonSchema,
  type LocalTools,
  type StandardResult,
  type StandardSchema,
  tool as localTool,
  type ToolDefinition,
  ToolError,
} from "../index.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/is-object.ts";
import { standardOf, toJsonSchema } from "../tools/to-json-schema.ts";
import {
  type Foreign,
  type ForeignCall,
  foreignTools,
  isFunction,
  leaveOut,
  needsApproval,
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

/** Whether a call may be made, as `toolApproval` of `generateText` says it. */
export type AiSdkApproval =
  | "not-applicable"
  | "approved"
  | "denied"
  | "user-approval"
  | {
      /** One of the above. */
      readonly type: "not-applicable" | "approved" | "denied" | "user-approval";
      /** Why. */
      readonly reason?: string | undefined;
    }
  | undefined;

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
  readonly toolApproval?: unknown;
}

const LIST = {
  taker: "fromAiSdk",
  item: "an AI SDK tool",
  hint: 'Write fromAiSdk({ weather: tool({ description, inputSchema, execute }) }), with tool() of the package "ai".',
};

/** How the SDK marks schemas of its own. */
const SCHEMA = Symbol.for("vercel.ai.schema");

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

/** What the SDK makes of a missing schema. */
const NO_ARGUMENTS = { type: "object", properties: {}, additionalProperties: false };

interface ForeignSchema {
  /** Checks values. Without it, the JSON Schema does. */
  readonly check?: StandardSchema | undefined;
  readonly json: () => Promise<JsonSchema | undefined>;
}

/** A schema in any form that the SDK takes: zod, a Standard Schema, `jsonSchema()`, or a function that returns one. */
function schemaOf(name: string, given: unknown): ForeignSchema {
  const standard = standardOf(given);
  if (standard !== undefined) return { check: standard, json: () => toJsonSchema(given, "input") };
  const schema = isFunction(given) ? lazily(name, given) : given;
  if (!isObject(schema))
    throw new CodecellError("config_error", `fromAiSdk: the schema of ${name} is no schema`, {
      hint: "Give zod, a Standard Schema, or jsonSchema() of the SDK.",
    });
  if (!(SCHEMA in schema)) return { json: () => toJsonSchema(schema, "input") };
  const { validate } = schema;
  return {
    check: isFunction(validate) ? checkBy(validate) : undefined,
    // It may be made now, and may be a promise.
    json: async () => {
      const json: unknown = await schema["jsonSchema"];
      return isObject(json) ? json : undefined;
    },
  };
}

function lazily(name: string, make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    throw new CodecellError(
      "config_error",
      `fromAiSdk: the schema of ${name} cannot be made: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** A check of the SDK as Standard Schema. */
function checkBy(validate: (value: unknown) => unknown): StandardSchema {
  const check = async (value: unknown): Promise<StandardResult<unknown>> => {
    const result = await validate(value);
    if (!isObject(result)) return { issues: [{ message: "it cannot be checked" }] };
    if (result["success"] === true) return { value: result["value"] };
    return { issues: [{ message: messageOf(result["error"]) }] };
  };
  return { "~standard": { version: 1, vendor: "ai", validate: check } };
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

/** What the SDK passes to the functions of a tool. */
interface Given {
  readonly toolCallId: string;
  readonly messages: readonly never[];
  readonly context: unknown;
}

/** @throws ToolError `approval_required` or `denied` for a call that must not be made, whatever the functions throw else */
async function checkApproval(
  name: string,
  tool: Foreign,
  input: unknown,
  given: Given,
  toolApproval: unknown,
): Promise<void> {
  const status = await statusOf(name, input, given, toolApproval);
  const { type, reason } = typeof status === "string" ? { type: status } : (status ?? {});
  const because = reason === undefined ? "" : `: ${reason}`;
  if (type === "user-approval")
    throw needsApproval(name, `it needs the approval of a person${because}`);
  if (type === "denied")
    throw new ToolError("denied", `${name} was not called: it is denied${because}`);
  if (status !== undefined) return;
  const needed = tool["needsApproval"];
  const isNeeded = isFunction(needed) ? await needed.call(tool, input, given) : needed;
  if (isNeeded) throw needsApproval(name, "it needs the approval of a person (needsApproval)");
}

async function statusOf(
  name: string,
  input: unknown,
  { context, ...given }: Given,
  toolApproval: unknown,
): Promise<AiSdkStatus | string | undefined> {
  if (isFunction(toolApproval)) {
    const toolCall = { type: "tool-call", toolCallId: given.toolCallId, toolName: name, input };
    const { messages } = given;
    const asked = { toolCall, messages, toolsContext: { [name]: context }, runtimeContext: {} };
    return known(name, (await toolApproval(asked)) ?? "not-applicable");
  }
  const own =
    isObject(toolApproval) && Object.hasOwn(toolApproval, name) ? toolApproval[name] : undefined;
  if (!isFunction(own)) return known(name, own);
  const asked = { ...given, toolContext: context, runtimeContext: {} };
  return known(name, (await own(input, asked)) ?? "not-applicable");
}

interface AiSdkStatus {
  readonly type?: string;
  readonly reason?: string;
}

/** @throws ToolError for what says neither yes nor no */
function known(name: string, status: unknown): AiSdkStatus | string | undefined {
  if (status === undefined || status === null) return undefined;
  const { type, reason } = isObject(status) ? status : { type: status };
  if (
    typeof type === "string" &&
    ["not-applicable", "approved", "denied", "user-approval"].includes(type)
  )
    return { type, ...(typeof reason === "string" ? { reason } : {}) };
  throw needsApproval(name, "toolApproval says neither that it is approved nor that it is denied");
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
