/** Servers that are slow, down or flapping: what the others, programs and whoever runs codecell notice of them. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { afterEach, expect, test, vi } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import type { McpServerEntry, Runtime, RuntimeOptions } from "../../src/index.ts";
import { createMcpServer } from "../../src/serve/mcp/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";

const FIXTURE = fileURLToPath(new URL("../../fixtures/servers/outage.ts", import.meta.url));
const folder = temporaryFolder();
const waitFor = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 60_000 });

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

let gates = 0;

/** A condition of a server: it is as its mode says until this is opened. */
class Gate {
  readonly file = join(folder, `gate-${gates++}`);
  open(): void {
    writeFileSync(this.file, "");
  }
  close(): void {
    rmSync(this.file);
  }
}

function server(mode = "", gate?: Gate, env: Record<string, string> = {}): McpServerEntry {
  const all = { MODE: mode, ...(gate === undefined ? {} : { GATE: gate.file }), ...env };
  return { command: process.execPath, args: [FIXTURE], env: all };
}

interface Started {
  readonly runtime: Runtime;
  /** Lines of `warn`. */
  readonly told: string[];
  /** `server state` of each event. */
  readonly states: string[];
}

async function start(
  mcpServers: RuntimeOptions["mcpServers"] & object,
  more: RuntimeOptions = {},
): Promise<Started> {
  const told: string[] = [];
  const warn = (message: string): void => void told.push(message);
  const placed = { engine: "quickjs", placement: "inline" } as const;
  const runtime = await createRuntime({ ...placed, warn, mcpServers, ...more });
  open.push(() => runtime.close());
  const states: string[] = [];
  runtime.on("server_state", (event) => states.push(`${event.server} ${event.state}`));
  return { runtime, told, states };
}

const serverOf = (runtime: Runtime, name: string): object =>
  runtime.describe().servers.find((each) => each.name === name)!;

const hello = (name: string): string =>
  `return (await tools.${name}.sayHello({})).replace(/\\d+/, "")`;

