/** A service's own credentials, where the config has some. */
import {
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
} from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { fetchToken, type OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import type { OAuthConfig } from "../../config/oauth-entry.ts";
import { authRequests } from "./auth-requests.ts";
import type { Challenge, Credentials } from "./credentials.ts";
import { authorizationServer, discover } from "./discovery.ts";

export class ServiceCredentials implements Credentials {
  readonly canLogIn = false;
  readonly #url: string;
  readonly #config: OAuthConfig;
  readonly #provider: OAuthClientProvider;
  #token: string | undefined;
  #before: string | undefined;
  #renewal: Promise<string> | undefined;

  private constructor(url: string, config: OAuthConfig, provider: OAuthClientProvider) {
    this.#url = url;
    this.#config = config;
    this.#provider = provider;
  }

  /** `undefined` where the config has a person's. */
  static from(url: string, config: OAuthConfig): ServiceCredentials | undefined {
    const provider = providerOf(config);
    return provider === undefined ? undefined : new ServiceCredentials(url, config, provider);
  }

  get secrets(): string[] {
    return [this.#token, this.#before].filter((token) => token !== undefined);
  }

  async token(): Promise<string | undefined> {
    return this.#token;
  }

  async renew(refused: string | undefined, challenge: Challenge): Promise<string> {
    if (this.#token !== undefined && this.#token !== refused) return this.#token;
    this.#renewal ??= this.#fetch(challenge).finally(() => (this.#renewal = undefined));
    return await this.#renewal;
  }

  async #fetch({ metadataUrl }: Challenge): Promise<string> {
    const [server, config] = [this.#url, this.#config];
    await using requests = authRequests(server, config.issuer);
    const discovery = await discover({ server, config, requests, metadataUrl });
    const { issuer, metadata, resource } = authorizationServer(discovery, server, requests);
    const { access_token: token } = await fetchToken(this.#provider, issuer, {
      metadata,
      ...(resource === undefined ? {} : { resource }),
      fetchFn: requests.fetch,
    });
    this.#before = this.#token;
    this.#token = token;
    return token;
  }
}

function providerOf(config: OAuthConfig): OAuthClientProvider | undefined {
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
  return clientSecret === undefined
    ? undefined
    : new ClientCredentialsProvider({ ...common, clientSecret });
}
