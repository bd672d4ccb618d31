/** Settings of the HTTP service: `codecell.serve` in the config file. */
import { z } from "zod";
import { CodecellError } from "../../index.ts";
import { MAX_BODY_BYTES, type Scope, SCOPES } from "../http/api.ts";
import { isLoopback } from "../http/origin.ts";

const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .default([...SCOPES]);
const count = z.int().min(1);

const API_KEY = z.strictObject({
  /** The key itself, or `${VARIABLE}` in the config file. */
  key: z.string().min(16),
  /** Programs run for this user. Default: the request says for whom. */
  user: z.string().min(1).max(200).optional(),
  scopes,
});

const JWT = z.strictObject({
  issuer: z.url(),
  /** What tokens must be meant for (RFC 8707): the address of this service, as its authorization server knows it. */
  audience: z.string().min(1),
  /** Default: what the issuer's metadata say (RFC 8414, OpenID Connect Discovery). */
  jwksUri: z.url().optional(),
  /** Default: the asymmetric algorithms of RFC 7518 and EdDSA. */
  algorithms: z.array(z.string()).min(1).optional(),
});

const SERVE = z.strictObject({
  port: z.int().min(0).max(65_535).default(8787),
  host: z.string().min(1).default("127.0.0.1"),
  auth: z
    .strictObject({ apiKeys: z.array(API_KEY).min(1).optional(), jwt: JWT.optional() })
    .optional(),
  /** Requests to run a program, of one user. */
  rateLimit: z.strictObject({ runs: count, perSeconds: count }).optional(),
  /** Runs of one user at once; more are refused. */
  parallelRuns: count.optional(),
  /** `redis://…`: replicas count together. Default: each counts for itself. */
  limitStore: z
    .string()
    .regex(/^rediss?:\/\//, "must be redis://…")
    .optional(),
  maxBodyBytes: count.default(MAX_BODY_BYTES),
  /** How long a client may take to send its request. */
  requestMs: count.default(30_000),
  /** How long runs may go on after SIGTERM; then they are aborted. */
  shutdownMs: z.int().min(0).default(10_000),
  allowedHosts: z.array(z.string()).default([]),
  allowedOrigins: z.array(z.string()).default([]),
  /** Serve Prometheus metrics at /metrics, to whoever can reach the port. */
  metrics: z.boolean().default(true),
});

export type ServeSettings = z.infer<typeof SERVE>;

/** How `codecell serve` listens, whom it serves, and how much. */
export interface GivenServeSettings {
  /**
   * The port to listen on; 0 is any free one.
   * @default 8787
   */
  readonly port?: number;
  /**
   * The address to listen on. Another one than loopback needs `auth`.
   * @default "127.0.0.1"
   */
  readonly host?: string;
  /** Who may use the service. Without it, whoever can reach the address. */
  readonly auth?: {
    /** Keys that clients send as `Authorization: Bearer` or `X-API-Key`. */
    readonly apiKeys?: readonly {
      /** The key itself, at least 16 characters; in a config file `${VARIABLE}`. */
      readonly key: string;
      /** Programs run for this user. Without it, the request says for whom. */
      readonly user?: string;
      /**
       * What its holder may do.
       * @default ["run", "sessions", "tools"]
       */
      readonly scopes?: readonly Scope[];
    }[];
    /** Access tokens of an issuer; `sub` is the user. */
    readonly jwt?: {
      /** The issuer, as tokens name it. */
      readonly issuer: string;
      /** What tokens must be meant for (RFC 8707): the address of this service, as its authorization server knows it. */
      readonly audience: string;
      /** Where the issuer's keys are. Default: what its metadata say (RFC 8414, OpenID Connect Discovery). */
      readonly jwksUri?: string;
      /** Accepted algorithms. Default: the asymmetric algorithms of RFC 7518 and EdDSA. */
      readonly algorithms?: readonly string[];
    };
  };
  /** Requests to run a program, of one user: at most `runs` in `perSeconds`. Without it, any number. */
  readonly rateLimit?: {
    /** Runs in the period. */
    readonly runs: number;
    /** The period, in seconds. */
    readonly perSeconds: number;
  };
  /** Runs of one user at once; more are refused. Without it, any number. */
  readonly parallelRuns?: number;
  /** `redis://…`: replicas count together. Without it, each counts for itself. */
  readonly limitStore?: string;
  /**
   * Bytes of a request's body.
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number;
  /**
   * How long a client may take to send its request, in ms.
   * @default 30_000
   */
  readonly requestMs?: number;
  /**
   * How long runs may go on after SIGTERM, in ms; then they are aborted.
   * @default 10_000
   */
  readonly shutdownMs?: number;
  /** Host names of this service, as clients write them, beside those of the loopback interface. */
  readonly allowedHosts?: readonly string[];
  /** Origins of web pages that may send requests. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Serve Prometheus metrics at /metrics, to whoever can reach the port.
   * @default true
   */
  readonly metrics?: boolean;
}

export type ApiKey = z.infer<typeof API_KEY>;
export type JwtSettings = z.infer<typeof JWT>;

/** @throws CodecellError `config_error` naming the setting */
export function resolveServe(given: unknown = {}, path = "codecell.serve"): ServeSettings {
  const parsed = SERVE.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = [path, ...issue!.path].join(".");
    throw new CodecellError("config_error", `${at}: ${issue!.message}`);
  }
  const settings = parsed.data;
  if (settings.auth === undefined && !isLoopback(settings.host))
    throw new CodecellError(
      "config_error",
      `the service would answer anybody who can reach ${settings.host}`,
      { hint: `Set ${path}.auth (apiKeys or jwt), or listen on 127.0.0.1.` },
    );
  return settings;
}
