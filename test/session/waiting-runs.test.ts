/** Runs of a session that wait for earlier runs, for the lock of a store, for their VM: who is aborted does not wait on. */
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Runtime, RuntimeOptions } from "../../src/index.ts";
import { COMBINATIONS } from "../support/combinations.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";
import { stuckEngine } from "../support/stuck-engine.ts";

const ABORTED = { ok: false, error: { code: "aborted" } };
const WAIT = "await tools.gate.wait()";

async function open(gate: Gate, options: RuntimeOptions): Promise<Runtime> {
  return await createRuntime({ tools: { gate: { wait: gate.wait } }, ...options });
}

test.each(COMBINATIONS)(
  "$engine in $placement: a run that is aborted while an earlier one is at work ends, and is not one of the user's any more",
  async ({ engine, placement }) => {
    const gate = new Gate();
    await using runtime = await open(gate, { engine, placement, sharing: { maxPerUser: 2 } });
    const session = await runtime.session("s", { user: "ann" });
    const first = session.run(WAIT);
    await expect.poll(() => gate.arrived).toBe(1);
    const stop = new AbortController();
    const second = session.run("globalThis.second = 1", { signal: stop.signal });
    await expect(session.run("1")).rejects.toMatchObject({ code: "rate_limited" });
    stop.abort();
    expect(await second).toMatchObject(ABORTED);
    const third = session.run("typeof globalThis.second");
    gate.open();
    expect(await first).toMatchObject({ ok: true });
    expect(await third).toMatchObject({ value: "undefined" });
    expect(session.programs).toBe(2);
  },
);

describe("a session that another process has locked", () => {
  test("neither an aborted run nor closing the runtime waits for its lock", async () => {
    const gate = new Gate();
    const store = `sqlite:${temporaryFolder()}/sessions.db`;
    const options: RuntimeOptions = {
      engine: "quickjs",
      placement: "inline",
      sessions: { store },
    };
    await using one = await open(gate, options);
    const two = await open(gate, options);
    const holder = (await one.session("s")).run(WAIT);
    await expect.poll(() => gate.arrived).toBe(1);
    const session = await two.session("s");
    const stop = new AbortController();
    const given = session.run("1", { signal: stop.signal });
    const waits = session.run("2");
    const refused = expect(waits).rejects.toMatchObject({ code: "aborted" });
    await wait(10); // the first one waits for the lock by now
    stop.abort();
    expect(await given).toMatchObject(ABORTED);
    await two.close();
    await refused;
    gate.open();
    expect(await holder).toMatchObject({ ok: true });
  });
});

test("a VM that takes long to open keeps neither an aborted run nor closing waiting", async () => {
  const runtime = await createRuntime({ engine: stuckEngine, placement: "process" });
  const session = await runtime.session("s");
  const stop = new AbortController();
  const given = session.run("1", { signal: stop.signal });
  await expect.poll(() => session.busy).toBe(true);
  await wait(50); // its worker is opening the VM by now
  stop.abort();
  expect(await given).toMatchObject(ABORTED);
  const next = session.run("2");
  await wait(50);
  await runtime.close();
  expect(await next).toMatchObject(ABORTED);
});
