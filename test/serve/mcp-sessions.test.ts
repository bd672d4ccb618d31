/** How many sessions an MCP endpoint has: nobody who only begins sessions keeps others from beginning one. */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { McpHttpHandler, type McpHttpOptions } from "../../src/serve/mcp/index.ts";

const MINUTE = 60_000;
/** Servers that are open. */
let alive = 0;
/** Calls of tools/list that are not answered until their test is over. */
let hold: Promise<void> | undefined;
const handlers: McpHttpHandler[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
  alive = 0;
  hold = undefined;
});
afterEach(async () => {
  for (const handler of handlers.splice(0)) await handler[Symbol.asyncDispose]();
  vi.useRealTimers();
});

function createServer(): Server {
  const server = new Server({ name: "s", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    await hold;
    return { tools: [] };
  });
  alive++;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Server is no EventTarget
  server.onclose = () => alive--;
  return server;
}

function endpoint(options: Partial<McpHttpOptions> = {}): McpHttpHandler {
  const clientOf = (_request: Request, ...[client]: readonly unknown[]): string | undefined =>
    client as string | undefined;
  const handler = new McpHttpHandler({ createServer, json: true, clientOf, ...options });
  handlers.push(handler);
  return handler;
}

function post(
  handler: McpHttpHandler,
  method: string,
  session?: string,
  client?: string,
): Promise<Response> {
  const clientInfo = { name: "t", version: "1" };
  const params =
    method === "initialize" ? { protocolVersion: "2025-06-18", capabilities: {}, clientInfo } : {};
  const request = new Request("http://localhost/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session === undefined ? {} : { "mcp-session-id": session }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return handler.fetch(request, client);
}

/** The new session's id, or the response that refuses it. */
async function begin(handler: McpHttpHandler, client?: string): Promise<string | Response> {
  const response = await post(handler, "initialize", undefined, client);
  await response.clone().text();
  return response.status === 200 ? response.headers.get("mcp-session-id")! : response;
}

async function use(handler: McpHttpHandler, session: unknown): Promise<number> {
  const response = await post(handler, "tools/list", String(session));
  await response.text();
  return response.status;
}

test("a thousand initializes lock nobody out, and end no session that is used", async () => {
  const handler = endpoint();
  const used = await begin(handler);
  expect(await use(handler, used)).toBe(200);
  for (let at = 0; at < 1_100; at++) await begin(handler);
  expect(alive).toBe(1_000);
  const late = await begin(handler);
  expect(await use(handler, late)).toBe(200);
  expect(await use(handler, used)).toBe(200);
});

test("a session that asks for nothing ends after a minute, one that does after its idle time", async () => {
  const handler = endpoint({ sessionIdleMs: 5 * MINUTE });
  const [used, unused] = [await begin(handler), await begin(handler)];
  expect(await use(handler, used)).toBe(200);
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(alive).toBe(1);
  expect(await use(handler, unused)).toBe(404);
  expect(await use(handler, used)).toBe(200);
  await vi.advanceTimersByTimeAsync(7 * MINUTE);
  expect(alive).toBe(0);
});

test("where all are in use a new one is refused, with the time after which one can make room", async () => {
  const handler = endpoint({ maxSessions: 3 });
  const sessions = [];
  for (let at = 0; at < 3; at++) {
    sessions.push(await begin(handler));
    expect(await use(handler, sessions[at])).toBe(200);
    vi.advanceTimersByTime(10_000);
  }
  const refused = (await begin(handler)) as Response;
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
  expect(await refused.json()).toMatchObject({ error: { message: "there are too many sessions" } });
  expect(alive).toBe(3);
  vi.advanceTimersByTime(30_000);
  expect(await begin(handler)).toEqual(expect.any(String));
  // The one that was not used for longest has made room.
  expect(await Promise.all(sessions.map((session) => use(handler, session)))).toEqual([
    404, 200, 200,
  ]);
});

test("a session that waits for an answer makes no room, however long", async () => {
  const handler = endpoint({ maxSessions: 1 });
  const session = await begin(handler);
  const { promise, resolve } = Promise.withResolvers<void>();
  hold = promise;
  const waiting = use(handler, session);
  vi.advanceTimersByTime(10 * MINUTE);
  const refused = (await begin(handler)) as Response;
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "60"]);
  resolve();
  expect(await waiting).toBe(200);
});

test("one client takes the place of its own sessions only", async () => {
  const handler = endpoint({ maxSessions: 10, maxSessionsPerClient: 3 });
  const other = await begin(handler, "other");
  const own = [];
  for (let at = 0; at < 5; at++) own.push(await begin(handler, "greedy"));
  expect(alive).toBe(4);
  expect(await Promise.all([other, ...own].map((session) => use(handler, session)))).toEqual([
    200, 404, 404, 200, 200, 200,
  ]);
  expect(((await begin(handler, "greedy")) as Response).status).toBe(503);
  expect(await begin(handler, "third")).toEqual(expect.any(String));
});

test("many at once are no more than the cap", async () => {
  const handler = endpoint({ maxSessions: 5 });
  await Promise.all(Array.from({ length: 50 }, () => begin(handler)));
  expect(alive).toBe(5);
});

test("what is no initialize begins no session", async () => {
  const handler = endpoint();
  for (const method of ["tools/list", "ping"])
    expect((await post(handler, method)).status).toBe(400);
  expect(alive).toBe(0);
});

describe("whatever clients do", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ begin: fc.constantFrom("a", "b", undefined) }) },
    { weight: 2, arbitrary: fc.record({ use: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(1_000, 20_000, MINUTE) }) },
  );

  test("the caps hold, used sessions last a minute, and who is refused is so because of those", async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const handler = endpoint({ maxSessions: 4, maxSessionsPerClient: 2 });
      const before = alive;
      /** Times of the last use. */
      const used = new Map<string, number>();
      const begun: string[] = [];
      const safe = (): number =>
        [...used.values()].filter((at) => performance.now() - at < MINUTE).length;
      for (const each of steps) {
        if ("wait" in each) vi.advanceTimersByTime(each.wait);
        else if ("begin" in each) {
          const session = await begin(handler, each.begin);
          if (typeof session === "string") begun.push(session);
          else expect(safe()).toBeGreaterThanOrEqual(2);
        } else {
          const session = begun[each.use];
          if (session === undefined) continue;
          const wasSafe = performance.now() - (used.get(session) ?? -Infinity) < MINUTE;
          const status = await use(handler, session);
          if (wasSafe) expect(status).toBe(200);
          if (status === 200) used.set(session, performance.now());
        }
        expect(alive - before).toBeLessThanOrEqual(4);
      }
      await handler[Symbol.asyncDispose]();
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
