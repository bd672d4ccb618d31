/** Sessions as bytes: from one process to another, and what is not taken. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime, Session } from "../../src/index.ts";
import { startRuntime } from "../support/combinations.ts";
import { createRuntime } from "../support/patient.ts";
import { until } from "../support/processes.ts";

const SCRIPT = fileURLToPath(new URL("../support/restore.ts", import.meta.url));
const PLACES = ["inline", "process", "sandbox"] as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codecell-snapshots-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function elsewhere(job: object): any {
  const args = ["--no-warnings", SCRIPT, JSON.stringify(job)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

function keep(bytes: Uint8Array): string {
  const file = join(folder, `${Math.random()}`);
  writeFileSync(file, bytes);
  return file;
}

describe.each(["quickjs", "v8"] as const)("%s", (engine) => {
  test.each(PLACES)(
    "a snapshot taken in %s is restored by other processes, in every place",
    async (placement) => {
      await using runtime = await startRuntime({ engine, placement } as never);
      const session = await runtime.session("s");
      await session.run(
        `
          const seen = new Map([['a', 1n]]);
          class P { #x = 5; get x() { return this.#x } }
          const p = new P();
          function* gen() { yield 1; yield 2 }
          const it = gen();
          it.next();
          let resolve;
          const later = new Promise((r) => { resolve = r });
          const chain = later.then((v) => v * 2);
          await fs.writeFile('/f', 'kept');
        `,
      );
      const file = keep(await session.snapshot());
      for (const place of PLACES) {
        const code = `
            resolve(21);
            [String(seen.get('a')), p.x, it.next().value, await chain, await fs.readFile('/f')]
          `;
        expect(elsewhere({ file, engine, placement: place, code }).result).toMatchObject({
          ok: true,
          value: ["1", 5, 2, 42, "kept"],
        });
      }
    },
  );

  test("a run that waits goes on in another process, with its timers and its pending calls", async () => {
    let calls = 0;
    await using runtime = await createRuntime({
      engine,
      placement: "process",
      tools: { t: { once: () => new Promise(() => calls++) } },
    });
    const session = await runtime.session("s");
    const stop = new AbortController();
    const running = session.run(
      `
        let base = 1;
        const late = new Promise((r) => setTimeout(() => r('rung'), 300));
        console.log('begun');
        const got = await tools.t.once({ n: base });
        [got, base, await late]
      `,
      { signal: stop.signal },
    );
    await until(() => calls === 1);
    const file = keep(await session.snapshot());
    stop.abort();
    await running;
    const { pending, resumed, result } = elsewhere({
      file,
      engine,
      placement: "process",
      answers: ["told"],
      code: "got + base",
    });
    expect(pending).toEqual([{ id: expect.any(Number), tool: "t.once", args: { n: 1 } }]);
    expect(resumed).toMatchObject({
      ok: true,
      value: ["told", 1, "rung"],
      logs: [{ text: "begun" }],
    });
    expect(result).toMatchObject({ ok: true, value: "told1" });
  });

  test("what is damaged, cut off, of another kind or version is refused, and nothing else happens", async () => {
    await using runtime = await startRuntime({ engine, placement: "inline" });
    const session = await runtime.session("s");
    await session.run("let n = 1");
    const bytes = Buffer.from(await session.snapshot());
    const changed = (at: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at] = copy[at]! ^ 255;
      return copy;
    };
    const cases: [Uint8Array, RegExp][] = [
      [changed(bytes.length - 9), /damaged/],
      [changed(10), /damaged/],
      [changed(3), /version/],
      [changed(0), /no snapshot/],
      [bytes.subarray(0, bytes.length - 1), /damaged/],
      [bytes.subarray(0, 10), /no snapshot/],
      [new Uint8Array(), /no snapshot/],
    ];
    for (const [at, [wrong, message]] of cases.entries())
      await expect(runtime.restore(wrong, { id: `wrong${at}` })).rejects.toThrow(message);
    expect(await session.run("n")).toMatchObject({ value: 1 });
    expect(runtime.describe().sessions).toBe(1);
  });
});

test("a snapshot of one engine is none of the other: it is refused, and not lost", async () => {
  await using v8 = await startRuntime({ engine: "v8", placement: "inline" });
  await using quickjs = await startRuntime({ engine: "quickjs", placement: "inline" });
  for (const [from, to] of [
    [v8, quickjs],
    [quickjs, v8],
  ] as [Runtime, Runtime][]) {
    const session = await from.session("s");
    await session.run("let n = 7");
    const bytes = await session.snapshot();
    const other = await to.restore(bytes, { id: "other" });
    expect(await other.run("n")).toMatchObject({ ok: false, error: { code: "config_error" } });
    const back = await from.restore(await other.snapshot(), { id: "back" });
    expect(await back.run("n")).toMatchObject({ value: 7 });
  }
});

test("more memory than there is cannot be restored", async () => {
  await using large = await startRuntime(
    { engine: "quickjs", placement: "inline" },
    { limits: { memoryMb: 64 } },
  );
  const session = await large.session("s");
  await session.run("const big = new Uint8Array(30 * 1024 * 1024).fill(1)");
  const bytes = await session.snapshot();
  const copy = await large.restore(bytes, { id: "copy" });
  expect(await copy.run("big[5]")).toMatchObject({ value: 1 });
});

/** What a program does that a replay cannot do again. */
const CHANGING = `
  let depth = 0;
  const dive = () => { depth++; dive() };
  for (let i = 0; i < 40; i++) { depth = 0; try { dive() } catch {} await tools.demo.echo(depth) }
`;

