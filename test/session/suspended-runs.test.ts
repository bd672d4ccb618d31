/** A stored session whose run waits: its lock is free for other processes, and its run goes on in any of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  createRuntime,
  type ExecutionResult,
  type Runtime,
  type Session,
} from "../../src/index.ts";
import { SessionState } from "../../src/session/session-state.ts";
import { StoredSessions } from "../../src/session/stores/stored-sessions.ts";
import { openStore } from "../../src/session/stores/open.ts";
import { until } from "../support/processes.ts";
import { value } from "../support/value.ts";

const WAITS = `
  console.log("asked");
  const answer = await tools.t.approve(n);
  n += 1;
  [answer, n]
`;

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codecell-suspended-"));
  store = `sqlite:${join(folder, "sessions.db")}`;
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe.each(["quickjs", "v8"] as const)("%s", (engine) => {
  let asked: number;
  beforeEach(() => {
    asked = 0;
  });

  const open = (): Promise<Runtime> =>
    createRuntime({
      engine,
      placement: "inline",
      tools: {
        t: {
          approve: () => {
            asked++;
            return new Promise<never>(() => {});
          },
        },
      },
      sessions: { store },
    });

  /** Start a run that waits and suspend it. There is no public way to do that yet. */
  async function suspendRun(session: Session): Promise<() => Promise<ExecutionResult>> {
    const run = vi.spyOn(SessionState.prototype, "run");
    const stop = new AbortController();
    const running = session.run(WAITS, { signal: stop.signal });
    await until(() => asked === 1);
    await (run.mock.contexts[0] as SessionState).suspend();
    return async () => {
      stop.abort();
      return await running;
    };
  }

  test("another process can acquire the session, and must resume the run first", async () => {
    await using one = await open();
    await using two = await open();
    const session = await one.session("s");
    await session.run("let n = 1");
    const end = await suspendRun(session);

    const other = await two.session("s");
    const call = { id: expect.any(Number), tool: "t.approve", args: 1 };
    expect(await other.pending()).toEqual([call]);
    await expect(other.run("n")).rejects.toMatchObject({
      code: "config_error",
      message: "the session was saved in the midst of a run",
    });

    expect(await end()).toMatchObject({ ok: false, error: { code: "aborted" } });
    expect(await session.pending()).toEqual([call]);
    await expect(session.run("n")).rejects.toMatchObject({ code: "config_error" });
    const { id } = (await session.pending())[0]!;
    const resumed = await session.resume({ answers: { [id]: "yes" } });
    expect(resumed).toMatchObject({ ok: true, value: ["yes", 2], logs: [{ text: "asked" }] });
    expect(await value(other.run("n"))).toBe(2);
    expect(asked).toBe(1);
  });

  test("the run goes on in the other process, and the first one sees what came of it", async () => {
    await using one = await open();
    await using two = await open();
    const session = await one.session("s");
    await session.run("let n = 1; await fs.writeFile('/f', 'kept')");
    const end = await suspendRun(session);

    const other = await two.session("s");
    const { id } = (await other.pending())[0]!;
    expect(await value(other.resume({ answers: { [id]: "yes" } }))).toEqual(["yes", 2]);
    await other.run("n += 40");

    await end();
    await expect(session.resume()).rejects.toThrow("there is no run to resume");
    expect(await value(session.run("[answer, n, await fs.readFile('/f')]"))).toEqual([
      "yes",
      42,
      "kept",
    ]);
    expect(asked).toBe(1);
  });

  test("a session that others have reset has no run to resume", async () => {
    await using one = await open();
    await using two = await open();
    const session = await one.session("s");
    await session.run("let n = 1");
    const end = await suspendRun(session);
    await (await two.session("s")).reset();
    await end();
    expect(await value(session.run("typeof n"))).toBe("undefined");
  });
});

test("a lock that was released writes nothing any more", async () => {
  await using sessions = new StoredSessions(await openStore(store), 60_000);
  const record = sessions.open("key");
  const lock = await record.acquire();
  const journal = await lock.openJournal("program");
  const call = await journal.begin("t.pay", "1");
  const version = await lock.save(Buffer.from("first"), undefined);
  await lock.release();
  await lock.release();
  expect(await record.load(version)).toBeUndefined();

  await using next = await sessions.open("key").acquire();
  await (await next.openJournal("program")).begin("t.pay", "2");
  if (!("end" in call)) throw new Error("the call is new");
  await call.end("late");
  await lock.dropJournal();
  await expect(journal.begin("t.pay", "3")).rejects.toMatchObject({ code: "aborted" });
  await expect(lock.save(Buffer.from("second"), version)).rejects.toMatchObject({
    code: "aborted",
  });
  const theirs = await next.openJournal("program");
  expect(await theirs.begin("t.pay", "2")).toEqual({ inDoubt: true });
  expect(await theirs.begin("t.pay", "1")).toHaveProperty("end");
  expect(await record.load(undefined)).toEqual({ version, snapshot: Buffer.from("first") });
});
