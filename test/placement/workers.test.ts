/** What the process and thread placements promise beyond the contract: deaths, leftovers, reuse. */
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { startRuntime } from "../support/combinations.ts";
import { createRuntime } from "../support/patient.ts";
import { demoTools } from "../support/demo-tools.ts";
import { Gate } from "../support/gate.ts";
import { descendants, isAlive, until } from "../support/processes.ts";

const host = fileURLToPath(new URL("../support/host.ts", import.meta.url));
/** A built-in that neither engine can interrupt. */
const UNSTOPPABLE = "return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)";

async function fine(runtime: Runtime): Promise<void> {
  expect(await runtime.run("return await tools.demo.echo('fine')")).toMatchObject({
    ok: true,
    value: "fine",
  });
}

const PLACES = [
  { engine: "v8", placement: "process" },
  { engine: "v8", placement: "sandbox" },
  { engine: "quickjs", placement: "process" },
  { engine: "quickjs", placement: "sandbox" },
  { engine: "quickjs", placement: "thread" },
] as const;

test.each(PLACES)(
  "$engine $placement: what no engine can interrupt is killed by the clock",
  async (place) => {
    await using runtime = await startRuntime(place);
    const result = await runtime.run(
      `console.log('before'); await tools.demo.echo(1); ${UNSTOPPABLE}`,
      { limits: { wallMs: 400 } },
    );
    expect(result).toMatchObject({
      ok: false,
      error: { code: "timeout" },
      logs: [{ text: "before" }],
      calls: [{ ok: true }],
    });
    await fine(runtime);
  },
);

test.each(PLACES)(
  "$engine $placement: and by its CPU time, long before the clock",
  async (place) => {
    await using runtime = await startRuntime(place);
    const result = await runtime.run(UNSTOPPABLE, {
      limits: { cpuMs: 300, compileMs: 1_000, wallMs: 60_000 },
    });
    expect(result).toMatchObject({ ok: false, error: { code: "cpu_limit" } });
    expect(result.usage.wallMs).toBeLessThan(30_000);
    await fine(runtime);
  },
);

test.each(PLACES)("$engine $placement: an abort of it is followed at once", async (place) => {
  await using runtime = await startRuntime(place);
  const result = await runtime.run(UNSTOPPABLE, {
    signal: AbortSignal.timeout(200),
    limits: { cpuMs: 60_000, wallMs: 60_000 },
  });
  expect(result).toMatchObject({ ok: false, error: { code: "aborted" } });
  expect(result.usage.wallMs).toBeLessThan(30_000);
  await fine(runtime);
});

test("a worker that spins after its result costs nobody anything", async () => {
  await using runtime = await startRuntime({ engine: "quickjs", placement: "process" });
  const result = await runtime.run(`tools.demo.echo(1).then(() => { for (;;) {} }); return 'done'`);
  expect(result).toMatchObject({ ok: true, value: "done" });
  await fine(runtime);
});

test("memory that the engine does not count is held by the watchdog", async () => {
  await using runtime = await startRuntime({ engine: "v8", placement: "process" });
  const bomb = `
      const all = [];
      for (;;) {
        all.push(new Intl.DateTimeFormat('de', { dateStyle: 'full' }).format(0));
        all.push('x'.repeat(2 ** 24) + all.length);
        all.push(new Array(2 ** 22).fill(0));
      }
    `;
  const result = await runtime.run(bomb, { limits: { cpuMs: 20_000 } });
  expect(result).toMatchObject({ ok: false, error: { code: "memory" } });
  await fine(runtime);
});

test("a worker that is killed costs its run only", async () => {
  await using runtime = await startRuntime(
    { engine: "v8", placement: "process" },
    { workers: { spare: 0, max: 1 } },
  );
  const before = descendants(process.pid);
  const started = Promise.withResolvers<unknown>();
  const running = runtime.run("console.log('started'); await tools.demo.never()", {
    onLog: started.resolve,
  });
  await started.promise;
  for (const pid of before) process.kill(pid, "SIGKILL");
  expect(await running).toMatchObject({
    ok: false,
    error: { code: "worker_crashed", message: expect.stringContaining("SIGKILL") },
    logs: [{ text: "started" }],
  });
  await fine(runtime);
});

