/** The HTTP service, asked by real clients on loopback. */
import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, type Runtime, tool } from "../../src/index.ts";
import { createApi } from "../../src/serve/http/api.ts";
import { openApiDocument } from "../../src/serve/http/openapi.ts";
import { type RunningService, type ServeSettings, startService } from "../../src/serve/index.ts";
import { createService } from "../../src/serve/service/app.ts";
import { RunLimits } from "../../src/serve/service/run-limits.ts";
import { SERVICE_PATHS } from "../../src/serve/service/paths.ts";
import { resolveServe } from "../../src/serve/service/settings.ts";
import { startRedis } from "../support/databases.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";
import { until } from "../support/processes.ts";

const JSON_TYPE = { "content-type": "application/json" };
const hanging: string[] = [];
const aborted: string[] = [];
const tools = {
  demo: {
    echo: async (value: unknown) => value,
    whoami: tool({ run: (_args, { user }) => user ?? "nobody" }),
    hang: tool({
      run: (name, { signal }) =>
        new Promise((_resolve, reject) => {
          hanging.push(String(name));
          signal.addEventListener("abort", () => {
            aborted.push(String(name));
            reject(new Error("aborted"));
          });
        }),
    }),
  },
};

function start(gate?: Gate): Promise<Runtime> {
  const gated = gate === undefined ? {} : { gate: { wait: gate.wait } };
  return createRuntime({ engine: "quickjs", placement: "inline", tools: { ...tools, ...gated } });
}

async function service(
  settings: ServeSettings = {},
  log?: (line: object) => void,
  gate?: Gate,
): Promise<RunningService> {
  return await startService(await start(gate), { port: 0, ...settings }, log);
}

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: any; headers: Headers }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...JSON_TYPE, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

