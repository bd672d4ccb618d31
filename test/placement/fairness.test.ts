/** Users of one runtime: whatever one of them runs, another's runs are not kept waiting. Shown by what comes before what, not by time. */
import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import type { ExecutionResult, RunOptions, Runtime, RuntimeOptions } from "../../src/index.ts";
import { type Combination, startRuntime } from "../support/combinations.ts";
import { demoTools } from "../support/demo-tools.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";
import { until } from "../support/processes.ts";
import { raw, rawEngine } from "../support/raw-engine.ts";

const CORES = Math.max(2, availableParallelism());
const CROWD = 20;
/** So long that nothing of it ends by itself during a test. */
const LIMITS = { cpuMs: 600_000, wallMs: 600_000 };

const PLACES: readonly Combination[] = [
  { engine: "v8", placement: "process" },
  { engine: "v8", placement: "sandbox" },
  { engine: "quickjs", placement: "process" },
  { engine: "quickjs", placement: "thread" },
];

/** Programs of one user, until they are stopped. */
class Crowd implements AsyncDisposable {
  /** Number of programs that have begun. */
  begun = 0;
  ended = 0;
  readonly #stop = new AbortController();
  readonly #runs: Promise<unknown>[];

  constructor(
    count: number,
    start: (options: Omit<RunOptions, "user">) => Promise<ExecutionResult>,
  ) {
    const options = {
      signal: this.#stop.signal,
      limits: LIMITS,
      onLog: () => this.begun++,
    };
    this.#runs = Array.from({ length: count }, async () => {
      await start(options).catch(() => {});
      this.ended++;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#runs);
  }
}

function crowdOf(runtime: Runtime, code: string, count = CROWD): Crowd {
  return new Crowd(count, (options) => runtime.run(code, { user: "eve", ...options }));
}

/** Runs of another user, one after the other; they end while those of the crowd go on. */
async function notKeptWaiting(runtime: Runtime, crowd: Crowd, user = "ann"): Promise<void> {
  for (let at = 0; at < 5; at++)
    // oxlint-disable-next-line no-await-in-loop -- one after the other is what is tried
    expect(await runtime.run(`return ${at}`, { user, limits: LIMITS })).toMatchObject({
      value: at,
    });
  expect(crowd.ended).toBe(0);
}

const COMPUTES = "console.log('begun'); for (;;);";
/** Programs that compute, and look as if they waited. */
const PRETENDS = [
  ["has a call open", "console.log('begun'); tools.demo.never(); for (;;);"],
  [
    "has waited for an answer with another call open",
    "tools.demo.never(); await tools.demo.echo(1); console.log('begun'); for (;;);",
  ],
  [
    "has a timer set and waited for another",
    "setTimeout(() => {}, 1e8); await new Promise((r) => setTimeout(r, 5)); console.log('begun'); for (;;);",
  ],
] as const;

describe.each(PLACES)("$engine $placement", (place) => {
  test("a user's computing programs keep no other user's run waiting", async () => {
    await using runtime = await startRuntime(place);
    await using crowd = crowdOf(runtime, COMPUTES);
    expect(await until(() => crowd.begun === CORES)).toBe(true);
    await notKeptWaiting(runtime, crowd);
    expect(crowd.begun).toBe(CORES); // as many as there are cores, and no more because others came
  });

  test.each(PRETENDS)("nor does one that %s", async (_what, code) => {
    await using runtime = await startRuntime(place);
    await using crowd = crowdOf(runtime, code);
    expect(await until(() => crowd.begun >= CORES)).toBe(true);
    await notKeptWaiting(runtime, crowd);
  });

  test("nor do programs that wait in all workers", async () => {
    await using runtime = await startRuntime(place, { workers: { max: CORES, spare: 0 } });
    await using crowd = crowdOf(runtime, "console.log('begun'); await tools.demo.never()");
    expect(await until(() => crowd.begun === CORES)).toBe(true);
    await notKeptWaiting(runtime, crowd);
    expect(crowd.begun).toBe(CORES);
  });

  test("nor do sessions: their runs take turns too", async () => {
    await using runtime = await startRuntime(place);
    const sessions = await Promise.all(
      Array.from({ length: CORES + 4 }, (_, at) => runtime.session(`s${at}`, { user: "eve" })),
    );
    for (const session of sessions) await session.run("let n = 1", { limits: LIMITS }); // each has a worker
    let at = 0;
    await using crowd = new Crowd(sessions.length, (options) =>
      sessions[at++]!.run("console.log('begun'); for (;;);", options),
    );
    expect(await until(() => crowd.begun === CORES)).toBe(true);
    await notKeptWaiting(runtime, crowd);
    const session = await runtime.session("mine", { user: "ann" });
    expect(await session.run("let n = 2; n", { limits: LIMITS })).toMatchObject({ value: 2 });
    expect([crowd.begun, crowd.ended]).toEqual([CORES, 0]);
  });
});

test("a program that opens a call and computes on keeps its turn: no more begin than there are cores", async () => {
  await using runtime = await startRuntime({ engine: "v8", placement: "process" });
  await using crowd = crowdOf(runtime, PRETENDS[0][1]);
  expect(await until(() => crowd.begun >= CORES)).toBe(true);
  await notKeptWaiting(runtime, crowd);
  // A worker that is about to compute can be seen asleep once; it is seen to compute soon after.
  expect(crowd.begun).toBeLessThanOrEqual(2 * CORES);
});

