/** What servers listed last time, and what a file of it can do: nothing but be shown. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import { cacheFolder } from "../../src/tools/cache-folder.ts";
import type { Runtime, RuntimeOptions } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";

const FIXTURE = fileURLToPath(new URL("../../fixtures/servers/outage.ts", import.meta.url));
const SECRET = "hunter2hunter2";
const folder = temporaryFolder();
const waitFor = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 60_000 });
let caches = 0;

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

/** A server that listed its tools once, and hangs now until its gate is opened. */
interface Kept {
  readonly cache: string;
  start(more?: RuntimeOptions): Promise<Runtime>;
  openGate(): void;
  closeGate(): void;
}

async function kept(): Promise<Kept> {
  const cache = join(folder, `cache-${caches++}`);
  const gate = `${cache}-gate`;
  const env = { MODE: "hang", GATE: gate, API_KEY: SECRET };
  const mcpServers = { slow: { command: process.execPath, args: [FIXTURE], env } };
  const start = async (more: RuntimeOptions = {}): Promise<Runtime> => {
    const placed = { engine: "quickjs", placement: "inline", catalogueCache: cache } as const;
    const runtime = await createRuntime({ ...placed, mcpServers, ...more });
    open.push(() => runtime.close());
    return runtime;
  };
  const openGate = (): void => writeFileSync(gate, "");
  openGate();
  const first = await start();
  await waitFor(() => expect(filesOf(cache)).toHaveLength(1));
  await first.close();
  const closeGate = (): void => rmSync(gate, { force: true });
  closeGate();
  return { cache, start, openGate, closeGate };
}

const filesOf = (cache: string): string[] =>
  existsSync(cache) ? readdirSync(cache).filter((name) => /^[0-9a-f]{64}\.json$/.test(name)) : [];

const HELLO = "return (await tools.slow.sayHello({})).slice(0, 9)";

async function search(runtime: Runtime): Promise<string> {
  return JSON.stringify((await agentTools(runtime)[0]!.execute({ query: "greets" })).content);
}

test("what a server listed last time is shown until it lists again, and calls go to the server", async () => {
  const { start, openGate } = await kept();
  const runtime = await start({ startMs: 0 });
  expect(runtime.describe().servers).toEqual([
    { name: "slow", tools: 2, state: "connecting", cached: true },
  ]);
  expect(await search(runtime)).toContain("[listed last time, its server is not connected yet]");
  expect(await runtime.listToolCategories()).toEqual([
    {
      name: "slow",
      tools: 2,
      state: "connecting",
      cached: true,
      description: "A server for outages.",
    },
  ]);
  const { declaration, cached } = await runtime.getToolSpec("slow", "say_hello");
  expect({ declaration, cached }).toEqual({
    declaration: expect.stringContaining("From the cache: listed last time"),
    cached: true,
  });
  expect(await runtime.startContext()).toContain("[listed last time");
  const late = await runtime.run(HELLO, { limits: { wallMs: 300 } });
  expect(late).toMatchObject({ ok: false, error: { code: "timeout" } });
  const waiting = runtime.run(HELLO);
  openGate();
  expect(await waiting).toMatchObject({ ok: true, value: "say_hello" });
  await waitFor(() =>
    expect(runtime.describe().servers).toEqual([{ name: "slow", tools: 2, state: "connected" }]),
  );
  expect(await search(runtime)).not.toContain("last time");
  expect((await runtime.getToolSpec("slow", "say_hello")).declaration).not.toContain("cache");
});

test("it is in private files that hold nothing of the config", async () => {
  const { cache } = await kept();
  const [file] = filesOf(cache);
  const text = readFileSync(join(cache, file!), "utf8");
  expect(JSON.parse(text)).toMatchObject({ tools: [{ name: "say_hello" }, { name: "die" }] });
  for (const secret of [SECRET, "API_KEY", "GATE", process.execPath])
    expect(text).not.toContain(secret);
  expect(statSync(cache).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(cache))
    expect(statSync(join(cache, name)).mode & 0o777).toBe(0o600);
});

test("another config of a server of that name has no list", async () => {
  const { start } = await kept();
  const env = { MODE: "hang", API_KEY: "another-key" };
  const slow = { command: process.execPath, args: [FIXTURE], env };
  const runtime = await start({ startMs: 0, mcpServers: { slow } });
  expect(runtime.describe().servers).toMatchObject([{ tools: 0, state: "connecting" }]);
});

