/** The end of requests: only open ones are cancelled, nothing of them stays open, and our own limits decide. */
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import * as fc from "fast-check";
import { Agent, fetch as undiciFetch, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import {
  event,
  json,
  type RawHttp,
  rawHttp,
  resultOf,
  stream,
} from "../../fixtures/servers/raw-http.ts";
import type { Json } from "../../fixtures/servers/raw.ts";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { clientSource, configuredSource } from "../../src/tools/mcp/open.ts";
import type { McpSource } from "../../src/tools/mcp/source.ts";

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

type Hangs = (response: ServerResponse, id: unknown) => unknown;

/** A server whose tool `b` does not answer. */
async function hanging(hangs: Hangs): Promise<RawHttp> {
  const http = await rawHttp(({ message }, response) => {
    const params = message["params"] as Json | undefined;
    if (message["method"] !== "tools/call" || params?.["name"] !== "b") return false;
    return (hangs(response, message["id"]), true);
  });
  opened.push(http.close);
  return http;
}

async function outcome(call: Promise<unknown>): Promise<unknown> {
  return await call.catch((error: Error) => error.message);
}

/** The ids of requests that the server was told to cancel, and of its calls of `b`. */
function cancelled({ seen }: RawHttp): { cancelled: unknown[]; asked: unknown[] } {
  const ids = (method: string, of: (message: Json) => unknown): unknown[] =>
    seen.flatMap(({ message }) => (message["method"] === method ? [of(message)] : []));
  const calls = seen.filter(
    ({ message }) => (message["params"] as Json | undefined)?.["name"] === "b",
  );
  return {
    cancelled: ids("notifications/cancelled", ({ params }) => (params as Json)["requestId"]),
    asked: calls.map(({ message }) => message["id"]),
  };
}

describe("a run that ends", () => {
  test("cancels its open calls, and no answered ones, in any number and order", async () => {
    const http = await hanging(() => {});
    const source = connect({ type: "http", url: http.url });
    await source.list();
    let before = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("a", "b"), { maxLength: 12 }), async (tools) => {
        const run = new AbortController();
        const calls = tools.map((tool) =>
          outcome(source.call(tool, {}, { signal: run.signal, caller: {} })),
        );
        const answered = tools.flatMap((tool, at) => (tool === "a" ? [calls[at]] : []));
        await Promise.all(answered);
        const open = tools.length - answered.length;
        await expect.poll(() => cancelled(http).asked).toHaveLength(before + open);
        run.abort();
        await Promise.all(calls);
        before += open;
        await expect.poll(() => cancelled(http).cancelled).toHaveLength(before);
        const told = cancelled(http);
        expect(new Set(told.cancelled)).toEqual(new Set(told.asked));
      }),
      { numRuns: 20 },
    );
    // What comes late would have come by now.
    await source.call("a", {}, { signal: new AbortController().signal, caller: {} });
    expect(cancelled(http).cancelled).toHaveLength(before);
  });

  test("over stdio", async () => {
    const path = fileURLToPath(new URL("../../fixtures/servers/basic.ts", import.meta.url));
    const source = connect({ command: process.execPath, args: [path] });
    const run = new AbortController();
    const context = { signal: run.signal, caller: {} };
    for (let at = 0; at < 3; at++) await source.call("echo", {}, context);
    const open = outcome(source.call("silent", {}, context));
    await source.call("echo", {}, context);
    run.abort();
    expect(await open).toBe("the run ended before the tool answered");
    const later = { signal: new AbortController().signal, caller: {} };
    await expect.poll(() => source.call("cancelled", {}, later)).toHaveLength(1);
  });

  test("with a client of the caller", async () => {
    const [near, far] = InMemoryTransport.createLinkedPair();
    const got: JSONRPCMessage[] = [];
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Transport is no EventTarget
    far.onmessage = (message) => {
      got.push(message);
      if (!("method" in message) || !("id" in message) || message.params?.["name"] === "b") return;
      void far.send({ jsonrpc: "2.0", id: message.id, result: resultOf(message.method) });
    };
    const client = new Client({ name: "test", version: "1" });
    await client.connect(near);
    const source = clientSource("mine", client as never);
    const run = new AbortController();
    const context = { signal: run.signal, caller: {} };
    await source.call("a", {}, context);
    const open = outcome(source.call("b", {}, context));
    run.abort();
    expect(await open).toBe("the run ended before the tool answered");
    const cancels = got.filter(
      (message) => "method" in message && message.method === "notifications/cancelled",
    );
    expect(cancels).toHaveLength(1);
    await client.close();
  });
});

const HANGS: Record<string, Hangs> = {
  "before the headers": () => {},
  "in a stream": (response) => stream(response, ": wait\n\n"),
  "in a stream that can be resumed": (response) => stream(response, "id: e1\ndata: \n\n"),
  "in the midst of JSON": (response) =>
    response.writeHead(200, { "content-type": "application/json" }).write('{"jsonrpc":'),
};

describe.each(Object.entries(HANGS))("a call that hangs %s", (_, hangs) => {
  test.each(["timeout", "abort"])("keeps no connection after its %s", async (how) => {
    const http = await hanging(hangs);
    const source = connect({
      type: "http",
      url: http.url,
      // Long enough for the call that is answered at the end, on a busy machine.
      ...(how === "timeout" ? { timeoutMs: 800 } : {}),
    });
    await source.list();
    for (let at = 0; at < 3; at++) {
      const signal = how === "abort" ? AbortSignal.timeout(100) : new AbortController().signal;
      expect(await outcome(source.call("b", {}, { signal, caller: {} }))).toBe(
        how === "abort"
          ? "the run ended before the tool answered"
          : "web.b did not answer within 800 ms",
      );
    }
    await expect.poll(() => http.open).toBe(0);
    await expect.poll(() => cancelled(http).cancelled).toHaveLength(3);
    expect(
      await outcome(source.call("a", {}, { signal: AbortSignal.timeout(9_000), caller: {} })),
    ).toBe("ok");
    expect(http.count("initialize")).toBe(1);
  });
});

