/** codecell as an MCP server, as its clients meet it: the built program over stdio and HTTP. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterEach, describe, expect, test } from "vitest";
import type { ExecutionResult } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const CLI = here("../../dist/cli/main.js");
const INSPECTOR = here(
  "../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);
const EVERYTHING = here("../../node_modules/@modelcontextprotocol/server-everything/dist/index.js");
const node = (file: string): object => ({ command: process.execPath, args: [file] });

const folder = temporaryFolder();
const CONFIG = join(folder, ".mcp.json");
/** A busy machine may take longer to compile a program than the default allows. */
const SETTINGS = { placement: "process", limits: { compileMs: 10_000 }, startMs: 120_000 };
const MCP_SERVERS = {
  everything: node(EVERYTHING),
  basic: node(here("../../fixtures/servers/basic.ts")),
};
writeFileSync(CONFIG, JSON.stringify({ mcpServers: MCP_SERVERS, codecell: SETTINGS }));
const EMPTY = join(folder, "empty.json");
writeFileSync(EMPTY, JSON.stringify({ mcpServers: {}, codecell: SETTINGS }));

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const ENV = { PATH: process.env["PATH"] ?? "", HOME: folder };

async function connect(transport: Transport): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  open.push(() => client.close());
  return client;
}

async function stdio(config = CONFIG): Promise<Client> {
  const args = [CLI, "mcp", "--config", config, "--placement", "process"];
  const transport = new StdioClientTransport({
    command: process.execPath,
    args,
    env: ENV,
    stderr: "pipe",
  });
  return await connect(transport);
}

interface Listening {
  readonly url: string;
  readonly child: ChildProcess;
}

async function http(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Listening> {
  const child = spawn(
    process.execPath,
    [CLI, "mcp", "--http", "0", "--config", CONFIG, "--placement", "process", ...args],
    { env: { ...ENV, ...env }, stdio: ["ignore", "ignore", "pipe"] },
  );
  open.push(async () => {
    child.kill();
    if (child.exitCode === null) await once(child, "exit");
  });
  for await (const line of createInterface(child.stderr)) {
    const url = /http:\S+/.exec(line)?.[0];
    if (url !== undefined) return { url, child };
  }
  return expect.fail("it did not listen");
}

const overHttp = (url: string, headers = {}): Promise<Client> =>
  connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }) as Transport,
  );

interface Called {
  readonly content: readonly {
    readonly type: string;
    readonly text?: string;
    readonly data?: string;
  }[];
  readonly structuredContent?: ExecutionResult;
  readonly isError?: boolean;
}

async function call(client: Client, name: string, args: object): Promise<Called> {
  return (await client.callTool({
    name,
    arguments: args as Record<string, unknown>,
  })) as unknown as Called;
}

const run = (client: Client, code: string): Promise<Called> =>
  call(client, "execute_code", { code });

