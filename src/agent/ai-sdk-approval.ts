/** Whether a call may be made, as the AI SDK decides it. */
import { isObject } from "../core/is-object.ts";
import { ToolError } from "../index.ts";
import { type Foreign, isFunction, needsApproval } from "./foreign-tools.ts";

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

/** Says whether a call may be made; its arguments are those of the SDK. */
export type AiSdkApprovalFunction = (
  ...args: never[]
) => AiSdkApproval | PromiseLike<AiSdkApproval>;

/** Approval of each tool by name, or one function for all. */
export type AiSdkApprovals =
  | AiSdkApprovalFunction
  | Readonly<Record<string, AiSdkApproval | AiSdkApprovalFunction>>;

/** What the SDK passes to the functions of a tool. */
export interface Given {
  readonly toolCallId: string;
  readonly messages: readonly never[];
  readonly context: unknown;
}

/** @throws ToolError `approval_required` or `denied` for a call that must not be made, whatever the functions throw else */
export async function checkApproval(
  name: string,
  tool: Foreign,
  input: unknown,
  given: Given,
  toolApproval: unknown,
): Promise<void> {
  const status = readStatus(name, await statusOf(name, input, given, toolApproval));
  const because = status?.reason === undefined ? "" : `: ${status.reason}`;
  if (status?.type === "user-approval")
    throw needsApproval(name, `it needs the approval of a person${because}`);
  if (status?.type === "denied")
    throw new ToolError("denied", `${name} was not called: it is denied${because}`);
  if (status !== undefined) return;
  const needed = tool["needsApproval"];
  const isNeeded = isFunction(needed) ? await needed.call(tool, input, given) : needed;
  if (isNeeded) throw needsApproval(name, "it needs the approval of a person (needsApproval)");
}

/** What `toolApproval` says of a call; `undefined` where it says nothing, and the tool itself decides. */
async function statusOf(
  name: string,
  input: unknown,
  { context, ...given }: Given,
  toolApproval: unknown,
): Promise<unknown> {
  if (isFunction(toolApproval)) {
    const toolCall = { type: "tool-call", toolCallId: given.toolCallId, toolName: name, input };
    const toolsContext = { [name]: context };
    const asked = { toolCall, messages: given.messages, toolsContext, runtimeContext: {} };
    return (await toolApproval(asked)) ?? "not-applicable";
  }
  if (!isObject(toolApproval) || !Object.hasOwn(toolApproval, name)) return undefined;
  const own = toolApproval[name];
  if (!isFunction(own)) return own ?? undefined;
  return (
    (await own(input, { ...given, toolContext: context, runtimeContext: {} })) ?? "not-applicable"
  );
}

const TYPES: readonly unknown[] = ["not-applicable", "approved", "denied", "user-approval"];

/** @throws ToolError for what says neither yes nor no */
function readStatus(
  name: string,
  status: unknown,
): { readonly type: unknown; readonly reason?: string } | undefined {
  if (status === undefined) return undefined;
  const { type, reason } = isObject(status) ? status : { type: status };
  if (TYPES.includes(type)) return { type, ...(typeof reason === "string" ? { reason } : {}) };
  throw needsApproval(name, "toolApproval says neither that it is approved nor that it is denied");
}