test("a V8 session whose program was not deterministic is refused with the reason, and can be reset", async () => {
  await using runtime = await startRuntime({ engine: "v8", placement: "process" });
  const session = await runtime.session("s");
  await session.run("let n = 1");
  expect(await session.run(CHANGING)).toMatchObject({ ok: true });
  await using other = await startRuntime({ engine: "v8", placement: "inline" });
  const copy = await other.restore(await session.snapshot(), { id: "copy" });
  expect(await copy.run("n")).toMatchObject({
    ok: false,
    error: {
      code: "config_error",
      message: expect.stringMatching(
        /program 2 of the session is not deterministic: when it was replayed it did: call \d+ demo\.echo \d+, where it had done: call/,
      ),
    },
  });
  await copy.reset();
  expect(await copy.run("typeof n")).toMatchObject({ value: "undefined" });
});

test("a V8 session is replayed with its clock and its randomness, and calls no tool again", async () => {
  const called: unknown[] = [];
  await using runtime = await createRuntime({
    engine: "v8",
    placement: "inline",
    tools: { t: { note: async (v: unknown) => called.push(v) } },
  });
  const session = await runtime.session("s");
  await session.run(
    `
      const at = [
        Date.now(),
        new Date().getTime(),
        performance.now(),
        Math.random(),
        crypto.randomUUID(),
        new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'full' }).format(),
        typeof Temporal === 'undefined' ? 0 : Temporal.Now.instant().epochMilliseconds,
        Date(),
      ];
      await tools.t.note(at[0]);
      const url = new URL('http://a/b?c');
      await new Promise((r) => setTimeout(r, 30));
      const then = Date.now() - at[0];
    `,
  );
  const before = await session.run("[at, url.search, then]");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const copy: Session = await runtime.restore(await session.snapshot(), { id: "copy" });
  const after = await copy.run("[at, url.search, then]");
  expect(before.ok && before.value).toEqual(after.ok && after.value);
  expect(called).toHaveLength(1);
});

test("a V8 session whose journal has grown too long says that it cannot be saved, and goes on", async () => {
  await using runtime = await startRuntime(
    { engine: "v8", placement: "inline" },
    { limits: { callBytes: 8 * 1024 * 1024 } },
  );
  const session = await runtime.session("s");
  for (let at = 0; at < 3; at++)
    await session.run(`const big${at} = (await tools.demo.big(7e6)).length`);
  await expect(session.snapshot()).rejects.toThrow(/its journal is longer than/);
  expect(await session.run("big0 + big1 + big2")).toMatchObject({ value: 21e6 });
});
