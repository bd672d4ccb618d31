/** How other MCP hosts write what an entry says, and what of it is not ours. */
import type { Schema, StringSchema } from "../../core/setting-schema.ts";

/** Keys of other hosts that say nothing about how a server is started or used. */
export const FOREIGN_KEYS = [
  "description",
  "gallery",
  "version",
  "icon",
  "icons",
  "name",
  "title",
  "dev",
  "note",
  "source",
  "watchPaths",
  "alwaysLoad",
  "required",
  "$schema",
] as const;

/** Keys of other MCP hosts, which have no effect. */
export type ForeignKeys = { readonly [Key in (typeof FOREIGN_KEYS)[number]]?: unknown };

/** Other spellings of the keys of an entry, as hosts write them. */
export interface HostSpellings {
  /**
   * `disabled` the other way round.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * The same.
   * @default true
   */
  readonly enable?: boolean;
  /**
   * The same.
   * @default true
   */
  readonly active?: boolean;
  /**
   * The same.
   * @default true
   */
  readonly isActive?: boolean;
  /**
   * `type`.
   * @default the type
   */
  readonly transport?: string;
  /**
   * `type`.
   * @default the type
   */
  readonly transportType?: string;
  /**
   * `url`.
   * @default none
   */
  readonly serverUrl?: string;
  /**
   * `url` of a server over streamable HTTP.
   * @default none
   */
  readonly httpUrl?: string;
  /**
   * Longest time of one call, 1 to 2,147,483,647: up to 3,600 it is in seconds, above that in ms. No host means ms below or
   * seconds above.
   * @default timeoutMs
   */
  readonly timeout?: number;
  /**
   * `timeoutMs` in seconds, 1 to 2,147,483.
   * @default timeoutMs
   */
  readonly tool_timeout_sec?: number;
  /**
   * `startTimeoutMs` in seconds, 1 to 2,147,483.
   * @default startTimeoutMs
   */
  readonly startup_timeout_sec?: number;
  /**
   * `startTimeoutMs`, 1 to 2,147,483,647.
   * @default startTimeoutMs
   */
  readonly startup_timeout_ms?: number;
  /**
   * `headers`.
   * @default {}
   */
  readonly http_headers?: Readonly<Record<string, string>>;
  /**
   * Environment variables that hold the values of headers.
   * @default {}
   */
  readonly env_http_headers?: Readonly<Record<string, string>>;
  /**
   * The environment variable that holds the token for `Authorization: Bearer`.
   * @default none
   */
  readonly bearer_token_env_var?: string;
  /**
   * Variables of the environment that the server gets, like those of `env`.
   * @default none
   */
  readonly env_vars?: readonly string[];
  /**
   * `allowedTools`.
   * @default all tools
   */
  readonly tools?: readonly string[];
  /**
   * `allowedTools`.
   * @default all tools
   */
  readonly includeTools?: readonly string[];
  /**
   * `allowedTools`.
   * @default all tools
   */
  readonly enabledTools?: readonly string[];
  /**
   * `allowedTools`.
   * @default all tools
   */
  readonly enabled_tools?: readonly string[];
  /**
   * `disabledTools`.
   * @default none
   */
  readonly excludeTools?: readonly string[];
  /**
   * `disabledTools`.
   * @default none
   */
  readonly disabled_tools?: readonly string[];
  /**
   * Tools that the host runs without asking. codecell asks for none, and warns that this has no effect.
   * @default none
   */
  readonly autoApprove?: boolean | readonly string[];
  /**
   * The same.
   * @default none
   */
  readonly alwaysAllow?: boolean | readonly string[];
  /**
   * The same.
   * @default false
   */
  readonly trust?: boolean | readonly string[];
}

const MAX_MS = 2 ** 31 - 1;
const MAX_SECONDS = 2_147_483;
const TEXT: StringSchema = { type: "string", variables: true, shows: "kind" };
/** Names of tools, or of variables. */
export const NAME_LIST = {
  type: "array",
  items: { type: "string", minLength: 1, shows: "kind" },
  wanted: "an array of names",
  shows: "kind",
} as const satisfies Schema;
export const NAMES = { ...NAME_LIST, nullable: true } as const satisfies Schema;
export const TEXT_MAP = {
  type: "object",
  additionalProperties: TEXT,
  wanted: "an object of strings",
  shows: "kind",
  nullable: true,
} as const satisfies Schema;
export const HTTP_TYPES = [
  "http",
  "streamable-http",
  "streamableHttp",
  "streamable_http",
  "sse",
  "remote",
];
export const STDIO_TYPES = ["stdio", "local"];
export const TYPE = {
  type: "string",
  enum: [...STDIO_TYPES, ...HTTP_TYPES],
} as const satisfies Schema;
export const FLAG = { type: "boolean", nullable: true } as const satisfies Schema;
const SECONDS = {
  type: "number",
  minimum: 1,
  maximum: MAX_SECONDS,
  wanted: `a number of seconds from 1 to ${MAX_SECONDS}`,
} as const satisfies Schema;
export const MILLISECONDS = {
  type: "number",
  minimum: 1,
  maximum: MAX_MS,
  wanted: `a number of milliseconds from 1 to ${MAX_MS}`,
} as const satisfies Schema;
const APPROVALS = {
  anyOf: [
    { type: "boolean", wanted: "true, false or an array of names", shows: "kind" },
    NAME_LIST,
  ],
} as const satisfies Schema;

/** The schema of {@link HostSpellings}. */
export const HOST_SPELLINGS = {
  enabled: FLAG,
  enable: FLAG,
  active: FLAG,
  isActive: FLAG,
  transport: TYPE,
  transportType: TYPE,
  serverUrl: TEXT,
  httpUrl: TEXT,
  timeout: { ...MILLISECONDS, wanted: "a number of seconds up to 3600, or of milliseconds above" },
  tool_timeout_sec: SECONDS,
  startup_timeout_sec: SECONDS,
  startup_timeout_ms: MILLISECONDS,
  http_headers: TEXT_MAP,
  env_http_headers: {
    ...TEXT_MAP,
    additionalProperties: { type: "string", minLength: 1, shows: "kind" },
  },
  bearer_token_env_var: { type: "string", minLength: 1, shows: "kind" },
  env_vars: NAMES,
  tools: NAMES,
  includeTools: NAMES,
  enabledTools: NAMES,
  enabled_tools: NAMES,
  excludeTools: NAMES,
  disabled_tools: NAMES,
  autoApprove: APPROVALS,
  alwaysAllow: APPROVALS,
  trust: APPROVALS,
} as const satisfies { readonly [Key in keyof Required<HostSpellings>]: Schema };

/** The kinds of addresses, in their order. */
export const URL_KEYS = ["url", "serverUrl", "httpUrl"] as const;
