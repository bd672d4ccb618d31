/** Which authorization server a server's credentials are from (RFC 9728, RFC 8414). */
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  type OAuthDiscoveryState,
} from "@modelcontextprotocol/sdk/client/auth.js";
import type {
  AuthorizationServerMetadata,
  OAuthProtectedResourceMetadata,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import {
  checkResourceAllowed,
  resourceUrlFromServerUrl,
} from "@modelcontextprotocol/sdk/shared/auth-utils.js";
import type { OAuthConfig } from "../../config/oauth-entry.ts";
import { type AuthRequests, NotAsked } from "./auth-requests.ts";

/** An authorization server that has said itself that it is the one that was asked for. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly metadata: AuthorizationServerMetadata;
  /** What tokens are asked for (RFC 8707); absent where the server does not say. */
  readonly resource?: string;
  /** What the server's resources need. */
  readonly scopes?: string;
}

/** What is known before anything is asked. */
export interface DiscoveryContext {
  readonly server: string;
  readonly config: OAuthConfig;
  readonly requests: AuthRequests;
  /** Where the server says that its metadata is; another origin than its own is not asked. */
  readonly metadataUrl?: URL | undefined;
  /** The issuer of stored credentials: no other is asked. */
  readonly bound?: string | undefined;
  /** Agrees to an authorization server that the user has not named. Absent: nobody can. */
  readonly agree?: ((issuer: string) => Promise<void>) | undefined;
}

/**
 * Only the server's own origin and the issuer of the config are asked, or one that the server named and a person has
 * been shown; a client's secret is for the first two only.
 * @throws NotAsked where there is none of these
 */
export async function discover(context: DiscoveryContext): Promise<OAuthDiscoveryState> {
  const { server, requests, metadataUrl } = context;
  const own = new URL(server).origin;
  const resourceMetadata = await discoverOAuthProtectedResourceMetadata(
    server,
    metadataUrl?.origin === own ? { resourceMetadataUrl: metadataUrl } : {},
    requests.fetch,
  ).catch(() => undefined);
  const issuer = chooseIssuer(resourceMetadata?.authorization_servers ?? [], context);
  const metadata =
    (await metadataOf(issuer, context)) ??
    (new URL(issuer).origin === own ? withoutMetadata(issuer) : undefined);
  if (metadata === undefined)
    throw new NotAsked(`its authorization server ${issuer} has no metadata`);
  return {
    authorizationServerUrl: issuer,
    authorizationServerMetadata: metadata,
    ...(resourceMetadata === undefined ? {} : { resourceMetadata }),
  };
}

async function metadataOf(
  issuer: string,
  { server, config, requests, bound, agree }: DiscoveryContext,
): Promise<AuthorizationServerMetadata | undefined> {
  const isNamed = [server, config.issuer].some(
    (address) => address !== undefined && new URL(address).origin === new URL(issuer).origin,
  );
  if (!isNamed && bound === undefined) {
    requests.check(issuer);
    if (agree === undefined) throw new NotAsked(`nobody has agreed to log in at ${issuer}`);
    await agree(issuer);
  }
  return await discoverAuthorizationServerMetadata(issuer, { fetchFn: requests.fetch });
}

function chooseIssuer(
  named: readonly string[],
  { server, config, bound }: DiscoveryContext,
): string {
  const own = new URL("/", server);
  const wanted = config.issuer ?? bound;
  if (wanted !== undefined) {
    if (named.length > 0 && !named.some((issuer) => isSameIssuer(issuer, wanted)))
      throw new NotAsked(
        `it names ${named[0]} as its authorization server, not the issuer ${wanted}`,
      );
    return wanted;
  }
  const issuer = named[0] ?? own.href;
  if (!mayHaveSecret(issuer, server, config))
    throw new NotAsked(
      `it names ${issuer} as its authorization server, which the clientSecret is not known to be for: set oauth.issuer`,
    );
  return issuer;
}

/**
 * What {@link discover} found, or was stored by it.
 * @throws NotAsked where its metadata is another issuer's (RFC 8414, 3.3), or names what a person must not be sent to
 */
export function authorizationServer(
  {
    authorizationServerUrl: issuer,
    authorizationServerMetadata: metadata,
    resourceMetadata,
  }: OAuthDiscoveryState,
  server: string,
  requests: AuthRequests,
): AuthorizationServer {
  // A server without resource metadata is asked at its own origin (MCP 2025-03-26), and may have its issuer at a path.
  const isOwn = (address: string): boolean =>
    resourceMetadata === undefined && originOf(address) === new URL(server).origin;
  const isItself =
    metadata !== undefined &&
    (isSameIssuer(metadata.issuer, issuer) || (isOwn(issuer) && isOwn(metadata.issuer)));
  if (!isItself)
    throw new NotAsked(
      `the metadata of ${issuer} is of the issuer ${String(metadata?.issuer)}: set oauth.issuer to the right one`,
    );
  requests.check(metadata.authorization_endpoint);
  const scopes = resourceMetadata?.scopes_supported?.join(" ");
  return {
    issuer,
    metadata,
    ...(resourceMetadata === undefined
      ? {}
      : { resource: checkedResource(server, resourceMetadata) }),
    ...(scopes === undefined ? {} : { scopes }),
  };
}

/** As it is spelled: some authorization servers compare it by the letter. */
function checkedResource(server: string, { resource }: OAuthProtectedResourceMetadata): string {
  const requestedResource = resourceUrlFromServerUrl(server);
  if (!checkResourceAllowed({ requestedResource, configuredResource: resource }))
    throw new NotAsked(`its metadata is for ${resource}, another server`);
  return resource;
}

function originOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).origin : undefined;
}

/** A secret is for the issuer that the config names, or for the server that it stands beside. */
export function mayHaveSecret(issuer: string, server: string, config: OAuthConfig): boolean {
  if (config.clientSecret === undefined) return true;
  if (config.issuer !== undefined) return isSameIssuer(issuer, config.issuer);
  return new URL(issuer).origin === new URL(server).origin;
}

/** As parsed; one slash at the end makes no difference, as it is often written both ways. */
export function isSameIssuer(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) =>
    (URL.canParse(text) ? new URL(text).href : text).replace(/\/$/, ""),
  );
  return a === b;
}

/** The addresses of servers without metadata (MCP 2025-03-26). */
function withoutMetadata(issuer: string): AuthorizationServerMetadata {
  return {
    issuer,
    authorization_endpoint: new URL("/authorize", issuer).href,
    token_endpoint: new URL("/token", issuer).href,
    registration_endpoint: new URL("/register", issuer).href,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
  };
}
