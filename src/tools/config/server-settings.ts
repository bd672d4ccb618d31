/** What an entry of `mcpServers` may hold, in the format that MCP hosts share. */
import type { Schema, SchemaFor, StringSchema } from "../../core/setting-schema.ts";
import { OAUTH, type OAuthConfig } from "./oauth-entry.ts";

/** Keys that other hosts put into entries; they have no effect here. */
const FOREIGN_KEYS = [
  "description",
  "autoApprove",
  "alwaysAllow",
  "disabledTools",
  "timeout",
  "envFile",
  "gallery",
  "version",
  "icon",
  "icons",
  "name",
  "title",
  "dev",
  "trust",
  "tools",
  "transport",
  "transportType",
  "note",
  "$schema",
] as const;

/** What all entries may have. In every text, `${VAR}` and `${VAR:-default}` stand for environment variables. */
export interface CommonServerEntry extends ForeignKeys {
  /**
   * Leave the server out.
   * @default false
   */
  readonly disabled?: boolean;
  /**
   * The same the other way round, as some hosts write it.
   * @default true
   */
  readonly enabled?: boolean;
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
}

/** Keys of other MCP hosts, which have no effect. */
export type ForeignKeys = { readonly [Key in (typeof FOREIGN_KEYS)[number]]?: unknown };

/** A server that is a process and speaks over its standard input and output. */
export interface StdioServerEntry extends CommonServerEntry {
  /**
   * The transport.
   * @default "stdio"
   */
  readonly type?: "stdio";
  /** The program to start, by its name in `PATH` or its path. No shell is involved. */
  readonly command: string;
  /**
   * Its arguments.
   * @default []
   */
  readonly args?: readonly string[];
  /**
   * Its environment variables, besides a few that programs need to start (`PATH`, `HOME` …).
   * @default {}
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * The folder it starts in.
   * @default the folder of this process
   */
  readonly cwd?: string;
}

/** A server behind an address. */
export interface HttpServerEntry extends CommonServerEntry {
  /**
   * The transport: `http` (also spelled `streamable-http` and `streamableHttp`) or the older `sse`.
   * @default what fits: `http`, or `sse` where the server refuses that
   */
  readonly type?: "http" | "streamable-http" | "streamableHttp" | "sse";
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

type EntryKey = Exclude<keyof StdioServerEntry | keyof HttpServerEntry, keyof ForeignKeys>;

const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const TEXT: StringSchema = { type: "string", variables: true, shows: "kind" };
const TEXTS: Schema = {
  type: "array",
  items: TEXT,
  wanted: "an array of strings",
  shows: "kind",
  nullable: true,
};
const TEXT_MAP: Schema = {
  type: "object",
  additionalProperties: TEXT,
  wanted: "an object of strings",
  shows: "kind",
  nullable: true,
};
const FLAG: Schema = { type: "boolean", nullable: true };
const MILLISECONDS: Schema = {
  type: "number",
  minimum: 1,
  maximum: MAX_TIMEOUT_MS,
  wanted: `a number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`,
};
const HTTP_TYPES = ["http", "streamable-http", "streamableHttp", "sse"];

export const SERVER_ENTRY: SchemaFor<Record<EntryKey, unknown>> = {
  title: "McpServerEntry",
  type: "object",
  noun: "key",
  wanted: 'an object like { "command": "npx", "args": ["-y", "some-server"] }',
  shows: "kind",
  ignored: FOREIGN_KEYS,
  properties: {
    type: { type: "string", enum: ["stdio", ...HTTP_TYPES] },
    command: TEXT,
    args: TEXTS,
    env: TEXT_MAP,
    cwd: TEXT,
    url: TEXT,
    headers: TEXT_MAP,
    oauth: OAUTH,
    roots: TEXTS,
    timeoutMs: MILLISECONDS,
    startTimeoutMs: { ...MILLISECONDS, default: 30_000 },
    disabled: FLAG,
    enabled: FLAG,
  },
  relations: {
    anyOf: [
      {
        required: ["command"],
        properties: { command: { pattern: "\\S" }, type: { const: "stdio" }, url: false },
      },
      { required: ["url"], properties: { type: { enum: HTTP_TYPES }, command: false } },
    ],
  },
};
