/** Sessions that a server has forgotten: they are made again once, and no call is carried out twice. */
import type { ServerResponse } from "node:http";
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import {
  event,
  json,
  type RawHttp,
  rawHttp,
  resultOf,
  stream,
} from "../../fixtures/servers/raw-http.ts";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";
import type { McpSource } from "../../src/tools/mcp/source.ts";

const context = { signal: new AbortController().signal, caller: {} };
const opened: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

function connect(entry: object): McpSource {
  const config = checkServers({ web: entry }, "mcpServers", {})["web"]!;
  const source = configuredSource("web", config);
  opened.push(() => source[Symbol.asyncDispose]());
  return source;
}

async function outcome(call: Promise<unknown>): Promise<unknown> {
  return await call.catch((error: Error) => error.message);
}

/** How a server answers a request of a session that it does not know. */
type Forgets = (response: ServerResponse, id: unknown) => unknown;

interface Forgetful extends Pick<RawHttp, "url" | "count"> {
  forget(): void;
  /** Number of calls that were carried out. */
  calls(): number;
}

const refuses =
  (status: number, body: unknown): Forgets =>
  (response) =>
    json(response, status, body);
const errs =
  (code: number, message: string): Forgets =>
  (response, id) =>
    json(response, 200, { jsonrpc: "2.0", id, error: { code, message } });
const rpc = (code: number, message: string) => ({
  jsonrpc: "2.0",
  id: null,
  error: { code, message },
});

/** @param works carries out a call of the tool `b`, in place of the right answer */
async function forgetful(forgets: Forgets, works?: Forgets): Promise<Forgetful> {
  const known = new Set<string>();
  let last = 0;
  let calls = 0;
  const http = await rawHttp(({ verb, headers, message }, response) => {
    if (verb !== "POST") return false;
    const { id, method, params } = message;
    if (method === "initialize") {
      known.add(`s${++last}`);
      const session = { "mcp-session-id": `s${last}` };
      return json(response, 200, { jsonrpc: "2.0", id, result: resultOf("initialize") }, session);
    }
    if (!known.has(headers["mcp-session-id"] as string)) return (forgets(response, id), true);
    if (method !== "tools/call") return false;
    calls++;
    if ((params as { name: string }).name !== "b" || works === undefined) return false;
    return (works(response, id), true);
  });
  opened.push(http.close);
  return { url: http.url, count: http.count, forget: () => known.clear(), calls: () => calls };
}

/** Refusals of HTTP, and errors in a 200: none of them is sent by a server that has carried the call out. */
const REFUSALS: Record<string, Forgets> = {
  "404": refuses(404, rpc(-32_001, "Session not found")),
  "404 terminated": refuses(404, rpc(-32_600, "Not Found: Session has been terminated")),
  "404 in a stream": (response) =>
    response
      .writeHead(404, { "content-type": "text/event-stream" })
      .end(event(rpc(-32_001, "Session not found"))),
  "404 with a text": refuses(404, "Could not find session"),
  "410": refuses(410, "gone"),
  "400 no valid session": refuses(400, rpc(-32_000, "Bad Request: No valid session ID provided")),
  "400 not initialized": refuses(400, rpc(-32_000, "Bad Request: Server not initialized")),
  "400 invalid session": refuses(400, rpc(-32_602, "Invalid session")),
  "400 without a word": refuses(400, ""),
  "401 without credentials": refuses(401, rpc(-32_001, "unauthorized")),
  "401 session expired": refuses(401, rpc(-32_001, "session expired")),
  "403 unknown session": refuses(403, "unknown session"),
  "200 session not found": errs(-32_001, "Session not found"),
  "200 unknown session": errs(-32_000, "unknown sessionId"),
  "200 not initialized": errs(-32_600, "Server has not been initialized"),
  "200 as Python says it": errs(-32_602, "Invalid request parameters"),
  "200 in a stream": (response, id) =>
    stream(
      response,
      event({ jsonrpc: "2.0", id, error: rpc(-32_001, "No such session").error }),
    ).end(),
};