describe("runs", () => {
  let running: RunningService;
  const lines: object[] = [];
  beforeAll(async () => {
    running = await service({ maxBodyBytes: 20_000, requestMs: 2_000 }, (line) => lines.push(line));
  });
  afterAll(() => running.stop());
  const run = (body: unknown, headers = {}) => post(`${running.url}/run`, body, headers);

  test("a program's result, and its failure, are results", async () => {
    expect(await run({ code: "1 + 1" })).toMatchObject({
      status: 200,
      body: { ok: true, value: 2 },
    });
    expect(await run({ code: "nope" })).toMatchObject({
      status: 200,
      body: { ok: false, error: { code: "program_error", line: 1 } },
    });
    expect(await run({ code: "tools.demo.whoami()", user: "ann" })).toMatchObject({
      body: { value: "ann" },
    });
  });

  test("sessions keep what programs leave, by user, and can be looked at, forked, reset, ended", async () => {
    await run({
      code: "let n = 1; await fs.writeFile('/a.txt', 'hello')",
      session: "s",
      user: "ann",
    });
    expect(await run({ code: "++n", session: "s", user: "ann" })).toMatchObject({
      body: { value: 2 },
    });
    expect(await run({ code: "typeof n", session: "s", user: "bob" })).toMatchObject({
      body: { value: "undefined" },
    });
    const at = (path: string) => fetch(`${running.url}/sessions/s${path}?user=ann`);
    expect(await (await at("")).json()).toEqual({
      id: "s",
      user: "ann",
      programs: 2,
      declared: ["n"],
      files: ["/a.txt"],
      bytes: 5,
    });
    expect(await (await at("/files/a.txt")).text()).toBe("hello");
    expect((await at("/files/none")).status).toBe(404);
    expect((await fetch(`${running.url}/sessions/nobodys`)).status).toBe(404);
    const forked = await post(`${running.url}/sessions/s/fork?user=ann`, { id: "t" });
    expect(forked).toMatchObject({ status: 201, body: { id: "t", declared: ["n"] } });
    expect(await run({ code: "n", session: "t", user: "ann" })).toMatchObject({
      body: { value: 2 },
    });
    expect(await post(`${running.url}/sessions/s/reset?user=ann`, {})).toMatchObject({
      body: { programs: 0 },
    });
    const ended = await fetch(`${running.url}/sessions/t?user=ann`, { method: "DELETE" });
    expect(ended.status).toBe(204);
    expect(await run({ code: "typeof n", session: "t", user: "ann" })).toMatchObject({
      body: { value: "undefined" },
    });
  });

  test("events tell of logs and calls as they come, then of the result", async () => {
    const response = await fetch(`${running.url}/run`, {
      method: "POST",
      headers: { ...JSON_TYPE, accept: "text/event-stream" },
      body: JSON.stringify({ code: "console.log('a'); await tools.demo.echo(1); 7" }),
    });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const events = [...(await response.text()).matchAll(/^event: (.*)\ndata: (.*)$/gm)];
    expect(events.map(([, event]) => event)).toEqual(["log", "call", "result"]);
    expect(JSON.parse(events[2]![2]!)).toMatchObject({ ok: true, value: 7 });
  });

  test.each([
    ["no JSON", "{", 400, /the body is not JSON/],
    ["no program", {}, 400, /code: /],
    ["an unknown field", { code: "1", extra: 1 }, 400, /extra/],
    ["a session's name that is none", { code: "1", session: "a/b" }, 400, /session/],
    ["an unknown limit", { code: "1", limits: { speed: 1 } }, 400, /speed/],
    ["a limit over the service's", { code: "1", limits: { wallMs: 1e9 } }, 400, /at most 30000/],
    ["a body that is too large", { code: "x".repeat(30_000) }, 413, /larger than 20000 bytes/],
  ])("%s is refused with a reason", async (_what, body, status, message) => {
    const answer = await run(body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      error: expect.objectContaining({
        code: expect.any(String),
        message: expect.stringMatching(message),
      }),
    });
  });

  test("other types, routes and methods are refused", async () => {
    expect((await run("code=1", { "content-type": "text/plain" })).status).toBe(415);
    expect((await fetch(`${running.url}/nothing`)).status).toBe(404);
    expect((await fetch(`${running.url}/run`)).status).toBe(405);
    expect((await fetch(`${running.url}/remote`)).status).toBe(426);
  });

  test("a body without a length that goes on too long is refused", async () => {
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(10_000))),
    });
    const sending = fetch(`${running.url}/run`, {
      method: "POST",
      headers: JSON_TYPE,
      body: chunks,
      duplex: "half",
    } as RequestInit);
    const status = await sending.then(
      (response) => response.status,
      () => "cut off",
    );
    expect([413, "cut off"]).toContain(status);
  });

  test.each([
    ["headers", "POST /run HTTP/1.1\r\nHost: localhost\r\nX-Slow: "],
    [
      "a body",
      "POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ],
  ])("a client that sends %s drop by drop is cut off", async (_what, head) => {
    const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
    let drops = 0;
    const dropping = setInterval(() => socket.write("a") && drops++, 100);
    let answer = "";
    socket.write(head);
    socket.on("data", (data) => (answer += String(data))).on("error", () => {});
    await new Promise((resolve) => socket.once("close", resolve));
    clearInterval(dropping);
    expect(drops).toBeLessThan(60);
    expect(answer).toMatch(/^(HTTP\/1\.1 408|$)/);
    expect(await run({ code: "'others go on'" })).toMatchObject({ status: 200 });
  });

  test.each(["application/json", "text/event-stream"])(
    "a client that goes away ends its run (%s)",
    async (accept) => {
      const gone = new AbortController();
      const asking = fetch(`${running.url}/run`, {
        method: "POST",
        headers: { ...JSON_TYPE, accept },
        body: JSON.stringify({ code: `console.log('on'); await tools.demo.hang('${accept}')` }),
        signal: gone.signal,
      }).then((response) => response.text());
      expect(await until(() => hanging.includes(accept))).toBe(true);
      gone.abort();
      await expect(asking).rejects.toThrow();
      expect(await until(() => aborted.includes(accept))).toBe(true);
    },
  );

  test("names and pages that are not ours are refused", async () => {
    const ask = (headers: Record<string, string>) =>
      new Promise((resolve) =>
        httpRequest(`${running.url}/tools`, { headers }, (response) =>
          resolve(response.resume().statusCode),
        ).end(),
      );
    expect(await ask({ host: "evil.example" })).toBe(403);
    expect(await ask({ origin: "https://evil.example" })).toBe(403);
    expect(await ask({ origin: "http://localhost:3000" })).toBe(200);
  });

  test("tools, health, metrics; and nothing that was sent is in the log", async () => {
    const get = async (path: string) => await (await fetch(running.url + path)).text();
    expect(JSON.parse(await get("/tools"))).toEqual({ categories: [{ name: "demo", tools: 3 }] });
    expect(JSON.parse(await get("/tools/demo/echo"))).toMatchObject({
      call: "tools.demo.echo(args)",
    });
    expect(JSON.parse(await get("/tools?search=echo")).tools[0].name).toBe("echo");
    expect((await fetch(`${running.url}/tools/nope`)).status).toBe(404);
    expect([await get("/healthz"), await get("/readyz")]).toEqual(['{"ok":true}', '{"ok":true}']);
    await run({ code: "await tools.demo.echo('a secret of the payload')" });
    const metrics = await get("/metrics");
    expect(metrics).toMatch(/^codecell_runs_total\{outcome="ok"\} [1-9]/m);
    expect(metrics).toMatch(/^codecell_run_seconds_bucket\{le="30"\} [1-9]/m);
    expect(metrics).toMatch(/^codecell_tool_calls_total\{ok="true"\} [1-9]/m);
    expect(metrics).toMatch(/^codecell_sessions [1-9]/m);
    expect(lines).toContainEqual(
      expect.objectContaining({ event: "request", path: "/run", status: 200 }),
    );
    expect(JSON.stringify(lines) + metrics).not.toContain("secret");
  });
});

