/** Objects with methods in sessions: they live as long as the session, and keep it where it is. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { encode } from "../../src/core/encode.ts";
import type { Runtime, RuntimeOptions, Session } from "../../src/index.ts";
import { keyOf } from "../../src/session/session-key.ts";
import type { SharedStore } from "../../src/session/store.ts";
import { openStore } from "../../src/session/stores/open.ts";
import { StoredSessions } from "../../src/session/stores/stored-sessions.ts";
import { createRuntime } from "../support/patient.ts";
import { killDescendants } from "../support/processes.ts";
import { value } from "../support/value.ts";

/** What happened to the host's objects. */
const events: string[] = [];
let answerLate = (): void => {};
let aborting = new AbortController();

class Transaction {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  query(sql: string): string {
    return `${this.name}: ${sql}`;
  }

  [Symbol.asyncDispose](): void {
    events.push(`end of ${this.name}`);
  }
}

const tools = {
  db: {
    begin: (name: unknown) => new Transaction(String(name)),
    late: () => {
      events.push("asked");
      return new Promise((resolve) => {
        answerLate = () => resolve(new Transaction("late"));
      });
    },
    async *rows() {
      yield* [1, 2];
    },
    /** Aborts its run when the answer waits to be sent. */
    large: () => {
      setImmediate(() => aborting.abort());
      return { tx: new Transaction("large"), pad: "x".repeat(1_000_000) };
    },
    literal: () => ({ ping: () => "pong" }),
  },
};

const folder = mkdtempSync(join(tmpdir(), "codecell-handles-"));
const resources = new AsyncDisposableStack();
afterAll(async () => {
  await resources.disposeAsync();
  rmSync(folder, { recursive: true });
});

const LOST = "the object of db.begin (Transaction) cannot be used any more";
const REFUSED = {
  code: "not_serializable",
  message: expect.stringContaining("the object of db.begin (Transaction)"),
};

async function start(options: RuntimeOptions): Promise<Runtime> {
  events.length = 0;
  return await createRuntime({ tools, ...options });
}

async function begin(runtime: Runtime, id = "s"): Promise<Session> {
  const session = await runtime.session(id);
  await value(session.run(`const tx = await tools.db.begin(${JSON.stringify(id)}); 1`));
  return session;
}

