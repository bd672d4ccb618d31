import { basename, isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { type Expand, readSettings } from "../../core/check-settings.ts";
import { CodecellError } from "../../core/errors.ts";
import { isObject } from "../../core/is-object.ts";
import { below, configError } from "../../core/setting-errors.ts";
import { redactor } from "../redact.ts";
import { secretsOf } from "../secrets.ts";
import type { ToolRules } from "../tool-rules.ts";
import { type Environment, Expander } from "./expand-variables.ts";
import { STDIO_TYPES, URL_KEYS } from "./host-entry.ts";
import { approvalWarning, rulesOf, timesOf, urlKeyOf } from "./host-meaning.ts";
import { httpConfig, TYPE_KEYS } from "./http-entry.ts";
import { checkOAuth, type OAuthConfig } from "./oauth-entry.ts";
import { withHome } from "./places.ts";
import {
  type CheckedEntry,
  type HttpServerEntry,
  SERVER_ENTRY,
  type StdioServerEntry,
} from "./server-settings.ts";
import { type EntryPlace, stdioConfig } from "./stdio-entry.ts";

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
  /**
   * Which of its tools there are.
   * @default all
   */
  readonly tools?: ToolRules;
  /**
   * What of the entry has no effect.
   * @default none
   */
  readonly warnings?: readonly string[];
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
  /** Its environment variables, besides those that it inherits. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Which variables of this process it inherits: more than the usual ones by name or `PREFIX_*`, all, or what no program
   * starts without.
   * @default []
   */
  readonly inheritEnv?: boolean | readonly string[];
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

/** Keys that say nothing about a server of the other kind. Hosts leave them in an entry, so variables in them may be unset. */
const STDIO_KEYS = ["args", "env", "envFile", "cwd"];
const HTTP_KEYS = ["headers", "http_headers", "oauth"];

type Read = Partial<Record<keyof StdioServerEntry | keyof HttpServerEntry, unknown>>;

/**
 * Checks one entry of `mcpServers` and expands its variables.
 * @param at its place in the config, e.g. `.mcp.json: mcpServers.github`
 * @throws CodecellError `config_error` naming the path
 */
export function readEntry(
  given: unknown,
  at: string,
  env: Environment,
  place: EntryPlace = {},
): ServerConfig {
  const expander = new Expander(env, place);
  try {
    return checkEntry(given, at, env, place, expander);
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error;
    // A path that is shown can hold what a variable or a person gave.
    throw configError(redactor(secretsOf(expander.used))(error.message), error.hint);
  }
}

function checkEntry(
  given: unknown,
  at: string,
  env: Environment,
  place: EntryPlace,
  expander: Expander,
): ServerConfig {
  const foreign = foreignKeys(given).map((key) => below(at, key));
  const expand: Expand = (text, where) => {
    if (foreign.some((path) => where.startsWith(path))) return text;
    const value = expander.expand(text, where);
    // No process can have one, and the error of starting it would show the value.
    if (value.includes("\0")) throw configError(`${where} has a NUL character; remove it`);
    return value;
  };
  const read: Read = readSettings(SERVER_ENTRY, given, at, expand);
  const entry = read as CheckedEntry;
  checkKind(entry, at);
  if (entry.oauth !== undefined) checkOAuth(entry.oauth, below(at, "oauth"));
  const { values, ...config } =
    entry.command === undefined
      ? httpConfig(entry, at, expander)
      : stdioConfig(entry, entry.command, at, env, place);
  const common = commonConfig(entry, at);
  return { ...config, ...common, secrets: secretsOf([...values, ...expander.used]) };
}

/** The keys of the other kind of server. */
function foreignKeys(given: unknown): readonly string[] {
  if (!isObject(given)) return [];
  const url = urlKeyOf(given);
  if ((given["command"] === undefined) === (url === undefined)) return [];
  return url === undefined ? HTTP_KEYS : STDIO_KEYS;
}

/** One server, of one kind. */
function checkKind(entry: CheckedEntry, at: string): void {
  const { command } = entry;
  const [url, other] = URL_KEYS.filter((key) => entry[key] !== undefined);
  if (command !== undefined && url !== undefined)
    throw configError(`${at} has both a command and a ${url}; keep one`);
  if (other !== undefined) throw configError(`${at} has both a ${url} and a ${other}; keep one`);
  if (command === undefined && url === undefined)
    throw configError(`${at} needs a "command" (a program to start) or a "url"`);
  for (const key of TYPE_KEYS) {
    const type = entry[key];
    if (type === undefined || STDIO_TYPES.includes(type) === (url === undefined)) continue;
    const has = url === undefined ? "command" : url;
    throw configError(`${at}.${key} is "${type}", but the entry has a ${has}`);
  }
}

function commonConfig(entry: CheckedEntry, at: string) {
  const { roots } = entry;
  const { timeoutMs, startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = timesOf(entry);
  const tools = rulesOf({ ...entry });
  const warning = approvalWarning({ ...entry }, at);
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.ceil(timeoutMs) }),
    startTimeoutMs: Math.ceil(startTimeoutMs),
    path: at,
    ...(roots === undefined ? {} : { roots: readRoots(roots, below(at, "roots")) }),
    ...(tools === undefined ? {} : { tools }),
    ...(warning === undefined ? {} : { warnings: [warning] }),
  };
}

/** Folders as absolute paths, `~` being the home folder, or as `file:` addresses. */
function readRoots(roots: readonly string[], at: string): { uri: string; name?: string }[] {
  return roots.map((root, index) => {
    if (root.startsWith("file://")) return { uri: root };
    const path = withHome(root);
    if (!isAbsolute(path))
      throw configError(`${at}[${index}] must be an absolute path or a file: address`);
    return { uri: pathToFileURL(path).href, name: basename(path) };
  });
}
