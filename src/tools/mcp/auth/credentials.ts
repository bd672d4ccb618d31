import { extractWWWAuthenticateParams } from "@modelcontextprotocol/sdk/client/auth.js";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";

/** What a server said when it refused a request. */
export interface Challenge {
  readonly metadataUrl?: URL | undefined;
  readonly scope?: string | undefined;
  /** The token is good, but not for this. */
  readonly moreScope: boolean;
}

/** Access tokens for one server. */
export interface Credentials {
  /** The token in use. */
  token(): Promise<string | undefined>;
  /**
   * A token to use in place of `refused`. Renewals at the same time are one.
   * @throws LoginNeeded; LoginBegun where a login has begun, see {@link finishLogin}
   */
  renew(refused: string | undefined, challenge: Challenge): Promise<string>;
  /** Whether a person can log in now, and so give more scopes. */
  readonly canLogIn: boolean;
  /** The tokens in use, and those before: no message shows one, whoever echoes it. */
  readonly secrets: readonly string[];
  /** Waits for the end of the login that {@link renew} began. */
  finishLogin?(): Promise<void>;
}

/**
 * `fetch` with the token of `credentials`; one that is refused is renewed, and the request made once more.
 * @param onFailure is told why there is no token: an EventSource forgets what its `fetch` throws
 */
export function authorizedFetch(
  send: FetchLike,
  credentials: Credentials,
  onFailure: (error: unknown) => void,
): FetchLike {
  /** The scopes that a login was begun for: a server that wants the same ones after it never has enough. */
  let asked: string | undefined;
  return async (url, init) => {
    // The header of the config, which it is not ours to replace.
    if (new Headers(init?.headers).has("authorization")) return await send(url, init);
    const token = await credentials.token();
    const response = await send(url, bearing(init, token));
    const challenge = challengeOf(response);
    if (response.ok) asked = undefined;
    if (challenge === undefined) return response;
    if (challenge.moreScope) {
      const scope = challenge.scope ?? "";
      if (!credentials.canLogIn || asked === scope) return response;
      asked = scope;
    }
    await response.body?.cancel();
    try {
      return await send(url, bearing(init, await credentials.renew(token, challenge)));
    } catch (error) {
      onFailure(error);
      throw error;
    }
  };
}

function bearing(init: RequestInit | undefined, token: string | undefined): RequestInit {
  const headers = new Headers(init?.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  return { ...init, headers };
}

function challengeOf(response: Response): Challenge | undefined {
  const { status } = response;
  if (status !== 401 && status !== 403) return undefined;
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  const moreScope = status === 403;
  if (moreScope && error !== "insufficient_scope") return undefined;
  return { metadataUrl: resourceMetadataUrl, scope, moreScope };
}
