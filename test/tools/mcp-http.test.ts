import { afterEach, describe, expect, test } from "vitest";
import { fixed, type HttpFixture, sseOnly, streamable } from "../../fixtures/servers/http.ts";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";
import type { McpSource } from "../../src/tools/mcp/source.ts";
import { until } from "../support/processes.ts";

const context = { signal: new AbortController().signal, caller: {} };
const open: AsyncDisposable[] = [];
const fixtures: HttpFixture[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
  await Promise.all(fixtures.splice(0).map((each) => each.close()));
});

async function serve(starting: Promise<HttpFixture>): Promise<HttpFixture> {
  const fixture = await starting;
  fixtures.push(fixture);
  return fixture;
}

function connect(
  { url }: { url: string },
  more: object = {},
  maxMessageBytes = 1_000_000,
): McpSource {
  const config = checkServers({ web: { url, ...more } }, "mcpServers", {})["web"]!;
  const source = configuredSource("web", config, { maxMessageBytes });
  open.push(source);
  return source;
}

async function message(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => expect.fail("it did not fail"),
    (error: Error) => error.message,
  );
}

describe.each([{ json: false }, { json: true }])("streamable HTTP, $json", (options) => {
  test("lists, calls, sends the headers", async () => {
    const fixture = await serve(streamable(options));
    const source = connect(fixture, { type: "http", headers: { "x-key": "abc" } });
    expect((await source.list()).map(({ name }) => name)).toEqual(["echo", "big", "drop", "hang"]);
    expect(await source.call("echo", { a: 1 }, context)).toEqual({ a: 1 });
    expect(fixture.seen.every((headers) => headers["x-key"] === "abc")).toBe(true);
  });

  test("a list of thousands of tools is read in pieces", async () => {
    const source = connect(await serve(streamable({ ...options, more: 8_000 })), {}, 16_000_000);
    const tools = await source.list();
    expect(tools).toHaveLength(8_004);
    expect(tools.at(-1)).toMatchObject({
      name: "tool_7999",
      description: expect.stringMatching(/^tool_7999 "does" \{something\}/),
    });
  });

  test("a result over the cap fails its call only", async () => {
    const source = connect(await serve(streamable(options)));
    expect(await message(source.call("big", { bytes: 5_000_000 }, context))).toContain(
      "the result is larger than 1000000 bytes",
    );
    expect(await source.call("big", { bytes: 900_000 }, context)).toHaveLength(900_000);
  });

  test("a forgotten session is made anew", async () => {
    const fixture = await serve(streamable(options));
    const source = connect(fixture);
    await source.call("echo", {}, context);
    fixture.forget();
    expect(
      await Promise.all([
        source.call("echo", { a: 1 }, context),
        source.call("echo", { a: 2 }, context),
      ]),
    ).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

test("a connection that breaks during the call fails it, and the next call works", async () => {
  const source = connect(await serve(streamable()));
  expect(await message(source.call("drop", {}, context))).toBe(
    "the connection ended before the answer",
  );
  expect(await source.call("echo", { a: 1 }, context)).toEqual({ a: 1 });
});

test("SSE-only servers, by type and by falling back; not when the type says http", async () => {
  const fixture = await serve(sseOnly());
  expect(await connect(fixture, { type: "sse" }).call("echo", { a: 1 }, context)).toEqual({ a: 1 });
  const source = connect(fixture);
  expect(await source.call("echo", { a: 2 }, context)).toEqual({ a: 2 });
  expect(await message(source.call("big", { bytes: 5_000_000 }, context))).toContain(
    "the result is larger than 1000000 bytes",
  );
  expect(await source.call("echo", { a: 3 }, context)).toEqual({ a: 3 });
  expect(await message(connect(fixture, { type: "http" }).list())).toBe(
    'server "web" did not start: HTTP 405: Method Not Allowed (mcpServers.web)',
  );
});

test("an SSE server that goes away ends the call in flight", async () => {
  const fixture = await serve(sseOnly());
  const source = connect(fixture, { type: "sse" });
  await source.list();
  const before = fixture.seen.length;
  const call = message(source.call("hang", {}, context));
  expect(await until(() => fixture.seen.length > before)).toBe(true);
  void fixture.close();
  expect(await call).toBe('server "web" stopped during the call');
  expect(await message(source.call("echo", {}, context))).toContain('server "web" did not start: ');
});

test("servers that refuse or are not there", async () => {
  const forbidden = connect(await serve(fixed(401, "bad key s3cr3tvalue")), {
    headers: { Authorization: "Bearer s3cr3tvalue" },
  });
  expect(await message(forbidden.list())).toBe(
    'server "web" did not start: HTTP 401 (check its credentials, or codecell login web): bad key [redacted] (mcpServers.web)',
  );
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 0,
    error: { code: -32022, message: "Unsupported protocol version" },
  });
  expect(await message(connect(await serve(fixed(400, body))).list())).toContain(
    "only speaks newer versions of the protocol",
  );
  expect(await message(connect({ url: "http://127.0.0.1:9/mcp" }).list())).toMatch(
    /did not start: .*(ECONNREFUSED|bad port)/,
  );
  const gone = await streamable();
  await gone.close();
  expect(await message(connect(gone).list())).toContain("ECONNREFUSED");
});
