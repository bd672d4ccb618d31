/** One reader for odd messages: what a server says counts the same over every transport. */
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { type JSONRPCMessage, ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import * as fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { oddAnswer } from "../../fixtures/servers/odd.ts";
import { ODD_MESSAGES, type OddMessage } from "../../fixtures/servers/odd-messages.ts";
import { event, json, rawHttp, stream } from "../../fixtures/servers/raw-http.ts";
import type { Json } from "../../fixtures/servers/raw.ts";
import { ToolError } from "../../src/core/tool-error.ts";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { redactor } from "../../src/tools/redact.ts";
import { unwrap } from "../../src/tools/mcp/content.ts";
import { errorData } from "../../src/tools/mcp/error-data.ts";
import { Exchanges } from "../../src/tools/mcp/exchange.ts";
import { parseMessage } from "../../src/tools/mcp/exact-message.ts";
import { Intake } from "../../src/tools/mcp/intake.ts";
import { MeteredTransport } from "../../src/tools/mcp/metered-transport.ts";
import { clientSource, configuredSource } from "../../src/tools/mcp/open.ts";
import { ReadingTransport } from "../../src/tools/mcp/reading-transport.ts";
import { createRuntime } from "../support/patient.ts";

const context = { signal: new AbortController().signal, caller: {} };
const opened: (() => Promise<unknown>)[] = [];
const closeAll = async (): Promise<void> => {
  for (const close of opened.splice(0).toReversed()) await close();
};

type Call = (tool: string, args?: Json) => Promise<unknown>;

function configured(entry: object): Call {
  const config = checkServers({ odd: entry }, "mcpServers", {})["odd"]!;
  const source = configuredSource("odd", config);
  opened.push(() => source[Symbol.asyncDispose]());
  return async (tool, args = {}) => {
    await source.list();
    return await source.call(tool, args, context);
  };
}

async function overHttp(odd: string | undefined, isStream: boolean): Promise<Call> {
  const http = await rawHttp(({ verb, message }, response) => {
    if (verb !== "POST" || message["id"] === undefined) return false;
    const answer = oddAnswer(message, odd);
    if (!isStream) return json(response, 200, answer);
    return (stream(response, event(answer)).end(), true);
  });
  opened.push(http.close);
  return configured({ type: "http", url: http.url });
}

/** The older transport: one stream for all answers. */
async function overSse(odd: string | undefined): Promise<Call> {
  let answers: ReturnType<typeof stream> | undefined;
  const http = await rawHttp(({ verb, message }, response) => {
    if (verb === "GET")
      return ((answers = stream(response, event("/messages", "event: endpoint\n"))), true);
    response.writeHead(202).end("Accepted");
    if (message["id"] !== undefined) answers?.write(event(oddAnswer(message, odd)));
    return true;
  });
  opened.push(http.close);
  return configured({ type: "sse", url: http.url });
}

async function inMemory(odd: string | undefined): Promise<Call> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a Transport is no EventTarget
  far.onmessage = (message) => {
    // Read from JSON as over the others: without it a large whole number would be a double already.
    const sent = (): unknown => parseMessage(JSON.stringify(oddAnswer(message as Json, odd)));
    if ("id" in message) void far.send(sent() as JSONRPCMessage);
  };
  const intake = new Intake(1_000_000, () => {});
  const parts = { server: "odd", intake, exchanges: new Exchanges() };
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new MeteredTransport(new ReadingTransport(near, parts), intake));
  opened.push(() => client.close());
  return async (name, args = {}) => {
    const params = { name, arguments: args };
    try {
      return unwrap(await client.request({ method: "tools/call", params }, ResultSchema), name);
    } catch (error) {
      if (error instanceof ToolError) throw error;
      const { message, data } = error as Error & { data?: unknown };
      throw new ToolError("tool_error", message.replace(/^(?:MCP error -?\d+: )+/, ""), {
        ...errorData(data, (text) => text),
      });
    }
  };
}

const TRANSPORTS: Record<string, (odd?: string) => Promise<Call>> = {
  stdio: async (odd = "") =>
    configured({
      command: process.execPath,
      args: [fileURLToPath(new URL("../../fixtures/servers/odd.ts", import.meta.url))],
      env: { ODD: odd },
    }),
  json: (odd) => overHttp(odd, false),
  stream: (odd) => overHttp(odd, true),
  sse: overSse,
  memory: inMemory,
};

