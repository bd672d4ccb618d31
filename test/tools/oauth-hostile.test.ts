/** Credentials of a person: who gets them, who is asked for them, and that they are renewed once. All servers are on loopback. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { authRequests } from "../../src/tools/mcp/auth/auth-requests.ts";
import { LoopbackAuthorizer } from "../../src/tools/mcp/auth/loopback.ts";
import { TokenStore } from "../../src/tools/mcp/auth/token-store.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";
import type { McpSource } from "../../src/tools/mcp/source.ts";
import { temporaryFolder } from "../support/folders.ts";
import { protectedServer } from "../support/protected-server.ts";

const context = { signal: new AbortController().signal, caller: {} };
const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

interface Entry {
  readonly url: string;
  readonly oauth?: object;
  readonly headers?: object;
  readonly type?: string;
}

function source(entry: Entry, store: TokenStore, authorizer?: LoopbackAuthorizer): McpSource {
  const config = checkServers({ box: entry }, "mcpServers", {})["box"]!;
  const made = configuredSource("box", config, {
    store,
    ...(authorizer === undefined ? {} : { authorizer }),
  });
  opened.push(made);
  return made;
}

interface Login {
  readonly store: TokenStore;
  /** Addresses that the person was shown, and authorization servers that they were told of. */
  readonly shown: readonly string[];
  readonly told: readonly string[];
  /** Why it failed. */
  readonly failure?: string | undefined;
}

/** A person who opens what they are shown. */
async function logIn(entry: Entry, store = new TokenStore(temporaryFolder())): Promise<Login> {
  const shown: string[] = [];
  const told: string[] = [];
  await using authorizer = await LoopbackAuthorizer.listen(
    (url) => {
      shown.push(url.href);
      void fetch(url);
    },
    0,
    (issuer) => void told.push(issuer),
  );
  const failure = await source(entry, store, authorizer)
    .list()
    .then(
      () => undefined,
      (error: Error) => error.message,
    );
  return { store, shown, told, failure };
}

describe("one renewal", () => {
  test("of many calls at once after the token has ended", async () => {
    const box = await protectedServer({ rotates: true });
    const { store } = await logIn({ url: box.url });
    const programs = [source({ url: box.url }, store), source({ url: box.url }, store)];
    for (const program of programs) await program.list();
    for (let round = 1; round <= 3; round++) {
      box.expire();
      const calls = programs.flatMap((program) =>
        Array.from({ length: 10 }, () => program.call("whoami", {}, context)),
      );
      expect(new Set(await Promise.all(calls))).toEqual(new Set(["you"]));
      const kinds = box.grants.map(({ grant_type: kind }) => kind);
      expect(kinds.filter((kind) => kind === "refresh_token")).toHaveLength(round);
    }
    expect(box.reused).toEqual([]);
  });

  test("of several processes", async () => {
    const box = await protectedServer({ rotates: true });
    const folder = temporaryFolder();
    await logIn({ url: box.url }, new TokenStore(folder));
    box.expire();
    const from = (path: string): string =>
      JSON.stringify(new URL(`../../src/tools/${path}`, import.meta.url).href);
    const program = `
      const { checkServers } = await import(${from("config/parse-config.ts")});
      const { configuredSource } = await import(${from("mcp/open.ts")});
      const { TokenStore } = await import(${from("mcp/auth/token-store.ts")});
      const config = checkServers({ box: { url: "${box.url}" } }, "mcpServers", {}).box;
      const store = new TokenStore(${JSON.stringify(folder)});
      await using source = configuredSource("box", config, { store });
      const calls = Array.from({ length: 5 }, () =>
        source.call("whoami", {}, { signal: new AbortController().signal, caller: {} }));
      console.log((await Promise.all(calls)).join());
    `;
    const run = async (): Promise<string> => {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
      let out = "";
      child.stdout.on("data", (chunk) => (out += String(chunk)));
      child.stderr.on("data", (chunk) => (out += String(chunk)));
      await new Promise((resolve) => child.on("close", resolve));
      return out.trim();
    };
    const you = Array.from({ length: 5 }, () => "you").join();
    expect(await Promise.all([run(), run(), run()])).toEqual([you, you, you]);
    expect(box.grants.map(({ grant_type: kind }) => kind)).toEqual([
      "authorization_code",
      "refresh_token",
    ]);
    expect(box.reused).toEqual([]);
  });

  test("over SSE: what an event source forgets is said", async () => {
    const box = await protectedServer();
    const { store } = await logIn({ url: box.url });
    box.revoke();
    const { failure } = await source({ url: box.url, type: "sse" }, store)
      .list()
      .then(
        () => ({ failure: "" }),
        (error: Error) => ({ failure: error.message }),
      );
    expect(failure).toContain("codecell login box");
  });

  test("an authorization server that cannot be reached ends no login", async () => {
    const box = await protectedServer();
    const { store } = await logIn({ url: box.url });
    const before = await store.read(box.url);
    const metadata = before.discovery!.authorizationServerMetadata!;
    const away = { ...metadata, token_endpoint: "http://127.0.0.1:1/token" };
    await store.locked(box.url, ({ save }) =>
      save({ discovery: { ...before.discovery!, authorizationServerMetadata: away } }),
    );
    box.expire();
    await expect(source({ url: box.url }, store).list()).rejects.toThrow();
    expect((await store.read(box.url)).tokens).toEqual(before.tokens);
  });
});

