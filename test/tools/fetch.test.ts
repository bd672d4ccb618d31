/** The network for programs: what they may reach, and that nothing else is reached. All servers are on loopback. */
import type { LookupAddress } from "node:dns";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ExecutionResult, NetworkRequest, NetworkSettings, Runtime } from "../../src/index.ts";
import { FetchSource } from "../../src/tools/fetch/fetch.ts";
import { resolveNetwork } from "../../src/tools/fetch/settings.ts";
import { createRuntime } from "../support/patient.ts";

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/** Requests the server has seen since the test began. */
let seen: IncomingMessage[] = [];
let server: Server;
let other: Server;
let origin: string;
let otherOrigin: string;

const ROUTES: Readonly<
  Record<string, (request: IncomingMessage, response: ServerResponse) => void>
> = {
  "/json": (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.end('{"a":[1,"ü"]}');
  },
  "/echo": (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () =>
      response.end(
        JSON.stringify({
          method: request.method,
          headers: request.headers,
          body: Buffer.concat(chunks).toString("latin1"),
        }),
      ),
    );
  },
  "/bytes": (_request, response) => response.end(Buffer.from([0, 255, 254, 1])),
  "/bom": (_request, response) => response.end("\uFEFFtext"),
  "/close": (_request, response) => response.writeHead(200, { connection: "close" }).end(),
  "/missing": (_request, response) => response.writeHead(404, "Not There").end("none"),
  "/once": (_request, response) => response.writeHead(302, { location: "/json" }).end(),
  "/loop": (_request, response) => response.writeHead(307, { location: "/loop" }).end(),
  "/see": (_request, response) => response.writeHead(303, { location: "/echo" }).end(),
  "/elsewhere": (_request, response) =>
    response.writeHead(307, { location: `${otherOrigin}/echo` }).end(),
  "/forbidden": (_request, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end(),
  "/file": (_request, response) =>
    response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "/large": (_request, response) => response.end("x".repeat(300_000)),
  "/bomb": (_request, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(50_000_000))),
  "/slow": (_request, response) => void response.writeHead(200).write("begun"),
};

function listen(): Promise<Server> {
  const made = createServer((request, response) => {
    seen.push(request);
    const route = ROUTES[new URL(request.url!, "http://x").pathname];
    if (route === undefined) response.writeHead(500).end();
    else route(request, response);
  });
  return new Promise((resolve) => made.listen(0, "127.0.0.1", () => resolve(made)));
}

function portOf(listening: Server): number {
  return (listening.address() as { port: number }).port;
}

beforeAll(async () => {
  server = await listen();
  other = await listen();
  origin = `http://127.0.0.1:${portOf(server)}`;
  otherOrigin = `http://127.0.0.1:${portOf(other)}`;
});
beforeEach(() => {
  seen = [];
});
afterAll(() => {
  for (const each of [server, other]) {
    each.closeAllConnections();
    each.close();
  }
});

