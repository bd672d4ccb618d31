import { mostParts } from "../core/parts.ts";
import { ToolError } from "../core/tool-error.ts";
import type { CallContext } from "../tools/call-context.ts";
import { orLate } from "../tools/late.ts";
import { toToolError } from "../tools/thrown.ts";
import type { ResourceSource } from "../tools/resource-source.ts";
import { askModel, type Asking, type Question } from "../tools/model.ts";
import { type HandleMethod, labelOf, type Next, type ToolCall } from "../tools/tool-call.ts";
import type { ToolSource } from "../tools/tool.ts";

/** The end of the chain, and the one place that calls a source. Every other link comes before it. */
export function callSource(sources: readonly ToolSource[]): Next {
  return async (call) => {
    // A link further out may have waited past the run's end: what is not begun by then is not begun any more.
    if (call.signal.aborted) throw new ToolError("aborted", "the run is over");
    if (call.kind === "model")
      return { value: await askModel(call.args as Question, asking(call)) };
    const context = contextOf(call);
    if (call.method !== undefined) return { value: await callMethod(call, call.method, context) };
    // Sources come and go while a runtime runs.
    const source = sources.find(({ name }) => name === call.server);
    if (source === undefined)
      throw new ToolError("unknown_tool", `there is no server '${call.server.slice(0, 100)}'`);
    if (call.hasObjects === true && source.takesObjects !== true) throw notForObjects(call);
    if (call.kind === "tool" || call.kind === "fetch")
      return { value: await source.call(call.tool, call.args, context) };
    return { value: await ask(call, resourcesOf(source, call), context) };
  };
}

function contextOf({ run, server, tool, signal, positional }: ToolCall): CallContext {
  return {
    onLate: (value) => run.handles?.discard(value, { server, tool }),
    signal,
    caller: run.caller,
    onRequest: (request) => run.emit("network", request),
    ...(positional === undefined ? {} : { positional }),
  };
}

function asking({ run, signal }: ToolCall): Asking {
  const { callBytes: bytes, valueDepth: depth } = run.limits;
  const caps = { bytes, parts: mostParts(bytes), depth };
  return { handler: run.model, signal, caller: run.caller, runId: run.id, caps };
}

async function callMethod(
  call: ToolCall,
  method: HandleMethod,
  context: CallContext,
): Promise<unknown> {
  const work = async (): Promise<unknown> => await method.call(call.args as readonly unknown[]);
  try {
    return await orLate(work(), context);
  } catch (error) {
    throw toToolError(error, labelOf(call));
  }
}

function notForObjects(call: ToolCall): ToolError {
  const message = `${labelOf(call)} was given an object with methods, which stays on the host and cannot be sent to a server`;
  const hint = "Pass what it needs of it as data; local tools and methods take the object itself.";
  return new ToolError("not_serializable", message, { tool: labelOf(call), hint });
}

function ask(call: ToolCall, source: ResourceSource, context: CallContext): Promise<unknown> {
  if (call.kind === "resource") {
    const { uri } = call.args as { readonly uri: string };
    return source.readResource(uri, context);
  }
  const prompt = call.args as { readonly name: string; readonly arguments: Record<string, string> };
  return source.getPrompt(prompt.name, prompt.arguments, context);
}

function resourcesOf(source: ToolSource, call: ToolCall): ResourceSource {
  if (source.resources !== undefined) return source.resources;
  const what = call.kind === "resource" ? "resources" : "prompts";
  throw new ToolError("tool_error", `${call.server} has no ${what}: it is no MCP server`, {
    tool: labelOf(call),
  });
}
