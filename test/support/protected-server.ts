/** A protected MCP server and its authorization server in one, on loopback. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

type Form = Record<string, string>;

/** How one differs from an honest, simple one. */
export interface Quirks {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** The authorization servers that it names, instead of itself. */
  readonly names?: readonly string[];
  /** Where its challenge says that its metadata is, instead of at itself. */
  readonly metadataUrl?: string;
  /** What its authorization server's metadata says, instead of the truth. */
  readonly metadata?: (origin: string) => object;
  /** Parameters that come back with the code. */
  readonly answer?: (origin: string) => Form;
  /** How a call of its tool fails, with the header that came along in the message. */
  readonly echo?: "isError" | "error" | "status";
  /** Each refresh token is good once; one that comes again ends the login. */
  readonly rotates?: boolean;
}

export interface Protected {
  readonly origin: string;
  readonly url: string;
  readonly grants: readonly Form[];
  readonly registrations: readonly { redirect_uris?: string[] }[];
  /** All that was sent here, in one text each: method, path, headers and body. */
  readonly seen: readonly string[];
  /** Refresh tokens that came a second time. */
  readonly reused: readonly string[];
  /** From now on no access token is valid; refresh tokens are. */
  expire(): void;
  /** From now on nothing is valid. */
  revoke(): void;
}

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

export async function protectedServer(quirks: Quirks = {}): Promise<Protected> {
  let generation = 0;
  let refreshable = true;
  let refreshes = 0;
  let origin = "";
  const grants: Form[] = [];
  const registrations: { redirect_uris?: string[] }[] = [];
  const seen: string[] = [];
  const reused: string[] = [];
  const challenges = new Map<string, string>();
  const refreshToken = (): string => (quirks.rotates === true ? `refresh-${refreshes}` : "refresh");

  const refresh = (token = ""): boolean => {
    if (refreshable && token === refreshToken()) {
      refreshes++;
      return true;
    }
    if (quirks.rotates === true) {
      reused.push(token);
      refreshable = false;
      generation++;
    }
    return false;
  };

  const grant = (form: Form): object | undefined => {
    grants.push(form);
    if (form["grant_type"] === "refresh_token" && !refresh(form["refresh_token"])) return undefined;
    if (form["grant_type"] === "authorization_code") {
      const hash = createHash("sha256")
        .update(form["code_verifier"] ?? "")
        .digest("base64url");
      if (challenges.get(form["code"] ?? "") !== hash) return undefined;
    }
    const tokens = {
      access_token: `access-${generation}`,
      token_type: "Bearer",
      expires_in: 3_600,
    };
    return form["grant_type"] === "client_credentials"
      ? tokens
      : { ...tokens, refresh_token: refreshToken() };
  };

  const metadata = (): object => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
    token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "private_key_jwt"],
    ...quirks.metadata?.(origin),
  });

  const answer = async (
    request: IncomingMessage,
    body: string,
  ): Promise<[number, object | string, Form?]> => {
    const { pathname, searchParams } = new URL(request.url!, origin);
    switch (pathname) {
      case "/.well-known/oauth-protected-resource/mcp":
      case "/.well-known/oauth-protected-resource":
        return [
          200,
          { resource: `${origin}/mcp`, authorization_servers: quirks.names ?? [origin] },
        ];
      case "/.well-known/oauth-authorization-server":
        return [200, metadata()];
      case "/register": {
        const client = JSON.parse(body) as object;
        registrations.push(client);
        return [201, { ...client, client_id: `client-${registrations.length}` }];
      }
      case "/authorize": {
        const code = `code-${challenges.size}`;
        challenges.set(code, searchParams.get("code_challenge")!);
        const back = new URL(searchParams.get("redirect_uri")!);
        back.searchParams.set("code", code);
        back.searchParams.set("state", searchParams.get("state")!);
        for (const [name, value] of Object.entries(quirks.answer?.(origin) ?? {}))
          back.searchParams.set(name, value);
        return [302, "", { location: back.href }];
      }
      case "/token": {
        const tokens = grant(Object.fromEntries(new URLSearchParams(body)));
        return tokens === undefined ? [400, { error: "invalid_grant" }] : [200, tokens];
      }
      case "/mcp":
        return mcp(request, body);
      default:
        return [404, ""];
    }
  };

  const mcp = (request: IncomingMessage, body: string): [number, object | string, Form?] => {
    if (request.headers.authorization !== `Bearer access-${generation}`) {
      const address = quirks.metadataUrl ?? `${origin}/.well-known/oauth-protected-resource/mcp`;
      return [401, "", { "www-authenticate": `Bearer resource_metadata="${address}"` }];
    }
    if (request.method !== "POST") return [405, ""];
    const { id, method, params } = JSON.parse(body) as {
      id?: number;
      method: string;
      params: { protocolVersion?: string };
    };
    if (id === undefined) return [202, ""];
    const text = `you sent ${request.headers.authorization}`;
    if (method === "tools/call" && quirks.echo === "status") return [500, text];
    if (method === "tools/call" && quirks.echo === "error")
      return [200, { jsonrpc: "2.0", id, error: { code: -32_000, message: text } }];
    if (method === "tools/call" && quirks.echo === "isError")
      return [
        200,
        { jsonrpc: "2.0", id, result: { isError: true, content: [{ type: "text", text }] } },
      ];
    const results: Record<string, object> = {
      initialize: {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "p", version: "1" },
      },
      "tools/list": { tools: [{ name: "whoami", inputSchema: { type: "object" } }] },
      "tools/call": { content: [{ type: "text", text: "you" }] },
    };
    return [200, { jsonrpc: "2.0", id, result: results[method] }];
  };

  const serve = async (request: IncomingMessage): Promise<[number, object | string, Form?]> => {
    const body = await bodyOf(request);
    seen.push(
      `${request.method} ${request.url} ${JSON.stringify(request.headers)} ${decodeURIComponent(body)}`,
    );
    return await answer(request, body);
  };

  const http: Server = createServer((request, response) => {
    void serve(request).then(([status, body, headers = {}]) => {
      const json = typeof body === "object";
      response.writeHead(status, {
        ...(json ? { "content-type": "application/json" } : {}),
        ...headers,
      });
      response.end(json ? JSON.stringify(body) : body);
    });
  });
  const host = quirks.host ?? "127.0.0.1";
  await new Promise<void>((resolve) => http.listen(0, host, resolve));
  open.push(
    () => new Promise((resolve) => http.close(resolve)),
    () => http.closeAllConnections(),
  );
  origin = `http://${host}:${(http.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/mcp`,
    grants,
    registrations,
    seen,
    reused,
    expire: () => void generation++,
    revoke: () => {
      generation++;
      refreshable = false;
    },
  };
}