describe("tools", () => {
  test("descriptions stand alone, fit every host, and are the same whatever servers are connected", async () => {
    const [full, empty] = [await stdio(), await stdio(EMPTY)];
    const { tools } = await full.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "search_tools",
      "get_tool_details",
      "execute_code",
    ]);
    expect((await empty.listTools()).tools).toEqual(tools);
    expect(empty.getInstructions()).toBe(full.getInstructions());
    for (const text of [...tools.map(({ description }) => description!), full.getInstructions()!]) {
      expect(text.length).toBeGreaterThan(80);
      expect(text.length).toBeLessThanOrEqual(2_048);
    }
    expect(tools.map(({ annotations }) => annotations?.readOnlyHint)).toEqual([true, true, false]);
    expect(tools[2]!.outputSchema?.required).toContain("ok");
  });

  test("from a search over the details to a program", async () => {
    const client = await stdio();
    const categories = await call(client, "search_tools", {});
    expect(categories.content[0]!.text).toMatch(
      /^everything \(\d+ tools\).*\nbasic \(15 tools\)$/s,
    );
    const found = await call(client, "search_tools", { query: "sum of numbers", limit: 1 });
    expect(found.content[0]!.text!.split("\n")[0]).toBe(
      "tools.everything.getSum({ a: number, b: number }) // Returns the sum of two numbers",
    );
    const details = await call(client, "get_tool_details", { tools: ["everything.get-sum"] });
    expect(details.content[0]!.text).toContain(
      "declare function getSum(args: GetSumArgs): Promise<unknown>;",
    );
    const shortened = await call(client, "get_tool_details", {
      category: "everything",
      tool: "get-sum",
    });
    expect(shortened.content).toEqual(details.content);
    const { content, structuredContent, isError } = await run(
      client,
      "console.log('adding'); return (await tools.everything.getSum({ a: 20, b: 22 })).match(/\\d+\\.$/)[0]",
    );
    expect({ content, isError }).toEqual({
      content: [{ type: "text", text: "42.\n\nLogs:\nadding" }],
      isError: undefined,
    });
    expect(structuredContent).toMatchObject({
      ok: true,
      value: "42.",
      calls: [{ tool: "everything.get-sum", ok: true }],
      usage: { placement: "process", toolCalls: 1 },
    });
  });

  test("failures say what to do, and what is asked wrongly is told", async () => {
    const client = await stdio();
    const failed = await run(client, "const a = 1;\nreturn await tools.everything.getSums({})");
    expect(failed.isError).toBe(true);
    expect(failed.content[0]!.text).toMatch(/^unknown_tool: .*did you mean everything\.get-sum\?/);
    expect(failed.structuredContent).toMatchObject({ ok: false, error: { line: 2 } });
    for (const [name, args, text] of [
      ["execute_code", {}, /^invalid_arguments: code is missing/],
      ["get_tool_details", { tools: ["everything.nope"] }, /^unknown_tool: everything\.nope/],
      ["get_tool_details", { tools: "nowhere" }, /^unknown_tool: /],
      ["get_tool_details", {}, /^invalid_arguments: tools must be/],
      [
        "get_tool_details",
        { category: "everything", tool: "nope" },
        /^unknown_tool: everything\.nope/,
      ],
      ["search_tools", { category: "everythin" }, /did you mean everything\?/],
      ["search_tools", { query: "x", detail: "all" }, /^invalid_arguments: .*detail/],
    ] as const) {
      const answer = await call(client, name, args);
      expect(answer.isError).toBe(true);
      expect(answer.content[0]!.text).toMatch(text);
    }
    await expect(client.callTool({ name: "everything_echo" })).rejects.toThrow(
      /there is no tool everything_echo/,
    );
  });

  test("pictures reach the client as pictures, wherever they stand in the value", async () => {
    const client = await stdio();
    const { content, structuredContent } = await run(
      client,
      `
        const parts = await tools.everything.getTinyImage();
        return { title: 'logo', image: parts.find((p) => p.type === 'image') }
      `,
    );
    expect(content.map(({ type }) => type)).toEqual(["text", "image"]);
    expect(content[0]!.text).toMatch(
      /^\{"title":"logo","image":"\[image 1: image\/png, \d+ bytes\]"\}$/,
    );
    expect(content[1]!.data!.startsWith("iVBOR")).toBe(true);
    expect(JSON.stringify(structuredContent)).not.toContain("iVBOR");
  });

  test("sounds, links and embedded resources too; what only looks like one stays a value", async () => {
    const client = await stdio();
    const { content } = await run(
      client,
      `const [link] = (await tools.everything.getResourceLinks({ count: 1 })).filter((p) => p.type === "resource_link");
       const embedded = (await tools.everything.getResourceReference({ resourceType: "Text", resourceId: 1 })).find((p) => p.type === "resource");
       return [link, embedded, { type: "audio", data: "UklGRg==", mimeType: "audio/wav" }, { type: "image", data: "<svg>", mimeType: "x" }, { type: "resource" }]`,
    );
    expect(content.map(({ type }) => type)).toEqual(["text", "resource_link", "resource", "audio"]);
    const value = JSON.parse(content[0]!.text!) as unknown[];
    expect(value).toMatchObject([
      { type: "resource_link" },
      expect.stringMatching(/^\[resource 2: \S+, \d+ bytes\]$/),
      expect.stringMatching(/^\[audio 3: audio\/wav, \d+ bytes\]$/),
      { type: "image", data: "<svg>" },
      { type: "resource" },
    ]);
  });

  test("a large value is cut to what hosts take, and says how to get the rest", async () => {
    const client = await stdio();
    const { content, structuredContent } = await run(
      client,
      "return Array.from({ length: 50_000 }, (_, i) => ({ i }))",
    );
    const text = content[0]!.text!;
    expect(text.length).toBeLessThanOrEqual(20_000);
    expect(text).toMatch(/more of 50000 items; return less, or a part at a time\)"\]$/);
    const { truncated, value } = structuredContent as ExecutionResult & { ok: true };
    expect(truncated!.value).toBeGreaterThan(400_000);
    expect(JSON.stringify(value).length).toBeLessThanOrEqual(20_000);
    const logs = await run(
      client,
      "for (let i = 0; i < 5_000; i++) console.log('x'.repeat(50)); return 1",
    );
    expect(logs.content[0]!.text!.length).toBeLessThan(20_000);
    expect(logs.structuredContent!.truncated!.logs).toBeGreaterThan(100_000);
  });

  test("progress comes while a program runs", async () => {
    const client = await stdio();
    const messages: unknown[] = [];
    await client.callTool(
      {
        name: "execute_code",
        arguments: {
          code: `
            console.log('first');
            await new Promise((r) => setTimeout(r, 400));
            await tools.basic.echo({});
            return 1
          `,
        },
      },
      undefined,
      { onprogress: ({ message }) => messages.push(message) },
    );
    // On a busy machine it is told besides that the program runs.
    const told = messages.filter((message) => !String(message).startsWith("running for"));
    expect(told[0]).toBe("first");
    expect(told[1]).toMatch(/^basic\.echo answered after \d+ ms$/);
  });

  test("a call that the client cancels ends its program, and the server goes on", async () => {
    const client = await stdio();
    const cancel = new AbortController();
    const code = "console.log('on'); await tools.basic.slow({ ms: 20_000 }); return 'late'";
    const running = client.callTool({ name: "execute_code", arguments: { code } }, undefined, {
      signal: cancel.signal,
      onprogress: ({ message }) => {
        if (message === "on") cancel.abort();
      },
    });
    await expect(running).rejects.toThrow();
    // The server saw its call cancelled too, so the program did not run on.
    await expect
      .poll(
        async () => (await run(client, "return await tools.basic.cancelled({})")).structuredContent,
      )
      .toMatchObject({ value: [expect.anything()] });
  });

  test("the servers are resources, and their tools can be read as types", async () => {
    const client = await stdio();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      "codecell://servers/everything",
      "codecell://servers/basic",
    ]);
    const { contents } = await client.readResource({ uri: resources[0]!.uri });
    expect(contents[0]).toMatchObject({
      mimeType: "text/plain",
      text: expect.stringContaining("getSum({ a: number"),
    });
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates[0]!.uriTemplate).toBe("codecell://tools/{category}/{tool}");
    const tool = await client.readResource({ uri: "codecell://tools/everything/get-sum" });
    expect(tool.contents[0]).toMatchObject({
      text: expect.stringContaining("declare function getSum"),
    });
    await expect(client.readResource({ uri: "codecell://servers/nope" })).rejects.toThrow(
      /no category 'nope'/,
    );
    await expect(client.readResource({ uri: "file:///etc/passwd" })).rejects.toThrow(/no resource/);
  });
});