async function search(runtime: Runtime, args: object): Promise<string> {
  const { content } = await agentTools(runtime)[0]!.execute(args);
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

test.each(["hang", "hang-list"])(
  "a server that does not answer (%s) keeps nobody waiting, and joins when it does",
  async (mode) => {
    const gate = new Gate();
    const servers = { slow: server(mode, gate), good: server() };
    const { runtime, told, states } = await start(servers, { startMs: 0 });
    expect(await runtime.run(hello("good"))).toMatchObject({ ok: true, value: "say_hello of " });
    expect(serverOf(runtime, "good")).toEqual({ name: "good", tools: 2, state: "connected" });
    expect(serverOf(runtime, "slow")).toEqual({ name: "slow", tools: 0, state: "connecting" });
    const found = await search(runtime, { query: "greets" });
    expect(found).toContain("tools.good.sayHello");
    expect(found).toMatch(/^slow: still connecting/m);
    expect(await search(runtime, {})).toMatch(/^slow: still connecting/m);
    expect(await runtime.startContext()).toMatch(/^slow: still connecting/m);
    const categories = await runtime.run("return await listToolCategories()");
    expect(categories).toMatchObject({ value: [{ state: "connecting" }, { tools: 2 }] });

    const waiting = runtime.run(hello("slow"));
    const connected = new Promise<void>((resolve) =>
      runtime.on("server_state", ({ state }) => {
        if (state === "connected") resolve();
      }),
    );
    gate.open();
    expect(await waiting).toMatchObject({ ok: true, value: "say_hello of " });
    await connected;
    expect(serverOf(runtime, "slow")).toEqual({ name: "slow", tools: 2, state: "connected" });
    expect(states).toContain("slow connected");
    expect(await search(runtime, { query: "greets" })).toContain("tools.slow.sayHello");
    expect(told).toEqual([]);
  },
);

test("createRuntime waits for servers no longer than startMs, and closes while they connect", async () => {
  const { runtime } = await start({ slow: server("hang"), good: server() }, { startMs: 1 });
  expect(serverOf(runtime, "slow")).toMatchObject({ state: "connecting" });
  await runtime.close();
  const all = await start({ good: server(), other: server() });
  expect(serverOf(all.runtime, "good")).toMatchObject({ state: "connected", tools: 2 });
  expect(serverOf(all.runtime, "other")).toMatchObject({ state: "connected", tools: 2 });
});

test("a call of a tool of a server that hangs ends with its run", async () => {
  const { runtime } = await start({ slow: server("hang") }, { startMs: 0 });
  const result = await runtime.run(hello("slow"), { limits: { wallMs: 300 } });
  expect(result).toMatchObject({ ok: false, error: { code: "timeout" } });
});

test("a server that ends at once is told once, and tried again when it is called", async () => {
  const gate = new Gate();
  const late = server("exit", gate, { API_KEY: "hunter2hunter2" });
  const { runtime, told, states } = await start({ late, good: server() });
  expect(serverOf(runtime, "late")).toMatchObject({
    tools: 0,
    failure: expect.stringContaining("cannot open the database"),
  });
  for (let at = 0; at < 3; at++)
    expect(await runtime.run(hello("late"))).toMatchObject({ error: { code: "tool_error" } });
  expect(told).toEqual([
    expect.stringMatching(/^server "late" did not start: .*database\\nwith key \[redacted\]/),
  ]);
  gate.open();
  expect(await runtime.run(hello("late"))).toMatchObject({ ok: true });
  expect(serverOf(runtime, "late")).toEqual({ name: "late", tools: 2, state: "connected" });
  expect(told.slice(1)).toEqual(['server "late" is connected now']);
  expect(states).toContain("late failed");
  expect(states.at(-1)).toBe("late connected");
});

test("calls in a loop start a server that is down a few times, and each attempt is one event", async () => {
  const starts = join(folder, "starts-of-calls");
  const late = server("exit", undefined, { STARTS: starts });
  const { runtime, states, told } = await start({ late });
  const code = `
    let failed = 0;
    for (let at = 0; at < 500; at++) await tools.late.sayHello({}).catch((e) => void (failed += e.code === "tool_error"));
    return failed`;
  expect(await runtime.run(code)).toMatchObject({ ok: true, value: 500 });
  expect(readFileSync(starts, "utf8").trim().split("\n").length).toBeLessThan(40);
  expect(states.filter((state) => state === "late failed").length).toBeLessThan(40);
  expect(told).toEqual([expect.stringContaining("did not start")]);
});

test("a server whose entry is wrong is not tried again", async () => {
  const config = join(folder, "wrong-entry.json");
  writeFileSync(config, JSON.stringify({ mcpServers: { bad: { command: 7 }, good: server() } }));
  const { runtime, states, told } = await start({}, { config });
  const called = await runtime.run("return await tools.bad.anything({})");
  expect(called).toMatchObject({
    error: { message: expect.stringContaining("entry in the config") },
  });
  await runtime.reconnect();
  await runtime.reconnect("bad");
  expect(serverOf(runtime, "bad")).toMatchObject({ state: "failed" });
  expect(serverOf(runtime, "bad")).not.toHaveProperty("retryInMs");
  expect(states).toEqual([]);
  expect(told).toHaveLength(1);
});

test("it is tried again when one of its tools is described", async () => {
  const gate = new Gate();
  const { runtime } = await start({ late: server("exit", gate) });
  await expect(runtime.getToolSpec("late", "say_hello")).rejects.toThrow("did not start");
  gate.open();
  expect((await runtime.getToolSpec("late", "say_hello")).call).toBe("tools.late.sayHello(args)");
});

test("it is tried again by itself, later and later", async () => {
  const gate = new Gate();
  const starts = join(folder, "starts");
  const { runtime } = await start({ late: server("exit", gate, { STARTS: starts }) });
  const connected = new Promise<void>((resolve) =>
    runtime.on("server_state", ({ state, failure }) => {
      if (state === "failed") {
        expect(failure).toContain("exit code 3");
        expect(serverOf(runtime, "late")).toMatchObject({ retryInMs: expect.any(Number) });
        gate.open();
      }
      if (state === "connected") resolve();
    }),
  );
  await connected;
  expect(readFileSync(starts, "utf8").trim().split("\n").length).toBeGreaterThanOrEqual(3);
});

test("reconnect tries servers that failed at once", async () => {
  const gate = new Gate();
  const { runtime } = await start({ late: server("exit", gate), good: server() });
  await runtime.reconnect();
  expect(serverOf(runtime, "late")).toMatchObject({ failure: expect.any(String) });
  gate.open();
  await runtime.reconnect("late");
  expect(serverOf(runtime, "late")).toMatchObject({ state: "connected", tools: 2 });
  await runtime.reconnect("good");
  expect(serverOf(runtime, "good")).toMatchObject({ state: "connected" });
  await expect(runtime.reconnect("lat")).rejects.toMatchObject({
    code: "unknown_tool",
    message: "there is no server 'lat'; did you mean late?",
  });
  await runtime.close();
  await expect(runtime.reconnect()).rejects.toMatchObject({ code: "aborted" });
});

test("a server that flaps keeps its tools, and is told once", async () => {
  const gate = new Gate();
  gate.open();
  const { runtime, told } = await start({ flaps: server("exit", gate) });
  for (let at = 0; at < 3; at++) {
    gate.close();
    await runtime.run("await tools.flaps.die({})");
    expect(await runtime.run(hello("flaps"))).toMatchObject({ error: { code: "tool_error" } });
    expect(serverOf(runtime, "flaps")).toMatchObject({ tools: 2, failure: expect.any(String) });
    gate.open();
    // A server that is started all the time has to wait a moment.
    await waitFor(async () => {
      expect(await runtime.run(hello("flaps"))).toMatchObject({ ok: true });
    });
    await waitFor(() => expect(serverOf(runtime, "flaps")).toMatchObject({ state: "connected" }));
  }
  const about = told.filter((line) => /did not start|connected now/.test(line));
  expect(about).toEqual([
    expect.stringContaining('server "flaps" did not start'),
    'server "flaps" is connected now',
  ]);
});

async function listen(port = 0): Promise<{ readonly port: number; close(): Promise<void> }> {
  const silent: Server = createServer((socket) => {
    socket.on("error", () => {});
    open.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    await new Promise((resolve) => silent.close(resolve));
  };
  return { port: (silent.address() as { port: number }).port, close };
}

test("an address that accepts and never answers keeps nobody waiting; one that refuses has failed", async () => {
  const { port, close } = await listen();
  const unused = await listen();
  await unused.close();
  const servers = {
    silent: { url: `http://127.0.0.1:${port}/mcp` },
    refused: { url: `http://127.0.0.1:${unused.port}/mcp` },
    good: server(),
  };
  const { runtime, told } = await start(servers, { startMs: 0 });
  expect(await runtime.run(hello("good"))).toMatchObject({ ok: true });
  expect(await runtime.run("return await tools.refused.x({})")).toMatchObject({
    error: { code: "tool_error", message: 'server "refused" did not start: it cannot be reached' },
  });
  expect(serverOf(runtime, "silent")).toMatchObject({ state: "connecting" });
  expect(told).toEqual([expect.stringContaining("ECONNREFUSED")]);
  await runtime.close();
  await Promise.all(open.splice(0).map((end) => end()));
  await close();
});

test("types of a server that is not connected refuse no program", async () => {
  const gate = new Gate();
  const more = { startMs: 0, typeCheck: "auto" } as const;
  const { runtime } = await start({ slow: server("hang", gate) }, more);
  const code = `console.log("begun"); ${hello("slow")}`;
  // Its types are checked before it begins.
  const result = await runtime.run(code, { onLog: () => gate.open() });
  expect(result).toMatchObject({ ok: true, value: "say_hello of " });
});

test("where all types are checked, they are awaited with their server", async () => {
  const gate = new Gate();
  const more = { startMs: 0, typeCheck: true } as const;
  const { runtime } = await start({ slow: server("hang", gate) }, more);
  const early = await runtime.run("return await tools.slow.sayHello({})", {
    limits: { wallMs: 200, compileMs: 60_000 },
  });
  expect(early).toMatchObject({
    error: {
      code: "type_error",
      message: expect.stringContaining('"slow" is not connected'),
      line: 1,
    },
  });
  const wrong = runtime.run("return await tools.slow.sayHelo({})");
  const right = runtime.run(hello("slow"));
  gate.open();
  expect(await right).toMatchObject({ ok: true, value: "say_hello of " });
  expect(await wrong).toMatchObject({
    error: { code: "type_error", message: expect.stringContaining("sayHelo") },
  });
});

test("a session that began before its server was connected has the tools of it", async () => {
  const gate = new Gate();
  const { runtime } = await start({ slow: server("hang", gate) }, { startMs: 0 });
  const session = await runtime.session("chat");
  const names = "return Object.keys(tools.slow)";
  expect(await session.run(`let kept = 1; ${names}`)).toMatchObject({ value: [] });
  gate.open();
  expect(await session.run(hello("slow"))).toMatchObject({ ok: true, value: "say_hello of " });
  expect(await session.run(`kept++; ${names}`)).toMatchObject({ value: ["say_hello", "die"] });
});

test("a client of the MCP server hears nothing of a server that flaps, and once of one that joins", async () => {
  const [up, later] = [new Gate(), new Gate()];
  up.open();
  const servers = { flaps: server("exit", up), slow: server("hang", later) };
  const { runtime, states } = await start(servers, { startMs: 0 });
  expect(await runtime.run(hello("flaps"))).toMatchObject({ ok: true });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "test", version: "1" });
  await Promise.all([createMcpServer(runtime).connect(far), client.connect(near)]);
  open.push(() => client.close());
  const heard: string[] = [];
  client.fallbackNotificationHandler = async ({ method }) => void heard.push(method);
  for (let at = 0; at < 3; at++) {
    up.close();
    await runtime.run("await tools.flaps.die({})");
    await runtime.run(hello("flaps"));
    up.open();
    await runtime.reconnect("flaps");
  }
  expect(states.filter((state) => state === "flaps failed").length).toBeGreaterThanOrEqual(3);
  later.open();
  await waitFor(() => expect(heard).not.toEqual([]));
  await client.listResources();
  expect(heard).toEqual(["notifications/resources/list_changed"]);
});