test("a worker is used again after a clean run and replaced after a limit", async () => {
  await using runtime = await startRuntime(
    { engine: "v8", placement: "process" },
    { workers: { spare: 0, max: 1 } },
  );
  const [first] = descendants(process.pid);
  await fine(runtime);
  await runtime.run("throw new Error('a failing program is a clean run')");
  expect(descendants(process.pid)).toContain(first);
  await runtime.run("for (;;) {}", { limits: { cpuMs: 100 } });
  await fine(runtime);
  expect(descendants(process.pid)).not.toContain(first);
});

test("a worker is replaced after its number of runs", async () => {
  await using runtime = await startRuntime(
    { engine: "quickjs", placement: "process" },
    { workers: { spare: 0, max: 1, runsPerWorker: 2 } },
  );
  const [first] = descendants(process.pid);
  await fine(runtime);
  expect(descendants(process.pid)).toContain(first);
  await fine(runtime);
  await fine(runtime);
  expect(descendants(process.pid)).not.toContain(first);
});

test.each(PLACES)(
  "$engine $placement: close aborts what runs and leaves nothing behind",
  async (place) => {
    const runtime = await startRuntime(place);
    const started = Promise.withResolvers<unknown>();
    const running = runtime.run(`console.log('started'); ${UNSTOPPABLE}`, {
      onLog: started.resolve,
    });
    await started.promise;
    await runtime.close();
    expect(await running).toMatchObject({ ok: false, error: { code: "aborted" } });
    await expect(runtime.run("return 1")).rejects.toMatchObject({
      name: "CodecellError",
      code: "aborted",
    });
    expect(await until(() => descendants(process.pid).length === 0)).toBe(true);
  },
);

interface HostReport {
  readonly workers: readonly number[];
}

async function startHost(
  mode: string,
): Promise<{ child: ChildProcess; workers: readonly number[] }> {
  const child = spawn(process.execPath, [host, mode], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await Array.fromAsync(take(child.stdout!, 1))) as string[];
  expect(line).toBe("ready\n");
  await until(() => descendants(child.pid!).length > 0);
  await new Promise((resolve) => setTimeout(resolve, 300)); // the program is running now
  return { child, workers: descendants(child.pid!) } satisfies HostReport & { child: ChildProcess };
}

async function* take(stream: NodeJS.ReadableStream, count: number): AsyncGenerator<string> {
  for await (const chunk of stream) {
    yield String(chunk);
    if (--count === 0) return;
  }
}

test.each(["v8-idle", "v8-stuck", "v8-sandbox-idle", "v8-sandbox-stuck", "quickjs-stuck"])(
  "no worker outlives a host that is killed (%s)",
  async (mode) => {
    const { child, workers } = await startHost(mode);
    expect(workers.length).toBeGreaterThan(0);
    child.kill("SIGKILL");
    expect(await until(() => !workers.some(isAlive))).toBe(true);
  },
);

test.each(["forgets", "v8-sandbox-forgets"])(
  "a host that forgets to close ends by itself (%s)",
  async (mode) => {
    const child = spawn(process.execPath, [host, mode], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.on("exit", resolve);
    expect(
      await Promise.race([promise, new Promise((late) => setTimeout(late, 60_000, "still there"))]),
    ).toBe(0);
  },
);

test("a thread is refused for v8, with the reason", async () => {
  const starting = createRuntime({ engine: "v8", placement: "thread" });
  await expect(starting).rejects.toMatchObject({
    code: "config_error",
    hint: expect.stringContaining("process"),
  });
});

test("an engine that cannot be loaded is engine_unavailable, in every place", async () => {
  const engine = {
    name: "broken",
    module: new URL("../support/broken-engine.ts", import.meta.url).href,
  };
  for (const placement of ["process", "thread"] as const) {
    const starting = createRuntime({ engine, placement });
    await expect(starting).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringContaining("no such addon"),
    });
  }
});

