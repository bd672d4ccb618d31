import { homedir } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Expand, readSettings } from "../../core/check-settings.ts";
import { isObject } from "../../core/is-object.ts";
import { below, configError } from "../../core/setting-errors.ts";
import { type Environment, Expander } from "./expand-variables.ts";
import { argumentValues, headerValues, type NamedValue, secretsOf, urlValues } from "../secrets.ts";
import { checkOAuth, type OAuthConfig } from "./oauth-entry.ts";
import {
  type HttpServerEntry,
  type McpServerEntry,
  SERVER_ENTRY,
  type StdioServerEntry,
} from "./server-settings.ts";

/** What every checked entry has. */
export interface CommonConfig {
  /**
   * Longest time of one call, in ms; progress starts it again.
   * @default no limit but those of the run
   */
  readonly timeoutMs?: number;
  /** Longest time until the server answers `initialize`, in ms. */
  readonly startTimeoutMs: number;
  /** Its place in the config, for messages: `.mcp.json: mcpServers.github`. */
  readonly path: string;
  /** Folders that the server may work in (MCP's `roots`), as `file:` addresses. */
  readonly roots?: readonly {
    /** Address of the folder. */
    readonly uri: string;
    /** A name for people. */
    readonly name?: string;
  }[];
  /** Values that must not show in any message, see `secrets.ts`. */
  readonly secrets: readonly string[];
}

/** A server that is a process. */
export interface StdioConfig extends CommonConfig {
  /** The transport. */
  readonly type: "stdio";
  /** The program to start. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its environment variables, besides a few that programs need to start. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder it starts in. Absent: the folder of this process. */
  readonly cwd?: string;
}

/** A server behind a URL. `auto`: streamable HTTP, or SSE where the server refuses that. */
export interface HttpConfig extends CommonConfig {
  /** The transport. */
  readonly type: "http" | "sse" | "auto";
  /** Its http or https address. */
  readonly url: string;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** How codecell identifies itself to the server's authorization server. */
  readonly oauth: OAuthConfig;
}

/** One entry of `mcpServers`, checked and expanded. */
export type ServerConfig = StdioConfig | HttpConfig;

const DEFAULT_START_TIMEOUT_MS = 30_000;
const TYPES = {
  http: "http",
  "streamable-http": "http",
  streamableHttp: "http",
  sse: "sse",
} as const;

/** Keys that say nothing about a server of the other kind. Hosts leave them in an entry, so variables in them may be unset. */
const STDIO_KEYS = ["args", "env", "cwd"];
const HTTP_KEYS = ["headers", "oauth"];

/**
 * Checks one entry of `mcpServers` and expands its variables.
 * @param at its place in the config, e.g. `.mcp.json: mcpServers.github`
 * @throws CodecellError `config_error` naming the path
 */
export function readEntry(given: unknown, at: string, env: Environment): ServerConfig {
  const expander = new Expander(env);
  const foreign = foreignKeys(given).map((key) => below(at, key));
  const expand: Expand = (text, place) =>
    foreign.some((path) => place.startsWith(path)) ? text : expander.expand(text, place);
  const entry = readSettings(SERVER_ENTRY, given, at, expand);
  const { command, url, type } = entry;
  if (command !== undefined && url !== undefined)
    throw configError(`${at} has both a command and a url; keep one`);
  if (command === undefined && url === undefined)
    throw configError(`${at} needs a "command" (a program to start) or a "url"`);
  if (type !== undefined && (type === "stdio") !== (url === undefined))
    throw configError(
      `${at}.type is "${type as string}", but the entry has a ${url === undefined ? "command" : "url"}`,
    );
  if (entry.oauth !== undefined) checkOAuth(entry.oauth as OAuthConfig, below(at, "oauth"));
  const { values, ...config } =
    url === undefined
      ? stdioConfig(entry as StdioServerEntry, at)
      : httpConfig(entry as HttpServerEntry, at);
  const common = commonConfig(entry as McpServerEntry, at);
  return { ...config, ...common, secrets: secretsOf([...values, ...expander.used]) };
}

/** The keys of the other kind of server. */
function foreignKeys(given: unknown): readonly string[] {
  if (!isObject(given)) return [];
  const { command, url } = given;
  if ((command === undefined) === (url === undefined)) return [];
  return url === undefined ? HTTP_KEYS : STDIO_KEYS;
}

function stdioConfig({ command, args = [], env = {}, cwd }: StdioServerEntry, at: string) {
  if (command.trim() === "")
    throw configError(`${at}.command is empty; write the program to start`);
  const folder = cwd === undefined ? {} : { cwd };
  const variables = Object.entries(env).map(([name, value]): NamedValue => ({ name, value }));
  const values = [...variables, ...argumentValues(args)];
  return { type: "stdio" as const, command, args, env, ...folder, values };
}

function httpConfig({ type, url, headers = {}, oauth = {} }: HttpServerEntry, at: string) {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol))
    throw configError(`${at}.url must be an http:// or https:// address`);
  const credentials = [oauth.clientSecret, oauth.privateKey]
    .filter((text) => text !== undefined)
    .map((value): NamedValue => ({ name: "oauth", value, from: "credentials" }));
  return {
    type: type === undefined ? ("auto" as const) : TYPES[type],
    url,
    headers,
    oauth,
    values: [...headerValues(headers), ...urlValues(parsed), ...credentials],
  };
}

function commonConfig({ roots, timeoutMs, startTimeoutMs }: McpServerEntry, at: string) {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.ceil(timeoutMs) }),
    startTimeoutMs: Math.ceil(startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS),
    path: at,
    ...(roots === undefined ? {} : { roots: readRoots(roots, below(at, "roots")) }),
  };
}

/** Folders as absolute paths, `~` being the home folder, or as `file:` addresses. */
function readRoots(roots: readonly string[], at: string): { uri: string; name?: string }[] {
  return roots.map((root, index) => {
    if (root.startsWith("file://")) return { uri: root };
    const path = root === "~" || root.startsWith("~/") ? join(homedir(), root.slice(1)) : root;
    if (!isAbsolute(path))
      throw configError(`${at}[${index}] must be an absolute path or a file: address`);
    return { uri: pathToFileURL(path).href, name: basename(path) };
  });
}