test("a stream that the server leaves open after its answer is closed, with what follows it", async () => {
  const http = await hanging((response, id) => {
    stream(response, event({ jsonrpc: "2.0", id, result: resultOf("tools/call") }));
  });
  const source = connect({ type: "http", url: http.url });
  const context = { signal: new AbortController().signal, caller: {} };
  for (let at = 0; at < 3; at++) expect(await outcome(source.call("b", {}, context))).toBe("ok");
  await expect.poll(() => http.open, { timeout: 10_000 }).toBe(0);
  expect(cancelled(http).cancelled).toEqual([]);
});

test("over the older transport a POST that is never answered is closed after the answer in the stream", async () => {
  let answers: ServerResponse | undefined;
  const posts = new Set<ServerResponse>();
  const http = await rawHttp(({ verb, message }, response) => {
    if (verb === "GET") {
      answers = stream(response, event("/messages", "event: endpoint\n"));
      return true;
    }
    const { id, method } = message;
    if (method === "tools/call") posts.add(response.on("close", () => posts.delete(response)));
    else response.writeHead(202).end("Accepted");
    const result = resultOf(method as string);
    if (id !== undefined) answers?.write(event({ jsonrpc: "2.0", id, result }));
    return true;
  });
  opened.push(http.close);
  const source = connect({ type: "sse", url: http.url });
  const context = { signal: new AbortController().signal, caller: {} };
  for (let at = 0; at < 3; at++) expect(await outcome(source.call("a", {}, context))).toBe("ok");
  await expect.poll(() => posts.size, { timeout: 10_000 }).toBe(0);
  expect(await outcome(source.call("a", {}, context))).toBe("ok");
  expect(http.count("initialize")).toBe(1);
  expect(cancelled(http).cancelled).toEqual([]);
});

describe("a stream that is resumed", () => {
  const isResumed = ({ verb, headers }: RawHttp["seen"][number]): boolean =>
    verb === "GET" && headers["last-event-id"] !== undefined;

  test.each(["timeout", "abort"])("is not asked for after the %s of its call", async (how) => {
    let last = 0;
    const http = await rawHttp((seen, response) => {
      const isCall = seen.message["method"] === "tools/call";
      if (!isCall && !isResumed(seen)) return false;
      return (stream(response, `id: e${++last}\nretry: 100\ndata: \n\n`).end(), true);
    });
    opened.push(http.close);
    const source = connect({
      type: "http",
      url: http.url,
      ...(how === "timeout" ? { timeoutMs: 600 } : {}),
    });
    await source.list();
    const stop = new AbortController();
    const call = outcome(source.call("b", {}, { signal: stop.signal, caller: {} }));
    const gets = (): number => http.seen.filter(isResumed).length;
    await expect.poll(gets).toBeGreaterThan(1);
    if (how === "abort") stop.abort();
    await call;
    // One may be on its way.
    const most = gets() + 1;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(gets()).toBeLessThanOrEqual(most);
  });

  test("goes on until its answer, also where a stream between has no id; after an error it ends too", async () => {
    for (const [answer, expected] of [
      [{ result: resultOf("tools/call") }, "ok"],
      [{ error: { code: 1, message: "no" } }, "no"],
    ] as const) {
      let id: unknown;
      let streams = 0;
      const http = await rawHttp((seen, response) => {
        const isCall = seen.message["method"] === "tools/call";
        if (!isCall && !isResumed(seen)) return false;
        id ??= seen.message["id"];
        streams++;
        if (streams === 1) return (stream(response, "id: e1\nretry: 100\ndata: \n\n").end(), true);
        if (streams === 2) return (stream(response, ": nothing yet\n\n").end(), true);
        return (stream(response, event({ jsonrpc: "2.0", id, ...answer }, "id: e2\n")).end(), true);
      });
      opened.push(http.close);
      const source = connect({ type: "http", url: http.url });
      const context = { signal: new AbortController().signal, caller: {} };
      expect(await outcome(source.call("b", {}, context))).toBe(expected);
      expect(http.seen.filter(isResumed).map(({ headers }) => headers["last-event-id"])).toEqual([
        "e1",
        "e1",
      ]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(streams).toBe(3);
    }
  });
});

describe("limits of the HTTP client", () => {
  test.each(["headers", "body"])("do not end a call that waits for its %s", async (part) => {
    const before = getGlobalDispatcher();
    // Those of undici are 300 s.
    setGlobalDispatcher(new Agent({ headersTimeout: 200, bodyTimeout: 200 }));
    opened.push(async () => setGlobalDispatcher(before));
    const waits: Hangs = (response, id) => {
      if (part === "body") stream(response, ": wait\n\n");
      const right = { jsonrpc: "2.0", id, result: resultOf("tools/call") };
      setTimeout(
        () => (part === "body" ? response.end(event(right)) : json(response, 200, right)),
        2_500,
      );
    };
    const http = await hanging(waits);
    const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "b" } };
    const others = undiciFetch(http.url, { method: "POST", body: JSON.stringify(message) });
    const limited = expect(others.then((response) => response.text())).rejects.toThrow();
    const source = connect({ type: "http", url: http.url });
    const context = { signal: new AbortController().signal, caller: {} };
    expect(await outcome(source.call("b", {}, context))).toBe("ok");
    await limited;
  });
});