test("names and the longest answer are settings", async () => {
  const config = join(folder, "names.json");
  const mcp = {
    names: { search: "find", details: "describe", execute: "run_code" },
    maxResultChars: 600,
  };
  writeFileSync(config, JSON.stringify({ mcpServers: {}, codecell: { ...SETTINGS, mcp } }));
  const client = await stdio(config);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["find", "describe", "run_code"]);
  expect(JSON.stringify(tools) + client.getInstructions()).not.toMatch(
    /search_tools|get_tool_details|execute_code/,
  );
  const { content } = await call(client, "run_code", { code: "return 'x'.repeat(5_000)" });
  expect(content[0]!.text!.length).toBeLessThanOrEqual(600);
});

const exec = (
  args: readonly string[],
  cwd = folder,
): Promise<{ code: number; out: string; err: string }> =>
  promisify(execFile)(process.execPath, [...args], { cwd, env: ENV }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      out: stdout,
      err: stderr,
    }),
  );

test("--print-config is codecell install --print", async () => {
  const print = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await exec([CLI, ...args, "--config", "a.json"])).out);
  const entry = {
    command: process.execPath,
    args: [here("../../dist/cli/start.js"), "mcp", "--config", join(folder, "a.json")],
  };
  expect(await print("mcp", "--print-config", "claude")).toEqual({
    mcpServers: { codecell: entry },
  });
  expect(await print("mcp", "--print-config", "vscode")).toEqual({
    servers: { codecell: { type: "stdio", ...entry } },
  });
  expect(await exec([CLI, "mcp", "--print-config", "emacs"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("the hosts are claude, claude-desktop, cursor, vscode, codex"),
  });
});

