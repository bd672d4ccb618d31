/** The login of a person: begun and ended with `codecell login`, renewed while programs run. */
import {
  exchangeAuthorization,
  refreshAuthorization,
  startAuthorization,
} from "@modelcontextprotocol/sdk/client/auth.js";
import {
  InvalidClientError,
  InvalidGrantError,
  UnauthorizedClientError,
} from "@modelcontextprotocol/sdk/server/auth/errors.js";
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import type { OAuthConfig } from "../../config/oauth-entry.ts";
import { type AuthRequests, authRequests } from "./auth-requests.ts";
import { type Authorizer, LoginBegun, LoginNeeded } from "./authorizer.ts";
import { clientFor, configuredClient } from "./client-identity.ts";
import type { Challenge, Credentials } from "./credentials.ts";
import {
  type AuthorizationServer,
  authorizationServer,
  discover,
  isSameIssuer,
  mayHaveSecret,
} from "./discovery.ts";
import type { LockedCredentials, StoredCredentials, TokenStore } from "./token-store.ts";

/** A login whose code has not come yet. */
interface BegunLogin {
  readonly from: AuthorizationServer;
  readonly client: OAuthClientInformationMixed;
  readonly codeVerifier: string;
}

/**
 * A person's credentials for one server, kept in a store between runs. A refresh token is used once: whoever renews holds
 * the lock of the credentials, and looks first whether somebody else has renewed them.
 */
export class PersonCredentials implements Credentials {
  readonly #url: string;
  readonly #config: OAuthConfig;
  readonly #store: TokenStore;
  readonly #authorizer: Authorizer | undefined;
  /** What is stored now, and what was before. */
  #known: readonly OAuthTokens[] = [];
  #renewal: Promise<string> | undefined;
  #begun: BegunLogin | undefined;
  #ending: Promise<void> | undefined;

  constructor(url: string, config: OAuthConfig, store: TokenStore, authorizer?: Authorizer) {
    this.#url = url;
    this.#config = config;
    this.#store = store;
    this.#authorizer = authorizer;
  }

  get canLogIn(): boolean {
    return this.#authorizer !== undefined;
  }

  get secrets(): string[] {
    return this.#known
      .flatMap(({ access_token, refresh_token }) => [access_token, refresh_token])
      .filter((token) => typeof token === "string");
  }

  async token(): Promise<string | undefined> {
    const tokens = this.#tokensOf(await this.#store.read(this.#url));
    this.#note(tokens);
    return tokens?.access_token;
  }

  #note(tokens: OAuthTokens | undefined): void {
    if (tokens !== undefined && tokens.access_token !== this.#known[0]?.access_token)
      this.#known = [tokens, ...this.#known.slice(0, 1)];
  }

