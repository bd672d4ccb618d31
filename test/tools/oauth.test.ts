/** Logging in to remote servers: the command, what is kept, how it is used and renewed. */
import { spawn } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import type { OAuthConfig } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";

const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

type Form = Record<string, string>;

/** A protected server and its authorization server in one, which hands out tokens that it remembers. */
interface Protected {
  readonly url: string;
  readonly grants: Form[];
  readonly registrations: { redirect_uris?: string[] }[];
  /** From now on no access token is valid; refresh tokens are. */
  expire(): void;
  /** From now on nothing is valid. */
  revoke(): void;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

async function protectedServer(): Promise<Protected> {
  let generation = 0;
  let refreshable = true;
  let origin = "";
  const grants: Form[] = [];
  const registrations: { redirect_uris?: string[] }[] = [];
  const challenges = new Map<string, string>();

  const grant = (form: Form): object | undefined => {
    grants.push(form);
    if (
      form["grant_type"] === "refresh_token" &&
      (!refreshable || form["refresh_token"] !== "refresh")
    )
      return undefined;
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
      : { ...tokens, refresh_token: "refresh" };
  };

  const answer = async (request: IncomingMessage): Promise<[number, object | string, Form?]> => {
    const { pathname, searchParams } = new URL(request.url!, origin);
    const body = await bodyOf(request);
    switch (pathname) {
      case "/.well-known/oauth-protected-resource/mcp":
      case "/.well-known/oauth-protected-resource":
        return [200, { resource: `${origin}/mcp`, authorization_servers: [origin] }];
      case "/.well-known/oauth-authorization-server":
        return [
          200,
          {
            issuer: origin,
            authorization_endpoint: `${origin}/authorize`,
            token_endpoint: `${origin}/token`,
            registration_endpoint: `${origin}/register`,
            response_types_supported: ["code"],
            code_challenge_methods_supported: ["S256"],
            grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
            token_endpoint_auth_methods_supported: [
              "none",
              "client_secret_basic",
              "private_key_jwt",
            ],
          },
        ];
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
    if (request.headers.authorization !== `Bearer access-${generation}`)
      return [
        401,
        "",
        {
          "www-authenticate": `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
        },
      ];
    if (request.method !== "POST") return [405, ""];
    const { id, method, params } = JSON.parse(body) as {
      id?: number;
      method: string;
      params: { protocolVersion?: string };
    };
    if (id === undefined) return [202, ""];
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

  const http: Server = createServer((request, response) => {
    void answer(request).then(([status, body, headers = {}]) => {
      const json = typeof body === "object";
      response.writeHead(status, {
        ...(json ? { "content-type": "application/json" } : {}),
        ...headers,
      });
      response.end(json ? JSON.stringify(body) : body);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  open.push(
    () => new Promise((resolve) => http.close(resolve)),
    () => http.closeAllConnections(),
  );
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url: `${origin}/mcp`,
    grants,
    registrations,
    expire: () => void generation++,
    revoke: () => {
      generation++;
      refreshable = false;
    },
  };
}

interface Home {
  readonly folder: string;
  readonly config: string;
}

function homeFor(entry: object): Home {
  const folder = temporaryFolder();
  const config = join(folder, ".mcp.json");
  writeFileSync(config, JSON.stringify({ mcpServers: { box: entry } }));
  return { folder, config };
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `visit` gets the address that a person would open. */
async function codecell(
  { folder }: Home,
  args: readonly string[],
  visit?: (address: string) => void,
): Promise<Ended> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env });
  let out = "";
  let err = "";
  let visited = false;
  child.stdin.end("return await tools.box.whoami()");
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    const address = /^ {2}(http:\S+)\n/m.exec(err)?.[1];
    if (address !== undefined && !visited) visit?.(address);
    visited ||= address !== undefined;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

const RUN = ["run", "-", "--placement", "process"];

test("one login, then programs use the server, tokens are renewed, and a revoked login says what to do", async () => {
  const box = await protectedServer();
  const home = homeFor({ url: box.url });
  const before = await codecell(home, RUN);
  expect(before.code).toBe(1);
  expect(before.err).toContain("codecell login box");
  // Nobody was registered without being asked.
  expect(box.registrations).toEqual([]);

  const login = await codecell(home, ["login", "box"], (address) => void fetch(address));
  expect(login).toMatchObject({
    code: 0,
    out: "",
    err: expect.stringContaining("logged in to box: 1 tools"),
  });
  expect(box.registrations).toHaveLength(1);
  expect(box.grants.map(({ grant_type, resource }) => [grant_type, resource])).toEqual([
    ["authorization_code", box.url],
  ]);

  const credentials = join(home.folder, ".codecell", "credentials");
  const [file] = readdirSync(credentials);
  expect([
    statSync(credentials).mode & 0o777,
    statSync(join(credentials, file!)).mode & 0o777,
  ]).toEqual([0o700, 0o600]);
  expect(JSON.parse(readFileSync(join(credentials, file!), "utf8"))).toMatchObject({
    url: box.url,
    tokens: { refresh_token: "refresh" },
  });

  expect(await codecell(home, RUN)).toMatchObject({ code: 0, out: "you\n" });
  box.expire();
  expect(await codecell(home, RUN)).toMatchObject({ code: 0, out: "you\n" });
  expect(box.grants.map(({ grant_type }) => grant_type)).toEqual([
    "authorization_code",
    "refresh_token",
  ]);

  box.revoke();
  const revoked = await codecell(home, RUN);
  expect(revoked.code).toBe(1);
  expect(revoked.err).toMatch(/it wants a login: codecell login box|codecell login box/);
  expect(revoked.err + revoked.out).not.toMatch(/access-|"refresh"/);
});

test("a login that is refused, or that someone else sends, ends without credentials", async () => {
  const box = await protectedServer();
  const home = homeFor({ url: box.url });
  const statuses: number[] = [];
  const refused = await codecell(home, ["login", "box", "--json"], (address) => {
    const back = new URL(new URL(address).searchParams.get("redirect_uri")!);
    const state = new URL(address).searchParams.get("state")!;
    void (async () => {
      statuses.push((await fetch(`${back.href}?code=stolen&state=other`)).status);
      statuses.push((await fetch(`${back.origin}/other`)).status);
      statuses.push(
        (await fetch(`${back.href}?error=access_denied&error_description=not+you&state=${state}`))
          .status,
      );
    })();
  });
  expect(statuses).toEqual([400, 404, 200]);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.out)).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining("the login was refused: not you") },
  });
  expect(box.grants).toEqual([]);
});

test("what there is to log in to is said", async () => {
  const box = await protectedServer();
  const home = homeFor({ url: box.url });
  expect(await codecell(home, ["login"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("there are: box"),
  });
  expect(await codecell(home, ["login", "bax"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("did you mean box?"),
  });
  const local = homeFor({ command: "true" });
  expect(await codecell(local, ["login", "box"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("nothing to log in to"),
  });
});

test("the login of another client id, address or port is the config's", async () => {
  const box = await protectedServer();
  const home = homeFor({
    url: box.url,
    oauth: { clientId: "mine", scope: "read", callbackPort: 0x7a11 },
  });
  let address = "";
  const login = await codecell(home, ["login", "box"], (shown) => {
    address = shown;
    void fetch(shown);
  });
  expect(login.code, login.err).toBe(0);
  const { searchParams } = new URL(address);
  expect([
    searchParams.get("client_id"),
    searchParams.get("scope"),
    searchParams.get("redirect_uri"),
  ]).toEqual(["mine", "read", `http://127.0.0.1:${0x7a11}/callback`]);
  expect(box.registrations).toEqual([]);
});

const { privateKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

test.each([
  { how: "a secret", more: { clientSecret: "hush-hush" } },
  { how: "a private key", more: { privateKey } },
])("a service logs in by itself with $how", async ({ more }) => {
  const box = await protectedServer();
  const oauth = {
    grant: "client_credentials" as const,
    clientId: "robot",
    scope: "all",
    issuer: new URL(box.url).origin,
    ...more,
  };
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    mcpServers: { box: { url: box.url, oauth } },
  });
  expect(await runtime.run("return await tools.box.whoami()")).toMatchObject({
    ok: true,
    value: "you",
  });
  expect(box.grants).toMatchObject([{ grant_type: "client_credentials", scope: "all" }]);
  expect("client_assertion" in box.grants[0]!).toBe("privateKey" in more);
});

test("a service's credentials go to no authorization server but its own", async () => {
  const [box, other] = [await protectedServer(), await protectedServer()];
  const issuer = new URL(other.url).origin;
  const oauth = {
    grant: "client_credentials" as const,
    clientId: "robot",
    clientSecret: "hush-hush",
    issuer,
  };
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    mcpServers: { box: { url: box.url, oauth } },
  });
  expect(runtime.describe().servers[0]!.failure).toMatch(/issuer|authorization server/i);
  expect([box.grants, other.grants]).toEqual([[], []]);
});

test("settings that make no sense are refused with their path", async () => {
  const wrong = async (oauth: unknown): Promise<string> =>
    await createRuntime({
      mcpServers: { box: { url: "https://a.example/", oauth: oauth as OAuthConfig } },
    }).then(
      () => expect.fail("it was taken"),
      (error: Error) => error.message,
    );
  expect(await wrong({ grant: "password" })).toContain("mcpServers.box.oauth.grant must be");
  expect(await wrong({ grant: "client_credentials", clientId: "a" })).toContain(
    "needs a clientId and either",
  );
  expect(await wrong({ grant: "client_credentials", clientId: "a", clientSecret: "b" })).toContain(
    "mcpServers.box.oauth.issuer is missing",
  );
  expect(await wrong({ privateKey: "x" })).toContain('set "grant": "client_credentials"');
  expect(await wrong({ callbackPort: "80" })).toContain("oauth.callbackPort must be a port");
  expect(await wrong({ clientID: "a" })).toContain("did you mean clientId?");
  expect(await wrong(true)).toContain("mcpServers.box.oauth is a boolean");
});

test("credentials that cannot be read are no login", async () => {
  const box = await protectedServer();
  const home = homeFor({ url: box.url });
  const folder = join(home.folder, ".codecell", "credentials");
  mkdirSync(folder, { recursive: true });
  const file = join(
    folder,
    `${createHash("sha256").update(box.url).digest("hex").slice(0, 32)}.json`,
  );
  writeFileSync(file, "{ not json");
  chmodSync(file, 0o600);
  const { code, err } = await codecell(home, RUN);
  expect([code, err.includes("codecell login box")]).toEqual([1, true]);
});
