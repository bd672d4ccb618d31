/** What HTTP clients get as they are: every `Accept` header, pages of other origins, and errors that are JSON on every path. */
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { serve } from "@hono/node-server";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { type RunningService, startService } from "../../src/serve/index.ts";
import { prefersEvents, quality } from "../../src/serve/http/accept.ts";
import { methodsOf } from "../../src/serve/http/methods.ts";
import { createMcpServer, McpHttpHandler, type McpHttpOptions } from "../../src/serve/mcp/index.ts";
import { createRuntime } from "../support/patient.ts";

const PAGE = "https://app.example.com";
const JSON_TYPE = "application/json";
const EVENTS = "text/event-stream";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ engine: "quickjs", placement: "inline", tools: {} });
});
afterAll(() => runtime.close());

describe("Accept", () => {
  test.each([
    [null, 1, 1],
    ["", 1, 1],
    ["*/*", 1, 1],
    ["*", 1, 1],
    [JSON_TYPE, 1, 0],
    ["Application/JSON; charset=utf-8", 1, 0],
    ["text/*;q=0.5, */*;q=0.1", 0.1, 0.5],
    ["application/json;q=0, */*", 0, 1],
    ["application/json ; Q=0.25,TEXT/EVENT-STREAM", 0.25, 1],
    ["text/html", 0, 0],
    ["application/jsonp, text/event-streams", 0, 0],
    ["application/json;q=nonsense", 1, 0],
    [",,;q=1,", 1, 1],
  ])("%s", (header, json, events) => {
    expect([quality(header, JSON_TYPE), quality(header, EVENTS)]).toEqual([json, events]);
  });

  test("events are for clients that name them", () => {
    const named = [
      EVENTS,
      `${JSON_TYPE}, ${EVENTS}`,
      `${JSON_TYPE};q=0.5, Text/Event-Stream;q=0.9`,
    ];
    for (const header of named) expect(prefersEvents(header), header).toBe(true);
    const others = [null, "*/*", "text/*", `${EVENTS};q=0`, `${JSON_TYPE}, ${EVENTS};q=0.1`];
    for (const header of others) expect(prefersEvents(header), `${header}`).toBe(false);
  });
});

const HEADERS = { "content-type": JSON_TYPE, host: "localhost" };
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "t", version: "1" },
  },
};
const LIST = { jsonrpc: "2.0", id: 2, method: "tools/list" };

function endpoint(options: Partial<McpHttpOptions> = {}): McpHttpHandler {
  return new McpHttpHandler({ createServer: () => createMcpServer(runtime), ...options });
}

function ask(
  handler: McpHttpHandler,
  message: unknown,
  headers: Record<string, string> = {},
  method = "POST",
): Promise<Response> {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  const init = method === "POST" ? { body } : {};
  return handler.fetch(
    new Request("http://localhost/mcp", { method, headers: { ...HEADERS, ...headers }, ...init }),
  );
}

async function expectJsonError(response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
}

/** One range of a header: the type as clients write it, and its weight. */
const RANGE = fc.record({
  type: fc.constantFrom(
    "*/*",
    "application/json",
    "APPLICATION/JSON",
    "text/event-stream",
    "Text/Event-Stream",
    "application/*",
    "text/*",
    "text/html",
  ),
  q: fc.constantFrom("", ";q=0", "; q=0.3", ";q=1.0", ";charset=utf-8"),
});

