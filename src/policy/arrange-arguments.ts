import type { Caller } from "../core/caller.ts";
import { ToolError } from "../core/tool-error.ts";
import { arrangeArguments, isPlain } from "../tools/arrange-arguments.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { correctedCall } from "../tools/corrected-call.ts";
import { parametersOf, type Parameters } from "../tools/parameters.ts";
import { labelOf, type Middleware, type Next, type ToolCall } from "../tools/tool-call.ts";
import type { ToolInfo } from "../tools/tool.ts";

/**
 * Makes the arguments object of what a program passed to a tool with an object schema: values in the order of its parameters,
 * keys in another casing. A tool without a schema gets its one argument, or several as a list.
 * @param catalogueOf the tools that a caller may see
 * @throws ToolError `invalid_arguments` for arguments that can mean two things, or that are too many
 */
export function arrangeLink(catalogueOf: (caller: Caller) => Catalogue): Middleware {
  return async (call, next) => {
    const { info, kind } = call;
    if (kind !== "tool" || info?.inputSchema === undefined || call.args === undefined)
      return await next(call);
    const parameters = parametersOf(info.inputSchema);
    if (parameters === undefined) return await withCount(call, next, info);
    const catalogue = catalogueOf(call.run.caller);
    const given = call.positional ?? [call.args];
    const fits = (args: unknown): boolean => catalogue.fits(call.server, info, args);
    const arranged = arrangeArguments(parameters, given, fits);
    if ("problem" in arranged) throw refusal(call, arranged.problem, arranged.meant);
    const { args } = arranged;
    const passed = { ...call, args, positional: undefined };
    if (given.length === 1 && isPlain(given[0])) return await next(passed);
    return await withCorrection(passed, next, info, parameters);
  };
}

/** Several arguments for a tool whose parameters cannot be told: it gets their list, and says what is wrong with that. */
async function withCount(call: ToolCall, next: Next, info: ToolInfo): ReturnType<Next> {
  const { positional } = call;
  if (positional === undefined) return await next(call);
  try {
    return await next(call);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== "invalid_arguments") throw error;
    const tool = labelOf(call);
    const message = `invalid arguments for ${tool}: it takes one argument, and got ${positional.length}`;
    const one = isPlain(positional[0]) ? correctedCall(call.server, info.name, positional[0]) : "";
    const hint = [one === "" ? "" : `Write ${one}`, error.hint].filter(Boolean).join("; it ");
    throw new ToolError(error.code, message, { tool, hint, data: error.data, cause: error });
  }
}

/** What does not fit is answered with the call as it should be. */
async function withCorrection(
  call: ToolCall,
  next: Next,
  info: ToolInfo,
  { required }: Parameters,
): ReturnType<Next> {
  try {
    return await next(call);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== "invalid_arguments") throw error;
    if (!isPlain(call.args)) throw error;
    const missing = Object.fromEntries([...required].map((name) => [name, undefined]));
    const line = correctedCall(call.server, info.name, { ...missing, ...call.args });
    const hint = `Write ${line}${error.hint === undefined ? "." : `; it ${error.hint}.`}`;
    const { message, data } = error;
    throw new ToolError(error.code, message, { tool: labelOf(call), hint, data, cause: error });
  }
}

function refusal(
  call: ToolCall,
  problem: string,
  meant: readonly Readonly<Record<string, unknown>>[],
): ToolError {
  const lines = meant.map((args) => correctedCall(call.server, call.tool, args));
  const tool = labelOf(call);
  return new ToolError("invalid_arguments", `invalid arguments for ${tool}: ${problem}`, {
    tool,
    hint: `Write ${lines.join(" or ")}.`,
  });
}
