/** How many runs are let in, of everybody and of one user, and what those who are refused learn. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import { CodecellError, type Runtime, type RuntimeOptions } from "../../src/index.ts";
import { Admission } from "../../src/run/admission.ts";
import { startService } from "../../src/serve/index.ts";
import { Gate } from "../support/gate.ts";
import { createRuntime } from "../support/patient.ts";
import { until } from "../support/processes.ts";

const NAMES = ["ann", "bob", "eve", undefined] as const;

test("no sequence of runs gets past the caps, and a user without a run is let in at the cap of all", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.boolean()), { maxLength: 300 });
  const caps = fc.record({
    max: fc.integer({ min: 1, max: 8 }),
    maxPerUser: fc.integer({ min: 1, max: 8 }),
  });
  const property = fc.property(caps, steps, ({ max, maxPerUser }, list) => {
    const admission = new Admission({ max, maxPerUser });
    const runs = new Map<string | undefined, Disposable[]>(NAMES.map((name) => [name, []]));
    for (const [user, enters] of list) {
      const own = runs.get(user)!;
      if (!enters) {
        own.pop()?.[Symbol.dispose]();
        continue;
      }
      const total = [...runs.values()].flat().length;
      const isCapped = user !== undefined && own.length >= maxPerUser;
      const mayEnter = !isCapped && total < (own.length === 0 ? 2 * max : max);
      try {
        own.push(admission.enter(user));
        expect(mayEnter).toBe(true);
      } catch (error) {
        if (!CodecellError.is(error)) throw error;
        expect(mayEnter).toBe(false);
        expect(error.code).toBe("rate_limited");
        expect(error.retryAfterMs).toBeGreaterThanOrEqual(1_000);
        expect(error.retryAfterMs).toBeLessThanOrEqual(60_000);
      }
    }
  });
  fc.assert(property);
});

/** A runtime whose programs wait at a gate; sessions hold their runs in a queue of their own. */
async function gated(
  sharing: NonNullable<RuntimeOptions["sharing"]>,
): Promise<{ runtime: Runtime; gate: Gate }> {
  const gate = new Gate();
  const tools = { gate: { wait: gate.wait } };
  const runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools,
    sharing,
  });
  return { runtime, gate };
}

const WAIT = "await tools.gate.wait()";

describe("a user with as many runs as it may have", () => {
  test("is refused with a time to come back, others are not, and it is let in again", async () => {
    const { runtime, gate } = await gated({ maxPerUser: 2 });
    await using _runtime = runtime;
    const first = [1, 2].map(() => runtime.run(WAIT, { user: "eve" }));
    const refused = await runtime.run("1", { user: "eve" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: "CodecellError",
      code: "rate_limited",
      message: expect.stringContaining("this user has 2"),
      hint: expect.stringContaining("sharing.maxPerUser"),
      retryAfterMs: 1_000,
    });
    for (const user of ["ann", undefined])
      expect(await runtime.run("1", user === undefined ? {} : { user })).toMatchObject({
        value: 1,
      });
    gate.open();
    await Promise.all(first);
    expect(await runtime.run("1", { user: "eve" })).toMatchObject({ ok: true });
  });

  test("is refused in sessions too, whose runs wait for each other", async () => {
    const { runtime, gate } = await gated({ maxPerUser: 3 });
    await using _runtime = runtime;
    const session = await runtime.session("s", { user: "eve" });
    const first = [1, 2, 3].map(() => session.run(WAIT));
    await expect(session.run("1")).rejects.toMatchObject({ code: "rate_limited" });
    await expect(runtime.run("1", { user: "eve" })).rejects.toMatchObject({ code: "rate_limited" });
    const other = await runtime.session("s", { user: "ann" });
    expect(await other.run("1")).toMatchObject({ value: 1 });
    gate.open();
    expect((await Promise.all(first)).map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  test("runs without a user are not those of one: they have the cap of all", async () => {
    const { runtime, gate } = await gated({ maxPerUser: 1, max: 3 });
    await using _runtime = runtime;
    const first = [1, 2, 3].map(() => runtime.run(WAIT));
    await expect(runtime.run("1")).rejects.toMatchObject({
      code: "rate_limited",
      message: expect.stringContaining("there are 3 runs here"),
      hint: expect.stringContaining("sharing.max."),
    });
    expect(await runtime.run("1", { user: "ann" })).toMatchObject({ value: 1 });
    gate.open();
    expect((await Promise.all(first)).map(({ ok }) => ok)).toEqual([true, true, true]);
  });
});

test("by default one user has no more than 256 runs, and all of them end", async () => {
  const { runtime, gate } = await gated({});
  await using _runtime = runtime;
  const session = await runtime.session("s", { user: "eve" }); // whose runs need one VM
  const runs = Array.from({ length: 600 }, () => session.run(WAIT));
  const settled = Promise.allSettled(runs);
  expect(await runtime.run("1", { user: "ann" })).toMatchObject({ value: 1 });
  gate.open();
  const results = await settled;
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(256);
  const refused = results.filter((result) => result.status === "rejected");
  for (const { reason } of refused) expect(reason).toMatchObject({ code: "rate_limited" });
});

test("over HTTP it is 429 with Retry-After, and for a model a text", async () => {
  const { runtime, gate } = await gated({ maxPerUser: 1 });
  const first = runtime.run(WAIT, { user: "eve" });
  const service = await startService(runtime, { port: 0 });
  const post = (user: string): Promise<Response> =>
    fetch(`${service.url}/run`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code: "1", user }),
    });
  const refused = await post("eve");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({
    error: { code: "rate_limited", hint: expect.stringContaining("Try again in 1 s") },
  });
  expect((await post("ann")).status).toBe(200);

  const execute = agentTools(runtime).at(-1)!;
  for (const more of [{}, { session: "s" }])
    expect(await execute.execute({ code: "1", ...more }, { user: "eve" })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^rate_limited: .*\n\nTry again in 1 s\.$/s),
    });
  gate.open();
  await first;
  expect(await until(() => gate.arrived === 1)).toBe(true);
  await service.stop();
});