test("an engine whose binary crashes its process is engine_unavailable", async () => {
  const engine = {
    name: "crashing",
    module: new URL("../support/crashing-engine.ts", import.meta.url).href,
  };
  const starting = createRuntime({ engine, placement: "process" });
  await expect(starting).rejects.toMatchObject({
    code: "engine_unavailable",
    message: expect.stringContaining("SIGSEGV"),
  });
});

test("a host without descriptors to spare gets an error and goes on", async () => {
  const child = spawn("prlimit", ["--nofile=60", process.execPath, host, "starved"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.on("exit", resolve));
  expect(await Array.fromAsync(take(child.stdout!, 1))).toEqual(["engine_unavailable\n"]);
  expect(await exited).toBe(0);
});

/** More programs than any machine of ours has cores. */
const MANY = 24;
/** So many workers take their time to start, the more so on a busy machine. */
const MANY_MS = 300_000;

/** Run `code` many times at once; the most programs that were between their logs "on" and "off" at a time. */
async function mostAtOnce(runtime: Runtime, code: string): Promise<number> {
  let now = 0;
  let most = 0;
  const onLog = ({ text }: { text: string }): void => {
    now += text === "on" ? 1 : -1;
    most = Math.max(most, now);
  };
  const results = await Promise.all(
    Array.from({ length: MANY }, () => runtime.run(code, { onLog })),
  );
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  return most;
}

test.each(PLACES)(
  "$engine $placement: while programs wait for tools, others run",
  async (place) => {
    let here = 0;
    const all = Promise.withResolvers<void>();
    const meet = async (): Promise<void> => {
      if (++here === MANY) all.resolve();
      await all.promise;
    };
    await using runtime = await startRuntime(place, {
      tools: { t: { meet } },
      workers: { max: MANY },
      limits: { wallMs: 300_000 },
    });
    const runs = Array.from({ length: MANY }, () => runtime.run("await tools.t.meet(); 1"));
    expect((await Promise.all(runs)).filter(({ ok }) => !ok)).toEqual([]);
  },
  MANY_MS,
);

test("while programs wait for timers, others run", { timeout: MANY_MS }, async () => {
  await using runtime = await startRuntime(
    { engine: "v8", placement: "process" },
    { workers: { max: MANY, spare: MANY } },
  );
  const code =
    "console.log('on'); await new Promise((done) => setTimeout(done, 4_000)); console.log('off')";
  expect(await mostAtOnce(runtime, code)).toBeGreaterThan(2 * Math.max(2, availableParallelism()));
});

test(
  "no more programs compute at once than there are cores, however many workers there are",
  { timeout: MANY_MS },
  async () => {
    await using runtime = await startRuntime(
      { engine: "v8", placement: "process" },
      { workers: { max: MANY, spare: MANY } },
    );
    const code =
      "console.log('on'); const end = Date.now() + 60; while (Date.now() < end); console.log('off')";
    expect(await mostAtOnce(runtime, code)).toBeLessThanOrEqual(
      Math.max(2, availableParallelism()),
    );
  },
);

test(
  "workers that are not needed end, down to the number of cores",
  { timeout: MANY_MS },
  async () => {
    const gate = new Gate();
    await using runtime = await startRuntime(
      { engine: "v8", placement: "process" },
      {
        tools: { demo: demoTools, gate: { wait: gate.wait } },
        workers: { spare: 0, max: MANY, idleMs: 3_000 },
      },
    );
    const cores = Math.max(2, availableParallelism());
    const limits = { wallMs: MANY_MS };
    const runs = Array.from({ length: MANY }, () =>
      runtime.run("await tools.gate.wait()", { limits }),
    );
    expect(await until(() => gate.arrived === MANY, MANY_MS)).toBe(true);
    gate.open();
    await Promise.all(runs);
    expect(descendants(process.pid).length).toBeGreaterThan(cores);
    expect(await until(() => descendants(process.pid).length === cores, MANY_MS)).toBe(true);
    await fine(runtime);
  },
);
