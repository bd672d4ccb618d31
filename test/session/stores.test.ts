/** Sessions kept beyond their process: SQLite, a real Redis, a real PostgreSQL. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { openStore } from "../../src/session/stores/open.ts";
import { type Database, startPostgres, startRedis } from "../support/databases.ts";
import { createRuntime } from "../support/patient.ts";
import { value } from "../support/value.ts";

async function sqlite(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), "codecell-sqlite-"));
  return {
    url: `sqlite:${join(folder, "sessions.db")}`,
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  };
}

const DATABASES = [
  ["SQLite", sqlite],
  ["Redis", startRedis],
  ["PostgreSQL", startPostgres],
] as const;

describe.each(DATABASES)("%s", (_name, start) => {
  let database: Database;
  const open = (engine: "v8" | "quickjs" = "quickjs", settings = {}): Promise<Runtime> =>
    createRuntime({
      engine,
      placement: "inline",
      tools: { t: { echo: async (v: unknown) => v } },
      sessions: { store: database.url, ...settings },
    });
  beforeAll(async () => {
    database = await start();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test.each(["quickjs", "v8"] as const)("a session of %s outlives its runtime", async (engine) => {
    const id = `outlives-${engine}`;
    const first = await open(engine);
    const session = await first.session(id, { user: "ann" });
    await session.run(
      "let n = 1; const up = () => ++n; await fs.writeFile('/f', await tools.t.echo('x'))",
    );
    await first.close();
    await using second = await open(engine);
    const again = await second.session(id, { user: "ann" });
    expect(await value(again.run("[up(), await fs.readFile('/f')]"))).toEqual([2, "x"]);
    expect(await value((await second.session(id)).run("typeof n"))).toBe("undefined");
  });

  test("a script that closes nothing ends when nothing runs, and leaves what it did", async () => {
    const script = `
      import { createRuntime } from ${JSON.stringify(import.meta.resolve("../../src/index.ts"))};
      const sessions = { store: process.argv[1] };
      const runtime = await createRuntime({ engine: "quickjs", placement: "inline", sessions });
      const session = await runtime.session("forgotten");
      await session.run("let n = 1");
      session.run("await new Promise((done) => setTimeout(done, 50)); n++"); // nobody awaits it`;
    const flags = ["--input-type=module", "--eval", script, database.url];
    await promisify(execFile)(process.execPath, flags, { timeout: 20_000 });
    await using later = await open();
    expect(await value((await later.session("forgotten")).run("n"))).toBe(2);
  });

  test("two processes take turns with one session, and each sees what the other left", async () => {
    await using one = await open();
    await using two = await open();
    const sessions = [await one.session("shared"), await two.session("shared")] as const;
    await sessions[0].run("let n = 0");
    const runs = Array.from({ length: 12 }, (_, at) => value(sessions[at % 2]!.run("++n")));
    const seen = await Promise.all(runs);
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
  });

  test("a closed session is gone from the store, a restored one is in it", async () => {
    await using one = await open();
    await using two = await open();
    const session = await one.session("gone");
    await session.run("let n = 5");
    const bytes = await session.snapshot();
    await session.close();
    expect(await value((await two.session("gone")).run("typeof n"))).toBe("undefined");
    await one.restore(bytes, { id: "back" });
    expect(await value((await two.session("back")).run("n"))).toBe(5);
    await expect(two.restore(bytes, { id: "back" })).rejects.toMatchObject({
      code: "config_error",
    });
    await expect(one.restore(bytes, { id: "back" })).rejects.toThrow("already");
  });

  test("what one process forgets or closes, others do not bring back", async () => {
    await using one = await open();
    await using two = await open();
    const [a, b] = [await one.session("both"), await two.session("both")];
    await a.run("let n = 1; await fs.writeFile('/f', 'x')");
    await b.run("n++");
    await a.reset();
    const look = "[typeof n, await fs.readdir('/')]";
    expect(await value(b.run(look))).toEqual(["undefined", ["tools"]]);
    await b.run("let m = 1");
    expect((await one.findSession("both"))!.declared).toEqual(["m"]);
    expect(await value((await a.fork("fork")).run("m"))).toBe(1);
    await b.close();
    expect(await value(a.run("typeof m"))).toBe("undefined");
    await a.close();
    expect(await two.findSession("both")).toBeUndefined();
  });

  test("what is too old is gone", async () => {
    const store = await openStore(database.url);
    await store.set("old", "x", 20);
    await store.set("young", "x", 60_000);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([await store.get("old"), await store.get("young")]).toEqual([undefined, "x"]);
    await store[Symbol.asyncDispose]();
  });

  test("a lock has one holder, who may go on, until it gives it back or its time is over", async () => {
    await using one = await openStore(database.url);
    await using two = await openStore(database.url);
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).lock("l", `t${at}`, 60_000)),
    );
    expect(tries.filter(Boolean)).toHaveLength(1);
    const holder = `t${tries.indexOf(true)}`;
    expect(await two.lock("l", holder, 60_000)).toBe(true);
    await one.unlock("l", "somebody else");
    expect(await two.lock("l", "next", 60_000)).toBe(false);
    await one.unlock("l", holder);
    expect(await two.lock("l", "next", 30)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await one.lock("l", "last", 1_000)).toBe(true);
  });
});

test("a store that goes away is told of, and the process goes on", async () => {
  const database = await startRedis();
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    sessions: { store: database.url },
  });
  const session = await runtime.session("s");
  await session.run("let n = 1");
  await database[Symbol.asyncDispose]();
  await expect(session.run("n")).rejects.toMatchObject({
    code: "internal",
    message: expect.stringContaining("the session store failed"),
  });
  expect(await value(runtime.run("'goes on'"))).toBe("goes on");
});

test("a program's result is not lost with its session's place in the store", async () => {
  let hits = 0;
  await using database = await sqlite();
  await using runtime = await createRuntime({
    engine: "v8",
    placement: "inline",
    tools: { t: { big: async () => "x".repeat(7e6), hit: async () => ++hits } },
    limits: { callBytes: 8 * 1024 * 1024 },
    sessions: { store: database.url },
  });
  const session = await runtime.session("s");
  for (let at = 0; at < 2; at++) await session.run("(await tools.t.big()).length");
  const result = await session.run("(await tools.t.big()).length");
  expect(result).toMatchObject({
    ok: true,
    value: 7e6,
    logs: [{ level: "warn", text: expect.stringContaining("could not be put into its store") }],
  });
  for (const count of [1, 2, 3])
    expect(await value(session.run("await tools.t.hit()"))).toBe(count);
});

test.each([
  ["sqlite:/nowhere/at/all.db", "the sqlite store cannot be opened"],
  ["redis://user:secret@127.0.0.1:1", "the redis store cannot be opened"],
  ["postgres://user:secret@127.0.0.1:1/x", "the postgres store cannot be opened"],
  ["mysql://x", "sessions.store must be sqlite:<file>, redis://… or postgres://…"],
])("%s is refused with a reason, and without its password", async (store, message) => {
  const error = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    sessions: { store },
  }).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "config_error", message: expect.stringContaining(message) });
  expect(`${(error as Error).message} ${(error as { hint?: string }).hint}`).not.toContain(
    "secret",
  );
});