test("the OpenAPI document says what the routes are, and nothing else", async () => {
  await using runtime = await start();
  await using made = await createService(runtime, resolveServe(), () => {});
  const document = openApiDocument(SERVICE_PATHS) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = [...made.app.routes, ...createApi(runtime).routes]
    .filter(({ method }) => method !== "ALL")
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/\{.*\}$/, "").replaceAll(/:(\w+)/g, "{$1}")}`,
    );
  expect(new Set(told)).toEqual(new Set(routes));
  for (const schema of ["RunRequest", "ExecutionResult", "Error"])
    expect(JSON.stringify(document)).toContain(`"#/components/schemas/${schema}"`);
});

/** An authorization server that can change its keys. */
async function issuer() {
  let keys: { kid: string; pair: Awaited<ReturnType<typeof generateKeyPair>> }[] = [];
  let name = 0;
  const rotate = async (): Promise<void> => {
    keys = [{ kid: `key${++name}`, pair: await generateKeyPair("ES256", { extractable: true }) }];
  };
  await rotate();
  const server = createServer(async (request, response) => {
    const metadata = { issuer: url, jwks_uri: `${url}/keys` };
    const set = {
      keys: await Promise.all(
        keys.map(async ({ kid, pair }) => ({
          ...(await exportJWK(pair.publicKey)),
          kid,
          alg: "ES256",
        })),
      ),
    };
    const found =
      request.url === "/keys"
        ? set
        : request.url === "/.well-known/openid-configuration"
          ? metadata
          : undefined;
    response.writeHead(found === undefined ? 404 : 200, JSON_TYPE).end(JSON.stringify(found ?? {}));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const sign = async (claims: JWTPayload = {}, key = keys[0]!): Promise<string> =>
    await new SignJWT({
      scope: "run tools sessions",
      sub: "ann",
      iss: url,
      aud: "codecell",
      exp: Date.now() / 1_000 + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: "ES256", kid: key.kid })
      .sign(key.pair.privateKey);
  return { url, sign, rotate, key: () => keys[0]!, close: () => server.close() };
}

describe("authentication", () => {
  let running: RunningService;
  let authority: Awaited<ReturnType<typeof issuer>>;
  const keys = [
    { key: "key-of-ann-0123456789", user: "ann" },
    { key: "key-of-backend-0123456789" },
    { key: "key-to-look-0123456789", scopes: ["tools" as const] },
  ];
  beforeAll(async () => {
    authority = await issuer();
    running = await service({
      auth: { apiKeys: keys, jwt: { issuer: authority.url, audience: "codecell" } },
    });
  });
  afterAll(async () => {
    await running.stop();
    authority.close();
  });
  const whoami = (token: string | undefined, body = {}) =>
    post(
      `${running.url}/run`,
      { code: "tools.demo.whoami()", ...body },
      token === undefined ? {} : { authorization: `Bearer ${token}` },
    );

  test("a key says who it is, or lets its holder say", async () => {
    expect(await whoami(keys[0]!.key)).toMatchObject({ body: { value: "ann" } });
    expect(await whoami(keys[0]!.key, { user: "bob" })).toMatchObject({
      status: 403,
      body: { error: { code: "denied" } },
    });
    expect(await whoami(keys[1]!.key, { user: "bob" })).toMatchObject({ body: { value: "bob" } });
    expect(await whoami(keys[2]!.key)).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringContaining("scope 'run'") } },
    });
    const look = await fetch(`${running.url}/tools`, { headers: { "x-api-key": keys[2]!.key } });
    expect(look.status).toBe(200);
  });

  test("a token says who it is", async () => {
    expect(await whoami(await authority.sign())).toMatchObject({ body: { value: "ann" } });
    expect(await whoami(await authority.sign({ sub: "eve" }))).toMatchObject({
      body: { value: "eve" },
    });
    expect(await whoami(await authority.sign(), { user: "bob" })).toMatchObject({ status: 403 });
  });

  test("one user's session is nobody else's", async () => {
    await whoami(keys[0]!.key, { code: "let mine = 1", session: "s" });
    const eve = await authority.sign({ sub: "eve" });
    expect(await whoami(eve, { code: "typeof mine", session: "s" })).toMatchObject({
      body: { value: "undefined" },
    });
    const look = await fetch(`${running.url}/sessions/s?user=ann`, {
      headers: { authorization: `Bearer ${eve}` },
    });
    expect(look.status).toBe(403);
  });

  const pieces = async (change: (parts: string[]) => void): Promise<string> => {
    const parts = (await authority.sign()).split(".");
    change(parts);
    return parts.join(".");
  };
  const encode = (value: unknown): string =>
    Buffer.from(JSON.stringify(value)).toString("base64url");

  test.each<readonly [string, () => Promise<string | undefined>, RegExp]>([
    ["none", async () => undefined, /credentials are needed/],
    ["an unknown key", async () => "not-a-key-0123456789", /not valid/],
    ["an expired token", () => authority.sign({ exp: Date.now() / 1_000 - 60 }), /has expired/],
    ["one that never ends", () => authority.sign({ exp: undefined } as never), /exp/],
    ["one of nobody", () => authority.sign({ sub: undefined } as never), /sub/],
    ["one for another service", () => authority.sign({ aud: "other" }), /aud/],
    ["one of another issuer", () => authority.sign({ iss: "https://evil.example" }), /iss/],
    ["one that is not valid yet", () => authority.sign({ nbf: Date.now() / 1_000 + 600 }), /nbf/],
    [
      "a tampered one",
      () =>
        pieces(
          (parts) =>
            (parts[1] = encode({
              sub: "root",
              aud: "codecell",
              iss: authority.url,
              exp: 9e9,
              scope: "run",
            })),
        ),
      /not valid/,
    ],
    [
      "one without a signature",
      async () =>
        new UnsecuredJWT({ sub: "root" })
          .setExpirationTime("1h")
          .setAudience("codecell")
          .setIssuer(authority.url)
          .encode(),
      /not valid/,
    ],
    [
      "one signed with a key that is no secret",
      () => pieces((parts) => (parts[0] = encode({ alg: "HS256", kid: authority.key().kid }))),
      /not valid/,
    ],
    [
      "one signed by somebody else",
      async () =>
        await authority.sign(
          {},
          { kid: authority.key().kid, pair: await generateKeyPair("ES256") },
        ),
      /not valid/,
    ],
  ])("%s is refused", async (_what, token, message) => {
    const { status, body, headers } = await whoami(await token());
    expect([status, body.error.code]).toEqual([401, "denied"]);
    expect(body.error.message).toMatch(message);
    expect(headers.get("www-authenticate")).toMatch(
      /^Bearer resource_metadata="http:\/\/.*\/\.well-known\/oauth-protected-resource"/,
    );
  });

  test("a token without the scope is told which one it lacks", async () => {
    const { status, headers } = await whoami(await authority.sign({ scope: "tools" }));
    expect(status).toBe(403);
    expect(headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    expect(headers.get("www-authenticate")).toContain('scope="run"');
  });

  test("an issuer may change its keys", async () => {
    const old = await authority.sign();
    await authority.rotate();
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // keys are not asked for more often
    expect(await whoami(await authority.sign())).toMatchObject({ body: { value: "ann" } });
    expect(await whoami(old)).toMatchObject({ status: 401 });
  });

  test("metadata say where tokens come from; health needs none", async () => {
    const metadata = await (
      await fetch(`${running.url}/.well-known/oauth-protected-resource`)
    ).json();
    expect(metadata).toMatchObject({
      resource: "codecell",
      authorization_servers: [authority.url],
      scopes_supported: ["run", "sessions", "tools"],
    });
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
  });

  test("an issuer that does not answer is no fault of the token", async () => {
    await using other = await service({
      auth: { jwt: { issuer: "http://127.0.0.1:9", audience: "codecell" } },
    });
    const answer = await post(
      `${other.url}/run`,
      { code: "1" },
      { authorization: `Bearer ${await authority.sign()}` },
    );
    expect(answer.status).toBe(503);
  });
});

describe.each(["memory", "Redis"])("limits in %s", (where) => {
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined;
  beforeAll(async () => {
    redis = where === "Redis" ? await startRedis() : undefined;
  });
  afterAll(async () => await redis?.[Symbol.asyncDispose]());
  const limited = (settings: ServeSettings, gate?: Gate) => {
    const store = redis === undefined ? {} : { limitStore: redis.url };
    return service({ ...settings, ...store }, undefined, gate);
  };

  test("who runs too often has to wait, others have not", async () => {
    await using running = await limited({ rateLimit: { runs: 2, perSeconds: 60 } });
    const run = (user: string) => post(`${running.url}/run`, { code: "1", user });
    expect((await run("ann")).status).toBe(200);
    expect((await run("ann")).status).toBe(200);
    const refused = await run("ann");
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "rate_limited" } } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await run("bob")).status).toBe(200);
  });

  test("who runs too much at once is refused until a run is over", async () => {
    const gate = new Gate();
    await using running = await limited({ parallelRuns: 2 }, gate);
    const run = (user: string, code = "1") => post(`${running.url}/run`, { code, user });
    const first = [1, 2].map(() => run("ann", "await tools.gate.wait()"));
    expect(await until(() => gate.arrived === 2)).toBe(true);
    expect(await run("ann")).toMatchObject({
      status: 429,
      body: { error: { code: "quota_exceeded" } },
    });
    expect((await run("bob")).status).toBe(200);
    gate.open();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
    // A slot in Redis is free a moment after the answer.
    await expect.poll(async () => (await run("ann")).status, { timeout: 20_000 }).toBe(200);
  });
});

test("names of users who come once are not kept", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const limits = await RunLimits.open(resolveServe({ parallelRuns: 1 }));
  const size = 100_000;
  const users = 1_000;
  const come = async (at: number): Promise<void> =>
    (await limits.admit(`${at}`.padEnd(size, "x")))();
  const kept = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = kept();
  for (let at = 0; at < users; at++) await come(at);
  expect(kept() - before).toBeLessThan((size * users) / 4);
  await limits[Symbol.asyncDispose]();
});

test("it ends gracefully: no new runs, those at work may finish, the rest is aborted in time", async () => {
  const gate = new Gate();
  const running = await service({ shutdownMs: 3_000 }, undefined, gate);
  const run = (code: string) => post(`${running.url}/run`, { code });
  const short = run("await tools.gate.wait('done')");
  const long = run("await tools.demo.hang('long')");
  expect(await until(() => gate.arrived === 1 && hanging.includes("long"))).toBe(true);
  const started = performance.now();
  const stopping = running.stop();
  gate.open();
  expect(await short).toMatchObject({ status: 200, body: { value: "done" } });
  expect(await long).toMatchObject({ status: 200, body: { error: { code: "aborted" } } });
  await stopping;
  expect(performance.now() - started).toBeLessThan(DEFAULT_LIMITS.wallMs);
  await expect(run("1")).rejects.toThrow();
});

test.each([
  [{ host: "0.0.0.0" }, /anybody who can reach 0\.0\.0\.0/],
  [{ port: 70_000 }, /codecell\.serve\.port/],
  [{ auth: { apiKeys: [{ key: "short" }] } }, /codecell\.serve\.auth\.apiKeys\.0\.key/],
  [{ colour: "red" }, /colour/],
])("settings that make no sense are refused: %j", (settings, message) => {
  expect(() => resolveServe(settings)).toThrow(message);
});
