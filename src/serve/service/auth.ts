/** Authentication: API keys, and tokens of an OAuth 2.1 authorization server (RFC 6750, 9068, 9728). The door to jose. */
import { createHash, timingSafeEqual } from "node:crypto";
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from "jose";
import { isUserName } from "../../core/caller.ts";
import { ApiError } from "../http/api-error.ts";
import { type Principal, type Scope, SCOPES } from "../http/api.ts";
import type { ApiKey, AuthSettings, JwtSettings } from "./auth-settings.ts";

export const METADATA_PATH = "/.well-known/oauth-protected-resource";
/** Never a secret that could be shared, never none. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
];
/** Clocks differ. */
const TOLERANCE_S = 5;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export class Authenticator {
  readonly #keys: readonly (ApiKey & { readonly hash: Buffer })[];
  readonly #jwt: JwtSettings | undefined;
  #keySet: Promise<JWTVerifyGetKey> | undefined;

  constructor({ apiKeys = [], jwt }: AuthSettings) {
    this.#keys = apiKeys.map((entry) => ({ ...entry, hash: digest(entry.key) }));
    this.#jwt = jwt;
  }

  /**
   * Who sent the request.
   * @throws ApiError 401 without valid credentials
   */
  async authenticate(request: Request): Promise<Principal> {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const token = given ?? request.headers.get("x-api-key");
    if (token === null || token === undefined)
      throw this.#challenge(request, 401, "credentials are needed");
    const hash = digest(token);
    // All are compared, each in constant time: the duration reveals nothing.
    const known = this.#keys.filter((entry) => timingSafeEqual(entry.hash, hash))[0];
    if (known !== undefined) return principalOf(known.user, known.scopes ?? SCOPES);
    if (this.#jwt === undefined || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token))
      throw this.#challenge(request, 401, "the credentials are not valid", "invalid_token");
    return await this.#verify(request, token, this.#jwt);
  }

  /** @throws ApiError 403 when `principal` lacks the scope */
  authorize(request: Request, principal: Principal, scope: Scope): void {
    if (principal.scopes.has(scope)) return;
    const message = `these credentials lack the scope '${scope}'`;
    throw this.#challenge(request, 403, message, "insufficient_scope", scope);
  }

  /** RFC 9728: where tokens for this service come from. */
  metadata(request: Request): Readonly<Record<string, unknown>> {
    const { issuer, audience } = this.#jwt ?? {};
    return {
      resource: audience ?? new URL(request.url).origin,
      authorization_servers: issuer === undefined ? [] : [issuer],
      scopes_supported: SCOPES,
      bearer_methods_supported: ["header"],
    };
  }

  async #verify(request: Request, token: string, settings: JwtSettings): Promise<Principal> {
    const { issuer, audience, algorithms = ALGORITHMS } = settings;
    let payload: JWTPayload;
    try {
      this.#keySet ??= openKeySet(settings);
      const checks = {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: TOLERANCE_S,
      };
      ({ payload } = await jwtVerify(token, await this.#keySet, {
        ...checks,
        requiredClaims: ["exp", "sub"],
      }));
    } catch (error) {
      this.#keySet = this.#keySet?.catch(() => undefined as never);
      throw this.#refusal(request, error);
    }
    // A claim is any JSON, whatever its type says.
    const { sub, scope, scp } = payload as Readonly<Record<string, unknown>>;
    if (!isUserName(sub))
      throw this.#challenge(request, 401, "the token's sub names no user", "invalid_token");
    const claimed = typeof scope === "string" ? scope.split(" ") : Array.isArray(scp) ? scp : [];
    return principalOf(
      sub,
      SCOPES.filter((each) => claimed.includes(each)),
    );
  }

  #refusal(request: Request, error: unknown): ApiError {
    if (error instanceof errors.JWTExpired)
      return this.#challenge(request, 401, "the token has expired", "invalid_token");
    if (error instanceof errors.JWTClaimValidationFailed)
      return this.#challenge(
        request,
        401,
        `the token's ${error.claim} is not right`,
        "invalid_token",
      );
    if (error instanceof errors.JOSEError && error.code !== "ERR_JWKS_TIMEOUT")
      return this.#challenge(request, 401, "the token is not valid", "invalid_token");
    this.#keySet = undefined;
    return new ApiError(503, "internal", "the keys of the authorization server cannot be had");
  }

  #challenge(
    request: Request,
    status: number,
    message: string,
    error?: string,
    scope?: string,
  ): ApiError {
    const { origin } = new URL(request.url);
    const parts = [
      ...(this.#jwt === undefined ? [] : [`resource_metadata="${origin}${METADATA_PATH}"`]),
      ...(error === undefined ? [] : [`error="${error}"`, `error_description="${message}"`]),
      ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ];
    const header = ["Bearer", parts.join(", ")].join(" ").trim();
    return new ApiError(status, "denied", message, { headers: { "www-authenticate": header } });
  }
}

function principalOf(user: string | undefined, scopes: readonly Scope[]): Principal {
  return { scopes: new Set(scopes), ...(user === undefined ? {} : { user }) };
}

/** Keys are fetched again when a token names one that is not known, which is how issuers change them. */
async function openKeySet({ issuer, jwksUri }: JwtSettings): Promise<JWTVerifyGetKey> {
  return createRemoteJWKSet(new URL(jwksUri ?? (await discoverKeys(issuer))), {
    cooldownDuration: 1_000,
    timeoutDuration: 5_000,
  });
}

const DOCUMENTS = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

async function discoverKeys(issuer: string): Promise<string> {
  for (const document of DOCUMENTS) {
    const response = await fetch(issuer.replace(/\/$/, "") + document, {
      signal: AbortSignal.timeout(5_000),
    }).catch(() => undefined);
    if (response?.ok !== true) continue;
    const { jwks_uri: keys, issuer: named } = (await response.json()) as Record<string, unknown>;
    if (typeof keys === "string" && named === issuer) return keys;
  }
  throw new Error(`the issuer ${issuer} does not say where its keys are`);
}
