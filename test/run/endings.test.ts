/** What a program leaves behind when it ends: rejections that nothing handled, and calls that are still open. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { startRuntime, COMBINATIONS } from "../support/combinations.ts";
import { demoTools } from "../support/demo-tools.ts";
import { Gate } from "../support/gate.ts";
import { until } from "../support/processes.ts";

/** The first line of a program: its value or the code of its error, patterns of its logs, and whether it must end long before its limit. */
interface Expected {
  readonly value?: unknown;
  readonly error?: string;
  readonly logs: readonly string[];
  readonly soon?: boolean;
}

const FOLDER = fileURLToPath(new URL("../../fixtures/endings/", import.meta.url));
const WALL_MS = 60_000;
const programs = readdirSync(FOLDER).map((file) => {
  const code = readFileSync(FOLDER + file, "utf8");
  const expected = JSON.parse(code.slice(3, code.indexOf("\n"))) as Expected;
  return [file.replace(/\.js$/, "").replaceAll("-", " "), code, expected] as const;
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const demo = {
  ...demoTools,
  fail_after: async (args: unknown) => {
    await sleep((args as { ms: number }).ms);
    throw new Error("too late");
  },
};

describe.each(COMBINATIONS)("$engine $placement", (combination) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await startRuntime(combination, { tools: { demo }, limits: { wallMs: WALL_MS } });
  });
  afterAll(() => runtime.close());

  test.each(programs)("%s", async (_name, code, { value, error, logs, soon = false }) => {
    const result = await runtime.run(code);
    if (error === undefined) expect(result).toMatchObject({ ok: true, value });
    else expect(result).toMatchObject({ ok: false, error: { code: error } });
    expect(result.logs.map(({ text }) => text)).toEqual(
      logs.map((pattern) => expect.stringMatching(pattern)),
    );
    if (soon) expect(result.usage.wallMs).toBeLessThan(WALL_MS / 2);
  });

  test("a session tells of each program only what it left itself", async () => {
    const session = await runtime.session("endings");
    const lost = "(async () => { throw new Error('mine') })();\nreturn 1";
    expect((await session.run(lost)).logs).toMatchObject([{ level: "warn" }]);
    expect((await session.run("return 2")).logs).toEqual([]);
    expect((await session.run(lost)).logs).toMatchObject([
      { text: expect.stringContaining("Error: mine") },
    ]);
    await session.close();
  });

  test("a race of one program gives up no call of the next one", async () => {
    const session = await runtime.session("races");
    await session.run("await Promise.race([tools.demo.echo(1), new Promise(() => {})]);");
    const { logs } = await session.run("tools.demo.slow({ ms: 900 }).catch(() => {});\nreturn 2");
    expect(logs).toMatchObject([{ text: expect.stringContaining("finished before the run") }]);
    await session.close();
  });

  test("what tells of late handlers is gone in the next program", async () => {
    const session = await runtime.session("late");
    const late = "const late = Promise.reject(new Error('late'));\nawait tools.demo.echo(1);";
    expect((await session.run(late)).logs).toMatchObject([{ level: "warn" }]);
    const own = "Object.getOwnPropertyDescriptor(Promise.prototype, 'constructor')";
    const result = await session.run(`late.catch(() => {});\nreturn ${own}.value === Promise`);
    expect(result).toMatchObject({ ok: true, value: true, logs: [] });
    await session.close();
  });

  test("an abort ends the wait for calls that were not awaited", async () => {
    const gate = new Gate();
    await using own = await startRuntime(combination, {
      tools: { demo, gate: { wait: gate.wait } },
      limits: { wallMs: WALL_MS },
    });
    const stop = new AbortController();
    const running = own.run("tools.gate.wait(); return 1", { signal: stop.signal });
    expect(await until(() => gate.arrived > 0)).toBe(true);
    await sleep(20); // most likely the program has ended; if not, the abort ends that
    stop.abort();
    const result = await running;
    expect(result.usage.wallMs).toBeLessThan(WALL_MS / 2);
    expect(result.calls).toMatchObject([{ tool: "gate.wait", ok: false }]);
  });
});