const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const HOSTILE: Readonly<Record<string, (file: string) => void>> = {
  "no JSON": (file) => writeFileSync(file, "{"),
  "another format": (file) => writeFileSync(file, '{"format":9,"tools":[{"name":"x"}]}'),
  "no list": (file) => writeFileSync(file, '{"format":1,"tools":{"length":1e9}}'),
  "what is no tool": (file) => writeFileSync(file, '{"format":1,"tools":[null,7,{"name":""}]}'),
  "what is nested deeply": (file) => writeFileSync(file, `{"format":1,"tools":[${deep}]}`),
  "too much": (file) => writeFileSync(file, `{"format":1,"tools":["${"x".repeat(5_000_000)}"]}`),
  "what others may write": (file) => chmodSync(file, 0o666),
  "a link": (file) => {
    writeFileSync(`${file}.elsewhere`, readFileSync(file));
    rmSync(file);
    symlinkSync(`${file}.elsewhere`, file);
  },
  "a pipe": (file) => {
    rmSync(file);
    execFileSync("mkfifo", [file]);
  },
};

let shared: Promise<Kept> | undefined;

test.each(Object.entries(HOSTILE))(
  "a file with %s counts as none, and is written anew",
  async (_what, damage) => {
    const { cache, start, openGate, closeGate } = await (shared ??= kept());
    closeGate();
    const file = join(cache, filesOf(cache)[0]!);
    const before = readFileSync(file, "utf8");
    damage(file);
    const runtime = await start({ startMs: 0 });
    expect(runtime.describe().servers).toEqual([{ name: "slow", tools: 0, state: "connecting" }]);
    openGate();
    expect(await runtime.run(HELLO)).toMatchObject({ ok: true });
    await waitFor(() => {
      const found = statSync(file);
      expect([found.isFile(), found.mode & 0o777]).toEqual([true, 0o600]);
      expect(readFileSync(file, "utf8")).toBe(before);
    });
  },
);

test("a list that a file invents grants nothing: what the server lists decides about a call", async () => {
  const { cache, start, openGate } = await kept();
  const file = join(cache, filesOf(cache)[0]!);
  const invented = [{ name: "delete_all", inputSchema: { type: "object" } }, { name: "say_hello" }];
  writeFileSync(file, JSON.stringify({ format: 1, tools: invented }));
  const runtime = await start({ startMs: 0 });
  expect(runtime.describe().servers).toMatchObject([{ tools: 2, cached: true }]);
  const waiting = runtime.run("return await tools.slow.deleteAll({})");
  openGate();
  expect(await waiting).toMatchObject({ error: { code: "unknown_tool" } });
});

test("tools that have changed since are checked and called as they are now", async () => {
  const { cache, start, openGate, closeGate } = await kept();
  const file = join(cache, filesOf(cache)[0]!);
  const inputSchema = { type: "object", properties: { to: { type: "string" } }, required: ["to"] };
  const before = JSON.stringify({ format: 1, tools: [{ name: "say_hello", inputSchema }] });
  for (const typeCheck of ["auto", true] as const) {
    closeGate();
    writeFileSync(file, before);
    const runtime = await start({ startMs: 0, typeCheck });
    expect((await runtime.getToolSpec("slow", "say_hello")).declaration).toContain("to: string");
    const waiting = runtime.run(HELLO);
    openGate();
    expect(await waiting).toMatchObject({ ok: true, value: "say_hello" });
    await runtime.close();
  }
});

test("a folder that cannot be written is no cache", async () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  const slow = { command: process.execPath, args: [FIXTURE] };
  const runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    catalogueCache: join(file, "below"),
    mcpServers: { slow },
  });
  open.push(() => runtime.close());
  expect(runtime.describe().servers).toMatchObject([{ state: "connected", tools: 2 }]);
});

test("files do not pile up", async () => {
  const { cache, start, openGate } = await kept();
  mkdirSync(cache, { recursive: true });
  for (let at = 0; at < 210; at++)
    for (const name of [at.toString(16).padStart(64, "0"), `mine-${at}`])
      writeFileSync(join(cache, `${name}.json`), "{}");
  rmSync(
    join(
      cache,
      filesOf(cache).find((name) => !name.startsWith("00000000"))!,
    ),
  );
  openGate();
  await start();
  await waitFor(() => expect(filesOf(cache)).toHaveLength(200));
  // What is not of the cache is not removed.
  const others = readdirSync(cache).filter((name) => name.startsWith("mine-"));
  expect(others).toHaveLength(210);
});

test("the folder is the user's cache directory", () => {
  expect(cacheFolder({ XDG_CACHE_HOME: "/c" }, "linux")).toBe("/c/codecell");
  expect(cacheFolder({ XDG_CACHE_HOME: "here" }, "linux")).toBeUndefined();
  expect(cacheFolder({}, "linux")).toMatch(/\/\.cache\/codecell$/);
  expect(cacheFolder({}, "darwin")).toMatch(/\/Library\/Caches\/codecell$/);
  expect(cacheFolder({ LOCALAPPDATA: "/local" }, "win32")).toBe("/local/codecell");
});
