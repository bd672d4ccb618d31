/** Who may use the HTTP service: `codecell.serve.auth` in the config file. */
import { USER_PATTERN, USER_WANTED } from "../../core/caller.ts";
import { configError } from "../../core/setting-errors.ts";
import type { ListSchema, SchemaFor, StringSchema } from "../../core/setting-schema.ts";
import { type Scope, SCOPES } from "../http/api.ts";

/** A key that clients send. In the config file, `${VAR}` stands for an environment variable in this and every text. */
export interface ApiKey {
  /** The key itself, at least 16 characters. */
  readonly key: string;
  /**
   * Programs run for this user, 1 to 200 characters, no control characters.
   * @default the request says for whom
   */
  readonly user?: string;
  /**
   * What the key is good for: `run`, `sessions`, `tools`.
   * @default ["run", "sessions", "tools"]
   */
  readonly scopes?: readonly Scope[];
}

/** Tokens of an OAuth 2.1 authorization server. */
export interface JwtSettings {
  /** Address of the authorization server: the `iss` of its tokens. */
  readonly issuer: string;
  /** What tokens must be meant for (RFC 8707): the address of this service, as its authorization server knows it. */
  readonly audience: string;
  /**
   * Address of the issuer's keys.
   * @default what the issuer's metadata say (RFC 8414, OpenID Connect Discovery)
   */
  readonly jwksUri?: string;
  /**
   * Signature algorithms that are accepted.
   * @default the asymmetric algorithms of RFC 7518, and EdDSA
   */
  readonly algorithms?: readonly string[];
}

/** Who may use the service. */
export interface AuthSettings {
  /**
   * Keys, sent as `Authorization: Bearer` or `X-API-Key`.
   * @default none
   */
  readonly apiKeys?: readonly ApiKey[];
  /**
   * Tokens, sent as `Authorization: Bearer`.
   * @default none
   */
  readonly jwt?: JwtSettings;
}

const TEXT: StringSchema = { type: "string", variables: true };
const FILLED_TEXT: StringSchema = { ...TEXT, minLength: 1 };
const TEXTS: ListSchema = { type: "array", items: TEXT };
const ADDRESS: StringSchema = {
  ...TEXT,
  pattern: "^[A-Za-z][A-Za-z0-9+.\\-]*:.",
  wanted: "an address, e.g. https://login.example.com",
};

const API_KEY: SchemaFor<ApiKey> = {
  title: "ApiKey",
  type: "object",
  properties: {
    key: { ...TEXT, minLength: 16 },
    user: { ...TEXT, pattern: USER_PATTERN, wanted: USER_WANTED },
    scopes: {
      type: "array",
      items: { ...TEXT, enum: SCOPES },
      minItems: 1,
      wanted: `a list of ${SCOPES.join(", ")}`,
      default: SCOPES,
    },
  },
  required: ["key"],
};

const JWT: SchemaFor<JwtSettings> = {
  title: "JwtSettings",
  type: "object",
  properties: {
    issuer: ADDRESS,
    audience: FILLED_TEXT,
    jwksUri: ADDRESS,
    algorithms: { ...TEXTS, minItems: 1 },
  },
  required: ["issuer", "audience"],
};

export const AUTH: SchemaFor<AuthSettings> = {
  title: "AuthSettings",
  type: "object",
  properties: {
    apiKeys: { type: "array", items: API_KEY, minItems: 1, dotted: true },
    jwt: JWT,
  },
};

/**
 * Check what a pattern cannot say of checked settings.
 * @throws CodecellError `config_error` for what is no address
 */
export function checkAuth({ jwt }: AuthSettings, path: string): void {
  for (const key of ["issuer", "jwksUri"] as const) {
    const address = jwt?.[key];
    if (address !== undefined && !URL.canParse(address))
      throw configError(`${path}.jwt.${key} must be ${ADDRESS.wanted}`);
  }
}