describe.each([{ stateless: false }, { stateless: true }, { json: true, stateless: false }])(
  "the MCP endpoint, $stateless $json",
  (options) => {
    test("a response is of a type that the client accepts, whatever its header is", async () => {
      await using handler = endpoint(options);
      const property = fc.asyncProperty(
        fc.option(
          fc.uniqueArray(RANGE, { maxLength: 4, selector: ({ type }) => type.toLowerCase() }),
        ),
        async (ranges) => {
          const accept = ranges?.map(({ type, q }) => type + q).join(", ");
          const response = await ask(handler, INITIALIZE, accept === undefined ? {} : { accept });
          const takes = (type: string): boolean => quality(accept ?? null, type) > 0;
          if (!takes(JSON_TYPE) && !takes(EVENTS)) return await expectJsonError(response, 406);
          expect(response.status).toBe(200);
          const type = response.headers.get("content-type")!;
          expect(takes(type)).toBe(true);
          const text = await response.text();
          const answer = type === EVENTS ? /^data: (.*)$/m.exec(text)![1]! : text;
          expect(JSON.parse(answer)).toMatchObject({ id: 1, result: { serverInfo: {} } });
          return undefined;
        },
      );
      await fc.assert(property, { numRuns: 60 });
    });

    test("clients that do not read events get JSON", async () => {
      await using handler = endpoint(options);
      for (const headers of [{}, { accept: "*/*" }, { accept: "APPLICATION/json" }]) {
        const response = await ask(handler, INITIALIZE, headers as Record<string, string>);
        expect(await response.json()).toMatchObject({ id: 1, result: {} });
        const session = response.headers.get("mcp-session-id");
        const more = session === null ? {} : { "mcp-session-id": session };
        const listed = await ask(handler, LIST, { ...headers, ...more });
        expect(await listed.json()).toMatchObject({ id: 2, result: { tools: expect.any(Array) } });
        const noted = await ask(
          handler,
          { jsonrpc: "2.0", method: "notifications/initialized" },
          { ...headers, ...more },
        );
        expect(noted.status).toBe(202);
      }
    });

    test("the SDK's own client works", async () => {
      await using handler = endpoint(options);
      const server = serve({ fetch: handler.fetch, port: 0, hostname: "127.0.0.1" });
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as { port: number };
      const client = new Client({ name: "test", version: "1" });
      const url = new URL(`http://127.0.0.1:${port}/mcp`);
      await client.connect(new StreamableHTTPClientTransport(url) as Transport);
      const result = await client.callTool({ name: "execute_code", arguments: { code: "6 * 7" } });
      expect(result.structuredContent).toMatchObject({ ok: true, value: 42 });
      await client.close();
      (server as { closeAllConnections?: () => void }).closeAllConnections?.();
      server.close();
    });

    test("what is wrong is JSON", async () => {
      await using handler = endpoint(options);
      await expectJsonError(await handler.fetch(new Request("http://localhost/other")), 404);
      await expectJsonError(await ask(handler, "{", {}), 400);
      await expectJsonError(await ask(handler, { no: "message" }), 400);
      await expectJsonError(await ask(handler, LIST, { "content-type": "text/plain" }), 415);
      await expectJsonError(await ask(handler, INITIALIZE, { host: "evil.example" }), 403);
      await expectJsonError(
        await ask(handler, INITIALIZE, { origin: "https://evil.example" }),
        403,
      );
      await expectJsonError(await ask(handler, "x".repeat(20 * 1024 * 1024)), 413);
      for (const method of ["PUT", "PATCH", "OPTIONS"]) {
        const response = await ask(handler, "", {}, method);
        expect(response.headers.get("allow")).toBe(
          options.stateless ? "POST" : "GET, POST, DELETE",
        );
        await expectJsonError(response, 405);
      }
    });
  },
);

/** Headers of a preflight, as browsers send it. */
const PREFLIGHT = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "content-type,authorization,mcp-session-id",
};

