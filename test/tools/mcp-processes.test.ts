import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { checkServers } from "../../src/tools/config/parse-config.ts";
import { configuredSource } from "../../src/tools/mcp/open.ts";

const context = { signal: new AbortController().signal, caller: {} };
const started = new Set<number>();

afterEach(() => {
  for (const pid of started) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  started.clear();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function path(file: string): string {
  return fileURLToPath(new URL(`../../fixtures/servers/${file}.ts`, import.meta.url));
}

/** A host process with a stubborn server; its pids. */
async function host(...args: string[]): Promise<{ child: ChildProcess; pids: [number, number] }> {
  const child = spawn(process.execPath, [path("host"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.add(child.pid!);
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  const [server, grandchild] = JSON.parse(line.toString()) as [number, number];
  started.add(server).add(grandchild);
  return { child, pids: [server, grandchild] };
}

async function expectGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), { interval: 20 }).toEqual([]);
}

test("closing ends a server that ignores SIGTERM, and its child", async () => {
  const config = checkServers(
    { stubborn: { command: process.execPath, args: [path("stubborn")] } },
    "mcpServers",
    {},
  )["stubborn"]!;
  const source = configuredSource("stubborn", config);
  const [server, child] = (await source.call("pids", {}, context)) as [number, number];
  started.add(server).add(child);
  expect([server, child].map(isAlive)).toEqual([true, true]);
  // It would never end by itself: this resolves because it is killed.
  await source[Symbol.asyncDispose]();
  expect(isAlive(server)).toBe(false);
  await expectGone([server, child]);
});

test("a server whose parent process crashed does not leave its child behind", async () => {
  const config = checkServers(
    { stubborn: { command: process.execPath, args: [path("stubborn")] } },
    "mcpServers",
    {},
  )["stubborn"]!;
  const source = configuredSource("stubborn", config);
  const [server, child] = (await source.call("pids", {}, context)) as [number, number];
  started.add(server).add(child);
  process.kill(server, "SIGKILL");
  await expectGone([server, child]);
  await source[Symbol.asyncDispose]();
});

test("kill -9 of the host leaves no server", async () => {
  const { child, pids } = await host();
  expect(pids.map(isAlive)).toEqual([true, true]);
  child.kill("SIGKILL");
  await expectGone([child.pid!, ...pids]);
});

test("SIGTERM and process.exit of the host leave no server", async () => {
  const [terminated, exited] = await Promise.all([host(), host("exit")]);
  terminated.child.kill("SIGTERM");
  await expectGone([...terminated.pids, ...exited.pids]);
});
