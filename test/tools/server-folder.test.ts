/** Servers of a folder that come and go while a runtime runs. */
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  const result = (await runtime.run("await tools.late.pid()")) as { value: number };
  expect(result.value).toBeGreaterThan(0);
  await runtime.close();
  await expect
    .poll(() => {
      try {
        return process.kill(result.value, 0);
      } catch {
        return "gone";
      }
    }, WAIT)
    .toBe("gone");
});