describe("the client's secret", () => {
  const client = { clientId: "mine", clientSecret: "hush-hush-hush" };

  test("goes to no authorization server but the issuer of the config", async () => {
    const thief = await protectedServer({ host: "127.0.0.2" });
    const box = await protectedServer({ names: [thief.origin] });
    const issuer = await protectedServer();
    for (const oauth of [client, { ...client, issuer: issuer.origin }]) {
      const { failure, shown, told } = await logIn({ url: box.url, oauth });
      expect(failure).toMatch(/names .*127\.0\.0\.2.* as its authorization server/);
      expect([shown, told, thief.seen, issuer.seen]).toEqual([[], [], [], []]);
    }
  });

  test("goes to the issuer of the config, whose tokens are stored as its, for this server", async () => {
    const issuer = await protectedServer({ host: "127.0.0.2" });
    const box = await protectedServer({ names: ["https://other.example", issuer.origin] });
    const { shown, told, store } = await logIn({
      url: box.url,
      oauth: { ...client, issuer: issuer.origin },
    });
    expect(shown[0]).toContain(`${issuer.origin}/authorize?`);
    // The user has named it.
    expect(told).toEqual([]);
    const basic = Buffer.from("mine:hush-hush-hush").toString("base64");
    expect(issuer.seen.filter((text) => text.includes(basic))).toHaveLength(1);
    expect(box.seen.join()).not.toMatch(/hush|bWluZTpodXNo/);
    expect(await store.read(box.url)).toMatchObject({
      url: box.url,
      tokens: { issuer: issuer.origin },
      client: { client_id: "mine" },
    });
    expect(JSON.stringify(await store.read(box.url))).not.toContain("hush");
  });

  test("goes to the server itself where no issuer is set", async () => {
    const box = await protectedServer();
    expect((await logIn({ url: box.url, oauth: client })).failure).toBeUndefined();
  });

  test("neither does a login go to another issuer than the config names now", async () => {
    const other = await protectedServer({ host: "127.0.0.2" });
    const box = await protectedServer();
    const { store } = await logIn({ url: box.url });
    const later = source({ url: box.url, oauth: { issuer: other.origin } }, store);
    await expect(later.list()).rejects.toThrow("codecell login box");
    expect(other.seen).toEqual([]);
  });
});