test("problems are lines on standard error, unless warn is false", async () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  try {
    await start({ broken: { command: "no-such\ncommand" } }, { warn: true });
    await start({ broken: { command: "no-such-command" } }, { warn: false });
    const broken = (): never => {
      throw new Error("a listener's own");
    };
    const { runtime } = await start({ broken: { command: "x".repeat(5_000) } }, { warn: broken });
    expect(runtime.describe().servers).toMatchObject([{ name: "broken" }]);
  } finally {
    write.mockRestore();
  }
  const ours = lines.filter((line) => line.startsWith("codecell: "));
  expect(ours).toEqual([
    expect.stringMatching(
      /^codecell: server "broken" did not start: [^\n]*no-such\\ncommand[^\n]*\n$/,
    ),
  ]);
});

test("a line of warn has an end", async () => {
  const { told } = await start({ broken: { command: "x".repeat(5_000) } });
  expect(told).toHaveLength(1);
  expect(told[0]!.length).toBeLessThanOrEqual(1_001);
});

test.each([
  [{ startMs: -1 }, "startMs"],
  [{ startMs: "soon" }, "startMs"],
  [{ warn: "loudly" }, "warn"],
  [{ catalogueCache: "" }, "catalogueCache"],
  [{ catalogueCache: 7 }, "catalogueCache"],
])("%j is refused", async (options, named) => {
  await expect(createRuntime(options as RuntimeOptions)).rejects.toMatchObject({
    code: "config_error",
    message: expect.stringContaining(named),
  });
});

test("nothing is kept where nobody asked for it", async () => {
  const home = join(folder, "no-cache");
  vi.stubEnv("XDG_CACHE_HOME", home);
  await start({ good: server() });
  vi.unstubAllEnvs();
  expect(existsSync(home)).toBe(false);
});
