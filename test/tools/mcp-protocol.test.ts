/** The protocol beside tools: resources, prompts, changes, logs, and what servers ask of their host. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath, pathToFileURL } from "node:url";
import { getRequestListener } from "@hono/node-server";
import {
  Client as NewClient,
  StreamableHTTPClientTransport as NewTransport,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { createMcpHandler, McpServer as NewServer } from "@modelcontextprotocol/server";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ExecutionResult, Runtime, RuntimeOptions } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const server = fileURLToPath(new URL("../../fixtures/servers/protocol.ts", import.meta.url));
const entry = { command: process.execPath, args: [server] };

async function start(options: RuntimeOptions = {}, more: object = {}): Promise<Runtime> {
  const runtime = await createRuntime({
    placement: "inline",
    engine: "quickjs",
    mcpServers: { notes: { ...entry, ...more } },
    ...options,
  });
  open.push(() => runtime.close());
  return runtime;
}

function valueOf(result: ExecutionResult): unknown {
  if (!result.ok) expect.fail(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const run = async (runtime: Runtime, code: string): Promise<unknown> =>
  valueOf(await runtime.run(code));

describe("resources and prompts", () => {
  test("programs list and read them; reading counts as a call", async () => {
    const runtime = await start();
    const result = await runtime.run(`return {
      listed: await resources.list(),
      one: await resources.list("notes"),
      templates: (await resources.templates("notes")).map((t) => t.uriTemplate),
      read: await resources.read("notes", "notes://readme"),
      filled: (await resources.read("notes", "notes://note/7"))[0].text,
      prompts: (await prompts.list("notes")).map((p) => [p.server, p.name, p.arguments[0].name]),
      prompt: (await prompts.get("notes", "review", { topic: "tea" })).messages[0].content.text,
    }`);
    const readme = {
      server: "notes",
      uri: "notes://readme",
      name: "readme",
      title: "Read me",
      mimeType: "text/plain",
      description: "The first note",
    };
    expect(valueOf(result)).toEqual({
      listed: [readme],
      one: [readme],
      templates: ["notes://note/{id}"],
      read: [{ uri: "notes://readme", mimeType: "text/plain", text: "hello" }],
      filled: "note 7",
      prompts: [["notes", "review", "topic"]],
      prompt: "Review tea",
    });
    expect(result.calls.map(({ tool, ok }) => [tool, ok])).toEqual([
      ["notes.resources/read", true],
      ["notes.resources/read", true],
      ["notes.prompts/get", true],
    ]);
    expect(result.usage.toolCalls).toBe(3);
  });

  test("what is not there, or asked wrongly, is a ToolError", async () => {
    const runtime = await start({ tools: { local: { f: () => 1 } } });
    const asked = [
      'resources.read("notes", "notes://nope")',
      'resources.read("notes")',
      'resources.read("nots", "notes://readme")',
      'resources.list("local")',
      'prompts.get("notes", "review", [1])',
      'prompts.get("notes", "review", {})',
    ];
    const code = asked
      .map((call) => `await ${call}.catch((e) => [e.name, e.code, e.message])`)
      .join(", ");
    expect(await run(runtime, `return [${code}]`)).toEqual([
      ["ToolError", "tool_error", expect.stringContaining("notes://nope")],
      ["ToolError", "invalid_arguments", "resources.read: uri must be a string"],
      ["ToolError", "unknown_tool", expect.stringContaining("did you mean notes?")],
      ["ToolError", "tool_error", expect.stringContaining("it is no MCP server")],
      ["ToolError", "invalid_arguments", expect.stringContaining("must be an object of strings")],
      ["ToolError", "tool_error", expect.stringContaining("topic")],
    ]);
  });

  test("the call limit holds for them too", async () => {
    const runtime = await start();
    const code = 'for (let i = 0; i < 5; i++) await resources.read("notes", "notes://readme")';
    const result = await runtime.run(code, { limits: { toolCalls: 3 } });
    expect(result).toMatchObject({ ok: false, error: { code: "call_limit" } });
  });
});

test("a server that grows is followed: tools, resources, prompts, without a restart", async () => {
  const runtime = await start();
  const changed: string[] = [];
  runtime.on("list_changed", ({ server: name, list }) => changed.push(`${name} ${list}`));
  const look = `
      return [
        (await resources.list()).length,
        (await prompts.list()).length,
        Object.keys(tools.notes).includes('grown'),
      ]
    `;
  expect(await run(runtime, look)).toEqual([1, 1, false]);
  await run(runtime, "return await tools.notes.grow()");
  await expect.poll(() => run(runtime, look)).toEqual([2, 2, true]);
  expect(new Set(changed)).toEqual(new Set(["notes tools", "notes resources", "notes prompts"]));
  expect(await run(runtime, "return await tools.notes.grown()")).toBe("grown");
  expect((await runtime.searchTools("grown"))[0]?.name).toBe("grown");
});

test("what a server logs is an event", async () => {
  const runtime = await start();
  const logs: unknown[] = [];
  const stop = runtime.on("server_log", (event) => logs.push(event));
  await run(runtime, "return await tools.notes.log()");
  stop();
  await run(runtime, "return await tools.notes.log()");
  expect(logs).toEqual([{ server: "notes", level: "warning", logger: "disk", data: { free: 3 } }]);
});

test("what a server says of itself is its category's description", async () => {
  const runtime = await start();
  expect(await runtime.listToolCategories()).toEqual([
    { name: "notes", tools: 10, description: "Notes of a library." },
  ]);
});

describe("questions of a server", () => {
  test("by default all are refused, and the refusal says what to set", async () => {
    const runtime = await start();
    const errors = await run(
      runtime,
      `return [await tools.notes.askModel().catch((e) => e.message), await tools.notes.askPerson().catch((e) => e.message),
        await tools.notes.bare_sampling_createMessage(), await tools.notes.bare_elicitation_create(),
        await tools.notes.bare_roots_list(), await tools.notes.bare_strange_thing()]`,
    );
    expect(errors).toEqual([
      expect.stringMatching(/^(?:MCP error -32601: )?codecell refuses sampling/),
      expect.stringMatching(/does not support .*elicitation/),
      "MCP error -32601: codecell refuses sampling/createMessage: its host has not set onSampling",
      expect.stringContaining(
        "codecell refuses elicitation/create: its host has not set onElicitation",
      ),
      expect.stringContaining("codecell refuses roots/list: its host has not set roots"),
      expect.stringContaining("codecell does not answer strange/thing"),
    ]);
  });

  test("handlers of the host answer them and learn who asks", async () => {
    const asked: unknown[] = [];
    const runtime = await start({
      onSampling: (request, { server: name, signal }) => {
        asked.push([
          name,
          signal instanceof AbortSignal,
          (request["messages"] as unknown[]).length,
        ]);
        return { role: "assistant", model: "m", content: { type: "text", text: "4" } };
      },
      onElicitation: async (request, { server: name }) => {
        asked.push([name, request["message"]]);
        return { action: "accept", content: { name: "Ada" } };
      },
    });
    expect(
      await run(runtime, "return [await tools.notes.askModel(), await tools.notes.askPerson()]"),
    ).toMatchObject([
      { content: { text: "4" }, model: "m" },
      { action: "accept", content: { name: "Ada" } },
    ]);
    expect(asked).toEqual([
      ["notes", true, 1],
      ["notes", "Your name?"],
    ]);
  });

  test("a handler that throws is told to the server, not more", async () => {
    const runtime = await start({
      onSampling: () => {
        throw new Error("no model today");
      },
    });
    expect(
      await run(runtime, "return await tools.notes.askModel().catch((e) => e.message)"),
    ).toMatch(/no model today$/);
  });

  test("roots come from the config", async () => {
    const runtime = await start({}, { roots: ["/srv/notes", "file:///tmp/x"] });
    expect(await run(runtime, "return await tools.notes.roots()")).toEqual({
      roots: [{ uri: pathToFileURL("/srv/notes").href, name: "notes" }, { uri: "file:///tmp/x" }],
    });
    await expect(start({}, { roots: ["notes"] })).rejects.toThrow(
      "mcpServers.notes.roots[0] must be an absolute path or a file: address",
    );
  });

  test("what is no function is no handler", async () => {
    await expect(start({ onSampling: "yes" as never })).rejects.toThrow(
      "onSampling must be a function",
    );
  });
});

test("pictures, sounds and links are typed parts, with all that the server said of them", async () => {
  const runtime = await start();
  expect(await run(runtime, "return await tools.notes.media()")).toEqual([
    { type: "text", text: "with pictures" },
    {
      type: "image",
      data: "iVBORw0KGgo=",
      mimeType: "image/png",
      annotations: { audience: ["user"] },
    },
    { type: "audio", data: "UklGRg==", mimeType: "audio/wav" },
    { type: "resource_link", uri: "notes://readme", name: "readme", _meta: { z: 1 } },
    { type: "resource", resource: { uri: "notes://readme", text: "hello" } },
  ]);
  expect(await runtime.getToolSpec("notes", "media")).toMatchObject({
    annotations: { readOnlyHint: true },
  });
});

/** A server of the newest protocol only. */
async function newServer(): Promise<string> {
  const handler = createMcpHandler(
    () => {
      const mcp = new NewServer({ name: "new", version: "1" });
      mcp.registerTool("double", { inputSchema: z.object({ n: z.number() }) }, async ({ n }) => ({
        content: [{ type: "text", text: String(2 * n) }],
      }));
      return mcp;
    },
    { legacy: "reject" },
  );
  const http: Server = createServer(getRequestListener(handler.fetch as never));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  open.push(
    () => new Promise((resolve) => http.close(resolve)),
    () => http.closeAllConnections(),
  );
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
}

