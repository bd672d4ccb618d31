/** OAuth 2.1 for remote servers, by the SDK: the client's identity, stored credentials, and the login of a person. */
import {
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
} from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
} from "@modelcontextprotocol/sdk/client/auth.js";
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import type { OAuthConfig } from "../../config/oauth-entry.ts";
import type { StoredCredentials, TokenStore } from "./token-store.ts";

/** How a person logs in: they open `url`, and the browser ends at `redirectUrl` with a code. */
export interface Authorizer {
  readonly redirectUrl: string;
  /** The parameter that binds the response to the request (RFC 6749, 10.12). */
  readonly state: string;
  /** Shows `url`; {@link code} returns the code. */
  show(url: URL): Promise<void>;
  code(): Promise<string>;
}

/** Thrown where a person has to log in and no login is possible now. */
export class LoginNeeded extends Error {
  override readonly name = "LoginNeeded";
}

/** A service's own credentials, where the config has some. */
export function serviceProvider(config: OAuthConfig): OAuthClientProvider | undefined {
  const { clientId, clientSecret, privateKey, algorithm = "ES256", scope, issuer } = config;
  if (config.grant !== "client_credentials" || clientId === undefined || issuer === undefined)
    return undefined;
  const common = {
    clientId,
    clientName: "codecell",
    ...(scope === undefined ? {} : { scope }),
    expectedIssuer: issuer,
  };
  if (privateKey !== undefined)
    return new PrivateKeyJwtProvider({ ...common, privateKey, algorithm });
  return new ClientCredentialsProvider({ ...common, clientSecret: clientSecret! });
}

/** A person's credentials, kept in a store between runs. */
export class PersonProvider implements OAuthClientProvider {
  readonly #url: string;
  readonly #config: OAuthConfig;
  readonly #store: TokenStore;
  readonly #authorizer: Authorizer | undefined;
  #verifier = "";

  constructor(url: string, config: OAuthConfig, store: TokenStore, authorizer?: Authorizer) {
    this.#url = url;
    this.#config = config;
    this.#store = store;
    this.#authorizer = authorizer;
  }

  get redirectUrl(): string {
    // Without a person nobody is sent anywhere, but the SDK takes a provider without an address for a service's.
    return this.#authorizer?.redirectUrl ?? "http://127.0.0.1/callback";
  }

  get clientMetadataUrl(): string {
    // The SDK's type wants a string under exactOptionalPropertyTypes; an empty one is none to it.
    return this.#config.clientMetadataUrl ?? "";
  }

  get clientMetadata(): OAuthClientMetadata {
    const { scope, clientSecret } = this.#config;
    return {
      client_name: "codecell",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      ...(clientSecret === undefined ? {} : { token_endpoint_auth_method: "client_secret_post" }),
      ...(scope === undefined ? {} : { scope }),
    };
  }

  state(): string {
    return this.#authorizer?.state ?? "";
  }

  async clientInformation(): Promise<OAuthClientInformationMixed | undefined> {
    const { clientId, clientSecret } = this.#config;
    if (clientId !== undefined)
      return {
        client_id: clientId,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
      };
    const { client } = await this.#read();
    if (client === undefined || this.#authorizer === undefined) return client;
    // Registered with another port: authorization servers compare the whole address.
    const uris = "redirect_uris" in client ? client.redirect_uris : undefined;
    return uris === undefined || uris.includes(this.redirectUrl) ? client : undefined;
  }

  async saveClientInformation(client: OAuthClientInformationMixed): Promise<void> {
    await this.#store.update(this.#url, { client });
  }

  async tokens(): Promise<OAuthTokens | undefined> {
    return (await this.#read()).tokens;
  }

  async saveTokens(tokens: OAuthTokens): Promise<void> {
    await this.#store.update(this.#url, { tokens });
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    if (this.#authorizer === undefined) throw new LoginNeeded("its login has ended");
    await this.#authorizer.show(url);
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  async saveDiscoveryState(discovery: OAuthDiscoveryState): Promise<void> {
    await this.#store.update(this.#url, { discovery });
  }

  async discoveryState(): Promise<OAuthDiscoveryState | undefined> {
    return (await this.#read()).discovery;
  }

  async invalidateCredentials(
    scope: "all" | "client" | "tokens" | "verifier" | "discovery",
  ): Promise<void> {
    if (scope === "all") return await this.#store.delete(this.#url);
    if (scope === "verifier") this.#verifier = "";
    else await this.#store.update(this.#url, { [scope]: undefined });
  }

  #read(): Promise<StoredCredentials> {
    return this.#store.read(this.#url);
  }
}