describe.each(["v8", "quickjs"] as const)("fetch in a program, %s", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      engine,
      placement: "process",
      network: {
        allow: [{ host: origin, methods: ["GET", "HEAD", "POST", "PUT"] }],
        allowPrivate: LOOPBACK,
        responseBytes: 200_000,
        requestBytes: 1_000,
        timeoutMs: 5_000,
      },
    });
  });
  afterAll(() => runtime.close());

  const run = (body: string): Promise<ExecutionResult> =>
    runtime.run(body.replaceAll("ORIGIN", origin));

  const WORKS: readonly (readonly [what: string, body: string, value: unknown])[] = [
    [
      "status, headers, json",
      `
        const r = await fetch('ORIGIN/json');
        return [
          r.ok,
          r.status,
          r.statusText,
          r.headers.get('Content-Type'),
          r.headers.getSetCookie(),
          r.redirected,
          await r.json(),
        ]
      `,
      [true, 200, "OK", "application/json", ["a=1", "b=2"], false, { a: [1, "ü"] }],
    ],
    ["text", "return await (await fetch('ORIGIN/json')).text()", '{"a":[1,"ü"]}'],
    ["a URL object", "return (await fetch(new URL('ORIGIN/json'))).status", 200],
    [
      "bytes that are no text",
      "return [...new Uint8Array(await (await fetch('ORIGIN/bytes')).arrayBuffer())]",
      [0, 255, 254, 1],
    ],
    ["bytes of a text", "return (await (await fetch('ORIGIN/json')).bytes()).length", 14],
    [
      "a byte order mark is not text",
      "const r = await fetch('ORIGIN/bom'); return [await r.clone().text(), (await r.bytes()).length]",
      ["text", 7],
    ],
    [
      "a failed request is a response",
      "const r = await fetch('ORIGIN/missing'); return [r.ok, r.status, r.statusText, await r.text()]",
      [false, 404, "Not There", "none"],
    ],
    [
      "a body is read once",
      `
        const r = await fetch('ORIGIN/json');
        await r.text();
        return [r.bodyUsed, await r.text().catch((e) => e.name)]
      `,
      [true, "TypeError"],
    ],
    [
      "a posted text",
      `
        const r = await fetch('ORIGIN/echo', { method: 'post', body: 'hello' });
        const { method, headers, body } = await r.json();
        return [method, headers['content-type'], body]
      `,
      ["POST", "text/plain;charset=UTF-8", "hello"],
    ],
    [
      "a posted form",
      `
        const form = new URLSearchParams({ a: '1 2' });
        const { headers, body } = await (await fetch('ORIGIN/echo', { method: 'POST', body: form })).json();
        return [headers['content-type'], body]
      `,
      ["application/x-www-form-urlencoded;charset=UTF-8", "a=1+2"],
    ],
    [
      "put bytes",
      `
        const r = await fetch('ORIGIN/echo', { method: 'PUT', body: new Uint8Array([1, 2, 200]) });
        return (await r.json()).body
      `,
      "\u0001\u0002È",
    ],
    [
      "headers of the program",
      `
        const r = await fetch('ORIGIN/echo', { headers: new Headers({ 'X-Mine': 'yes' }) });
        return (await r.json()).headers['x-mine']
      `,
      "yes",
    ],
    [
      "a redirect is followed",
      "const r = await fetch('ORIGIN/once'); return [r.status, r.redirected, r.url]",
      [200, true, "ORIGIN/json"],
    ],
    [
      "or not",
      "const r = await fetch('ORIGIN/once', { redirect: 'manual' }); return [r.status, r.headers.get('location')]",
      [302, "/json"],
    ],
    [
      "a post that is told to see elsewhere gets",
      "return (await (await fetch('ORIGIN/see', { method: 'POST', body: 'x' })).json()).method",
      "GET",
    ],
    [
      "many at once",
      `
        const all = await Promise.all(Array.from({ length: 30 }, () => fetch('ORIGIN/json')));
        return all.filter((r) => r.ok).length
      `,
      30,
    ],
    [
      "an abort rejects",
      "return await fetch('ORIGIN/slow', { signal: AbortSignal.timeout(50) }).catch((e) => e.name)",
      "TimeoutError",
    ],
    [
      "the tool itself",
      "const { status, body } = await tools.network.fetch({ url: 'ORIGIN/json' }); return [status, body]",
      [200, '{"a":[1,"ü"]}'],
    ],
    [
      "the model is told what it may reach",
      "return (await getToolSpec('network', 'fetch')).description.includes('ORIGIN (GET, HEAD, POST, PUT)')",
      true,
    ],
  ];
  test.each(WORKS)("%s", async (_what, body, value) => {
    const expected: unknown = JSON.parse(JSON.stringify(value).replaceAll("ORIGIN", origin));
    expect(await run(body)).toMatchObject({ ok: true, value: expected });
  });

  const FAILS: readonly (readonly [what: string, body: string, code: string, message: RegExp])[] = [
    [
      "a host that is not allowed",
      "await fetch('https://example.com/')",
      "denied",
      /https:\/\/example\.com:443 is not a host/,
    ],
    [
      "another port",
      `await fetch('http://127.0.0.1:1/')`,
      "denied",
      /127\.0\.0\.1:1 is not a host/,
    ],
    [
      "another scheme",
      "await fetch('ORIGIN/json'.replace('http', 'https'))",
      "denied",
      /is not a host/,
    ],
    [
      "credentials in the URL",
      "await fetch('ORIGIN/json'.replace('//', '//u:p@'))",
      "denied",
      /no credentials/,
    ],
    ["a file", "await fetch('file:///etc/passwd')", "denied", /no place for a request/],
    ["a data URL", "await fetch('data:text/plain,x')", "denied", /no place for a request/],
    ["a relative URL", "await fetch('/json')", "invalid_arguments", /not an absolute URL/],
    [
      "a method that is not allowed",
      "await fetch('ORIGIN/echo', { method: 'DELETE' })",
      "denied",
      /DELETE is not allowed/,
    ],
    [
      "a header that says whom it is for",
      "await fetch('ORIGIN/echo', { headers: { Host: 'internal' } })",
      "denied",
      /header host/,
    ],
    [
      "a header that makes it another method",
      "await fetch('ORIGIN/echo', { method: 'POST', headers: { 'X-HTTP-Method-Override': 'DELETE' } })",
      "denied",
      /header x-http-method-override is not a program's to set/,
    ],
    [
      "a header that makes it another URL, for a server that takes _ for -",
      "await fetch('ORIGIN/echo', { headers: { X_Original_URL: '/admin' } })",
      "denied",
      /header x_original_url/,
    ],
    [
      "a header with a line break",
      "await fetch('ORIGIN/echo', { headers: { a: 'b\\r\\nc: d' } })",
      "invalid_arguments",
      /"a" is not a header/,
    ],
    [
      "a body with GET",
      "await fetch('ORIGIN/echo', { body: 'x' })",
      "invalid_arguments",
      /cannot have a body/,
    ],
    [
      "a body over the cap",
      "await fetch('ORIGIN/echo', { method: 'POST', body: 'x'.repeat(1001) })",
      "output_limit",
      /1001 bytes; the cap is 1000/,
    ],
    [
      "a response over the cap",
      "await fetch('ORIGIN/large')",
      "output_limit",
      /more than 200000 bytes/,
    ],
    ["a packed bomb", "await fetch('ORIGIN/bomb')", "output_limit", /more than 200000 bytes/],
    [
      "a redirect to an address of the cloud",
      "await fetch('ORIGIN/forbidden')",
      "denied",
      /169\.254\.169\.254:80 is not a host/,
    ],
    ["a redirect to a file", "await fetch('ORIGIN/file')", "denied", /no place for a request/],
    [
      "a redirect that is not wanted",
      "await fetch('ORIGIN/once', { redirect: 'error' })",
      "tool_error",
      /does not want/,
    ],
    ["redirects without end", "await fetch('ORIGIN/loop')", "denied", /more than 5 times/],
    ["a body that never ends", "await fetch('ORIGIN/slow')", "tool_error", /more than 5000 ms/],
  ];
  test.each(FAILS)("%s", async (_what, body, code, message) => {
    const result = await run(body);
    expect(result).toMatchObject({
      ok: false,
      error: {
        name: "ToolError",
        code,
        message: expect.stringMatching(message),
        tool: "network.fetch",
        line: 1,
      },
      calls: [{ tool: "network.fetch", ok: false }],
    });
  });
});

