/** Servers of a folder that come and go while a runtime runs. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRuntime, type Runtime } from "../../src/index.ts";

const BASIC = join(import.meta.dirname, "../../fixtures/servers/basic.ts");
const ENTRY = { command: process.execPath, args: [BASIC] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "codecell-servers-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

async function put(name: string, entry: object): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  // Written beside and moved: nobody reads half of it.
  await writeFile(join(folder, `${name}.new`), JSON.stringify(entry));
  await rename(join(folder, `${name}.new`), join(folder, name, "config.json"));
}

const WAIT = { timeout: 20_000, interval: 50 };

function states(runtime: Runtime): Record<string, number | string> {
  const { servers } = runtime.describe();
  return Object.fromEntries(servers.map(({ name, tools, failure }) => [name, failure ?? tools]));
}

test(
  "new ones appear, changed ones are started anew, removed ones vanish",
  { timeout: 60_000 },
  async () => {
    await put("first", ENTRY);
    await using runtime = await createRuntime({
      config: folder,
      tools: { own: { hello: () => "hello" } },
      engine: "quickjs",
      placement: "inline",
    });
    expect(states(runtime)).toEqual({ own: 1, first: expect.any(Number) });

    await put("second", ENTRY);
    await expect.poll(() => states(runtime)["second"], WAIT).toBeGreaterThan(5);
    expect(await runtime.run("await tools.second.echo({ a: 1 })")).toMatchObject({
      value: { a: 1 },
    });
    const pid = "await tools.second.pid()";
    const before = await runtime.run(pid);

    await put("third", { comand: "x" });
    await expect.poll(() => states(runtime)["third"], WAIT).toContain("did you mean command?");
    await put("third", { ...ENTRY, allowedTools: ["echo"] });
    await expect.poll(() => states(runtime)["third"], WAIT).toBe(1);

    await mkdir(join(folder, "program/bin"), { recursive: true });
    await writeFile(
      join(folder, "program/bin/server"),
      `#!${process.execPath}\nimport(${JSON.stringify(BASIC)});\n`,
    );
    await chmod(join(folder, "program/bin/server"), 0o755);
    await expect.poll(() => states(runtime)["program"], WAIT).toBeGreaterThan(5);

    // A name that is taken stays with whom it belongs to.
    await put("own", ENTRY);
    await rm(join(folder, "first"), { recursive: true });
    await expect
      .poll(() => Object.keys(states(runtime)).toSorted(), WAIT)
      .toEqual(["own", "program", "second", "third"]);
    expect(await runtime.run("await tools.own.hello()")).toMatchObject({ value: "hello" });
    expect(await runtime.run("await tools.first.echo({})")).toMatchObject({ ok: false });
    // What did not change was not started anew.
    expect(await runtime.run(pid)).toMatchObject({ value: (before as { value: unknown }).value });
  },
);

test("an empty folder is one, and closing ends what was found", { timeout: 60_000 }, async () => {
  const runtime = await createRuntime({ config: folder, engine: "quickjs", placement: "inline" });
  expect(states(runtime)).toEqual({});
  await put("late", ENTRY);
  await expect.poll(() => states(runtime)["late"], WAIT).toBeGreaterThan(5);
  const result = await runtime.run("Number(await tools.late.pid())");
  const { value: pid } = result as { value: number };
  expect(pid).toBeGreaterThan(0);
  await runtime.close();
  await expect
    .poll(() => {
      try {
        return process.kill(pid, 0);
      } catch {
        return "gone";
      }
    }, WAIT)
    .toBe("gone");
});

const HANGS = "setInterval(() => {}, 1_000);";

test("what comes while the others connect is found", { timeout: 60_000 }, async () => {
  const started = join(folder, "started");
  const script = `require("node:fs").writeFileSync(${JSON.stringify(started)}, ""); ${HANGS}`;
  await put("slow", { command: process.execPath, args: ["-e", script] });
  const opening = createRuntime({
    config: folder,
    startMs: 1_500,
    warn: false,
    engine: "quickjs",
    placement: "inline",
  });
  await expect.poll(() => existsSync(started), WAIT).toBe(true);
  await put("late", ENTRY);
  await using runtime = await opening;
  await expect.poll(() => states(runtime)["late"], WAIT).toBeGreaterThan(5);
});

test("a folder that is made again is followed", { timeout: 60_000 }, async () => {
  const servers = join(folder, "servers");
  await mkdir(servers);
  await using runtime = await createRuntime({
    config: servers,
    engine: "quickjs",
    placement: "inline",
  });
  for (const name of ["one", "two"]) {
    await rm(servers, { recursive: true });
    // Once it was seen that it is gone, and once before.
    if (name === "one") await delay(300);
    await mkdir(servers);
    await put(`servers/${name}`, ENTRY);
    await expect.poll(() => states(runtime)[name], WAIT).toBeGreaterThan(5);
  }
});

test("a changed entry has a cache of its own", { timeout: 60_000 }, async () => {
  const program = join(folder, "program.mjs");
  const entry = { command: process.execPath, args: [program] };
  const options = {
    config: join(folder, "servers"),
    catalogueCache: join(folder, "cache"),
    warn: false,
    engine: "quickjs",
    placement: "inline",
  } as const;
  await writeFile(program, `await import(${JSON.stringify(BASIC)});`);
  await put("servers/x", { ...entry, allowedTools: ["echo"] });
  const first = await createRuntime(options);
  expect(states(first)).toEqual({ x: 1 });
  await put("servers/x", { ...entry, allowedTools: ["echo", "pid"] });
  await expect.poll(() => states(first)["x"], WAIT).toBe(2);
  await expect
    .poll(async () => (await readdir(options.catalogueCache)).length, WAIT)
    .toBe(["key", "x", "x"].length);
  await first.close();
  await writeFile(program, HANGS);
  for (const [allowedTools, count] of [
    [["echo", "pid"], 2],
    [["echo"], 1],
  ] as const) {
    await put("servers/x", { ...entry, allowedTools });
    await using again = await createRuntime({ ...options, startMs: 0 });
    expect(again.describe().servers).toMatchObject([{ name: "x", tools: count, cached: true }]);
  }
});