describe("a lost session is made again, and the call with it", () => {
  test.each(Object.entries(REFUSALS))("%s", async (_, forgets) => {
    const server = await forgetful(forgets);
    const source = connect({ type: "http", url: server.url });
    const call = (): Promise<unknown> => outcome(source.call("a", {}, context));
    expect(await call()).toBe("ok");
    server.forget();
    expect([await call(), await call()]).toEqual(["ok", "ok"]);
    expect([server.count("initialize"), server.calls()]).toEqual([2, 3]);
  });

  test("calls at once make it once together", async () => {
    const refusals = fc.constantFrom(...Object.values(REFUSALS));
    await fc.assert(
      fc.asyncProperty(refusals, fc.integer({ min: 2, max: 20 }), async (forgets, count) => {
        const server = await forgetful(forgets);
        const source = connect({ type: "http", url: server.url });
        await source.call("a", {}, context);
        server.forget();
        const calls = Array.from({ length: count }, () => outcome(source.call("a", {}, context)));
        expect(new Set(await Promise.all(calls))).toEqual(new Set(["ok"]));
        expect([server.count("initialize"), server.calls()]).toEqual([2, count + 1]);
      }),
      { numRuns: 15 },
    );
  });

  test("calls that are under way on the old one are finished", async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    const server = await forgetful(REFUSALS["404"]!, (response, id) => {
      const right = { jsonrpc: "2.0", id, result: resultOf("tools/call") };
      void finish.then(() => json(response, 200, right));
    });
    const source = connect({ type: "http", url: server.url });
    await source.list();
    const old = outcome(source.call("b", {}, context));
    await expect.poll(server.calls).toBe(1);
    server.forget();
    expect(await outcome(source.call("a", {}, context))).toBe("ok");
    resolve();
    expect(await old).toBe("ok");
  });

  test("once only: a server that keeps no session is an error", async () => {
    const never = await rawHttp(({ message }, response) =>
      message["method"] === "initialize"
        ? json(
            response,
            200,
            { jsonrpc: "2.0", id: message["id"], result: resultOf("initialize") },
            { "mcp-session-id": "x" },
          )
        : message["id"] !== undefined && json(response, 404, "Session not found"),
    );
    opened.push(never.close);
    const other = connect({ type: "http", url: never.url });
    expect(await outcome(other.call("a", {}, context))).toBe("HTTP 404: Session not found");
    expect(never.count("initialize")).toBe(2);
  });

  test("over the older transport, whose POST is refused", async () => {
    let session = 0;
    let answers: ServerResponse | undefined;
    let isForgotten = false;
    const http = await rawHttp(({ verb, message }, response) => {
      if (verb === "GET") {
        isForgotten = false;
        answers = stream(response, event(`/messages?session=${++session}`, "event: endpoint\n"));
        return true;
      }
      if (isForgotten) return json(response, 404, "Could not find session");
      response.writeHead(202).end("Accepted");
      const { id, method } = message;
      const result = resultOf(method as string);
      if (id !== undefined) answers?.write(event({ jsonrpc: "2.0", id, result }));
      return true;
    });
    opened.push(http.close);
    const source = connect({ type: "sse", url: http.url });
    expect(await outcome(source.call("a", {}, context))).toBe("ok");
    isForgotten = true;
    expect(await outcome(source.call("a", {}, context))).toBe("ok");
    expect(http.count("initialize")).toBe(2);
  });

  test("over stdio, where a wrapper has started its server anew", async () => {
    const path = fileURLToPath(new URL("../../fixtures/servers/forgetful.ts", import.meta.url));
    const source = connect({ command: process.execPath, args: [path] });
    expect(await outcome(source.call("forget", {}, context))).toBe("ok");
    expect(await outcome(source.call("a", {}, context))).toBe("ok");
  });
});