test("no more requests at once than connections", async () => {
  let most = 0;
  let open: ServerResponse[] = [];
  const answer = (): void => {
    for (const response of open) response.end();
    open = [];
  };
  const slow = createServer((_request, response) => {
    most = Math.max(most, open.push(response));
    // Two are here: a third would have the time to come.
    if (open.length === 2) setTimeout(answer, 50);
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${portOf(slow)}`;
  await using runtime = await createRuntime({
    placement: "inline",
    network: { allow: [url], allowPrivate: LOOPBACK, connections: 2 },
  });
  const six = `return (await Promise.all(Array.from({ length: 6 }, () => fetch('${url}')))).length`;
  expect(await runtime.run(six)).toMatchObject({ ok: true, value: 6 });
  expect(most).toBe(2);
  slow.closeAllConnections();
  slow.close();
});

test("one user's requests do not keep another's waiting, though nothing answers them", async () => {
  const gate = Promise.withResolvers<void>();
  const served: string[] = [];
  const slow = createServer((request, response) => {
    served.push(request.url!);
    if (request.url === "/ann") response.end();
    else void gate.promise.then(() => response.end());
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${portOf(slow)}`;
  await using runtime = await createRuntime({
    placement: "inline",
    network: { allow: [url], allowPrivate: LOOPBACK, connections: 1, timeoutMs: 600_000 },
    limits: { wallMs: 600_000 },
  });
  const many = `await Promise.all(Array.from({ length: 20 }, (_, at) => fetch('${url}/eve' + at))); 1`;
  const eve = runtime.run(many, { user: "eve" });
  await expect.poll(() => served.length).toBe(1);
  const ann = await runtime.run(`(await fetch('${url}/ann')).ok`, { user: "ann" });
  expect(ann).toMatchObject({ ok: true });
  expect(served).toEqual(["/eve0", "/ann"]);
  gate.resolve();
  expect(await eve).toMatchObject({ ok: true });
  slow.closeAllConnections();
  slow.close();
});

test("without allowed hosts there is no fetch", async () => {
  for (const network of [undefined, { allow: [] }]) {
    await using runtime = await createRuntime({ placement: "inline", ...(network && { network }) });
    const result = await runtime.run(
      "return [typeof fetch, typeof Response, typeof Headers, 'fetch' in globalThis]",
    );
    expect(result).toMatchObject({ value: ["undefined", "undefined", "undefined", false] });
  }
});

test("headers of the config are added on the host, for their host only, and never seen", async () => {
  process.env["CODECELL_TEST_TOKEN"] = "t0ken-of-the-host";
  await using runtime = await createRuntime({
    placement: "inline",
    network: {
      allow: [
        { host: origin, headers: { Authorization: "Bearer ${CODECELL_TEST_TOKEN}" } },
        otherOrigin,
      ],
      allowPrivate: LOOPBACK,
    },
  });
  const program = (path: string): string =>
    `
      const headers = { authorization: 'Bearer of-the-program', cookie: 'c=1', 'x-kept': '1' };
      return await (await fetch('${origin}${path}', { headers })).text()
    `;
  const result = await runtime.run(program("/echo"));
  expect(seen[0]!.headers).toMatchObject({
    authorization: "Bearer t0ken-of-the-host",
    cookie: "c=1",
  });
  expect(JSON.stringify(result)).not.toContain("t0ken");
  seen = [];
  await runtime.run(program("/elsewhere"));
  expect(seen).toHaveLength(2);
  expect(seen[1]!.headers).toMatchObject({ "x-kept": "1" });
  expect(seen[1]!.headers).not.toHaveProperty("authorization");
  expect(seen[1]!.headers).not.toHaveProperty("cookie");
});

describe("addresses", () => {
  const network = (
    settings: NetworkSettings,
    answers: Readonly<Record<string, readonly string[]>>,
  ) => {
    let asked = 0;
    const source = new FetchSource(resolveNetwork(settings, {}, "network")!, (name, done) => {
      asked++;
      const addresses = (answers[name] ?? []).map((address): LookupAddress => {
        return { address, family: address.includes(":") ? 6 : 4 };
      });
      done(null, addresses);
    });
    const requests: NetworkRequest[] = [];
    const context = {
      signal: new AbortController().signal,
      caller: {},
      onRequest: (request: NetworkRequest) => void requests.push(request),
    };
    const get = async (url: string): Promise<string> => {
      try {
        const { status } = (await source.call("fetch", { url }, context)) as { status: number };
        return String(status);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    return { source, get, requests, asked: () => asked };
  };

  test("every spelling of this host is refused, though any host is allowed", async () => {
    const port = portOf(server);
    const anything: NetworkSettings = {
      allow: [
        "http://*:*",
        ...["127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[::]"].map(
          (host) => `http://${host}:*`,
        ),
      ],
    };
    const { get, source, requests } = network(anything, {
      localhost: ["127.0.0.1"],
      "inside.test": ["127.0.0.1"],
      "mixed.test": ["93.184.216.34", "127.0.0.1"],
      "mapped.test": ["::ffff:127.0.0.1"],
      "metadata.test": ["169.254.169.254"],
      "nothing.test": [],
    });
    const hosts = [
      "127.0.0.1",
      "localhost",
      "2130706433",
      "0x7f.1",
      "0177.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[64:ff9b::7f00:1]",
      "0.0.0.0",
      "0",
      "[::]",
      "①②⑦.⓪.⓪.①",
      "localhost.",
      "inside.test",
      "mixed.test",
      "mapped.test",
      "metadata.test",
      "nothing.test",
    ];
    for (const host of hosts) expect(await get(`http://${host}:${port}/json`), host).toBe("denied");
    expect(requests).toHaveLength(hosts.length);
    expect(seen).toEqual([]);
    await source[Symbol.asyncDispose]();
  });

  test("a name is looked up once, and what was checked is what is dialled", async () => {
    const port = portOf(server);
    const answers: Record<string, readonly string[]> = { "rebind.test": ["127.0.0.1"] };
    const { get, source, asked } = network(
      { allow: [`http://rebind.test:${port}`], allowPrivate: ["127.0.0.1/32"] },
      answers,
    );
    expect(await get(`http://rebind.test:${port}/close`)).toBe("200");
    expect(asked()).toBe(1);
    answers["rebind.test"] = ["10.0.0.1"]; // the next connection has to ask again, and is judged again
    expect(await get(`http://rebind.test:${port}/close`)).toBe("denied");
    expect(asked()).toBe(2);
    expect(seen).toHaveLength(1);
    await source[Symbol.asyncDispose]();
  });

  test("deny wins over allow", async () => {
    const { get, source } = network(
      { allow: ["*.example.com"], deny: ["secret.example.com"] },
      { "secret.example.com": ["127.0.0.1"], "deep.secret.example.com": ["127.0.0.1"] },
    );
    expect(await get("https://secret.example.com/")).toBe("denied");
    expect(await get("https://SECRET.example.com./")).toBe("denied");
    await source[Symbol.asyncDispose]();
  });
});

const WRONG: readonly (readonly [network: unknown, message: RegExp])[] = [
  [[], /network must be an object/],
  [{}, /network\.allow must be a list/],
  [{ allow: "x" }, /network\.allow must be a list/],
  [{ allow: [1] }, /network\.allow\[0\] must be an object/],
  [{ allow: ["a.b"], hosts: [] }, /network\.hosts is not a setting; the settings are allow/],
  [{ allow: ["http://a.b/path"] }, /it must be a host/],
  [{ allow: ["a..b"] }, /neither a DNS name nor an IP address/],
  [{ allow: ["*.127.0.0.1"] }, /an address has no names below it/],
  [{ allow: ["a.b:99999"] }, /it must be a host|no such port/],
  [{ allow: ["ftp://a.b"] }, /it must be a host/],
  [{ allow: [{ host: "a.b", methods: ["CONNECT"] }] }, /no method that can be allowed/],
  [{ allow: [{ host: "a.b", headers: { "a b": "c" } }] }, /is no header/],
  [{ allow: [{ host: "a.b", headers: { a: "${NOT_SET_HERE}" } }] }, /NOT_SET_HERE/],
  [{ allow: ["a.b"], allowPrivate: ["10.0.0.1"] }, /it must be a range/],
  [{ allow: ["a.b"], allowPrivate: ["10.0.0.0/33"] }, /it must be a range/],
  [{ allow: ["a.b"], timeoutMs: 0 }, /timeoutMs is 0; it must be a whole number from 1/],
];
test.each(WRONG)("%j is refused", async (network, message) => {
  const starting = createRuntime({ placement: "inline", network: network as NetworkSettings });
  await expect(starting).rejects.toMatchObject({
    code: "config_error",
    message: expect.stringMatching(message),
  });
});

test("no server can have the network's name", async () => {
  const starting = createRuntime({
    network: { allow: ["a.b"] },
    tools: { network: { get: () => 1 } },
  });
  await expect(starting).rejects.toMatchObject({
    code: "config_error",
    message: expect.stringContaining("'network'"),
  });
});