  async renew(refused: string | undefined, challenge: Challenge): Promise<string> {
    this.#renewal ??= this.#store
      .locked(this.#url, async (kept) => await this.#renew(kept, refused, challenge))
      .finally(() => (this.#renewal = undefined));
    return await this.#renewal;
  }

  async #renew(
    kept: LockedCredentials,
    refused: string | undefined,
    challenge: Challenge,
  ): Promise<string> {
    const tokens = this.#tokensOf(kept.stored);
    if (tokens !== undefined && tokens.access_token !== refused) return tokens.access_token;
    await using requests = authRequests(this.#url, this.#config.issuer);
    if (tokens?.refresh_token !== undefined && !challenge.moreScope) {
      try {
        return await this.#refresh(kept, tokens, tokens.refresh_token, requests);
      } catch (error) {
        if (isRejected(error)) await kept.save({ tokens: undefined });
        // Nothing is wrong with the login where its server cannot be reached: it is kept for the next time.
        else if (this.#authorizer === undefined) throw error;
      }
    }
    if (this.#authorizer === undefined) throw new LoginNeeded("its login has ended");
    return await this.#begin(kept, this.#authorizer, challenge, requests);
  }

  async #refresh(
    kept: LockedCredentials,
    { issuer: bound }: OAuthTokens,
    refreshToken: string,
    requests: AuthRequests,
  ): Promise<string> {
    const { discovery: found, client } = kept.stored;
    const discovery =
      found !== undefined && isSameIssuer(found.authorizationServerUrl, bound!)
        ? found
        : await discover({ server: this.#url, config: this.#config, requests, bound });
    const from = authorizationServer(discovery, this.#url, requests);
    const isRegistered = client?.issuer === undefined || isSameIssuer(client.issuer, from.issuer);
    const clientInformation = configuredClient(this.#config) ?? (isRegistered ? client : undefined);
    if (clientInformation === undefined) throw new InvalidClientError("no client is registered");
    const tokens = await refreshAuthorization(from.issuer, {
      metadata: from.metadata,
      clientInformation,
      refreshToken,
      ...(from.resource === undefined ? {} : { resource: from.resource }),
      fetchFn: requests.fetch,
    });
    this.#note(tokens);
    await kept.save({ tokens: { ...tokens, issuer: from.issuer }, discovery });
    return tokens.access_token;
  }

  /** Everything is found out anew: the server may have moved to another authorization server. */
  async #begin(
    kept: LockedCredentials,
    authorizer: Authorizer,
    { scope: challenged, metadataUrl, moreScope }: Challenge,
    requests: AuthRequests,
  ): Promise<never> {
    const [server, config] = [this.#url, this.#config];
    const agree = async (issuer: string): Promise<void> => await authorizer.announce?.(issuer);
    const discovery = await discover({ server, config, requests, metadataUrl, agree });
    const from = authorizationServer(discovery, server, requests);
    const scope = (moreScope ? challenged : undefined) ?? config.scope ?? challenged ?? from.scopes;
    const { state, redirectUrl } = authorizer;
    const stored = kept.stored.client;
    const client = await clientFor(from, { config, stored, redirectUrl, scope, requests });
    const { authorizationUrl, codeVerifier } = await startAuthorization(from.issuer, {
      metadata: from.metadata,
      clientInformation: client,
      redirectUrl,
      state,
      ...(scope === undefined ? {} : { scope }),
      ...(from.resource === undefined ? {} : { resource: from.resource }),
    });
    const { client_secret: _, ...shown } = client;
    await kept.save({
      discovery,
      client: configuredClient(this.#config) === undefined ? client : shown,
    });
    this.#begun = { from, client, codeVerifier };
    await authorizer.show(authorizationUrl);
    throw new LoginBegun("a login has begun");
  }

  /** Requests that were refused at the same time wait for the same login. */
  async finishLogin(): Promise<void> {
    this.#ending ??= this.#finish().finally(() => (this.#ending = undefined));
    await this.#ending;
  }

  async #finish(): Promise<void> {
    const authorizer = this.#authorizer;
    if (this.#begun === undefined || authorizer === undefined) return;
    const { from, client, codeVerifier } = this.#begun;
    this.#begun = undefined;
    const authorizationCode = await authorizer.code({
      issuer: from.metadata.issuer,
      named:
        "authorization_response_iss_parameter_supported" in from.metadata &&
        from.metadata["authorization_response_iss_parameter_supported"] === true,
    });
    await this.#store.locked(this.#url, async (kept) => {
      await using requests = authRequests(this.#url, this.#config.issuer);
      const tokens = await exchangeAuthorization(from.issuer, {
        metadata: from.metadata,
        clientInformation: client,
        authorizationCode,
        codeVerifier,
        redirectUri: authorizer.redirectUrl,
        ...(from.resource === undefined ? {} : { resource: from.resource }),
        fetchFn: requests.fetch,
      });
      await kept.save({ tokens: { ...tokens, issuer: from.issuer } });
    });
  }

  /** Tokens of another issuer or another client than the config's are none. */
  #tokensOf({ tokens, client }: StoredCredentials): OAuthTokens | undefined {
    const { issuer, clientId } = this.#config;
    const from = tokens?.issuer;
    if (typeof tokens?.access_token !== "string" || typeof from !== "string") return undefined;
    if (!URL.canParse(from) || (issuer !== undefined && !isSameIssuer(from, issuer)))
      return undefined;
    if (!mayHaveSecret(from, this.#url, this.#config)) return undefined;
    const isOthers =
      clientId !== undefined && client !== undefined && client.client_id !== clientId;
    return isOthers ? undefined : tokens;
  }
}

/** The authorization server says that the login is over. */
function isRejected(error: unknown): boolean {
  return (
    error instanceof InvalidGrantError ||
    error instanceof InvalidClientError ||
    error instanceof UnauthorizedClientError
  );
}
