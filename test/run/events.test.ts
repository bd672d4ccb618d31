/** Security events: what a runtime tells its listeners. */
import { createServer } from "node:http";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Runtime, RuntimeEventName } from "../../src/index.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";
import { killDescendants, until } from "../support/processes.ts";

const NAMES: readonly RuntimeEventName[] = [
  "run_start",
  "run_end",
  "limit",
  "denied",
  "network",
  "worker_crash",
];

function record(runtime: Runtime): [name: string, event: Record<string, unknown>][] {
  const events: [string, Record<string, unknown>][] = [];
  for (const name of NAMES) runtime.on(name, (event) => void events.push([name, { ...event }]));
  return events;
}

afterEach(() => vi.restoreAllMocks());

describe.each(["inline", "process", "sandbox"] as const)("events, %s", (placement) => {
  test("a run's start and end", async () => {
    await using runtime = await createRuntime({ placement, tools: { demo: { one: () => 1 } } });
    const events = record(runtime);
    const result = await runtime.run("return await tools.demo.one()", { user: "ada" });
    expect(events).toEqual([
      [
        "run_start",
        {
          runId: result.runId,
          user: "ada",
          engine: "v8",
          placement,
          sourceHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          sourceBytes: 29,
        },
      ],
      [
        "run_end",
        {
          runId: result.runId,
          user: "ada",
          ok: true,
          wallMs: result.usage.wallMs,
          cpuMs: result.usage.cpuMs,
          compileMs: expect.any(Number),
          toolCalls: 1,
        },
      ],
    ]);
  });

  test("calls, and accesses to files, of a session's run", async () => {
    await using runtime = await createRuntime({ placement, tools: { demo: { one: () => 1 } } });
    const seen: unknown[] = [];
    runtime.on("call", (event) => seen.push(event));
    runtime.on("file", (event) => seen.push(event));
    const session = await runtime.session("s", { user: "ada" });
    const { runId } = await session.run(
      "await fs.writeFile('/a', ''); await tools.demo.one(); await fs.readFile('/b').catch(() => {})",
    );
    const of = { runId, user: "ada", session: "s" };
    expect(seen).toEqual([
      { ...of, operation: "writeFile", path: "/a", ok: true },
      { ...of, tool: "demo.one", ok: true, ms: expect.any(Number), bytes: 1 },
      { ...of, operation: "readFile", path: "/b", ok: false },
    ]);
  });

  test("a limit", async () => {
    await using runtime = await createRuntime({ placement });
    const events = record(runtime);
    const { runId } = await runtime.run("for (;;) {}", { limits: { cpuMs: 50 } });
    expect(events.slice(1)).toEqual([
      ["limit", { runId, code: "cpu_limit", message: expect.stringContaining("50 ms") }],
      ["run_end", expect.objectContaining({ runId, ok: false, code: "cpu_limit" })],
    ]);
  });

  test("what a program says of itself is no event", async () => {
    await using runtime = await createRuntime({ placement });
    const events = record(runtime);
    await runtime.run(
      "throw Object.assign(new Error('cpu'), { name: 'LimitError', code: 'cpu_limit' })",
    );
    expect(events.map(([name]) => name)).toEqual(["run_start", "run_end"]);
  });
});

test("a request to the network, and one that was denied", async () => {
  const server = createServer((_request, response) => response.end("body"));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  await using runtime = await createRuntime({
    placement: "inline",
    network: { allow: [origin], allowPrivate: ["127.0.0.0/8"] },
  });
  const events = record(runtime);
  const { runId } = await runtime.run(
    `await fetch('${origin}/a?token=secret'); await fetch('http://10.0.0.1/b')`,
  );
  expect(events.slice(1, -1)).toEqual([
    [
      "network",
      { runId, method: "GET", url: `${origin}/a`, status: 200, bytes: 4, ms: expect.any(Number) },
    ],
    [
      "network",
      {
        runId,
        method: "GET",
        url: "http://10.0.0.1/b",
        bytes: 0,
        ms: expect.any(Number),
        error: expect.stringContaining("not a host"),
      },
    ],
    ["denied", { runId, tool: "network.fetch", message: expect.stringContaining("10.0.0.1") }],
  ]);
});

test("a worker that dies", async () => {
  const gate = new Gate();
  await using runtime = await createRuntime({
    placement: "process",
    workers: { spare: 0, max: 1 },
    tools: { gate: { wait: gate.wait } },
  });
  const events = record(runtime);
  const running = runtime.run("await tools.gate.wait()");
  expect(await until(() => gate.arrived === 1)).toBe(true);
  killDescendants();
  const { runId } = await running;
  expect(events.slice(1)).toEqual([
    [
      "worker_crash",
      { runId, engine: "v8", placement: "process", message: expect.stringContaining("SIGKILL") },
    ],
    ["run_end", expect.objectContaining({ runId, ok: false, code: "worker_crashed" })],
  ]);
});

test("a listener can stop, and one that throws disturbs nobody", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  await using runtime = await createRuntime({ placement: "inline" });
  let heard = 0;
  runtime.on("run_end", () => {
    throw new Error("listener");
  });
  const stop = runtime.on("run_end", () => void heard++);
  expect(await runtime.run("return 1")).toMatchObject({ ok: true });
  stop();
  expect(await runtime.run("return 1")).toMatchObject({ ok: true });
  expect(heard).toBe(1);
  expect(warn).toHaveBeenCalledTimes(2);
});
