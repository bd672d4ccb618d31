/** What an entry of `mcpServers` may hold, in the format that MCP hosts share. */
import type { Schema, SchemaFor, StringSchema } from "../../core/setting-schema.ts";
import {
  FLAG,
  FOREIGN_KEYS,
  type ForeignKeys,
  HOST_SPELLINGS,
  type HostSpellings,
  HTTP_TYPES,
  MILLISECONDS,
  NAME_LIST,
  NAMES,
  STDIO_TYPES,
  TEXT_MAP,
  TYPE,
  URL_KEYS,
} from "./host-entry.ts";
import { OAUTH, type OAuthConfig } from "./oauth-entry.ts";

/** What all entries may have. In every text, `${VAR}` and `${VAR:-default}` stand for environment variables. */
export interface CommonServerEntry extends ForeignKeys, HostSpellings {
  /**
   * Leave the server out.
   * @default false
   */
  readonly disabled?: boolean;
  /**
   * Folders that the server may work in (MCP's `roots`): absolute paths, paths from `~`, or `file:` addresses.
   * @default none
   */
  readonly roots?: readonly string[];
  /**
   * Longest time of one call in ms, 1 to 2,147,483,647; progress that the server reports starts it again.
   * @default no limit but those of the run
   */
  readonly timeoutMs?: number;
  /**
   * Longest time until the server answers `initialize`, and of one list, in ms, 1 to 2,147,483,647.
   * @default 30_000
   */
  readonly startTimeoutMs?: number;
  /**
   * The only tools that there are; names may hold `*` and `?`.
   * @default all tools
   */
  readonly allowedTools?: readonly string[];
  /**
   * Tools that there are not; names may hold `*` and `?`.
   * @default none
   */
  readonly disabledTools?: readonly string[];
}

/** A server that is a process and speaks over its standard input and output. */
export interface StdioServerEntry extends CommonServerEntry {
  /**
   * The transport.
   * @default "stdio"
   */
  readonly type?: "stdio" | "local";
  /** The program to start, by its name in `PATH` or its path. No shell is involved. */
  readonly command: string;
  /**
   * Its arguments.
   * @default []
   */
  readonly args?: readonly string[];
  /**
   * Its environment variables, besides those that it inherits.
   * @default {}
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * A file of environment variables in the format of dotenv, from the folder of the config; `env` wins over it.
   * @default none
   */
  readonly envFile?: string;
  /**
   * Which variables of this process the server inherits: a documented list, more by name or `PREFIX_*`, all (`true`), or what
   * no program starts without (`false`).
   * @default []
   */
  readonly inheritEnv?: boolean | readonly string[];
  /**
   * The folder it starts in; `~` is the home folder.
   * @default the folder of this process
   */
  readonly cwd?: string;
}

/** A server behind an address. */
export interface HttpServerEntry extends CommonServerEntry {
  /**
   * The transport: `http` (also spelled `streamable-http`, `streamableHttp` and `streamable_http`) or the older `sse`.
   * @default what fits: `http`, or `sse` where the server refuses that
   */
  readonly type?: "http" | "streamable-http" | "streamableHttp" | "streamable_http" | "sse";
  /** Its http or https address. */
  readonly url: string;
  /**
   * Headers of every request.
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How codecell identifies itself to the server's authorization server. What is left out is discovered or registered.
   * @default {}
   */
  readonly oauth?: OAuthConfig;
}

/** One MCP server: a `command` to start, or a `url`. */
export type McpServerEntry = StdioServerEntry | HttpServerEntry;

/** An entry whose parts are checked, before its kind is. */
export type CheckedEntry = Partial<
  Omit<StdioServerEntry, "type"> & Omit<HttpServerEntry, "type">
> & { readonly type?: string };

type EntryKey = Exclude<keyof StdioServerEntry | keyof HttpServerEntry, keyof ForeignKeys>;

const TEXT: StringSchema = { type: "string", variables: true, shows: "kind" };
const TEXTS: Schema = {
  type: "array",
  items: TEXT,
  wanted: "an array of strings",
  shows: "kind",
  nullable: true,
};

/** An entry has one address, and no command beside it. */
function relationsOf(key: (typeof URL_KEYS)[number]): Readonly<Record<string, unknown>> {
  const types = { enum: HTTP_TYPES };
  const others = ["command", ...URL_KEYS].filter((each) => each !== key);
  const properties = { type: types, transport: types, transportType: types };
  const absent = Object.fromEntries(others.map((each) => [each, false]));
  return { required: [key], properties: { ...properties, ...absent } };
}

const STDIO = { enum: STDIO_TYPES };

export const SERVER_ENTRY: SchemaFor<Record<EntryKey, unknown>> = {
  title: "McpServerEntry",
  type: "object",
  noun: "key",
  wanted: 'an object like { "command": "npx", "args": ["-y", "some-server"] }',
  shows: "kind",
  ignored: FOREIGN_KEYS,
  properties: {
    type: TYPE,
    command: TEXT,
    args: TEXTS,
    env: TEXT_MAP,
    envFile: TEXT,
    inheritEnv: {
      anyOf: [{ type: "boolean", wanted: "true, false or an array of names" }, NAME_LIST],
    },
    cwd: TEXT,
    url: TEXT,
    headers: TEXT_MAP,
    oauth: OAUTH,
    roots: TEXTS,
    timeoutMs: MILLISECONDS,
    startTimeoutMs: { ...MILLISECONDS, default: 30_000 },
    allowedTools: NAMES,
    disabledTools: NAMES,
    disabled: FLAG,
    ...HOST_SPELLINGS,
  },
  relations: {
    anyOf: [
      {
        required: ["command"],
        properties: {
          command: { pattern: "\\S" },
          type: STDIO,
          transport: STDIO,
          transportType: STDIO,
          ...Object.fromEntries(URL_KEYS.map((key) => [key, false])),
        },
      },
      ...URL_KEYS.map(relationsOf),
    ],
  },
};
