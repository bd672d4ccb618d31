import { ToolError } from "../core/tool-error.ts";
import { labelOf, type Middleware } from "../tools/tool-call.ts";

/** Emits `denied` for every call that a link further in, or what carries it out, refuses. */
export const reportDenied: Middleware = async (call, next) => {
  try {
    return await next(call);
  } catch (error) {
    if (error instanceof ToolError && error.code === "denied")
      call.run.emit("denied", { tool: labelOf(call), message: error.message });
    throw error;
  }
};