describe("an authorization server of its own", () => {
  test("is asked after the person has been told of it, by clients without a secret", async () => {
    const issuer = await protectedServer({ host: "127.0.0.2" });
    const box = await protectedServer({ names: [issuer.origin] });
    const store = new TokenStore(temporaryFolder());
    await expect(source({ url: box.url }, store).list()).rejects.toThrow("codecell login box");
    expect(issuer.seen).toEqual([]);
    const entry = { url: box.url, headers: { "x-api-key": "of-the-server-only" } };
    const { told, failure } = await logIn(entry, store);
    expect([told, issuer.registrations.length]).toEqual([[issuer.origin], 1]);
    // Its tokens are its own, and this box takes none but those.
    expect(failure).toBeUndefined();
    expect(issuer.seen.join()).not.toContain("of-the-server-only");
    expect(box.seen.join()).toContain("of-the-server-only");
  });

  test("has to say that it is the one that was asked for (RFC 8414)", async () => {
    const box = await protectedServer({
      metadata: () => ({ issuer: "https://login.bank.example" }),
    });
    const { failure, shown } = await logIn({ url: box.url });
    expect(failure).toContain("is of the issuer https://login.bank.example");
    expect([shown, box.registrations]).toEqual([[], []]);
  });

  test("has to have answered itself (RFC 9207)", async () => {
    const box = await protectedServer({ answer: () => ({ iss: "https://evil.example" }) });
    const { failure } = await logIn({ url: box.url });
    expect(failure).toContain("answered by https://evil.example");
    const silent = await protectedServer({
      metadata: () => ({ authorization_response_iss_parameter_supported: true }),
    });
    expect((await logIn({ url: silent.url })).failure).toContain("answered by nobody");
    expect([box.grants, silent.grants]).toEqual([[], []]);
    const right = await protectedServer({ answer: (origin) => ({ iss: origin }) });
    expect((await logIn({ url: right.url })).failure).toBeUndefined();
  });

  test("sends a person to no address that is none of the web", async () => {
    for (const address of ["http://evil.example/authorize", "file:///etc/passwd"]) {
      const box = await protectedServer({ metadata: () => ({ authorization_endpoint: address }) });
      const { failure, shown } = await logIn({ url: box.url });
      expect([failure, shown]).toEqual([expect.stringContaining("is not asked"), []]);
    }
  });

  test("gets no refresh token at an address of another's network", async () => {
    const box = await protectedServer({
      metadata: () => ({ token_endpoint: "https://169.254.169.254/token" }),
    });
    const { failure } = await logIn({ url: box.url });
    expect(failure).toContain("169.254.169.254 is not asked");
  });

  test("reads no answer without end", async () => {
    const box = await protectedServer({ metadata: () => ({ more: "x".repeat(300_000) }) });
    expect((await logIn({ url: box.url })).failure).toContain("more than 262144 bytes");
  });
});

