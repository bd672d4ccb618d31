import { readSettings } from "../../core/check-settings.ts";
import { below, configError, shown } from "../../core/setting-errors.ts";
import { defaultsOf, type ListSchema, type SchemaFor, whole } from "../../core/setting-schema.ts";
import { type Environment, Expander } from "../config/expand-variables.ts";
import { headerValues, secretsOf } from "../secrets.ts";
import { type AddressCheck, addressCheck } from "./addresses.ts";
import { HOST, type HostRule, parseHostRule } from "./hosts.ts";

/** A host that programs may reach, and how. */
export interface AllowedHost {
  /** `api.example.com`, `*.example.com`, `http://localhost:8080`, `*`. Without a scheme: https, on its own port. */
  readonly host: string;
  /**
   * Methods of requests that may be made.
   * @default ["GET", "HEAD"]
   */
  readonly methods?: readonly string[];
  /**
   * Added to every request to this host, on the host's side: a program never sees them, nor in answers that echo them.
   * They override its own. `${VAR}` stands for an environment variable.
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What programs may reach by `fetch`. Without it, or with nothing allowed, there is no `fetch`. */
export interface NetworkSettings {
  /** The hosts that may be reached, by name or by name and details. */
  readonly allow: readonly (string | AllowedHost)[];
  /**
   * Hosts that may not be reached, whatever `allow` says. Without a scheme or a port: all of them.
   * @default []
   */
  readonly deny?: readonly string[];
  /**
   * Ranges of addresses that may be reached though they are private, link-local or otherwise not public.
   * @default []
   */
  readonly allowPrivate?: readonly string[];
  /**
   * Requests at once, 1 to 256. While others have all of them, users who have none begin beyond it, up to twice this number.
   * @default 8
   */
  readonly connections?: number;
  /**
   * Bytes of one request's body, 0 to 256 MiB.
   * @default 1_048_576
   */
  readonly requestBytes?: number;
  /**
   * Bytes of one response's body, unpacked: 0 to 256 MiB.
   * @default 4_194_304
   */
  readonly responseBytes?: number;
  /**
   * Time of one request in ms, redirects and body included: 1 to 600,000.
   * @default 10_000
   */
  readonly timeoutMs?: number;
  /**
   * Redirects followed, 0 to 20.
   * @default 5
   */
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
  /** Of all hosts' headers: no answer of any host holds one. */
  readonly secrets: readonly string[];
  readonly isAllowedAddress: AddressCheck;
  readonly connections: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly timeoutMs: number;
  readonly redirects: number;
}

const MIB = 1024 * 1024;
const TEXTS: ListSchema = { type: "array", items: { type: "string" } };

const ALLOWED_HOST: SchemaFor<AllowedHost> = {
  title: "AllowedHost",
  type: "object",
  listed: true,
  wanted: "an object, or a host as a string",
  properties: {
    host: HOST,
    methods: { ...TEXTS, default: ["GET", "HEAD"] },
    headers: {
      type: "object",
      additionalProperties: { type: "string", variables: true },
      default: {},
    },
  },
  required: ["host"],
};

export const NETWORK: SchemaFor<NetworkSettings> = {
  title: "NetworkSettings",
  type: "object",
  listed: true,
  properties: {
    allow: {
      type: "array",
      items: { anyOf: [ALLOWED_HOST, HOST] },
      wanted: 'a list, e.g. ["api.example.com"]',
    },
    deny: { type: "array", items: HOST, default: [] },
    allowPrivate: { ...TEXTS, default: [] },
    connections: whole(1, 256, 8),
    requestBytes: whole(0, 256 * MIB, MIB),
    responseBytes: whole(0, 256 * MIB, 4 * MIB),
    timeoutMs: whole(1, 600_000, 10_000),
    redirects: whole(0, 20, 5),
  },
  required: ["allow"],
};
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Checks settings and fills in the defaults. `undefined` when nothing is allowed.
 * @throws CodecellError `config_error`
 */
export function resolveNetwork(
  given: unknown,
  environment: Environment,
  at: string,
): ResolvedNetwork | undefined {
  if (given === undefined) return undefined;
  const expander = new Expander(environment);
  const settings = { ...defaultsOf(NETWORK), ...readSettings(NETWORK, given, at, expander.expand) };
  const { allow, deny, allowPrivate, ...numbers } = settings as Required<NetworkSettings>;
  const rules = allow.map((entry, index) => allowRule(entry, `${at}.allow[${index}]`));
  const headers = rules.flatMap((rule) => headerValues(rule.headers));
  const resolved = {
    allow: rules,
    secrets: secretsOf([...headers, ...expander.used]),
    deny: deny.map((pattern, index) => parseHostRule(pattern, `${at}.deny[${index}]`, "wide")),
    isAllowedAddress: addressCheck(allowPrivate, `${at}.allowPrivate`),
    ...numbers,
  };
  return resolved.allow.length === 0 ? undefined : resolved;
}

function allowRule(entry: string | AllowedHost, at: string): AllowRule {
  const given = typeof entry === "string" ? { host: entry } : entry;
  const { host, methods, headers } = {
    ...defaultsOf(ALLOWED_HOST),
    ...given,
  } as Required<AllowedHost>;
  return {
    ...parseHostRule(host, typeof entry === "string" ? at : `${at}.host`, "narrow"),
    pattern: host,
    methods: methodsOf(methods, `${at}.methods`),
    headers: headersOf(headers, `${at}.headers`),
  };
}

function methodsOf(methods: readonly string[], at: string): string[] {
  return methods.map((method) => {
    const upper = method.toUpperCase();
    if (!TOKEN.test(method) || ["CONNECT", "TRACE", "TRACK"].includes(upper))
      throw configError(`${at} has ${shown(method)}, which is no method that can be allowed`);
    return upper;
  });
}

function headersOf(given: Readonly<Record<string, string>>, at: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    // eslint-disable-next-line no-control-regex -- these are what a header cannot hold
    if (!TOKEN.test(name) || /[\0\r\n]/.test(value))
      throw configError(
        `${below(at, name)} is no header: a name and a text on one line are wanted`,
      );
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
