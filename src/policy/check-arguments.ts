import type { Caller } from "../core/caller.ts";
import { hostTurns, TURN_BYTES } from "../core/host-turns.ts";
import { plainness } from "../core/plain-json.ts";
import { ToolError } from "../core/tool-error.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { Middleware, ToolCall } from "../tools/tool-call.ts";
import type { ToolInfo } from "../tools/tool.ts";

/**
 * Checks the arguments against the schema of the tool and fills in what may be left out. What passes here exists, and has
 * arguments of the declared shape.
 * @param catalogueOf the tools that a caller may see
 * @throws ToolError `unknown_tool`, `invalid_arguments`, `tool_error` for a server that did not start
 */
export function checkArguments(catalogueOf: (caller: Caller) => Catalogue): Middleware {
  return async (call, next) => {
    if (call.kind === "method") return await next(call);
    const catalogue = catalogueOf(call.run.caller);
    if (call.kind === "tool" || call.kind === "fetch") {
      // To say what is nearest to an unknown name, all names are looked at; large arguments were decoded in this turn.
      const work = call.info === undefined ? TURN_BYTES : call.asked.args.length;
      if (work > MUCH) await hostTurns.take(work, call.run.caller.user);
      return await next(checkTool(call, catalogue));
    }
    if (call.kind === "model") return await next(call); // checked when it was decoded
    catalogue.resources(call.server); // throws where there is no such server
    return await next(call.kind === "resource" ? checkResource(call) : checkPrompt(call));
  };
}

/** Work that waits for a turn of its own, in the unit of {@link hostTurns}. */
const MUCH = 64 * 1024;

type Found = ToolCall & { readonly info: ToolInfo };

function checkTool(call: ToolCall, catalogue: Catalogue): ToolCall {
  // What was not found before has two ends: the reason why not, or a list that has changed meanwhile.
  const { server, tool, info } =
    call.info === undefined ? catalogue.resolve(call.server, call.tool) : (call as Found);
  // A tool with a schema takes an object: a call without an argument sends an empty one.
  const args = call.args === undefined && info.inputSchema !== undefined ? {} : call.args;
  catalogue.checkArguments(server, info, args);
  return { ...call, server, tool, info, args };
}

function checkResource(call: ToolCall): ToolCall {
  const { uri } = call.args as Record<string, unknown>;
  return { ...call, args: { uri: text("resources.read", "uri", uri) } };
}

function checkPrompt(call: ToolCall): ToolCall {
  const { name, arguments: values } = call.args as Record<string, unknown>;
  const args = { name: text("prompts.get", "name", name), arguments: texts(values) };
  return { ...call, args };
}

function text(name: string, parameter: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new ToolError("invalid_arguments", `${name}: ${parameter} must be a string`);
}

/** Arguments of prompts are strings. */
function texts(values: unknown): Record<string, string> {
  if (values === undefined || values === null) return {};
  if (typeof values !== "object" || Array.isArray(values))
    throw new ToolError(
      "invalid_arguments",
      "prompts.get: the arguments must be an object of strings",
    );
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, asText(key, value)]),
  );
}

/** What else than a string a program may pass as one. */
const SMALL = { depth: 20, parts: 10_000, characters: 100_000 };

function asText(key: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return value.toString();
  if (plainness(value, SMALL) === "plain") return JSON.stringify(value);
  const name = key.slice(0, 100);
  throw new ToolError("invalid_arguments", `prompts.get: the argument ${name} must be a string`);
}