describe("a client of one's own in the place of a config entry", () => {
  test("is the way to a server that speaks only the newer protocol, and the refusal says so", async () => {
    const url = await newServer();
    const without = await start({ mcpServers: { calc: { type: "http", url } } });
    expect(without.describe().servers[0]!.failure).toMatch(
      /only speaks newer versions of the protocol \(2026-07-28\).*give a connected Client of @modelcontextprotocol\/client/,
    );
    const client = new NewClient(
      { name: "t", version: "1" },
      { versionNegotiation: { mode: "auto" } },
    );
    await client.connect(new NewTransport(new URL(url)));
    open.push(() => client.close());
    const runtime = await start({ mcpServers: { calc: client } });
    expect(await run(runtime, "return await tools.calc.double({ n: 21 })")).toBe("42");
    expect(
      await run(runtime, "return await tools.calc.double({ n: 'x' }).catch((e) => e.code)"),
    ).toBe("invalid_arguments");
  });

  test("of the older SDK works too, is followed when it grows, and stays open", async () => {
    const mcp = new McpServer({ name: "own", version: "1" }, { instructions: "Mine." });
    mcp.registerTool("hello", {}, async () => ({ content: [{ type: "text", text: "hi" }] }));
    const [near, far] = InMemoryTransport.createLinkedPair();
    const client = new Client({ name: "t", version: "1" });
    await Promise.all([mcp.connect(far), client.connect(near)]);
    open.push(() => client.close());
    const runtime = await start({ mcpServers: { own: client } });
    expect(await run(runtime, "return await tools.own.hello()")).toBe("hi");
    mcp.registerTool("more", {}, async () => ({ content: [{ type: "text", text: "more" }] }));
    await expect
      .poll(() => run(runtime, "return Object.keys(tools.own)"))
      .toEqual(["hello", "more"]);
    expect(await runtime.listToolCategories()).toEqual([
      { name: "own", tools: 2, description: "Mine." },
    ]);
    await runtime.close();
    expect((await client.listTools()).tools).toHaveLength(2);
  });
});