test("the entry that started codecell is left out of its own config", async () => {
  const nested = join(folder, "nested");
  mkdirSync(nested);
  const own = { command: "npx", args: ["-y", "codecell", "mcp"] };
  writeFileSync(join(nested, ".mcp.json"), JSON.stringify({ mcpServers: { own, ...MCP_SERVERS } }));
  const { code, out, err } = await exec([CLI, "tools", "--json", "--trust"], nested);
  expect({
    code,
    names: (JSON.parse(out) as { categories: { name: string }[] }).categories.map(
      ({ name }) => name,
    ),
  }).toEqual({
    code: 0,
    names: ["everything", "basic"],
  });
  expect(err).toContain("server own is codecell itself");
});

test("on stdio it ends with its host, and only messages are on stdout", async () => {
  const child = spawn(
    process.execPath,
    [CLI, "mcp", "--config", CONFIG, "--placement", "process"],
    { env: ENV },
  );
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "t", version: "1" },
    },
  };
  child.stdin.write(`${JSON.stringify(initialize)}\n`);
  await once(child.stdout, "data");
  child.stdin.end();
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  for (const line of out.trim().split("\n"))
    expect(JSON.parse(line)).toHaveProperty("jsonrpc", "2.0");
});

describe("HTTP", () => {
  test.each([{ flags: [] }, { flags: ["--stateless"] }])(
    "programs run, $flags",
    async ({ flags }) => {
      const { url } = await http(flags);
      const [one, other] = [await overHttp(url), await overHttp(url)];
      const messages: unknown[] = [];
      const result = await one.callTool(
        {
          name: "execute_code",
          arguments: {
            code: "console.log('here'); return await tools.everything.getSum({ a: 1, b: 2 })",
          },
        },
        undefined,
        { onprogress: ({ message }) => messages.push(message) },
      );
      expect(result.structuredContent).toMatchObject({
        ok: true,
        value: "The sum of 1 and 2 is 3.",
      });
      expect(messages).toContain("here"); // on a busy machine it is told before that the program runs
      expect((await run(other, "return 7")).content[0]!.text).toBe("7");
    },
  );

  test.each([
    { flags: [], found: "undefined" },
    { flags: ["--stateless"], found: "number" },
  ])("what another client finds under the same name, $flags: $found", async ({ flags, found }) => {
    const { url } = await http(flags);
    const [one, other] = [await overHttp(url), await overHttp(url)];
    const inSession = async (client: Client, code: string): Promise<string | undefined> =>
      (await call(client, "execute_code", { code, session: "s" })).content[0]!.text;
    await inSession(one, "const secret = 41");
    expect(await inSession(one, "typeof secret")).toBe("number");
    expect(await inSession(other, "typeof secret")).toBe(found);
  });

  test("without sessions there is nothing to listen to", async () => {
    const { url } = await http(["--stateless"]);
    for (const method of ["GET", "DELETE"]) {
      const response = await fetch(url, { method, headers: { accept: "text/event-stream" } });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });

  test("without sessions, a client that goes away ends its program", async () => {
    const { url } = await http(["--stateless"]);
    const client = await overHttp(url);
    const gone = new AbortController();
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name: "execute_code",
        arguments: {
          code: "console.log('on'); await tools.basic.slow({ ms: 20_000 }); return 'late'",
        },
        _meta: { progressToken: 1 },
      },
    });
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const response = await fetch(url, { method: "POST", headers, body, signal: gone.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = ""; !read.includes('"message":"on"');) {
      const { done, value = "" } = await reader.read();
      if (done) expect.fail(`it ended with ${read}`);
      read += value;
    }
    gone.abort();
    await expect(reader.read()).rejects.toThrow();
    await expect
      .poll(
        async () => (await run(client, "return await tools.basic.cancelled({})")).structuredContent,
      )
      .toMatchObject({ value: [expect.anything()] });
  });

  test("a session that is not known is gone, other paths are nothing", async () => {
    const { url } = await http();
    const headers = {
      "mcp-session-id": "nope",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    expect((await fetch(url, { method: "POST", headers, body: "{}" })).status).toBe(404);
    expect((await fetch(url.replace("/mcp", "/other"), { method: "POST" })).status).toBe(404);
    const bad = { ...headers, "mcp-session-id": undefined as never };
    delete bad["mcp-session-id"];
    expect((await fetch(url, { method: "POST", headers: bad, body: "not json" })).status).toBe(400);
  });

  test("names and origins that are not ours are refused", async () => {
    const { url } = await http([
      "--allow-host",
      "mcp.example.com",
      "--allow-origin",
      "https://app.example.com",
    ]);
    const statusFor = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(url, { method: "POST", headers }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        });
        request.on("error", reject).end("{}");
      });
    expect(await statusFor({ host: "evil.example.com" })).toBe(403);
    expect(await statusFor({ origin: "https://evil.example.com" })).toBe(403);
    expect(await statusFor({ origin: "null" })).toBe(403);
    // Let in, and then told that this is no message.
    expect(await statusFor({ host: "mcp.example.com" })).not.toBe(403);
    expect(await statusFor({ origin: "https://app.example.com" })).not.toBe(403);
    expect(await statusFor({ origin: "http://localhost:5173" })).not.toBe(403);
  });

  test("with a token, nobody is let in without it", async () => {
    const { url } = await http([], { CODECELL_TOKEN: "a-long-secret" });
    for (const authorization of [
      "",
      "Bearer",
      "Bearer a-long-secre",
      "Basic a-long-secret",
      "Bearer A-long-secret",
    ]) {
      const response = await fetch(url, { method: "POST", headers: { authorization } });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    }
    const client = await overHttp(url, { authorization: "Bearer a-long-secret" });
    expect((await client.listTools()).tools).toHaveLength(3);
  });

  test("an address that others reach needs a token, a port that is taken is told", async () => {
    expect(
      await exec([CLI, "mcp", "--http", "0", "--host", "0.0.0.0", "--config", EMPTY]),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining("CODECELL_TOKEN"),
    });
    const { url } = await http();
    const port = new URL(url).port;
    expect(
      await exec([CLI, "mcp", "--http", port, "--config", EMPTY, "--placement", "process"]),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
    });
    expect(await exec([CLI, "mcp", "--http", "http"])).toMatchObject({ code: 2 });
  });

  test("SIGTERM ends it and its servers", async () => {
    const { url, child } = await http();
    await overHttp(url);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});

