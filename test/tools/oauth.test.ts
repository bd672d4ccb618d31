/** Logging in to remote servers: the command, what is kept, how it is used and renewed. */
import { spawn } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { OAuthConfig } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";
import { protectedServer } from "../support/protected-server.ts";

const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

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
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, CODECELL_TRUST: "1" };
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