describe("pages of other origins", () => {
  const allowedOrigins = [PAGE, "https://Written.example:443/"];

  test("an allowed one may ask, send and read, without credentials in the preflight", async () => {
    await using handler = endpoint({ allowedOrigins, token: "secret" });
    for (const origin of [PAGE, "https://written.example"]) {
      const preflight = await ask(handler, "", { ...PREFLIGHT, origin }, "OPTIONS");
      expect(preflight.status).toBe(204);
      const { headers } = preflight;
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-methods")).toBe("GET, POST, DELETE");
      for (const name of PREFLIGHT["access-control-request-headers"].split(","))
        expect(headers.get("access-control-allow-headers")!.split(", ")).toContain(name);
      expect(headers.get("vary")).toBe("Origin");
      const refused = await ask(handler, INITIALIZE, { origin });
      expect(refused.headers.get("access-control-allow-origin")).toBe(origin);
      await expectJsonError(refused, 401);
      const authorization = "Bearer secret";
      const begun = await ask(handler, INITIALIZE, { origin, authorization });
      expect(begun.headers.get("access-control-allow-origin")).toBe(origin);
      expect(begun.headers.get("access-control-expose-headers")).toContain("mcp-session-id");
      expect(begun.status).toBe(200);
    }
  });

  test("no other one reads anything, and by default none does", async () => {
    await using some = endpoint({ allowedOrigins });
    await using none = endpoint();
    const origins = [
      "https://evil.example",
      "http://localhost:3000",
      "null",
      `${PAGE}.evil.example`,
    ];
    for (const handler of [some, none])
      for (const origin of [...origins, ...(handler === none ? [PAGE] : [])])
        for (const method of ["POST", "OPTIONS"]) {
          const response = await ask(handler, INITIALIZE, { ...PREFLIGHT, origin }, method);
          expect(response.headers.get("access-control-allow-origin")).toBeNull();
          await response.body?.cancel();
        }
  });
});

