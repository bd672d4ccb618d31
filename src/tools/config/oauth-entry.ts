import { configError } from "../../core/setting-errors.ts";
import type { SchemaFor, StringSchema } from "../../core/setting-schema.ts";

/** How codecell identifies itself to an authorization server. What is left out is discovered or registered. */
export interface OAuthConfig {
  /**
   * How credentials are obtained: `authorization_code` are a person's, by `codecell login`; `client_credentials` a service's.
   * @default "authorization_code"
   */
  readonly grant?: "authorization_code" | "client_credentials";
  /**
   * The client's id.
   * @default registered with the authorization server
   */
  readonly clientId?: string;
  /**
   * The client's secret.
   * @default none
   */
  readonly clientSecret?: string;
  /**
   * PEM of a service's key, in place of `clientSecret`, for `private_key_jwt` (RFC 7523).
   * @default none
   */
  readonly privateKey?: string;
  /**
   * Algorithm of the private key's signatures.
   * @default "ES256"
   */
  readonly algorithm?: string;
  /**
   * Scopes to ask for, separated by spaces.
   * @default what the server names
   */
  readonly scope?: string;
  /**
   * The authorization server. The client's id and its secret go to no other, whatever the MCP server says. Needed with
   * `client_credentials`.
   * @default for people: the one that the MCP server names, or with a `clientSecret` the MCP server itself and no other
   */
  readonly issuer?: string;
  /**
   * The address of a client metadata document, in place of a registration.
   * @default none
   */
  readonly clientMetadataUrl?: string;
  /**
   * Port of the loopback listener of a login, 1 to 65,535.
   * @default any free port
   */
  readonly callbackPort?: number;
}

const GRANTS = ["authorization_code", "client_credentials"];
const TEXT: StringSchema = { type: "string", variables: true, shows: "kind" };

export const OAUTH: SchemaFor<OAuthConfig> = {
  title: "OAuthConfig",
  type: "object",
  noun: "key",
  wanted: 'an object like { "clientId": "…" }',
  shows: "kind",
  ignored: ["authServerMetadataUrl", "clientName"],
  properties: {
    grant: {
      type: "string",
      enum: GRANTS,
      variables: true,
      wanted: GRANTS.join(" or "),
      shows: "nothing",
    },
    clientId: TEXT,
    clientSecret: TEXT,
    privateKey: TEXT,
    algorithm: TEXT,
    scope: TEXT,
    issuer: TEXT,
    clientMetadataUrl: TEXT,
    callbackPort: {
      type: "integer",
      minimum: 1,
      maximum: 65_535,
      wanted: "a port, from 1 to 65535",
      shows: "nothing",
    },
  },
  relations: {
    anyOf: [
      {
        required: ["grant", "clientId", "issuer"],
        properties: { grant: { const: "client_credentials" } },
        oneOf: [{ required: ["clientSecret"] }, { required: ["privateKey"] }],
      },
      { properties: { grant: { not: { const: "client_credentials" } }, privateKey: false } },
    ],
  },
};

/**
 * Checks how the keys of a checked `oauth` fit together.
 * @throws CodecellError `config_error` naming the path
 */
export function checkOAuth(oauth: OAuthConfig, at: string): void {
  const { grant, clientId, clientSecret, privateKey, issuer } = oauth;
  const service = grant === "client_credentials";
  if (
    service &&
    (clientId === undefined || (clientSecret === undefined) === (privateKey === undefined))
  )
    throw configError(`${at} needs a clientId and either a clientSecret or a privateKey`);
  // Without it the MCP server could name any authorization server, and receive the credentials there.
  if (service && issuer === undefined)
    throw configError(`${at}.issuer is missing: the address of the authorization server`);
  if (
    issuer !== undefined &&
    !/^https?:$/.test(URL.canParse(issuer) ? new URL(issuer).protocol : "")
  )
    throw configError(`${at}.issuer must be an http:// or https:// address`);
  if (!service && privateKey !== undefined)
    throw configError(`${at}.privateKey is for services: set "grant": "client_credentials"`);
}
