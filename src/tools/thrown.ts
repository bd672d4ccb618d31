import { ToolError } from "../core/tool-error.ts";
import { cleanMessage } from "./clean-message.ts";

/** What a function of the host threw, as the failure of a call. */
export function toToolError(thrown: unknown, tool: string): ToolError {
  if (!(thrown instanceof ToolError))
    return new ToolError("tool_error", cleanMessage(thrown), { tool, cause: thrown });
  const { code, hint, data } = thrown;
  return new ToolError(code, cleanMessage(thrown), {
    tool,
    cause: thrown,
    data,
    ...(hint === undefined ? {} : { hint }),
  });
}
