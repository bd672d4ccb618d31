import { asObject, checkKeys, problem } from "./check.ts";

/** Who we are to an authorization server. Everything left out is found out or registered. */
export interface OAuthConfig {
  /** Default: a person's, by `codecell login`. */
  readonly grant?: "authorization_code" | "client_credentials";
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** PEM, for `private_key_jwt` (RFC 7523). */
  readonly privateKey?: string;
  /** Of the private key's signatures. Default `ES256`. */
  readonly algorithm?: string;
  /** Separated by spaces. */
  readonly scope?: string;
  /** The authorization server of a service's credentials; they go to no other, whatever the MCP server says. */
  readonly issuer?: string;
  /** The address of a client metadata document, in place of a registration. */
  readonly clientMetadataUrl?: string;
  /** Of the loopback listener of a login. Default: any free one. */
  readonly callbackPort?: number;
}

const OAUTH_TEXTS = [
  "grant",
  "clientId",
  "clientSecret",
  "privateKey",
  "algorithm",
  "scope",
  "issuer",
  "clientMetadataUrl",
];
/** Keys that other hosts put there. */
const IGNORED_OAUTH_KEYS = new Set(["authServerMetadataUrl", "clientName"]);

/**
 * The `oauth` of a server's entry.
 * @param at its path, for messages
 * @param readText checks and expands one text
 * @throws CodecellError `config_error` naming the path
 */
export function readOAuth(
  given: unknown,
  at: string,
  file: string,
  readText: (value: unknown, key: string) => string,
): OAuthConfig {
  if (given === undefined) return {};
  const raw = asObject(given, `${file}${at}`, 'an object like { "clientId": "…" }');
  checkKeys(raw, [...OAUTH_TEXTS, "callbackPort"], IGNORED_OAUTH_KEYS, file, `${at}.`);
  const texts = OAUTH_TEXTS.filter((key) => raw[key] !== undefined).map((key) => [
    key,
    readText(raw[key], key),
  ]);
  const { callbackPort: port } = raw;
  if (
    port !== undefined &&
    !(Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536)
  )
    throw problem(file, `${at}.callbackPort`, "must be a port, from 1 to 65535");
  const oauth = {
    ...Object.fromEntries(texts),
    ...(port === undefined ? {} : { callbackPort: port }),
  } as OAuthConfig;
  checkGrant(oauth, at, file);
  return oauth;
}

function checkGrant(
  { grant, clientId, clientSecret, privateKey, issuer }: OAuthConfig,
  at: string,
  file: string,
): void {
  if (grant !== undefined && grant !== "authorization_code" && grant !== "client_credentials")
    throw problem(file, `${at}.grant`, "must be authorization_code or client_credentials");
  const service = grant === "client_credentials";
  if (
    service &&
    (clientId === undefined || (clientSecret === undefined) === (privateKey === undefined))
  )
    throw problem(file, at, "needs a clientId and either a clientSecret or a privateKey");
  // Without it the MCP server could name any place, and be sent the credentials there.
  if (service && issuer === undefined)
    throw problem(file, `${at}.issuer`, "is missing: the address of the authorization server");
  if (!service && privateKey !== undefined)
    throw problem(file, `${at}.privateKey`, 'is for services: set "grant": "client_credentials"');
}