describe.each([
  { engine: "v8", placement: "inline" },
  { engine: "quickjs", placement: "inline" },
  { engine: "v8", placement: "process" },
  { engine: "quickjs", placement: "process" },
] as const)("$engine $placement", (place) => {
  test("one that is kept in a variable works in the next runs, until its session is closed", async () => {
    await using runtime = await start(place);
    const session = await begin(runtime);
    expect(await value(session.run("await tx.query('a')"))).toBe("s: a");
    const second = await session.run("return await tx.query('b')");
    expect(second).toMatchObject({ value: "s: b", calls: [{ tool: "db.begin.query", ok: true }] });
    expect(events).toEqual([]);
    await session.close();
    expect(events).toEqual(["end of s"]);
  });

  test.each([
    ["reset", async (session: Session) => await session.reset()],
    ["the end of its runtime", async (_session: Session, runtime: Runtime) => runtime.close()],
  ])("%s ends it", async (_what, end) => {
    await using runtime = await start(place);
    await end(await begin(runtime), runtime);
    expect(events).toEqual(["end of s"]);
  });

  test("a session that was not used for long ends it", async () => {
    await using runtime = await start({ ...place, sessions: { idleMs: 300, parkMs: 50 } });
    await begin(runtime);
    await expect.poll(() => events).toEqual(["end of s"]);
  });

  test("close() in a later run ends it once, and a later call says so", async () => {
    await using runtime = await start(place);
    const session = await begin(runtime);
    await value(session.run("await tx.close(); 1"));
    expect(events).toEqual(["end of s"]);
    expect(await session.run("await tx.query('a')")).toMatchObject({
      ok: false,
      error: { code: "invalid_arguments", message: `${LOST}: it was closed` },
    });
    await session.close();
    expect(events).toEqual(["end of s"]);
  });

  test("saving and copying its session are refused, until it is closed", async () => {
    await using runtime = await start(place);
    const session = await begin(runtime);
    await expect(session.snapshot()).rejects.toMatchObject(REFUSED);
    await expect(session.fork("copy")).rejects.toMatchObject(REFUSED);
    expect(await runtime.findSession("copy")).toBeUndefined();
    expect(await value(session.run("await tx.query('a')"))).toBe("s: a");
    await value(session.run("await tx.close(); 1"));
    const copy = await runtime.restore(await session.snapshot(), { id: "restored" });
    expect(await value(copy.run("try { await tx.query('a') } catch (e) { e.message }"))).toContain(
      "the object is not open here",
    );
  });

  test("its session does not leave its worker", async () => {
    await using runtime = await start({ ...place, sessions: { parkMs: 0 } });
    const session = await begin(runtime);
    await new Promise((resolve) => setTimeout(resolve, 300)); // parked meanwhile, if it could be
    expect(session.placed).toBe(true);
    expect(await value(session.run("await tx.query('a')"))).toBe("s: a");
    await value(session.run("await tx.close(); 1"));
    await expect.poll(() => session.placed).toBe(false);
    expect(await value(session.run("typeof tx.query"))).toBe("function");
  });

  test("it is of no use in another session, nor is its id", async () => {
    await using runtime = await start(place);
    await begin(runtime, "one");
    const two = await begin(runtime, "two");
    const result = await two.run(`
      const outcomes = [];
      for (const id of ["0".repeat(32), "f".repeat(32), "", "1"])
        outcomes.push(await tools["~" + id].query("x").catch((error) => error.code));
      return [outcomes, await tx.query("x")];`);
    expect(result).toMatchObject({
      value: [["invalid_arguments", "invalid_arguments", "unknown_tool", "unknown_tool"], "two: x"],
    });
    await runtime.close();
    expect(events.toSorted()).toEqual(["end of one", "end of two"]);
  });

  test("a run that fails, or is aborted while it waits, leaves it open", async () => {
    await using runtime = await start(place);
    const session = await begin(runtime);
    expect((await session.run("throw new Error('x')")).ok).toBe(false);
    const abort = new AbortController();
    const running = session.run("await tools.db.late()", { signal: abort.signal });
    await expect.poll(() => events).toEqual(["asked"]);
    abort.abort();
    expect((await running).ok).toBe(false);
    answerLate();
    await expect.poll(() => events).toEqual(["asked", "end of late"]);
    expect(await value(session.run("await tx.query('a')"))).toBe("s: a");
  });

  test("a loop over rows to their end leaves nothing open", async () => {
    await using runtime = await start(place);
    const session = await runtime.session("rows");
    const code =
      "let total = 0; for await (const row of await tools.db.rows()) total += row; total";
    expect(await value(session.run(code))).toBe(3);
    expect(session.pinned).toBe(false);
  });

  test("one in an answer that comes to no program is disposed of", async () => {
    await using runtime = await start(place);
    const session = await runtime.session("late");
    await value(session.run("1"));
    for (let turn = 0; turn < 3; turn++) {
      aborting = new AbortController();
      const { signal } = aborting;
      await session.run("await tools.db.large(); 1", { signal });
      await expect.poll(() => [session.pinned, events.length]).toEqual([false, turn + 1]);
    }
  });

  test("a run that is stopped while it computes takes it along", async () => {
    await using runtime = await start(place);
    const session = await begin(runtime);
    const stopped = await session.run("for (;;);", { limits: { cpuMs: 50 } });
    expect(stopped).toMatchObject({ ok: false, error: { code: "cpu_limit" } });
    expect(events).toEqual(["end of s"]);
    expect(await value(session.run("typeof tx"))).toBe("undefined");
  });

  test("a session has a cap on them, which its runs share", async () => {
    await using runtime = await start(place);
    const session = await runtime.session("many");
    await value(session.run("for (let i = 0; i < 60; i++) await tools.db.begin(i); 1"));
    const more = await session.run("for (let i = 0; i < 60; i++) await tools.db.begin(i); 1");
    expect(more).toMatchObject({ ok: false, error: { code: "output_limit", tool: "db.begin" } });
    expect(JSON.stringify(more)).toContain("the session has 100 of them open");
    await session.close();
    await expect.poll(() => events.length).toBe(101);
  });

  test("a snapshot during a run is refused while the run has one", async () => {
    await using runtime = await start(place);
    const session = await runtime.session("during");
    const running = session.run(
      "const tx = await tools.db.begin('d'); await tools.db.late(); return await tx.query('a')",
    );
    await expect.poll(() => events).toEqual(["asked"]);
    await expect(session.snapshot()).rejects.toMatchObject(REFUSED);
    answerLate();
    expect(await running).toMatchObject({ ok: true, value: "d: a" });
  });

  test("another process does not go on with a stored session while it has one", async () => {
    const store = `sqlite:${join(folder, `${place.engine}-${place.placement}.db`)}`;
    await using one = await start({ ...place, sessions: { store } });
    await using two = await createRuntime({ ...place, tools, sessions: { store } });
    const session = await one.session("shared");
    await value(session.run("let n = 1; 1"));
    const opened = await session.run("n = 2; const tx = await tools.db.begin('s'); 1");
    expect(opened.logs.at(-1)?.text).toContain("could not be put into its store");
    expect(opened.logs.at(-1)?.text).toContain("the object of db.begin (Transaction)");
    const other = await two.session("shared");
    let isOver = false;
    const waiting = value(other.run("n")).finally(() => (isOver = true));
    expect(await value(session.run("n = 3; await tx.query('a')"))).toBe("s: a");
    expect(isOver).toBe(false);
    await value(session.run("await tx.close(); n = 4"));
    expect(await waiting).toBe(4);
  });
});

