/** Commands that serve, while a server hangs: they answer at once, and end with their host. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterEach, expect, test, vi } from "vitest";
import { CLI, runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folders.ts";

/** No test depends on how fast the machine is. */
const PATIENT = { timeout: 60_000 };
const FIXTURE = fileURLToPath(new URL("../../fixtures/servers/outage.ts", import.meta.url));
const folder = temporaryFolder();
const GATE = join(folder, "gate");
const STARTS = join(folder, "starts");
const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
const entry = (more: Record<string, string> = {}): object => ({
  command: process.execPath,
  args: [FIXTURE],
  env: more,
});
const CONFIG = join(folder, "config.json");
writeFileSync(
  CONFIG,
  JSON.stringify({
    mcpServers: { slow: entry({ MODE: "hang", GATE, STARTS }), good: entry() },
    codecell: { engine: "quickjs", placement: "process", limits: { compileMs: 10_000 } },
  }),
);

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
  rmSync(GATE, { force: true });
});

async function connect(transport: Transport): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  open.push(() => client.close());
  return client;
}

const stdio = (): Promise<Client> =>
  connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [CLI, "mcp", "--config", CONFIG],
      env,
      stderr: "pipe",
    }),
  );

/** Starts a command, and waits for the line on standard error that holds its address. */
async function listening(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args, "--config", CONFIG], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  open.push(async () => {
    child.kill();
    if (child.exitCode === null) await once(child, "exit");
  });
  for await (const line of createInterface(child.stderr)) {
    const url = /http:[^\s"]+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  return expect.fail("it did not listen");
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args });
  return (content as { text: string }[]).map(({ text }) => text).join("\n");
}

test("mcp answers the handshake while a server hangs, says so in a search, and runs programs of the others", async () => {
  const client = await stdio();
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    "search_tools",
    "get_tool_details",
    "execute_code",
  ]);
  const code = "return (await tools.good.sayHello({})).slice(0, 9)";
  expect(await call(client, "execute_code", { code })).toContain("say_hello");
  const found = await call(client, "search_tools", { query: "greets" });
  expect(found).toContain("tools.good.sayHello");
  expect(found).toMatch(/^slow: still connecting/m);
  expect(existsSync(GATE)).toBe(false); // it hung all the time
  const changed = new Promise((resolve) => {
    client.fallbackNotificationHandler = async ({ method }) => resolve(method);
  });
  writeFileSync(GATE, "");
  expect(await changed).toBe("notifications/resources/list_changed");
  const late = "return (await tools.slow.sayHello({})).slice(0, 9)";
  expect(await call(client, "execute_code", { code: late })).toContain("say_hello");
});

test("what it listed last time is found meanwhile, marked", async () => {
  writeFileSync(GATE, "");
  const before = await stdio();
  await vi.waitFor(
    async () =>
      expect(await call(before, "search_tools", { query: "greets" })).toContain("tools.slow"),
    PATIENT,
  );
  await before.close();
  rmSync(GATE);
  const client = await stdio();
  const found = await call(client, "search_tools", { query: "greets", category: "slow" });
  expect(found).toMatch(
    /tools\.slow\.sayHello.*\[listed last time, its server is not connected yet\]/,
  );
  const code = "return (await tools.slow.sayHello({})).slice(0, 9)";
  const waiting = call(client, "execute_code", { code });
  writeFileSync(GATE, "");
  expect(await waiting).toContain("say_hello");
});

test("over HTTP it listens while a server hangs", async () => {
  const url = await listening("mcp", "--http", "0");
  const client = await connect(new StreamableHTTPClientTransport(new URL(url)) as Transport);
  expect((await client.listTools()).tools).toHaveLength(3);
  const code = "return (await tools.good.sayHello({})).slice(0, 9)";
  expect(await call(client, "execute_code", { code })).toContain("say_hello");
});

test("so does the service", async () => {
  const url = await listening("serve", "--port", "0");
  const response = await fetch(`${url}/run`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: "return (await tools.good.sayHello({})).slice(0, 9)" }),
  });
  expect(await response.json()).toMatchObject({ ok: true, value: "say_hello" });
  expect(JSON.stringify(await (await fetch(`${url}/tools`)).json())).toContain('"connecting"');
});

const INITIALIZE = `${JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
})}\n`;

test("it ends with its host while a server hangs, and the server with it", async () => {
  rmSync(STARTS, { force: true });
  const child: ChildProcess = spawn(process.execPath, [CLI, "mcp", "--config", CONFIG], {
    env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  open.push(() => child.kill("SIGKILL"));
  child.stdin!.write(INITIALIZE);
  const [answer] = (await once(child.stdout!, "data")) as [Buffer];
  expect(JSON.parse(answer.toString())).toMatchObject({ id: 1, result: { capabilities: {} } });
  await vi.waitFor(() => expect(existsSync(STARTS)).toBe(true), PATIENT);
  const ended = once(child, "exit");
  child.stdin!.end();
  expect(await ended).toEqual([0, null]);
  const pid = Number(readFileSync(STARTS, "utf8").trim());
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), PATIENT);
});

test.each([
  ["a config that is none", ["--config", "none.json"], /none\.json does not exist/],
  ["a bad setting", ["--config", "bad.json"], /codecell\.startMs/],
  ["a flag that is none", ["--confg", "x"], /--confg/],
  ["an engine that is none", ["--engine", "v9"], /engine/],
])("%s ends it with 2 before the handshake", async (_what, args, message) => {
  const bad = { mcpServers: {}, codecell: { startMs: "soon" } };
  writeFileSync(join(folder, "bad.json"), JSON.stringify(bad));
  const start = { cwd: folder, home: folder, input: INITIALIZE };
  const { code, out, err } = await runCli(["mcp", ...args], start);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(message);
});

test("an engine that does not start ends it with 2", async () => {
  const config = join(folder, "engine.json");
  const engine = { name: "mine", module: "file:///no/such/engine.js" };
  writeFileSync(
    config,
    JSON.stringify({ mcpServers: {}, codecell: { engine, placement: "process" } }),
  );
  const child = spawn(process.execPath, [CLI, "mcp", "--config", config], {
    env,
    stdio: ["pipe", "ignore", "pipe"],
  });
  open.push(() => child.kill("SIGKILL"));
  let err = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (err += text));
  expect(await once(child, "close")).toEqual([2, null]);
  expect(err).toMatch(/^engine_unavailable: /m);
});
