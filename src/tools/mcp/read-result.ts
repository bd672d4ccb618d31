/** Results of servers, brought into the form of the protocol. */
import {
  DEFAULT_NEGOTIATED_PROTOCOL_VERSION,
  ServerCapabilitiesSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { isObject } from "../../core/is-object.ts";
import { cutUnits } from "../../core/utf8.ts";

type Result = Record<string, unknown>;

/** The list in the answer to a request for one. */
const LISTS: ReadonlyMap<string, string> = new Map([
  ["tools/list", "tools"],
  ["resources/list", "resources"],
  ["resources/templates/list", "resourceTemplates"],
  ["prompts/list", "prompts"],
]);
/** Longest name or version that a server gives of itself, in characters. */
const MAX_NAME = 200;
const RELATED_TASK = "io.modelcontextprotocol/related-task";

/** A result in the form of the protocol; nothing where it is no object. What is in it beside its form is not looked at. */
export function readResult(method: string, result: unknown): Result | undefined {
  const given = isEmptyObject(method, result) ? {} : result;
  if (!isObject(given)) return undefined;
  if (method === "initialize") return readInitialize(given);
  const { _meta, ...rest } = given;
  const meta = readMeta(_meta);
  if (meta !== undefined) rest["_meta"] = meta;
  const list = LISTS.get(method);
  // Go writes an empty list as null.
  if (list !== undefined && rest[list] === null) rest[list] = [];
  if (method === "tools/call" && "isError" in rest) rest["isError"] = meansTrue(rest["isError"]);
  return rest;
}

/** PHP writes an empty object as an array; some servers write null where a result says nothing. */
function isEmptyObject(method: string, result: unknown): boolean {
  if (Array.isArray(result)) return result.length === 0;
  return result === null && (method === "ping" || method === "logging/setLevel");
}

function meansTrue(flag: unknown): boolean {
  return flag === true || flag === 1 || (typeof flag === "string" && /^\s*true\s*$/i.test(flag));
}

/** `_meta` without what the SDK would reject the whole message for. */
export function readMeta(meta: unknown): Result | undefined {
  if (!isObject(meta)) return undefined;
  const { progressToken, [RELATED_TASK]: task, ...rest } = meta;
  if (typeof progressToken === "string" || Number.isSafeInteger(progressToken))
    rest["progressToken"] = progressToken;
  if (isObject(task) && typeof task["taskId"] === "string") rest[RELATED_TASK] = task;
  return rest;
}

/** What a server says of itself: whatever of it is missing or odd, its tools can be used. */
function readInitialize({
  protocolVersion,
  capabilities,
  serverInfo,
  instructions,
}: Result): Result {
  const info = isObject(serverInfo) ? serverInfo : {};
  return {
    protocolVersion: name(protocolVersion, DEFAULT_NEGOTIATED_PROTOCOL_VERSION),
    capabilities: readCapabilities(capabilities),
    serverInfo: { name: name(info["name"], "unknown"), version: name(info["version"], "unknown") },
    ...(typeof instructions === "string" ? { instructions } : {}),
  };
}

function name(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? cutUnits(value, MAX_NAME) : otherwise;
}

/** Each capability on its own: one whose details are odd is there all the same. */
function readCapabilities(capabilities: unknown): Result {
  if (!isObject(capabilities)) return {};
  const entries = Object.keys(ServerCapabilitiesSchema.shape).flatMap((key) => {
    const value = capabilities[key];
    if (value === undefined || value === null || value === false) return [];
    const isFine = ServerCapabilitiesSchema.safeParse({ [key]: value }).success;
    return [[key, isFine ? value : {}] as const];
  });
  return Object.fromEntries(entries);
}