describe.each(["v8", "quickjs"] as const)("%s: when its worker dies", (engine) => {
  test("between runs it ends, and the next run says what was lost", async () => {
    await using runtime = await start({ engine, placement: "process" });
    const session = await begin(runtime);
    killDescendants();
    await expect.poll(() => events).toEqual(["end of s"]);
    const lost = await session.run("await tx.query('a')");
    expect(lost).toMatchObject({ ok: false, error: { code: "worker_crashed" } });
    expect(JSON.stringify(lost)).toContain("(tx)");
    expect(await value(session.run("typeof tx"))).toBe("undefined");
  });

  test("a run that is made again does not make the call again, and says so", async () => {
    const store = `sqlite:${join(folder, `again-${engine}.db`)}`;
    const code =
      "const tx = await tools.db.begin('j'); await tx.query('a'); return await tools.db.late()";
    await using one = await start({ engine, placement: "inline", sessions: { store } });
    const session = await one.session("again");
    const abort = new AbortController();
    const running = session.run(code, { signal: abort.signal });
    await expect.poll(() => events).toEqual(["asked"]);
    const again = await recordsOf(store, "again", code);
    expect(await again("db.begin", encode("j"))).toContain(
      "db.begin had returned an object with methods, which ended with its host",
    );
    // What was recorded of its methods is no answer of another object.
    expect(await again("db.begin.query", `~${"0".repeat(32)} ...["a"]`)).toBe("{}");
    abort.abort();
    await running;
  });
});

/** What calls of a program get where its run is made again while the first one is at work: as if its host had died. */
async function recordsOf(
  store: string,
  id: string,
  code: string,
): Promise<(tool: string, args: string) => Promise<string>> {
  // The lock of a process that died expires; here it is as if it had.
  const sessions = new StoredSessions(withoutLocks(await openStore(store)), 60_000);
  resources.use(sessions);
  const lock = resources.use(await sessions.open(keyOf(id, undefined)).acquire());
  const journal = await lock.openJournal(code);
  return async (tool, args) => JSON.stringify(await journal.begin(tool, args));
}

function withoutLocks(store: SharedStore): SharedStore {
  return new Proxy(store, {
    get: (target, key) => {
      if (key === "lock") return async () => true;
      const found: unknown = Reflect.get(target, key);
      return typeof found === "function" ? (found.bind(target) as unknown) : found;
    },
  });
}