describe("a call that may have been carried out is not made again", () => {
  const DOUBTS: Record<string, Forgets> = {
    "500": refuses(500, { error: "unknown session" }),
    "503": refuses(503, { error: "unknown session" }),
    "400 terminated during the call": refuses(400, "session terminated during the request"),
    "404 terminated during the call": refuses(404, "session terminated during the request"),
    "200 lost during the call": errs(-32_603, "the session was lost during the call"),
    "200 terminated": errs(-32_000, "Session terminated"),
  };

  test.each(Object.entries(DOUBTS))("%s", async (_, forgets) => {
    const server = await forgetful(forgets, (response, id) => {
      server.forget();
      forgets(response, id);
    });
    const source = connect({ type: "http", url: server.url });
    await source.list();
    const failure = await source.call("b", {}, context).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "tool_error",
      message: expect.stringMatching(
        /^server "web" lost the session.* may have been carried out: /,
      ),
      hint: "Look whether it took effect before you call it again.",
    });
    expect(server.calls()).toBe(1);
    expect(await outcome(source.call("a", {}, context))).toBe("ok");
    expect(server.count("initialize")).toBe(2);
  });

  test("a stream that cannot be resumed, since its session is lost", async () => {
    const server = await forgetful(REFUSALS["404"]!, (response) => {
      server.forget();
      stream(response, "id: e1\nretry: 100\ndata: \n\n").end();
    });
    const http = connect({ type: "http", url: server.url });
    expect(await outcome(http.call("b", {}, context))).toMatch(
      /does not resume it \(HTTP 405\); what was asked for may have been carried out$/,
    );
    expect(server.calls()).toBe(1);
    expect(await outcome(http.call("a", {}, context))).toBe("ok");
  });
});

describe("a session that is not lost stays", () => {
  test("what is said here of an answer says nothing of a session", async () => {
    const server = await forgetful(REFUSALS["404"]!, (response) => {
      server.forget();
      json(response, 200, { jsonrpc: "2.0", method: "x" });
    });
    const config = checkServers({ "session-x": { url: server.url } }, "mcpServers", {});
    const source = configuredSource("session-x", config["session-x"]!);
    opened.push(() => source[Symbol.asyncDispose]());
    await source.list();
    expect(await outcome(source.call("b", {}, context))).toBe(
      'server "session-x" did not answer tools/call, but something else',
    );
    expect([server.count("initialize"), server.calls()]).toEqual([1, 1]);
  });

  test.each(["timeout", "abort"])(
    "the question whether it is has the %s of its call",
    async (how) => {
      let isAsked = false;
      const http = await rawHttp(({ message }, response) => {
        const { id, method } = message;
        if (method === "initialize") {
          const result = resultOf("initialize");
          return json(response, 200, { jsonrpc: "2.0", id, result }, { "mcp-session-id": "s" });
        }
        if (method === "tools/call") return json(response, 400, "session expired");
        if (isAsked && id !== undefined) return true; // never answered
        isAsked = method === "tools/list";
        return false;
      });
      opened.push(http.close);
      const timeoutMs = how === "timeout" ? { timeoutMs: 1_000 } : {};
      const source = connect({ type: "http", url: http.url, ...timeoutMs });
      await source.list();
      const stop = new AbortController();
      const call = outcome(source.call("a", {}, { signal: stop.signal, caller: {} }));
      if (how === "abort") {
        await expect.poll(() => http.seen.at(-1)?.message["method"]).not.toBe("tools/call");
        stop.abort();
      }
      expect(await call).toBe(
        how === "abort" ? "the run ended before the tool answered" : "HTTP 400: session expired",
      );
    },
  );

  test.each(["Session not found: tab-7", "Invalid request parameters", "the session is lost"])(
    "a tool says: %s",
    async (text) => {
      const server = await forgetful(REFUSALS["404"]!, errs(-32_602, text));
      const source = connect({ type: "http", url: server.url });
      const calls = [1, 2, 3].map(() => outcome(source.call("b", {}, context)));
      expect(await Promise.all(calls)).toEqual([text, text, text]);
      expect([server.count("initialize"), server.calls()]).toEqual([1, 3]);
    },
  );

  test("the server refuses one call, or fails in it", async () => {
    for (const works of [
      refuses(400, "bad arguments"),
      refuses(500, "oops"),
      refuses(429, "slow"),
    ]) {
      const server = await forgetful(REFUSALS["404"]!, works);
      const source = connect({ type: "http", url: server.url });
      expect(await outcome(source.call("b", {}, context))).toMatch(/^HTTP (400|500|429): /);
      expect([server.count("initialize"), server.calls()]).toEqual([1, 1]);
    }
  });

  test("credentials that are refused are no lost session", async () => {
    const server = await forgetful(refuses(401, "bad token"));
    const headers = { Authorization: "Bearer abcdefgh" };
    const source = connect({ type: "http", url: server.url, headers });
    await source.list();
    server.forget();
    expect(await outcome(source.call("a", {}, context))).toMatch(
      /^HTTP 401 \(check its credentials/,
    );
    expect(server.count("initialize")).toBe(1);
  });
});
