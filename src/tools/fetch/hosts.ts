import { isIP } from "node:net";
import { configError, shown } from "../../core/setting-errors.ts";
import type { StringSchema } from "../../core/setting-schema.ts";

/** One entry of an allow-list or a deny-list, taken apart. */
export interface HostRule {
  /** `https:` or `http:`; absent: both. */
  readonly protocol?: string;
  /** Host name in lower-case ASCII, or an IP address as URLs spell it; without the `*.` of a wildcard. */
  readonly host: string;
  /** `sub` matches names below `host` and not itself, `any` matches every name and no address. */
  readonly match: "exact" | "sub" | "any";
  /** Absent: any port. */
  readonly port?: number;
}

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

/** Scheme, `*.`, name or address, port. No flags: JSON Schema has none. */
const PATTERN = String.raw`^(?:([Hh][Tt][Tt][Pp][Ss]?)://)?(\*\.)?(\[[^\]]+\]|[^/:@?#\[\]]+)(?::(\d+|\*))?/?$`;
const HINT = 'A host is "api.example.com", "*.example.com", "http://localhost:8080" or "*".';

/** A pattern of hosts, as {@link parseHostRule} takes it. */
export const HOST: StringSchema = {
  type: "string",
  pattern: PATTERN,
  wanted: "a host, with a scheme and a port if need be",
  shows: "value",
  hint: HINT,
};

/**
 * Parses `[http://|https://]host[:port]`, where `host` is a name, `*.name`, `*`, or an IP address (IPv6 in brackets) and
 * `port` a number or `*`.
 * @param pattern one that {@link HOST} accepts
 * @param defaults what applies where the pattern names no scheme or port: an allow-list is narrow (https on its port), a
 *   deny-list wide (both, any port)
 * @throws CodecellError `config_error`
 */
export function parseHostRule(pattern: string, at: string, defaults: "narrow" | "wide"): HostRule {
  const wrong = (why: string): Error => configError(`${at} is ${shown(pattern)}; ${why}`, HINT);
  const parts: readonly (string | undefined)[] = new RegExp(PATTERN, "u").exec(pattern)!;
  const [, scheme, wildcard, name, portText] = parts;
  const protocol = scheme === undefined ? undefined : `${scheme.toLowerCase()}:`;
  const narrow = defaults === "narrow";
  const effective = protocol ?? (narrow ? "https:" : undefined);
  const port = portOf(portText, effective, narrow || protocol !== undefined);
  if (port !== undefined && (port < 1 || port > 65_535)) throw wrong("there is no such port");
  const common = {
    ...(effective === undefined ? {} : { protocol: effective }),
    ...(port === undefined ? {} : { port }),
  };
  if (name === "*" && wildcard === undefined) return { ...common, host: "", match: "any" };
  const host = canonicalHost(name!);
  if (host === undefined) throw wrong("its host is neither a DNS name nor an IP address");
  if (wildcard === undefined) return { ...common, host, match: "exact" };
  if (isAddress(host)) throw wrong("an address has no names below it");
  return { ...common, host, match: "sub" };
}

function portOf(
  text: string | undefined,
  protocol: string | undefined,
  useDefault: boolean,
): number | undefined {
  if (text === "*") return undefined;
  if (text !== undefined) return Number(text);
  return useDefault && protocol !== undefined ? DEFAULT_PORTS[protocol] : undefined;
}

/** As URLs spell it: lower case, Punycode, no final dot; `undefined` for what is no host. */
export function canonicalHost(name: string): string | undefined {
  if (!URL.canParse(`http://${name}/`)) return undefined;
  const { hostname, host, pathname } = new URL(`http://${name}/`);
  if (host !== hostname || pathname !== "/") return undefined;
  return cleanHost(hostname);
}

/** The host of a parsed URL, without brackets and final dot; `undefined` for a name that DNS would not know. */
function cleanHost(hostname: string): string | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  if (isAddress(host)) return host;
  return host.length <= 253 && host.split(".").every((label) => LABEL.test(label))
    ? host
    : undefined;
}

export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** The target of a URL, from the same parse that the request uses. */
export interface Destination {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

/** `undefined` for what is not http(s), or whose host is no DNS name and no address. */
export function destinationOf({ protocol, hostname, port }: URL): Destination | undefined {
  const known = DEFAULT_PORTS[protocol];
  const host = cleanHost(hostname);
  if (known === undefined || host === undefined) return undefined;
  return { protocol, host, port: port === "" ? known : Number(port) };
}

export function matches(rule: HostRule, { protocol, host, port }: Destination): boolean {
  if (rule.protocol !== undefined && rule.protocol !== protocol) return false;
  if (rule.port !== undefined && rule.port !== port) return false;
  if (rule.match === "exact") return host === rule.host;
  if (isAddress(host)) return false;
  return rule.match === "any" || host.endsWith(`.${rule.host}`);
}