/** What a call gives, or the message and the data of its error. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { error: error.message, data: error.data };
  }
}

function expected({ error, data, ...odd }: OddMessage): unknown {
  if (error !== undefined) return { error, data };
  return { value: "value" in odd ? odd.value : "fine" };
}

afterEach(closeAll);

describe.each(Object.entries(TRANSPORTS))("over %s", (_, connect) => {
  test("odd answers to calls", async () => {
    const call = await connect();
    for (const [name, odd] of Object.entries(ODD_MESSAGES)) {
      if (odd.on !== "tools/call") continue;
      expect([name, await outcome(call(name))]).toEqual([name, expected(odd)]);
    }
  });

  test("odd answers to initialize, and odd lists", async () => {
    const others = Object.entries(ODD_MESSAGES).filter(([, { on }]) => on !== "tools/call");
    const outcomes = others.map(async ([name]) => [
      name,
      await outcome((await connect(name))("a")),
    ]);
    expect(await Promise.all(outcomes)).toEqual(others.map(([name, odd]) => [name, expected(odd)]));
  });
});

describe("whatever is sent", () => {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(null, false, true, 0, 1, "", "x", [], {}, [null], { a: null }),
    fc.json().map((text) => JSON.parse(text) as unknown),
  );
  const part = (key: string): fc.Arbitrary<Json> =>
    fc.oneof(
      fc.constant({}),
      odd.map((value) => ({ [key]: value })),
    );
  const error = fc.oneof(
    part("error"),
    fc
      .tuple(part("code"), part("message"), part("data"))
      .map((parts) => ({ error: Object.assign({}, ...parts) as Json })),
  );
  const result = fc.oneof(
    part("result"),
    fc
      .tuple(part("content"), part("_meta"), part("isError"))
      .map((parts) => ({ result: Object.assign({}, ...parts) as Json })),
  );
  const answers = fc
    .tuple(part("jsonrpc"), part("time"), result, error)
    .map((parts) => Object.assign({}, ...parts) as Json)
    .filter((answer) => "result" in answer || "error" in answer);

  afterAll(closeAll);

  test("it is the same over every transport, and its error is short", async () => {
    const calls = await Promise.all(Object.values(TRANSPORTS).map((connect) => connect()));
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const [first, ...others] = await Promise.all(
          calls.map((call) => outcome(call("say", { answer }))),
        );
        for (const other of others) expect(other).toEqual(first);
        const text = JSON.stringify(first, (_key, value: unknown) =>
          typeof value === "bigint" ? value.toString() : value,
        );
        expect(text).not.toMatch(/invalid_union|unrecognized_keys|ZodError/);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(["v8", "quickjs"] as const)("a program on %s", (engine) => {
  test("catches the data of a server's error, and no dump of a schema", async () => {
    const http = await rawHttp(({ verb, message }, response) =>
      verb === "POST" && message["id"] !== undefined
        ? json(response, 200, oddAnswer(message, undefined))
        : false,
    );
    opened.push(http.close);
    const runtime = await createRuntime({
      engine,
      placement: "inline",
      mcpServers: { odd: { type: "http", url: http.url } },
    });
    opened.push(() => runtime.close());
    const result = await runtime.run(`
      const caught = [];
      for (const tool of ["error_with_data", "error_like_a_timeout", "result_null"])
        await tools.odd[tool]().catch((e) => caught.push([e.name, e.message, e.data]));
      return caught;
    `);
    expect(result).toMatchObject({
      ok: true,
      value: [
        ["ToolError", "no access", { field: "a", at: [1] }],
        ["ToolError", "the database timed out", 3],
        ["ToolError", 'server "odd" answered tools/call with null, not an object', null],
      ],
    });
  });
});

test("data of an error is capped, and holds no secrets", () => {
  const redact = (text: string): string => text.replaceAll("s3cr3t", "[redacted]");
  expect(errorData({ a: ["s3cr3t", 1], s3cr3t: 2n ** 70n }, redact)).toEqual({
    data: { a: ["[redacted]", 1], "[redacted]": 2n ** 70n },
  });
  // As several numbers, and folded in a text.
  const folds = redactor(["s3cr3t-t0ken"]);
  const codes = [...Buffer.from("s3cr3t-t0ken")];
  expect(JSON.stringify(errorData({ a: codes }, folds))).not.toContain(codes.join(","));
  expect(errorData(["s3cr3t-\nt0ken", "%", "s3cr3t-t0ken"], folds)).toEqual({
    data: ["[redacted]", "%", "[redacted]"],
  });
  const none = { hint: expect.stringMatching(/^It has no data, because /) };
  expect(errorData("x".repeat(70_000), redact)).toEqual(none);
  expect(errorData(JSON.parse("[".repeat(500) + "]".repeat(500)), redact)).toEqual(none);
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  expect(errorData(cyclic, redact)).toEqual(none);
});

test("of a failure with much data no more is looked at than the caps say", () => {
  let searched = 0;
  const redact = (text: string): string => ((searched += text.length), text);
  const text = "x".repeat(100);
  const datas = [{ id: 2n ** 70n, a: "%41%20".repeat(1_000_000) }, Array(100_000).fill(text)];
  for (const structuredContent of datas) {
    for (const content of [[{ type: "text", text: "no" }], []]) {
      const failed = (): unknown =>
        unwrap({ isError: true, content, structuredContent }, "a", redact);
      expect(failed).toThrow(content.length === 0 ? /with more data than/ : /^no$/);
    }
  }
  expect(searched).toBeLessThan(4 * 2 * 64 * 1024);
});

test("pages that are counted are all read, and the number goes back as it came", async () => {
  const asked: unknown[] = [];
  const http = await rawHttp(({ message }, response) => {
    if (message["method"] !== "tools/list") return false;
    const cursor = (message["params"] as Json)["cursor"];
    asked.push(cursor);
    const page = typeof cursor === "number" ? cursor : 0;
    const result = { tools: [{ name: `t${page}` }], nextCursor: page === 2 ? 0 : page + 1 };
    return json(response, 200, { jsonrpc: "2.0", id: message["id"], result });
  });
  opened.push(http.close);
  const config = checkServers({ odd: { url: http.url } }, "mcpServers", {})["odd"]!;
  const source = configuredSource("odd", config);
  opened.push(() => source[Symbol.asyncDispose]());
  expect((await source.list()).map(({ name }) => name)).toEqual(["t0", "t1", "t2"]);
  expect(asked).toEqual([undefined, 1, 2]);
});

test("a client of the caller: its server's code of a time-out is no time-out of ours", async () => {
  const request = async (): Promise<unknown> => {
    throw Object.assign(new Error("the database timed out"), { code: -32_001, data: { a: 1 } });
  };
  expect(await outcome(clientSource("mine", { request }).call("a", {}, context))).toEqual({
    error: "the database timed out",
    data: { a: 1 },
  });
});

test("what refuses a notification is no answer to the request after it", async () => {
  const path = fileURLToPath(new URL("../../fixtures/servers/refuses-notes.ts", import.meta.url));
  for (const code of ["-32601", "-32600"]) {
    const call = configured({ command: process.execPath, args: [path, code] });
    // At the second call nothing is in doubt any more: what cannot be read is the call.
    expect(await outcome(call("a"))).toEqual({ value: "fine" });
    expect(await outcome(call("unread"))).toEqual({ error: "not read", data: undefined });
  }
});

test.each(["json", "stream", "list"])("a byte order mark before %s", async (kind) => {
  const description = "x".repeat(300_000);
  const http = await rawHttp(({ verb, message }, response) => {
    if (verb !== "POST" || message["id"] === undefined) return false;
    if (kind === "list" && message["method"] === "tools/list") {
      const result = { tools: [{ name: "a", description }] };
      return json(response, 200, `\ufeff${JSON.stringify({ id: message["id"], result })}`);
    }
    const answer = JSON.stringify(oddAnswer(message, undefined));
    if (kind === "stream") return (stream(response, `\ufeff${event(answer)}`).end(), true);
    return json(response, 200, `\ufeff${answer}`);
  });
  opened.push(http.close);
  expect(await outcome(configured({ url: http.url })("a"))).toEqual({ value: "fine" });
});

test("a refusal in a stream says what the server says", async () => {
  const http = await rawHttp(({ message }, response) => {
    if (message["method"] !== "tools/call") return false;
    response.writeHead(403, { "content-type": "text/event-stream" }).end(event("no access"));
    return true;
  });
  opened.push(http.close);
  expect(await outcome(configured({ url: http.url })("a"))).toMatchObject({
    error: expect.stringMatching(/^HTTP 403.*data: no access/),
  });
});

test.each(["", "event\n", "event: endpoint\n", "event: endpoint\nevent\n"])(
  "an event is a message, whatever names it: %j",
  async (more) => {
    const http = await rawHttp(({ verb, message }, response) => {
      if (verb !== "POST" || message["id"] === undefined) return false;
      const answer = { ...(oddAnswer(message, undefined) as Json), jsonrpc: "1.0" };
      return (stream(response, event(answer, more)).end(), true);
    });
    opened.push(http.close);
    expect(await outcome(configured({ type: "http", url: http.url })("a"))).toEqual({
      value: "fine",
    });
  },
);

test("over the older transport an event that is named and then not is read as all others", async () => {
  let answers: ReturnType<typeof stream> | undefined;
  const http = await rawHttp(({ verb, message }, response) => {
    if (verb === "GET")
      return ((answers = stream(response, event("/messages", "event: endpoint\n"))), true);
    response.writeHead(202).end("Accepted");
    const { id } = message;
    const forged = { jsonrpc: "2.0", id, result: { token: 1 } };
    if (id === undefined) return true;
    if (message["method"] === "tools/call")
      answers?.write(event({ id, result: forged.result }, "event: endpoint\nevent\n"));
    else answers?.write(event(oddAnswer(message, undefined)));
    return true;
  });
  opened.push(http.close);
  const call = configured({ type: "sse", url: http.url });
  expect(await outcome(call("a"))).toEqual({ value: undefined });
});

test("a body in chunks of a byte is read in one piece", async () => {
  const text = Array.from({ length: 3_000 }, (_, at) => `${at}`).join(" ");
  const http = await rawHttp(({ message }, response) => {
    const { id, method } = message;
    if (method !== "tools/call") return false;
    const answer = { jsonrpc: "2.0", id, result: { content: [{ type: "text", text }] } };
    response.writeHead(200, { "content-type": "application/json" });
    for (const byte of Buffer.from(JSON.stringify(answer))) response.write(Buffer.of(byte));
    response.end();
    return true;
  });
  opened.push(http.close);
  expect(await outcome(configured({ url: http.url })("a"))).toEqual({ value: text });
});
