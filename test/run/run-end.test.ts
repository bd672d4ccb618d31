/** How a run ends: its events end with `run_end`, and its result is data that nothing changes any more. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type ExecutionResult, type Runtime, tool as localTool } from "../../src/index.ts";
import { COMBINATIONS } from "../support/combinations.ts";
import { createRuntime } from "../support/patient.ts";

const hangs = {
  /** Ignores its signal. */
  deaf: () => new Promise<never>(() => {}),
  /** Ends when its signal says so, and takes a moment for that. */
  slow: localTool({
    run: async (_args, { signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await sleep(5);
      throw new Error("stopped");
    },
  }),
  quick: () => "done",
};

const OPEN_CALLS = `
  await tools.demo.quick();
  tools.demo.deaf();
  tools.demo.slow();
  tools.demo.deaf();
  await new Promise((resolve) => setTimeout(resolve, 20));
`;

function namesOfEvents(runtime: Runtime): string[] {
  const names: string[] = [];
  for (const name of ["run_start", "call", "limit", "denied", "network", "run_end"] as const)
    runtime.on(name, () => names.push(name));
  return names;
}

function expectFrozen(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  expect(value).toSatisfy(Object.isFrozen);
  for (const part of Object.values(value)) expectFrozen(part);
}

async function expectEnded(result: ExecutionResult, events: readonly string[]): Promise<void> {
  const [before, seen] = [structuredClone(result), [...events]];
  expect(seen.at(-1)).toBe("run_end");
  expect(seen.filter((name) => name === "call")).toHaveLength(result.calls.length);
  await sleep(150);
  expect(result).toEqual(before);
  expect(events).toEqual(seen);
  expectFrozen(result);
}

describe.each(COMBINATIONS)("$engine $placement", (combination) => {
  test("a limit with calls open", async () => {
    await using runtime = await createRuntime({ ...combination, tools: { demo: hangs } });
    const events = namesOfEvents(runtime);
    const result = await runtime.run(`${OPEN_CALLS} for (;;) {}`, { limits: { cpuMs: 1_000 } });
    expect(result).toMatchObject({ ok: false, error: { code: "cpu_limit" } });
    expect(result.calls.map(({ tool, ok }) => [tool, ok])).toEqual([
      ["demo.quick", true],
      ["demo.deaf", false],
      ["demo.slow", false],
      ["demo.deaf", false],
    ]);
    for (const call of result.calls.slice(1))
      expect(call.error).toBe("the run ended before the tool answered");
    expect(events.slice(-2)).toEqual(["limit", "run_end"]);
    await expectEnded(result, events);
  });

  test("an abort with calls open, and calls that wait for a free slot", async () => {
    await using runtime = await createRuntime({ ...combination, tools: { demo: hangs } });
    const events = namesOfEvents(runtime);
    const stop = new AbortController();
    runtime.on("call", () => stop.abort());
    const code = `${OPEN_CALLS} await tools.demo.deaf()`;
    const result = await runtime.run(code, { signal: stop.signal, limits: { parallelCalls: 2 } });
    expect(result).toMatchObject({ ok: false, error: { code: "aborted" } });
    await expectEnded(result, events);
  });

  test("a value is frozen too", async () => {
    await using runtime = await createRuntime({ ...combination });
    const result = await runtime.run("console.log('a'); return { list: [{ a: 1 }] }");
    expect(result).toMatchObject({ ok: true, value: { list: [{ a: 1 }] } });
    expectFrozen(result);
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a request that is under way at the end is reported before it", async () => {
  const server = createServer(() => {});
  const origin = await listen(server);
  try {
    const network = { allow: [origin], allowPrivate: ["127.0.0.0/8"] };
    await using runtime = await createRuntime({ placement: "inline", network });
    const events = namesOfEvents(runtime);
    const code = `await Promise.race([
      fetch("${origin}/never"),
      new Promise((resolve) => setTimeout(resolve, 100)),
    ]);
    for (;;) {}`;
    const result = await runtime.run(code, { limits: { cpuMs: 100 } });
    expect(events.toSorted()).toEqual(["call", "limit", "network", "run_end", "run_start"]);
    await expectEnded(result, events);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