describe("what a server names is not asked just because it names it", () => {
  /** Something inside, which must not be reached. */
  async function inside(): Promise<{ readonly origin: string; readonly seen: readonly string[] }> {
    const seen: string[] = [];
    const server: Server = createServer((request, response) => {
      seen.push(request.url!);
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
    opened.push({
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        server.close();
      },
    });
    return { origin: `http://127.0.0.2:${(server.address() as AddressInfo).port}`, seen };
  }

  test("metadata elsewhere than at the server", async () => {
    const { origin, seen } = await inside();
    const box = await protectedServer({ metadataUrl: `${origin}/prm` });
    expect((await logIn({ url: box.url })).failure).toBeUndefined();
    expect(seen).toEqual([]);
  });

  test("an authorization server, for a service or a program", async () => {
    const { origin, seen } = await inside();
    const box = await protectedServer({ names: [origin] });
    const service = {
      grant: "client_credentials",
      clientId: "robot",
      clientSecret: "hush-hush",
      issuer: box.origin,
    };
    for (const oauth of [service, {}]) {
      const asking = source({ url: box.url, oauth }, new TokenStore(temporaryFolder()));
      await expect(asking.list()).rejects.toThrow();
    }
    expect(seen).toEqual([]);
  });

  test("a redirect to another", async () => {
    const { origin, seen } = await inside();
    const redirecting = createServer((_request, response) =>
      response.writeHead(307, { location: `${origin}/stolen` }).end(),
    );
    await new Promise<void>((resolve) => redirecting.listen(0, "127.0.0.1", resolve));
    const server = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
    await using requests = authRequests(server, undefined);
    expect((await requests.fetch(`${server}/token`, { method: "POST" })).status).toBe(307);
    expect(seen).toEqual([]);
    redirecting.closeAllConnections();
    redirecting.close();
  });

  test("no address of the host's own networks, however a public server spells it", async () => {
    const { origin, seen } = await inside();
    const { port } = new URL(origin);
    await using requests = authRequests("https://mcp.example.com/mcp", "https://login.example.com");
    const host = fc.constantFrom(
      "127.0.0.2",
      "localhost",
      "2130706434",
      "0x7f.2",
      "127.2",
      "[::1]",
      "[::ffff:127.0.0.2]",
      "[64:ff9b::7f00:2]",
      "0.0.0.0",
      "10.0.0.1",
      "192.168.1.1",
      "169.254.169.254",
      "[fd00:ec2::254]",
      "[fe80::1]",
    );
    const address = fc
      .tuple(fc.constantFrom("http", "https"), fc.constantFrom("", "u:p@"), host)
      .map(([scheme, user, name]) => `${scheme}://${user}${name}:${port}/token`);
    await fc.assert(
      fc.asyncProperty(address, async (url) => {
        await expect(requests.fetch(url)).rejects.toMatchObject({ name: "NotAsked" });
      }),
      { numRuns: 60 },
    );
    expect(seen).toEqual([]);
  });

  test("servers of one's own network may name others there, but no metadata service", async () => {
    const { origin, seen } = await inside();
    await using local = authRequests("http://localhost:1/mcp", undefined);
    expect((await local.fetch(origin)).status).toBe(200);
    expect(seen).toHaveLength(1);
    for (const host of ["169.254.169.254", "[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]"])
      await expect(local.fetch(`https://${host}/`)).rejects.toMatchObject({ name: "NotAsked" });
    // A private server is no reason to ask this machine.
    await using near = authRequests("https://10.1.2.3/mcp", undefined);
    await expect(near.fetch(origin)).rejects.toMatchObject({ name: "NotAsked" });
  });
});

test("no source gives a transport of the SDK credentials, nor fetches what a server names but through one file", () => {
  const folder = fileURLToPath(new URL("../../src/tools/mcp", import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
  const having = (pattern: RegExp): string[] =>
    sources
      .filter(([, text]) => pattern.test(text))
      .map(([name]) => name)
      .toSorted();
  expect(having(/authProvider/)).toEqual([]);
  expect(having(/(?<![.#\w])fetch\(/)).toEqual(["patient-fetch.ts"]);
});

test("what is damaged of it is written anew, what is whole is kept", async () => {
  const box = await protectedServer();
  const folder = temporaryFolder();
  const store = new TokenStore(folder);
  await logIn({ url: box.url }, store);
  const file = join(folder, readdirSync(folder)[0]!);
  for (const discovery of [null, "x", {}, { authorizationServerUrl: box.origin }]) {
    const stored = await store.read(box.url);
    writeFileSync(file, JSON.stringify({ ...stored, discovery }));
    box.expire();
    expect(await source({ url: box.url }, store).list()).toHaveLength(1);
    expect((await store.read(box.url)).discovery?.authorizationServerUrl).toMatch(box.origin);
  }
});

test("no message of a server shows the tokens that it was sent, or that are stored", async () => {
  for (const echo of ["isError", "error", "status"] as const) {
    const box = await protectedServer({ echo });
    const { store } = await logIn({ url: box.url });
    const using = source({ url: box.url }, store);
    const seen = async (): Promise<string> =>
      await using.call("whoami", {}, context).then(String, ({ message }: Error) => message);
    expect(await seen()).toMatch(/you sent Bearer \[redacted\]/);
    box.expire();
    expect(await seen()).toMatch(/you sent Bearer \[redacted\]/);
  }
});

test("a file that somebody else made of it is no login", async () => {
  const box = await protectedServer();
  const folder = temporaryFolder();
  const store = new TokenStore(folder);
  const { tokens } = await (await logIn({ url: box.url }, store)).store.read(box.url);
  const file = join(folder, readdirSync(folder)[0]!);
  const forged = [
    { url: box.url, tokens: { ...tokens, issuer: undefined } },
    { url: box.url, tokens: { ...tokens, issuer: 7 } },
    { url: box.url, tokens: "access-0" },
    { url: box.url, tokens: "access-0", client: null, discovery: null },
    { url: "https://other.example", tokens },
  ];
  for (const stored of forged) {
    writeFileSync(file, JSON.stringify(stored));
    await expect(source({ url: box.url }, store).list()).rejects.toThrow("codecell login box");
  }
});