describe("the inspector", () => {
  const inspect = (...args: string[]) => exec([INSPECTOR, "--cli", ...args, "--format", "json"]);
  const program = ["--method", "tools/call", "--tool-name", "execute_code", "--tool-args-json"];

  test("lists and calls over stdio", async () => {
    const file = join(folder, "inspector.json");
    const args = [CLI, "mcp", "--config", CONFIG, "--placement", "process"];
    writeFileSync(
      file,
      JSON.stringify({ mcpServers: { codecell: { command: process.execPath, args } } }),
    );
    const server = ["--config", file, "--server", "codecell"];
    const listed = await inspect(...server, "--method", "tools/list", "--strict");
    expect({ code: listed.code, err: listed.err }).toMatchObject({ code: 0 });
    expect(listed.out + listed.err).not.toMatch(/[1-9]\d* (?:error|warning)s? across/);
    expect(listed.out).toContain("execute_code");
    const called = await inspect(...server, ...program, '{"code":"return 6 * 7"}');
    expect(called.code, called.err).toBe(0);
    expect(called.out).toContain('"value":42');
    expect((await inspect(...server, ...program, '{"code":"throw new Error(1)"}')).code).toBe(5);
  });

  test("lists and calls over HTTP", async () => {
    const { url } = await http();
    const server = [url, "--transport", "http"];
    expect((await inspect(...server, "--method", "tools/list")).out).toContain("search_tools");
    const called = await inspect(...server, ...program, '{"code":"return 6 * 7"}');
    expect(called.code, called.err).toBe(0);
    expect(called.out).toContain('"value":42');
  });
});
