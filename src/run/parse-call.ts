import { argumentsIn, SEVERAL } from "../core/call-arguments.ts";
import { decodeWithin } from "../core/decode-within.ts";
import { deepestText, type ShapeCaps } from "../core/json-shape.ts";
import { ASK } from "../core/names.ts";
import { mostParts } from "../core/parts.ts";
import { ToolError } from "../core/tool-error.ts";
import type { HostCall } from "../engine/engine.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { checkQuestion } from "../tools/model.ts";
import { addressOf } from "./handle-method.ts";
import { Handles } from "./handles.ts";
import type { AskedCall, CallingRun, ToolCall } from "../tools/tool-call.ts";

/** Functions of a program that send a request to a server, and so are calls, with the method of each. */
const REQUESTS: ReadonlyMap<string, string> = new Map([
  ["resources.read", "resources/read"],
  ["prompts.get", "prompts/get"],
  [ASK, ASK],
]);

const MAX_NAME = 100;
/** Most arguments of one call. */
const MAX_ARGUMENTS = 1_000;

/** Whether it is a call that passes the chain. Everything else is a discovery call or a file operation. */
export function isCall({ server, tool }: HostCall): boolean {
  return server !== "" || REQUESTS.has(tool);
}

/**
 * Converts what a program sent to a call with original names and decoded arguments. Unknown names are kept as the
 * program spelled them: a link further in refuses them.
 * @throws WireError for arguments that cannot be read, ToolError `invalid_arguments`
 */
export function parseCall(
  asked: HostCall,
  catalogue: Catalogue,
  run: CallingRun,
  signal: AbortSignal,
  handles = new Handles("run"),
): ToolCall {
  const args = argumentsIn(asked.args);
  if (args.length === asked.args.length) return parsePlain(asked, catalogue, run, signal, handles);
  const call = parsePlain({ ...asked, args }, catalogue, run, signal, handles);
  // In records it is another call than the one whose result comes whole.
  return { ...call, keeps: true, asked: { ...call.asked, args: asked.args } };
}

function parsePlain(
  asked: HostCall,
  catalogue: Catalogue,
  run: CallingRun,
  signal: AbortSignal,
  handles: Handles,
): ToolCall {
  if (addressOf(asked.server) !== undefined) return parseMethod(asked, run, signal, handles);
  const caps = { parts: mostParts(run.limits.callBytes), depth: deepestText(run.limits) };
  const given = parseArguments(asked.args, caps, handles);
  const common = { run, signal, asked: askedCall(asked) };
  if (asked.server === "")
    return {
      ...common,
      ...parseRequest(asked.tool, given.args, catalogue),
      hasObjects: given.hasObjects,
    };
  const found = catalogue.find(asked.server, asked.tool);
  if (found === undefined) {
    const server = catalogue.serverName(asked.server) ?? asked.server;
    return { ...common, kind: "tool", server, tool: asked.tool, info: undefined, ...given };
  }
  const { server, tool, info, isFetch } = found;
  return { ...common, kind: isFetch ? "fetch" : "tool", server, tool, info, ...given };
}

type Given = Pick<ToolCall, "args" | "positional" | "hasObjects">;

/** One argument, or several: what the tool makes of them is for a link to decide. */
function parseArguments(text: string, caps: ShapeCaps, handles: Handles): Given {
  const objects = new PassedObjects(handles);
  const given = parseGiven(text, caps, objects);
  objects.check();
  return { ...given, hasObjects: objects.taken };
}

function parseGiven(text: string, caps: ShapeCaps, { take }: PassedObjects): Given {
  if (!text.startsWith(SEVERAL)) return { args: decodeWithin(text, caps, take) };
  const all = text.slice(SEVERAL.length);
  const list = decodeWithin(all, { ...caps, depth: caps.depth + 1 }, take);
  if (!Array.isArray(list) || list.length > MAX_ARGUMENTS)
    throw new ToolError("invalid_arguments", `a call has at most ${MAX_ARGUMENTS} arguments`);
  return { args: list, positional: list };
}

/** Stands for the objects in a call's arguments: errors come after decoding, whose own errors say only that a text is malformed. */
class PassedObjects {
  readonly #handles: Handles;
  #failure: unknown;
  taken = false;

  constructor(handles: Handles) {
    this.#handles = handles;
  }

  readonly take = (facts: object): unknown => {
    this.taken = true;
    try {
      return this.#handles.objectOf((facts as { readonly id?: unknown }).id);
    } catch (error) {
      this.#failure ??= error;
      return undefined;
    }
  };

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function parseMethod(
  asked: HostCall,
  run: CallingRun,
  signal: AbortSignal,
  handles: Handles,
): ToolCall {
  const method = handles.method(asked.server, asked.tool);
  const { server, tool } = method;
  const caps = { parts: mostParts(run.limits.callBytes), depth: deepestText(run.limits) };
  const given = parseArguments(asked.args, caps, handles);
  const { positional } = given;
  if (positional === undefined)
    throw new ToolError("invalid_arguments", `${server}.${tool}: the arguments must be a list`);
  // Recorded under its object: the same call of another object is another call, also when the run is made again.
  const recorded = { label: `${server}.${tool}`, args: `${asked.server} ${asked.args}` };
  const common = { run, signal, asked: { ...askedCall(asked), ...recorded } };
  return { ...common, kind: "method", server, tool, info: undefined, ...given, method };
}

/** What a call is named in records until it is parsed: `server.tool` as spelled, `?.resources/read` for a request. */
export function labelOfAsked({ server, tool }: HostCall): string {
  if (server === "" && tool === ASK) return ASK;
  return server === "" ? `?.${REQUESTS.get(tool) ?? tool}` : `${server}.${tool}`;
}

type Request = Pick<ToolCall, "kind" | "server" | "tool" | "info" | "args">;

/** A resource, a prompt or a question: no tool, but a request all the same. */
function parseRequest(name: string, given: unknown, catalogue: Catalogue): Request {
  if (name === ASK)
    return { kind: "model", server: "", tool: ASK, info: undefined, args: checkQuestion(given) };
  const [spelled, what, values]: readonly unknown[] = Array.isArray(given) ? given : [];
  if (typeof spelled !== "string")
    throw new ToolError("invalid_arguments", `${name}: server must be a string`);
  const server = catalogue.serverName(spelled) ?? spelled.slice(0, MAX_NAME);
  const to = { server, tool: REQUESTS.get(name)!, info: undefined };
  return name === "resources.read"
    ? { ...to, kind: "resource", args: { uri: what } }
    : { ...to, kind: "prompt", args: { name: what, arguments: values } };
}

function askedCall({ server, tool, args, id = 0, again = false }: HostCall): AskedCall {
  return { label: `${server}.${tool}`, args, id, again };
}