test("a taken-over worker that reports that it waits, while it computes, gains nothing by it", async () => {
  const lie = raw(`
    const { writeSync } = require("node:fs");
    const send = (text) => {
      const body = Buffer.from(text);
      const header = Buffer.alloc(4);
      header.writeUInt32BE(body.length);
      writeSync(3, Buffer.concat([header, body]));
    };
    send('["log","log"]\\nbegun');
    for (;;) {
      send('["idle"]\\n');
      const end = Date.now() + 20;
      while (Date.now() < end);
    }
  `);
  await using runtime = await createRuntime({ engine: rawEngine, placement: "process" });
  await using crowd = crowdOf(runtime, lie);
  expect(await until(() => crowd.begun >= CORES)).toBe(true);
  const honest = raw("return 1");
  for (let at = 0; at < 5; at++)
    // oxlint-disable-next-line no-await-in-loop -- one after the other is what is tried
    expect(await runtime.run(honest, { user: "ann" })).toMatchObject({ value: 1 });
  expect(crowd.ended).toBe(0);
  expect(crowd.begun).toBeLessThanOrEqual(2 * CORES);
});

test("a user's programs that really wait do not keep its others from computing", async () => {
  const gate = new Gate();
  await using runtime = await startRuntime(
    { engine: "quickjs", placement: "process" },
    { tools: { demo: demoTools, gate: { wait: gate.wait } }, workers: { max: CROWD } },
  );
  const limits = { wallMs: 300_000 };
  const runs = Array.from({ length: CROWD }, () =>
    runtime.run("await tools.gate.wait()", { user: "ann", limits }),
  );
  expect(await until(() => gate.arrived === CROWD, 300_000)).toBe(true);
  gate.open();
  expect((await Promise.all(runs)).every(({ ok }) => ok)).toBe(true);
}, 300_000);

/** Who ended, in this order, when all programs of all users are given at once. */
async function order(
  users: readonly string[],
  options: RuntimeOptions = {},
): Promise<readonly string[]> {
  await using runtime = await startRuntime({ engine: "quickjs", placement: "process" }, options);
  const code = "let sum = 0; for (let i = 0; i < 1_500_000; i++) sum += i; return sum";
  const ended: string[] = [];
  await Promise.all(
    users.map(async (user) => {
      expect(await runtime.run(code, { user, limits: LIMITS })).toMatchObject({ ok: true });
      ended.push(user);
    }),
  );
  return ended;
}

const times = (count: number, user: string): string[] => Array.from({ length: count }, () => user);

test("who comes last with few runs does not end last", { timeout: 300_000 }, async () => {
  const ended = await order([...times(40, "eve"), ...times(4, "ann"), ...times(4, "bob")]);
  // In turn, each of the three would have 4 of the first 12; some are begun before the others come.
  for (const user of ["ann", "bob"]) expect(ended.lastIndexOf(user)).toBeLessThan(12 + 4 * CORES);
});

test("a user with more weight computes more", { timeout: 300_000 }, async () => {
  const users = [...times(40, "ann"), ...times(40, "bob")];
  const ended = await order(users, { sharing: { weights: { bob: 4 } } });
  const first = ended.slice(0, 40);
  // Half of them would be 20. As ann always has one run at work too, bob cannot have more than two thirds on two cores.
  expect(first.filter((user) => user === "bob").length).toBeGreaterThan(21);
});

test("a user's runs do not take the worker that another user's session holds", async () => {
  await using runtime = await startRuntime(
    { engine: "v8", placement: "process" },
    { workers: { max: 2, spare: 0 }, sessions: { parkMs: 600_000 } },
  );
  const session = await runtime.session("s", { user: "ann" });
  await session.run("let n = 1");
  await using crowd = crowdOf(runtime, "console.log('begun'); await tools.demo.never()");
  expect(await until(() => crowd.begun === 1)).toBe(true);
  await notKeptWaiting(runtime, crowd, "bob");
  expect([session.placed, crowd.begun]).toEqual([true, 1]);
  expect(await session.run("n")).toMatchObject({ value: 1 });
});

test("a session that waits for its turn does not stop a run that waits for its worker", async () => {
  await using runtime = await startRuntime(
    { engine: "quickjs", placement: "process" },
    { workers: { max: 1, spare: 0 } },
  );
  const user = "ann";
  const session = await runtime.session("s", { user });
  await session.run("let n = 1");
  const both = [runtime.run("return 'run'", { user }), session.run("n + 1")];
  expect(await Promise.all(both)).toMatchObject([{ value: "run" }, { value: 2 }]);
});

test("a run that is aborted while it waits for its turn is not begun, and leaves it to the next", async () => {
  await using runtime = await startRuntime({ engine: "v8", placement: "process" });
  await using crowd = crowdOf(runtime, COMPUTES, CORES);
  expect(await until(() => crowd.begun === CORES)).toBe(true);
  const stop = new AbortController();
  const waiting = runtime.run("return 1", { user: "eve", signal: stop.signal });
  stop.abort();
  expect(await waiting).toMatchObject({ ok: false, error: { code: "aborted" } });
  await notKeptWaiting(runtime, crowd);
});