test.each(["close of the runtime", "close of the session"])(
  "%s ends that wait too",
  async (what) => {
    const runtime = await startRuntime(
      { engine: "v8", placement: "inline" },
      { tools: { demo }, limits: { wallMs: WALL_MS } },
    );
    const session = await runtime.session("s");
    const running = session.run("tools.demo.never(); return 1");
    await sleep(50);
    await (what.endsWith("session") ? session : runtime).close();
    const result = await running;
    expect(result.usage.wallMs).toBeLessThan(WALL_MS / 2);
    await runtime.close();
  },
);

/** What a program does with one call, and how the call goes. */
const CALL = fc.record({
  tool: fc.constantFrom("ok", "fails", "slow", "failsSlowly"),
  use: fc.constantFrom("drop", "await", "catch", "chain", "function", "race", "late"),
});

/** Whether the rejection of such a call reaches nobody. */
function isLost({ tool, use }: { tool: string; use: string }): boolean {
  return tool.startsWith("fails") && ["drop", "chain", "function"].includes(use);
}

const USES: Readonly<Record<string, (call: string, name: string) => string>> = {
  drop: (call) => `${call};`,
  await: (call) => `try { await ${call} } catch {}`,
  catch: (call) => `${call}.catch(() => {});`,
  chain: (call) => `${call}.then((value) => value);`,
  function: (call) => `(async () => { await ${call} })();`,
  race: (call) => `await Promise.race([${call}, 1]).catch(() => {});`,
  late: (call, name) =>
    `const p${name} = (async () => await ${call})(); await tools.t.slow(); await p${name}.catch(() => {});`,
};

describe.each(["v8", "quickjs"] as const)("%s: whatever is done with calls", (engine) => {
  test("a session with a rejection that was handled late is restored", async () => {
    await using runtime = await startRuntime({ engine, placement: "inline" }, { tools: { demo } });
    const session = await runtime.session("s");
    const late = "const late = Promise.reject(new Error('late'));\nawait tools.demo.echo(1);";
    const { logs } = await session.run(`${late}\nlate.catch(() => {});\nconst n = 1;\nreturn;`);
    expect(logs).toEqual([]);
    const restored = await runtime.restore(await session.snapshot(), { id: "restored" });
    expect(await restored.run("n + 1")).toMatchObject({ ok: true, value: 2, logs: [] });
  });

  test("a rejection is told if and only if nothing handled it", async () => {
    const tools = {
      ok: () => 1,
      fails: (text: unknown) => Promise.reject(new Error(`failed ${String(text)}`)),
      slow: async () => await sleep(5),
      failsSlowly: async (text: unknown) => {
        await sleep(5);
        throw new Error(`failed ${String(text)}`);
      },
    };
    await using runtime = await startRuntime(
      { engine, placement: "inline" },
      { tools: { t: tools } },
    );
    const property = fc.asyncProperty(fc.array(CALL, { maxLength: 6 }), async (calls) => {
      const lines = calls.map(({ tool, use }, at) =>
        USES[use]!(`tools.t.${tool}('<${at}>')`, `${at}`),
      );
      const end = "await new Promise((resolve) => setTimeout(resolve, 60));\nreturn 'end'";
      const result = await runtime.run([...lines, end].join("\n"));
      expect(result).toMatchObject({ ok: true, value: "end" });
      for (const [at, call] of calls.entries()) {
        const told = result.logs.filter(({ text }) => text.includes(`failed <${at}>`));
        expect(told.length, JSON.stringify(call)).toBe(isLost(call) ? 1 : 0);
        if (isLost(call))
          expect(told[0]).toMatchObject({
            level: "warn",
            text: expect.stringContaining(`line ${at + 1} `),
          });
      }
    });
    await fc.assert(property, { numRuns: 25 });
  });
});
