/** Settings of the HTTP service: `codecell.serve` in the config file. */
import { type Expand, readSettings } from "../../core/check-settings.ts";
import { configError } from "../../core/setting-errors.ts";
import {
  defaultsOf,
  type ListSchema,
  type SchemaFor,
  type StringSchema,
  whole,
} from "../../core/setting-schema.ts";
import { MAX_BODY_BYTES } from "../http/api.ts";
import { isLoopback } from "../http/origin.ts";
import { AUTH, type AuthSettings, checkAuth } from "./auth-settings.ts";

/** How many programs one user may start in a time. */
export interface RateLimit {
  /** Requests to run a program, at least 1. */
  readonly runs: number;
  /** The time in seconds, 1 to 2,147,483. */
  readonly perSeconds: number;
}

/** Settings of the service. */
export interface ServeSettings {
  /**
   * Port to listen on, 0 to 65,535; 0 is any free one.
   * @default 8787
   */
  readonly port?: number;
  /**
   * Address to listen on; another one than loopback needs `auth`.
   * @default "127.0.0.1"
   */
  readonly host?: string;
  /**
   * Who may use the service.
   * @default everybody who can reach it, which is this machine
   */
  readonly auth?: AuthSettings;
  /**
   * Most requests to run a program, of one user.
   * @default no limit
   */
  readonly rateLimit?: RateLimit;
  /**
   * Runs of one user at once, at least 1; more are refused.
   * @default no limit
   */
  readonly parallelRuns?: number;
  /**
   * `redis://…`: replicas count together.
   * @default each counts for itself
   */
  readonly limitStore?: string;
  /**
   * Most bytes of a request's body, at least 1.
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number;
  /**
   * Time in ms that a client may take to send its request, or a runtime elsewhere one message, 1 to 2,147,483,647.
   * @default 30_000
   */
  readonly requestMs?: number;
  /**
   * Connections of one user whose runtimes have this service as their placement, at least 1; more are refused. Each run that such a
   * runtime has at a time takes one, and so does each of its sessions that is not idle.
   * @default 64
   */
  readonly remoteConnections?: number;
  /**
   * Time in ms after which such a connection ends that is not used, 1 to 2,147,483,647. The runtime opens another one when it needs it.
   * @default 600_000
   */
  readonly remoteIdleMs?: number;
  /**
   * Time in ms that runs may go on after SIGTERM, 0 to 2,147,483,647; then they are aborted.
   * @default 10_000
   */
  readonly shutdownMs?: number;
  /**
   * Host names of this service, besides those of this machine.
   * @default []
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Origins of web pages that may use the service and read its responses (CORS), e.g. `https://app.example.com`. Pages of this
   * machine may send requests; to read responses they have to be listed too.
   * @default []
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Serve Prometheus metrics at /metrics, to whoever can reach the port.
   * @default true
   */
  readonly metrics?: boolean;
}

/** Settings with every default filled in. */
export type ResolvedServe = Omit<ServeSettings, Filled> & Required<Pick<ServeSettings, Filled>>;
type Filled = Exclude<keyof ServeSettings, "auth" | "rateLimit" | "parallelRuns" | "limitStore">;

const MAX_TIMER_MS = 2 ** 31 - 1;
const COUNT = whole(1, Number.MAX_SAFE_INTEGER);
const TEXT: StringSchema = { type: "string", variables: true };
const TEXTS: ListSchema = { type: "array", items: TEXT };

const RATE_LIMIT: SchemaFor<RateLimit> = {
  title: "RateLimit",
  type: "object",
  properties: { runs: COUNT, perSeconds: whole(1, Math.floor(MAX_TIMER_MS / 1_000)) },
  required: ["runs", "perSeconds"],
};

export const SERVE: SchemaFor<ServeSettings> = {
  title: "ServeSettings",
  type: "object",
  properties: {
    port: whole(0, 65_535, 8_787),
    host: { ...TEXT, minLength: 1, default: "127.0.0.1" },
    auth: AUTH,
    rateLimit: RATE_LIMIT,
    parallelRuns: COUNT,
    limitStore: { ...TEXT, pattern: "^rediss?://", wanted: "redis://…" },
    maxBodyBytes: { ...COUNT, default: MAX_BODY_BYTES },
    requestMs: whole(1, MAX_TIMER_MS, 30_000),
    remoteConnections: { ...COUNT, default: 64 },
    remoteIdleMs: whole(1, MAX_TIMER_MS, 600_000),
    shutdownMs: whole(0, MAX_TIMER_MS, 10_000),
    allowedHosts: { ...TEXTS, default: [] },
    allowedOrigins: { ...TEXTS, default: [] },
    metrics: { type: "boolean", default: true },
  },
};

/**
 * Checks settings and fills in the defaults.
 * @param expand expands the variables in texts, where there can be some
 * @throws CodecellError `config_error` naming the setting
 */
export function resolveServe(
  given: unknown = {},
  path = "codecell.serve",
  expand?: Expand,
): ResolvedServe {
  const settings = {
    ...defaultsOf(SERVE),
    ...readSettings(SERVE, given, path, expand),
  } as ResolvedServe;
  const { auth, host } = settings;
  if (auth !== undefined) checkAuth(auth, `${path}.auth`);
  if (auth === undefined && !isLoopback(host))
    throw configError(
      `the service would answer anybody who can reach ${host}`,
      `Set ${path}.auth (apiKeys or jwt), or listen on 127.0.0.1.`,
    );
  return settings;
}
