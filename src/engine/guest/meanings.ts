/** What names mean, as values of a program: the host says it, at a look-up. */
import * as native from "../../core/primordials.ts";
import { callWith, refused, toolError } from "./calls.ts";
import { send } from "./host-port.ts";
import { noteTool } from "./item-callbacks.ts";
import { contains, find, namespace, NOT_TOOLS, readOnly, serverEntries, toolAt } from "./tools.ts";

/** With original names. `taken` is how many arguments of `callTool` are names; a code that is empty is no tool's. */
export type GuestMeaning =
  | readonly [kind: "tool", server: string, tool: string, taken?: number]
  | readonly [kind: "server" | "class", server: string]
  | readonly [kind: "all" | "call" | "client"]
  | readonly [kind: "error", code: string, message: string];

const NativeProxy = Proxy;
const {
  defineProperty: reflectDefine,
  deleteProperty,
  get: reflectGet,
  getOwnPropertyDescriptor,
  has: reflectHas,
} = Reflect;

/** What wrapper classes are made with in programs of other products. */
export const mcpClient: object = native.freeze({ __proto__: null, callTool });

/** The global `tools`. An unknown server is a namespace too: each of its calls fails with the nearest names. */
export const tools: object = readOnly((key) => {
  if (find(serverEntries(), key) === undefined) {
    if (contains(NOT_TOOLS, key)) return undefined;
    const meaning = meaningOf("member", "", key);
    if (meaning !== undefined) return valueOf(meaning);
  }
  return namespace(key).proxy;
}, serverEntries);

/** Asks the host, see host-port.ts. */
export function meaningOf(kind: string, place: string, text: string): GuestMeaning | undefined {
  const answer = send(kind, 0, place, text);
  return answer === "" ? undefined : (native.parseJson(answer) as GuestMeaning);
}

/** @throws what the host refuses */
export function valueOf(meaning: GuestMeaning): unknown {
  switch (meaning[0]) {
    case "tool": {
      const server = meaning[1];
      const tool = meaning[2];
      return (
        toolAt(namespace(server), tool) ??
        noteTool((...given: unknown[]) => callWith(server, tool, given))
      );
    }
    case "server":
      return namespace(meaning[1]).proxy;
    case "class":
      return wrapperClass(meaning[1]);
    case "all":
      return tools;
    case "call":
      return callTool;
    case "client":
      return mcpClient;
    default:
      throw refusal(meaning[1], meaning[2]);
  }
}

function refusal(code: string, message: string): Error {
  const error = new native.NativeError(message);
  return code === "" ? error : toolError({ code, message }, error);
}

/** `new GithubTools()`, `new GitHubTools(mcpClient)`: the namespace. `GithubTools.createIssue` is a tool too. */
function wrapperClass(server: string): unknown {
  const made = function () {
    return namespace(server).proxy;
  };
  const get = (target: object, key: string | symbol, receiver: unknown): unknown => {
    if (typeof key !== "string") return reflectGet(target, key, receiver);
    const space = namespace(server);
    return find(space.entries, key) === undefined && reflectHas(target, key)
      ? reflectGet(target, key, receiver)
      : toolAt(space, key);
  };
  return new NativeProxy(made, { __proto__: null, get } as never);
}

const NO_NAME =
  'callTool: name the tool first: await callTool("server", "tool", { … }), or callTool("server.tool", { … })';

/** `{ name, arguments }`, as the clients of MCP take it. */
function requestOf(given: unknown): readonly [name: string, args: unknown] | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const keys = native.objectKeys(given);
  for (let at = 0; at < keys.length; at++)
    if (keys[at] !== "name" && keys[at] !== "arguments") return undefined;
  const { name, arguments: args } = given as {
    readonly name: unknown;
    readonly arguments: unknown;
  };
  return typeof name === "string" && typeof args !== "string" ? [name, args] : undefined;
}

/**
 * `callTool("server", "tool", args)`, `callTool("server.tool", args)`, `callTool({ name: "server.tool", arguments })`. Never throws, as
 * no call does.
 */
export function callTool(...given: unknown[]): Promise<unknown> {
  try {
    const request = given.length === 1 ? requestOf(given[0]) : undefined;
    if (request !== undefined) return callNamed([request[0], request[1]]);
  } catch (error) {
    return refused(error); // a getter of the program
  }
  return callNamed(given);
}

function callNamed(given: readonly unknown[]): Promise<unknown> {
  const first = given[0];
  if (typeof first !== "string") return refused(refusal("invalid_arguments", NO_NAME));
  const second = given[1];
  const meaning =
    typeof second === "string"
      ? meaningOf("callee of", first, second)!
      : meaningOf("callee", first, "")!;
  if (meaning[0] === "error") return refused(refusal(meaning[1], meaning[2]));
  if (meaning[0] !== "tool") return refused(refusal("invalid_arguments", NO_NAME));
  const taken = meaning[3] ?? 1;
  const args: unknown[] = [];
  for (let at = taken; at < given.length; at++)
    native.defineProperty(args, at - taken, {
      __proto__: null,
      value: given[at],
      enumerable: true,
    } as never);
  return callWith(meaning[1], meaning[2], args);
}

const mapGet = native.uncurry(Map.prototype.get) as (
  map: Map<string, Given>,
  key: string,
) => Given | undefined;

interface Given {
  readonly value: unknown;
  readonly server: string | undefined;
}

/** What was given under a name. */
const givenValues = new native.NativeMap<string, Given>();

/**
 * Defines the variables of a program that it does not declare itself and that name tools: `github`, `github_create_issue`. One of
 * the session stays, unless it was given by an earlier run: the tools may have changed since.
 */
export function defineGiven(
  globals: Record<string, unknown>,
  entries: readonly (readonly [word: string, meaning: GuestMeaning])[],
): void {
  removeGone(globals);
  for (let at = 0; at < entries.length; at++) {
    const word = entries[at]![0];
    const meaning = entries[at]![1];
    if (native.hasOwn(globals, word) && !isGiven(globals, word)) continue;
    const value = valueOf(meaning);
    // A session may have frozen its global object: what it has then stays.
    const isDefined = reflectDefine(globals, word, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
    } as never);
    if (isDefined)
      native.mapSet(givenValues, word, { __proto__: null, value, server: meaning[1] } as never);
  }
}

/** Functions of earlier programs use what these were given, as long as its server is there. */
function removeGone(globals: Record<string, unknown>): void {
  native.mapForEach(givenValues, (given, word) => {
    const { server } = given as Given;
    if (server === undefined || find(serverEntries(), server)?.[0] === server) return;
    if (isGiven(globals, word as string)) deleteProperty(globals, word as string);
  });
}

function isGiven(globals: Record<string, unknown>, word: string): boolean {
  const given = mapGet(givenValues, word);
  return given !== undefined && getOwnPropertyDescriptor(globals, word)?.value === given.value;
}
