/** Who codecell is to an authorization server. */
import { isHttpsUrl, registerClient } from "@modelcontextprotocol/sdk/client/auth.js";
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import type { OAuthConfig } from "../../config/oauth-entry.ts";
import type { AuthRequests } from "./auth-requests.ts";
import { type AuthorizationServer, isSameIssuer } from "./discovery.ts";

export interface ClientContext {
  readonly config: OAuthConfig;
  /** The one that was registered before, with whoever that was. */
  readonly stored: OAuthClientInformationMixed | undefined;
  readonly redirectUrl: string;
  readonly scope: string | undefined;
  readonly requests: AuthRequests;
}

/** The config's client. Who it may be shown to is decided by `discovery.ts`. */
export function configuredClient({
  clientId,
  clientSecret,
}: OAuthConfig): OAuthClientInformationMixed | undefined {
  if (clientId === undefined) return undefined;
  return {
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
  };
}

/** The config's, the one that was registered with this authorization server for this address, or a new one. */
export async function clientFor(
  { issuer, metadata }: AuthorizationServer,
  { config, stored, redirectUrl, scope, requests }: ClientContext,
): Promise<OAuthClientInformationMixed> {
  const configured = configuredClient(config);
  if (configured !== undefined) return { ...configured, issuer };
  if (stored?.issuer !== undefined && isSameIssuer(stored.issuer, issuer)) {
    // Authorization servers compare the whole address, with its port.
    const uris = "redirect_uris" in stored ? stored.redirect_uris : undefined;
    if (uris === undefined || uris.includes(redirectUrl)) return stored;
  }
  const { clientMetadataUrl } = config;
  if (clientMetadataUrl !== undefined && metadata.client_id_metadata_document_supported === true) {
    if (!isHttpsUrl(clientMetadataUrl))
      throw new Error("oauth.clientMetadataUrl must be an https address with a path");
    return { client_id: clientMetadataUrl, issuer };
  }
  const registered = await registerClient(issuer, {
    metadata,
    clientMetadata: clientMetadata(redirectUrl, config.scope),
    ...(scope === undefined ? {} : { scope }),
    fetchFn: requests.fetch,
  });
  return { ...registered, issuer };
}

function clientMetadata(redirectUrl: string, scope: string | undefined): OAuthClientMetadata {
  return {
    client_name: "codecell",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    ...(scope === undefined ? {} : { scope }),
  };
}
