/** A session whose VM is as large as it may be is saved and restored beside the host's other work, wherever its VM is. */
import { expect, test } from "vitest";
import type { Session } from "../../src/index.ts";
import { type Combination, startRuntime } from "../support/combinations.ts";
import { leastDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";

/** What does not compress well, in a third of the memory; in V8, what its programs were given. */
const FILL = {
  quickjs: `
    let x = 1;
    const parts = [];
    for (let part = 0; part < 40; part++) {
      const bytes = new Uint8Array(1_000_000);
      for (let at = 0; at < bytes.length; at += 16) bytes[at] = (x = (x * 48_271) % 2_147_483_647);
      parts.push(bytes);
    }
    const filled = parts.length`,
  v8: `
    const parts = [];
    for (let part = 0; part < 4; part++) parts.push(await tools.large.text());
    const filled = parts.length * 10`,
} as const;

const PLACES: readonly Combination[] = [
  { engine: "quickjs", placement: "process" },
  { engine: "quickjs", placement: "thread" },
  { engine: "quickjs", placement: "sandbox" },
  { engine: "v8", placement: "process" },
  { engine: "v8", placement: "sandbox" },
];

test.each(PLACES)("$engine in $placement", async (combination) => {
  const text = "text ".repeat(780_000);
  await using runtime = await startRuntime(combination, {
    tools: { large: { text: () => text } },
    limits: { memoryMb: 128 },
    sessions: { max: 20 },
  });
  const session = await runtime.session("large");
  expect(await session.run(FILL[combination.engine])).toMatchObject({ ok: true });
  let snapshot: Uint8Array | undefined;
  const saving = await leastDelay(async () => {
    snapshot = await session.snapshot();
  });
  let copy: Session | undefined;
  const restoring = await leastDelay(async () => {
    await copy?.close();
    copy = await runtime.restore(snapshot!, { id: "copy" });
    expect(await copy.run("filled")).toMatchObject({ ok: true, value: 40 });
  });
  expect(Math.max(saving, restoring)).toBeLessThan(MAX_DELAY_MS);
});

test("a VM that waits for more than can be saved says so, and goes on", async () => {
  const answer = Promise.withResolvers<number>();
  const called = Promise.withResolvers<void>();
  let calls = 0;
  const take = (): Promise<number> => {
    if (++calls === 2) called.resolve();
    return answer.promise;
  };
  await using runtime = await startRuntime(
    { engine: "v8", placement: "process" },
    { tools: { slow: { take } } },
  );
  const session = await runtime.session("s");
  const running = session.run(`
    const text = "x".repeat(3_000_000);
    const answers = await Promise.all([tools.slow.take({ text }), tools.slow.take({ text })]);
    return answers`);
  await called.promise;
  await expect(session.snapshot()).rejects.toMatchObject({
    code: "config_error",
    message: "the session waits for too much to be saved",
    hint: "Await calls and timers before the session is saved.",
  });
  answer.resolve(7);
  expect(await running).toMatchObject({ ok: true, value: [7, 7] });
  expect(await session.snapshot()).toBeInstanceOf(Uint8Array);
});