describe("the service", () => {
  let running: RunningService;
  beforeAll(async () => {
    const own = await createRuntime({ engine: "quickjs", placement: "inline", tools: {} });
    const auth = { apiKeys: [{ key: "0123456789abcdef0123456789abcdef" }] };
    const settings = {
      port: 0,
      allowedOrigins: [PAGE],
      maxBodyBytes: 10_000,
      auth,
      metrics: false,
    };
    running = await startService(own, settings, () => {});
  });
  afterAll(() => running.stop());
  const KEY = { "x-api-key": "0123456789abcdef0123456789abcdef" };

  function send(
    path: string,
    { method = "GET", body, ...headers }: Record<string, string> = {},
  ): Promise<{ status: number; headers: Headers; body: string }> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(running.url + path, { method, headers: { ...KEY, ...headers } });
      sent.on("error", reject).on("response", async (response) => {
        let text = "";
        for await (const chunk of response) text += String(chunk);
        const given = new Headers(response.headers as Record<string, string>);
        resolve({ status: response.statusCode!, headers: given, body: text });
      });
      sent.end(body);
    });
  }

  const POST = { method: "POST", "content-type": JSON_TYPE, body: '{"code":"1"}' };
  test.each([
    ["an unknown path", "/nothing", {}, 404],
    ["another method", "/run", {}, 405],
    ["another method of a session", "/sessions/x/reset", { method: "PUT" }, 405],
    ["another method of the service's own path", "/readyz", { method: "POST" }, 405],
    ["what is switched off", "/metrics", {}, 404],
    ["a body that is too large", "/run", { ...POST, body: "x".repeat(20_000) }, 413],
    ["another type", "/run", { ...POST, "content-type": "text/plain" }, 415],
    [
      "a type that begins like JSON",
      "/run",
      { ...POST, "content-type": "application/json-seq" },
      415,
    ],
    ["no JSON", "/run", { ...POST, body: "{" }, 400],
    ["another host", "/run", { ...POST, host: "evil.example" }, 403],
    ["another origin", "/run", { ...POST, origin: "https://evil.example" }, 403],
    ["no credentials", "/run", { ...POST, "x-api-key": "" }, 401],
    ["no WebSocket", "/remote", {}, 426],
    ["an upgrade elsewhere", "/run", { connection: "Upgrade", upgrade: "websocket" }, 404],
  ])("%s is told as JSON", async (_what, path, init, status) => {
    const answer = await send(path, init as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(JSON.parse(answer.body)).toMatchObject({
      error: { code: expect.any(String), message: expect.any(String) },
    });
    if (status === 405) expect(answer.headers.get("allow")).toMatch(/^[A-Z]+(?:, [A-Z]+)*$/);
  });

  test.each([
    ["no HTTP", "nonsense\r\n\r\n", 400],
    ["no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
    ["a Host that is none", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
    ["a Host with a user", "GET /healthz HTTP/1.1\r\nHost: a@localhost\r\n\r\n", 400],
    ["a Host with a path", "GET /healthz HTTP/1.1\r\nHost: localhost\\x\r\n\r\n", 400],
    ["a Host with a query", "GET /healthz HTTP/1.1\r\nHost: localhost?x\r\n\r\n", 400],
    ["long headers", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(100_000)}\r\n\r\n`, 431],
  ])("%s is told as JSON too", async (_what, text, status) => {
    const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => (answer += String(data))).on("error", () => {});
    socket.write(text);
    await new Promise((resolve) => socket.once("close", resolve));
    const [head, body] = answer.split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(body!.replace(/^[0-9a-f]+\r\n|\r\n0$/g, ""))).toMatchObject({
      error: { code: "invalid_arguments", message: expect.any(String) },
    });
  });

  test("what is no HTTP in the midst of a response ends it, and is not answered", async () => {
    const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
    let answer = "";
    const begun = Promise.withResolvers<void>();
    socket
      .on("error", () => {})
      .on("data", (data) => {
        answer += String(data);
        begun.resolve();
      });
    const body = JSON.stringify({ code: "await new Promise((done) => setTimeout(done, 5_000))" });
    const headers = {
      ...POST,
      ...KEY,
      host: "localhost",
      accept: EVENTS,
      "content-length": body.length,
    };
    const lines = Object.entries(headers).filter(([name]) => name !== "method" && name !== "body");
    const head = lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join("");
    socket.write(`POST /run HTTP/1.1\r\n${head}\r\n${body}`);
    await begun.promise;
    socket.write("nonsense\r\n\r\n");
    await new Promise((resolve) => socket.once("close", resolve));
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200"]);
  });

  test("405 names the methods that there are", async () => {
    expect((await send("/run")).headers.get("allow")).toBe("POST");
    expect((await send("/sessions/x", { method: "PATCH" })).headers.get("allow")).toBe(
      "DELETE, GET, HEAD",
    );
    expect((await send("/healthz", { method: "HEAD" })).status).toBe(200);
  });

  test.each([
    [undefined, JSON_TYPE],
    ["*/*", JSON_TYPE],
    ["application/json, text/event-stream;q=0", JSON_TYPE],
    ["TEXT/EVENT-STREAM", EVENTS],
    ["text/event-stream, */*;q=0.1", EVENTS],
  ])("POST /run with Accept %s gives %s", async (accept, type) => {
    const answer = await send("/run", { ...POST, ...(accept === undefined ? {} : { accept }) });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(new RegExp(`^${type}`));
  });

  test("pages of an allowed origin may ask, send and read; no others", async () => {
    const preflight = await send("/run", {
      ...PREFLIGHT,
      method: "OPTIONS",
      origin: PAGE,
      "x-api-key": "",
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toBe("POST");
    for (const path of ["/run", "/nothing"]) {
      const read = await send(path, { ...POST, origin: PAGE });
      expect(read.headers.get("access-control-allow-origin")).toBe(PAGE);
      expect(read.headers.get("vary")).toMatch(/origin/i);
    }
    const refused = await send("/run", { ...POST, origin: PAGE, "x-api-key": "wrong" });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([
      401,
      PAGE,
    ]);
    const other = await send("/run", { ...POST, origin: "http://localhost:3000" });
    expect([other.status, other.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  });
});

test("the methods of a path are those of its routes", () => {
  const routes = [
    { method: "ALL", path: "/*" },
    { method: "GET", path: "/a/:id" },
    { method: "DELETE", path: "/a/:id" },
    { method: "GET", path: "/a/:id/files/:path{.*}" },
    { method: "POST", path: "/a.b" },
  ];
  expect(methodsOf(routes, "/a/1")).toEqual(["DELETE", "GET", "HEAD"]);
  expect(methodsOf(routes, "/a/1/files/x/y")).toEqual(["GET", "HEAD"]);
  expect(methodsOf(routes, "/a.b")).toEqual(["POST"]);
  for (const path of ["/aXb", "/a", "/a/1/2", "/"]) expect(methodsOf(routes, path)).toEqual([]);
});
