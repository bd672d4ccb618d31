import { CodecellError } from "../../core/errors.ts";
import { type Environment, Expander } from "../mcp/expand.ts";
import { type AddressCheck, addressCheck } from "./addresses.ts";
import { type HostRule, parseHostRule } from "./hosts.ts";

/** A host that programs may reach, and how. */
export interface AllowedHost {
  /** `api.example.com`, `*.example.com`, `http://localhost:8080`, `*`. Without a scheme: https, on its own port. */
  readonly host: string;
  /** Default `["GET", "HEAD"]`. */
  readonly methods?: readonly string[];
  /**
   * Added to every request to this host, on the host's side: a program never sees them. They win over its own. `${VAR}`
   * stands for an environment variable.
   */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What programs may reach by `fetch`. Without it, or with nothing allowed, there is no `fetch`.
 */
export interface NetworkSettings {
  /** The hosts that may be reached, by name or by name and details. */
  readonly allow: readonly (string | AllowedHost)[];
  /** Hosts that may not, whatever `allow` says. Without a scheme or a port: all of them. */
  readonly deny?: readonly string[];
  /** Ranges of addresses that may be reached though they are private, link-local or otherwise not public. Default none. */
  readonly allowPrivate?: readonly string[];
  /** Requests at once. Default 8. */
  readonly connections?: number;
  /** Bytes of one request's body. Default 1 MiB. */
  readonly requestBytes?: number;
  /** Bytes of one response's body, unpacked. Default 4 MiB. */
  readonly responseBytes?: number;
  /** Time of one request in ms, redirects and body included. Default 10,000. */
  readonly timeoutMs?: number;
  /** Redirects followed. Default 5. */
  readonly redirects?: number;
}

export interface AllowRule extends HostRule {
  readonly pattern: string;
  readonly methods: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface ResolvedNetwork {
  readonly allow: readonly AllowRule[];
  readonly deny: readonly HostRule[];
  readonly isAllowedAddress: AddressCheck;
  readonly connections: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly timeoutMs: number;
  readonly redirects: number;
}

const NUMBERS = {
  connections: [1, 256, 8],
  requestBytes: [0, 256 * 1024 * 1024, 1024 * 1024],
  responseBytes: [0, 256 * 1024 * 1024, 4 * 1024 * 1024],
  timeoutMs: [1, 600_000, 10_000],
  redirects: [0, 20, 5],
} as const;
const KEYS = ["allow", "deny", "allowPrivate", ...Object.keys(NUMBERS)];
const HOST_KEYS = ["host", "methods", "headers"];
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Check settings and fill in the defaults. `undefined` when nothing is allowed.
 * @throws CodecellError `config_error`
 */
export function resolveNetwork(
  given: unknown,
  environment: Environment,
  at: string,
): ResolvedNetwork | undefined {
  if (given === undefined) return undefined;
  const settings = record(given, at);
  checkKeys(settings, KEYS, at);
  const allow = list(settings["allow"], `${at}.allow`);
  const numbers = Object.entries(NUMBERS).map(([key, [minimum, maximum, normal]]) => {
    const value = settings[key] ?? normal;
    if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum)
      return [key, value as number];
    throw wrong(
      `${at}.${key} is ${JSON.stringify(value)}; it must be a whole number from ${minimum} to ${maximum}`,
    );
  });
  const expander = new Expander(environment, at);
  const resolved = {
    allow: allow.map((entry, index) => allowRule(entry, `${at}.allow[${index}]`, expander)),
    deny: strings(settings["deny"], `${at}.deny`).map((pattern, index) =>
      parseHostRule(pattern, `${at}.deny[${index}]`, "wide"),
    ),
    isAllowedAddress: addressCheck(
      strings(settings["allowPrivate"], `${at}.allowPrivate`),
      `${at}.allowPrivate`,
    ),
    ...(Object.fromEntries(numbers) as Record<keyof typeof NUMBERS, number>),
  };
  return resolved.allow.length === 0 ? undefined : resolved;
}

function allowRule(entry: unknown, at: string, expander: Expander): AllowRule {
  const details = record(typeof entry === "string" ? { host: entry } : entry, at);
  checkKeys(details, HOST_KEYS, at);
  const { host, methods, headers } = details;
  if (typeof host !== "string") throw wrong(`${at} must have a host`);
  return {
    ...parseHostRule(host, typeof entry === "string" ? at : `${at}.host`, "narrow"),
    pattern: host,
    methods: methods === undefined ? ["GET", "HEAD"] : methodsOf(methods, `${at}.methods`),
    headers: headersOf(headers, `${at}.headers`, expander),
  };
}

function methodsOf(given: unknown, at: string): string[] {
  return strings(given, at).map((method) => {
    const upper = method.toUpperCase();
    if (!TOKEN.test(method) || ["CONNECT", "TRACE", "TRACK"].includes(upper))
      throw wrong(`${at} has ${JSON.stringify(method)}, which is no method that can be allowed`);
    return upper;
  });
}

function headersOf(given: unknown, at: string, expander: Expander): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given === undefined ? {} : record(given, at))) {
    // eslint-disable-next-line no-control-regex -- these are what a header cannot hold
    if (!TOKEN.test(name) || typeof value !== "string" || /[\0\r\n]/.test(value))
      throw wrong(`${at}.${name} is no header: a name and a text on one line are wanted`);
    headers[name.toLowerCase()] = expander.expand(value, `${at}.${name}`);
  }
  return headers;
}

function checkKeys(object: object, known: readonly string[], at: string): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key))
      throw wrong(`${at}.${key} is not a setting; the settings are ${known.join(", ")}`);
  }
}

function record(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw wrong(`${at} must be an object`);
}

function list(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`${at} must be a list, e.g. ["api.example.com"]`);
}

function strings(value: unknown, at: string): readonly string[] {
  if (value === undefined) return [];
  const all = list(value, at);
  if (all.every((item) => typeof item === "string")) return all;
  throw wrong(`${at} must be a list of strings`);
}

function wrong(message: string): CodecellError {
  return new CodecellError("config_error", message);
}
