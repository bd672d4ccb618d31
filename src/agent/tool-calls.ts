/** Carrying out the calls of a model, for SDKs that leave that to their user. */
import { isObject } from "../core/is-object.ts";
import { oneLine } from "../core/one-line.ts";
import { configError } from "../core/setting-errors.ts";
import { cutText } from "../core/utf8.ts";
import type { AgentTool } from "./agent-tools.ts";
import { type AgentAnswer, textAnswer } from "./answer.ts";

/** A call of a tool that is not codecell's. */
export interface OtherToolCall {
  /** Identifies the call in the model's message. */
  readonly id: string;
  /** Name of the tool. */
  readonly name: string;
  /** As the model sent them: an object, or its JSON as a text. */
  readonly arguments: unknown;
}

/** What carrying out the calls of a message takes. */
export interface ToolCallOptions {
  /**
   * Aborting ends the programs.
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Answers calls of tools that are not codecell's, so that every call of the message has its answer.
   * @default they are answered with the error `unknown_tool`
   */
  readonly onOther?: ((call: OtherToolCall) => string | Promise<string>) | undefined;
}

const MAX_NAME = 100;
/** Longer than any of these messages. */
const MAX_TEXT = 2_000;

/**
 * Answers one call. What the model got wrong is said in the answer.
 * @throws CodecellError as `AgentTool.execute`; whatever `onOther` throws
 */
export async function answerCall(
  tools: readonly AgentTool[],
  call: OtherToolCall,
  { signal, onOther }: ToolCallOptions,
): Promise<AgentAnswer> {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool !== undefined) return await execute(tool, call.arguments, signal);
  if (onOther !== undefined) {
    const text = await onOther(call);
    if (typeof text !== "string") throw configError("onOther must return a string");
    return { text, content: [{ type: "text", text }], isError: false };
  }
  const known = tools.map(({ name }) => name).join(", ");
  const name = oneLine(cutText(call.name, MAX_NAME));
  return textAnswer(`unknown_tool: ${name} is not a tool; the tools are ${known}`, MAX_TEXT, true);
}

/** Calls a tool with what a model sent: an object, or its JSON. */
export async function execute(
  tool: AgentTool,
  sent: unknown,
  signal: AbortSignal | null | undefined,
): Promise<AgentAnswer> {
  const args = readArguments(sent);
  if (!isObject(args) || args instanceof Error) {
    const problem = args instanceof Error ? `not JSON (${oneLine(args.message)})` : "not an object";
    const wanted = JSON.stringify(tool.inputSchema);
    const text = `invalid_arguments: the arguments of ${tool.name} are ${problem}; send one JSON object that fits ${wanted}`;
    return textAnswer(text, MAX_TEXT, true);
  }
  return await tool.execute(args, signal ? { signal } : {});
}

/** Models send an empty text for no arguments. */
function readArguments(sent: unknown): unknown {
  if (sent === undefined || sent === null) return {};
  if (typeof sent !== "string") return sent;
  if (sent.trim() === "") return {};
  try {
    return JSON.parse(sent) as unknown;
  } catch (error) {
    return error;
  }
}

/** The calls in a message, of which nothing is known: what is no call is left out. */
export function callsIn(
  list: unknown,
  read: (item: Readonly<Record<string, unknown>>) => Partial<OtherToolCall> | undefined,
): OtherToolCall[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).flatMap((item) => {
    const { id, name, arguments: args } = read(item) ?? {};
    return typeof id === "string" && typeof name === "string"
      ? [{ id, name, arguments: args }]
      : [];
  });
}
