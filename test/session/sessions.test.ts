/** What a session promises, on every engine in every place. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Runtime, type Session } from "../../src/index.ts";
import { COMBINATIONS, startRuntime } from "../support/combinations.ts";
import { Gate } from "../support/gate.ts";
import { killDescendants, until } from "../support/processes.ts";
import { value } from "../support/value.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Sessions that are idle for 100 ms are saved; a busy machine takes its time for it. */
const SAVED_MS = 2_000;

/** Programs of one session, one after the other, with what each comes to. */
type Step = readonly [code: string, value: unknown];
const STORIES: readonly (readonly [promise: string, ...Step[]])[] = [
  [
    "keeps const, let, var, functions and classes",
    [
      `
        const a = 1;
        let b = 2;
        var c = 3;
        function f(x: number) { return x + b }
        class K { v = a }
        async function* g() { yield c }
      `,
      undefined,
    ],
    [
      `
        const all = [];
        for await (const v of g()) all.push(v);
        [a, b, c, f(1), new K().v, all, f.name, K.name]
      `,
      [1, 2, 3, 3, 1, [3], "f", "K"],
    ],
  ],
  [
    "keeps what is on globalThis and global",
    ["globalThis.one = 1; global.two = 2; 0", 0],
    ["one + two + globalThis.two + global.one", 6],
  ],
  [
    "lets a name be declared again, for earlier functions too",
    ["const limit = 5; function cap() { return limit }; cap()", 5],
    ["const limit = 7; cap()", 7],
    ["let limit = 8; limit++; cap()", 9],
    ["function cap() { return 'new' }; cap()", "new"],
    ["class cap {}; typeof cap", "function"],
  ],
  [
    "keeps variables alive that closures share",
    ["let n = 0; const up = () => ++n; up()", 1],
    ["up(); n += 10; up()", 13],
    ["n", 13],
  ],
  [
    "keeps patterns, with defaults, holes and rests",
    [
      `
        const { p, q: [r = 5, , ...s], t = () => 1, ...u } = { p: 1, q: [undefined, 2, 3], v: 4 };
        let [w, { x }] = [6, { x: 7 }];
      `,
      { w: 6, x: 7 },
    ],
    ["[p, r, s, typeof t, u, w, x]", [1, 5, [3], "function", { v: 4 }, 6, 7]],
  ],
  [
    "names anonymous functions after their variables",
    ["const arrow = () => {}, Klass = class {}; let fn = function () {}", undefined],
    ["[arrow.name, Klass.name, fn.name]", ["arrow", "Klass", "fn"]],
  ],
  [
    "keeps var from inside blocks and loops, not let",
    [
      "for (var i = 0; i < 3; i++) { var last = i; let inner = 1 } if (true) var { z } = { z: 9 }",
      undefined,
    ],
    ["[i, last, z, typeof inner]", [3, 2, 9, "undefined"]],
  ],
  [
    "sets var in loops as any variable, also one that was a constant",
    ["const fixed = 1; 0", 0],
    [
      "var fixed; for (var k = 0; k < 9; k++) { var sum = (sum ?? fixed) + k, { d } = { d: k } } [fixed, k, sum, d]",
      [1, 9, 37, 8],
    ],
    ["fixed = 2; var f = () => sum; [fixed, sum, f.name]", [2, 37, "f"]],
    ["for (var key in { a: 1 }) var last = key; [last, key]", ["a", "a"]],
  ],
  [
    "shows the text of functions as it was written",
    [
      "function one(a) { return a } async function* two() { await import('x') } class K {}",
      undefined,
    ],
    [
      "[one.toString(), `${two}`, String(K), one.name, Function.prototype.toString.call(one)]",
      [
        "function one(a) { return a }",
        "async function* two() { await import('x') }",
        "class K {}",
        "one",
        "function one(a) { return a }",
      ],
    ],
    [
      "[/native code/.test(Function.prototype.toString.toString()), Function.prototype.toString.name]",
      [true, "toString"],
    ],
  ],
  [
    "keeps imports, used or not",
    [
      "import { add, echo } from './mcp-tools/demo/index'; import * as demo from 'tools/demo'; await add({ a: 1, b: 2 })",
      3,
    ],
    ["[await echo('late'), await demo.add({ a: 2, b: 2 })]", ["late", 4]],
  ],
  [
    "keeps exported declarations, enums and using out",
    ["export const e = 1; enum Color { Red, Green } export function h() { return Color.Green }", 1],
    ["[e, Color.Red, Color[1], h()]", [1, 0, "Green", 1]],
    ["using d = { [Symbol.dispose]() { globalThis.disposed = true } }; 1", 1],
    ["[typeof d, disposed]", ["undefined", true]],
  ],
  [
    "keeps the result of an await, and what a program had done before it failed",
    ["const rows = await tools.demo.echo([1, 2, 3]); rows.length", 3],
    ["const before = rows[0]; await tools.demo.fail(); const after = 1", undefined],
    ["[rows, before, typeof after]", [[1, 2, 3], 1, "undefined"]],
  ],
  [
    "lets variables shadow globals, but not those that the machinery needs",
    ["const name = 'x', status = 2; const fetch = () => 'mine'; let console2 = console", undefined],
    ["console2.log('seen'); [name, status, fetch()]", ["x", 2, "mine"]],
  ],
  [
    "holds timers still between programs",
    ["let ticks = 0; const t = setInterval(() => ticks++, 15); 'set'", "set"],
    [
      `
        await new Promise((done) => {
          const look = setInterval(() => { if (ticks >= 3) done(clearInterval(look)) }, 5);
        });
        clearInterval(t);
        ticks >= 3
      `,
      true,
    ],
  ],
  [
    "hands over an answer that nobody awaited in time",
    [
      "let got; tools.demo.slow({ ms: 30, value: 'late' }).then((v) => { got = v }); 'left'",
      "left",
    ],
    ["await Promise.resolve(); got", "late"],
  ],
  [
    "keeps files, as text or as bytes",
    [
      `
        await fs.mkdir('/data/deep', { recursive: true });
        await fs.writeFile('/data/a.json', JSON.stringify({ a: [1] }));
        await fs.writeFile('data/b.bin', new Uint8Array([0, 255]));
        await fs.writeFile('/data/a.txt', 'one');
        await fs.writeFile('/data/a.txt', ' two', { flag: 'a' });
      `,
      undefined,
    ],
    [
      `
        [
          JSON.parse(await fs.readFile('/data/a.json', 'utf8')),
          [...await fs.readFile('/data/b.bin')],
          await fs.readFile('/data/a.txt'),
          await fs.readdir('/data'),
          await fs.readdir('/'),
        ]
      `,
      [{ a: [1] }, [0, 255], "one two", ["a.json", "a.txt", "b.bin", "deep"], ["tools", "data"]],
    ],
    [
      `
        const s = await fs.stat('/data/a.txt');
        await fs.rm('/data', { recursive: true });
        [s.size, s.isFile(), s.isDirectory(), s.mtime instanceof Date, await fs.readdir('/')]
      `,
      [7, true, false, true, ["tools"]],
    ],
  ],
  [
    "shows the tree of tools beside the files, to read only",
    [
      `
        [
          (await fs.readdir('/tools')).includes('demo'),
          (await fs.stat('/tools/demo')).isDirectory(),
          (await fs.stat('/tools/demo/add.ts')).size > 10,
        ]
      `,
      [true, true, true],
    ],
    [
      "await fs.writeFile('/tools/demo/add.ts', 'mine').catch((e) => e.message)",
      "EROFS: read-only file system, writeFile '/tools/demo/add.ts'",
    ],
  ],
];

/** Programs that fail, in a session that has `const k = 1`. */
const FAILURES: readonly (readonly [promise: string, code: string, error: object])[] = [
  ["a const stays constant", "k = 2", { code: "program_error", name: "TypeError" }],
  [
    "a variable of nobody is not there",
    "typo + 1",
    { code: "program_error", name: "ReferenceError", line: 1 },
  ],
  [
    "an error has its place",
    "const fine = 1;\n  nothing.here",
    { code: "program_error", line: 2, column: 3 },
  ],
  ["the reserved name", "let $codecell_x = 1", { code: "syntax_error", line: 1, column: 5 }],
];

describe.each(COMBINATIONS)("$engine $placement", (combination) => {
  let runtime: Runtime;
  let sessions = 0;
  const fresh = (): Promise<Session> => runtime.session(`s${++sessions}`);
  beforeAll(async () => {
    runtime = await startRuntime(combination);
  });
  afterAll(() => runtime.close());

  test.each(STORIES)("%s", async (...story) => {
    const programs = story.slice(1) as Step[];
    const session = await fresh();
    for (const [code, expected] of programs) {
      const result = await session.run(code);
      expect([code, result.ok ? result.value : undefined]).toEqual([code, expected]);
    }
    await session.close();
  });

  test.each(FAILURES)("%s", async (_promise, code, error) => {
    const session = await fresh();
    await session.run("const k = 1");
    expect(await session.run(code)).toMatchObject({ ok: false, error });
    expect(await value(session.run("k"))).toBe(1);
    await session.close();
  });

  test("sessions see nothing of each other, nor do programs outside of them", async () => {
    const [one, two] = [await fresh(), await fresh()];
    await one.run(
      "globalThis.secret = 1; const mine = 2; Array.prototype.patched = 3; await fs.writeFile('/f', 'x')",
    );
    const look =
      "[typeof secret, typeof mine, [].patched === undefined, (await fs.readdir('/')).join()]";
    expect(await value(two.run(look))).toEqual(["undefined", "undefined", true, "tools"]);
    expect(await value(runtime.run(look))).toEqual(["undefined", "undefined", true, "tools"]);
    const other = await runtime.session(one.id, { user: "somebody else" });
    expect(await value(other.run(look))).toEqual(["undefined", "undefined", true, "tools"]);
    expect(await runtime.session(one.id)).toBe(one);
  });

  test("runs of one session wait for each other, in order", async () => {
    const session = await fresh();
    await session.run("const seen = []");
    await Promise.all([
      session.run("await tools.demo.slow({ ms: 60 }); seen.push(1)"),
      session.run("seen.push(2)"),
      session.run("seen.push(3)"),
    ]);
    expect(await value(session.run("seen"))).toEqual([1, 2, 3]);
  });

  test("a snapshot is the session: variables, closures, timers, files", async () => {
    const session = await fresh();
    await session.run(
      `
        let n = 1;
        const up = () => ++n;
        class P { #x = 5; get x() { return this.#x } }
        const p = new P();
        function* gen() { yield 1; yield 2 }
        const it = gen();
        it.next();
        let rang = false;
        setTimeout(() => { rang = true }, 20);
        await fs.writeFile('/f.txt', 'kept');
      `,
    );
    const bytes = await session.snapshot();
    await session.run("n = 100; await fs.writeFile('/f.txt', 'changed')");
    const copy = await runtime.restore(bytes, { id: `${session.id}-copy` });
    expect(copy.workspace.readFile("/f.txt")).toBe("kept");
    const look = `
        await new Promise((r) => setTimeout(r, 60));
        [up(), p.x, it.next().value, rang, await fs.readFile('/f.txt')]
      `;
    expect(await value(copy.run(look))).toEqual([2, 5, 2, true, "kept"]);
    expect(await value(session.run("[n, await fs.readFile('/f.txt')]"))).toEqual([100, "changed"]);
    expect(copy.declared).toContain("up");
  });

  test("copies of a session draw different random numbers", async () => {
    const session = await fresh();
    await session.run("Math.random(); crypto.randomUUID()");
    const forks = [await session.fork(), await session.fork(), session];
    const drawn = await Promise.all(
      forks.map((each) => value(each.run("[Math.random(), crypto.randomUUID()].join()"))),
    );
    expect(new Set(drawn).size).toBe(3);
  });

  test("a seed and a time make everything the same again", async () => {
    const program = `
        const start = Date.now();
        await new Promise((r) => setTimeout(r, 25));
        [start, Date.now(), new Date().toISOString(), Math.random(), crypto.randomUUID(), performance.now()]
      `;
    const open = (): Promise<Session> =>
      runtime.session(`seeded${++sessions}`, { seed: 7, now: 1_700_000_000_000 });
    const [one, two] = [
      await value((await open()).run(program)),
      await value((await open()).run(program)),
    ];
    expect(one).toEqual(two);
    expect(one).toMatchObject([
      1_700_000_000_000,
      1_700_000_000_025,
      "2023-11-14T22:13:20.025Z",
      expect.any(Number),
      expect.stringMatching(/^[\da-f-]{36}$/),
      25,
    ]);
    const other = await runtime.session(`seeded${++sessions}`, { seed: 8, now: 1_700_000_000_000 });
    expect((await value(other.run("Math.random()"))) !== (one as unknown[])[3]).toBe(true);
  });

  test("a run can be saved in its midst: forks share the answer, no tool is called twice", async () => {
    let calls = 0;
    const gate = new Gate();
    await using own = await startRuntime(combination, {
      tools: {
        t: {
          once: async (v: unknown) => {
            calls++;
            return await gate.wait(v);
          },
        },
      },
      workers: { max: 3 },
    });
    const session = await own.session("a");
    await session.run("let base = 40");
    const program = `
        console.log('begun');
        const [x, d] = await Promise.all([
          tools.t.once(base + 1),
          crypto.subtle.digest('SHA-256', new Uint8Array(3)),
        ]);
        x + d.byteLength - 31
      `;
    const running = session.run(program);
    await until(() => calls === 1);
    const fork = await session.fork("b");
    expect(await fork.pending()).toEqual([{ id: expect.any(Number), tool: "t.once", args: 41 }]);
    expect(await fork.run("1").catch((error) => error.code)).toBe("config_error");
    const bytes = await fork.snapshot();
    gate.open();
    const [first, second] = await Promise.all([running, fork.resume()]);
    expect([await value(Promise.resolve(first)), await value(Promise.resolve(second))]).toEqual([
      42, 42,
    ]);
    expect(second.logs).toEqual([{ level: "log", text: "begun" }]);
    expect(second.calls).toMatchObject([{ tool: "t.once", ok: true }]);
    const told = await own.restore(bytes, { id: "c" });
    const id = (await told.pending())[0]!.id;
    expect(await value(told.resume({ answers: { [id]: 99 } }))).toBe(100);
    const doubtful = await own.restore(bytes, { id: "d" });
    expect(await doubtful.resume()).toMatchObject({
      ok: false,
      error: { code: "aborted", name: "ToolError", tool: "t.once" },
    });
    expect(calls).toBe(1);
  });

  test("a program that goes over a limit costs what was not saved, and says so", async () => {
    const session = await fresh();
    await session.run("let kept = 1");
    await sleep(SAVED_MS);
    const hog = "const list = []; for (;;) list.push(new Array(1e5).fill(1.5))";
    // One directly after the other: an idle session would be saved.
    const [, result] = await Promise.all([session.run("let young = 2"), session.run(hog)]);
    expect(result).toMatchObject({ ok: false, error: { code: "memory" } });
    expect(result.ok ? "" : result.error.hint).toMatch(
      /as after its program 1: .* one program left in memory is lost \(young\)\. Its files are kept/,
    );
    expect(await value(session.run("[kept, typeof young]"))).toEqual([1, "undefined"]);
  });

  test("a run that is aborted or takes too long while it waits costs nothing", async () => {
    const session = await fresh();
    await session.run("let n = 1; const twice = () => n * 2");
    const late = await session.run("n = 2; await tools.demo.never()", {
      limits: { wallMs: 1_000 },
    });
    expect(late).toMatchObject({ ok: false, error: { code: "timeout" } });
    const stop = new AbortController();
    const aborted = await session.run(
      "n = 3; setTimeout(() => { n = 'woken' }, 1_500); console.log('on'); await tools.demo.never()",
      { signal: stop.signal, onLog: () => setImmediate(() => stop.abort()) },
    );
    expect(aborted).toMatchObject({ ok: false, error: { code: "aborted" } });
    const later = session.run("await new Promise((r) => setTimeout(r, 1_600)); twice()");
    expect(await value(later)).toBe(6);
  });

  test("a run that is aborted before its turn is not begun", async () => {
    const session = await fresh();
    await session.run("let n = 0");
    const stop = new AbortController();
    const before = session.run("await tools.demo.slow({ ms: 100 }); n = 1");
    const late = session.run("n = 2; await fs.writeFile('/f', '')", { signal: stop.signal });
    stop.abort();
    expect(await before).toMatchObject({ ok: true });
    expect(await late).toMatchObject({ ok: false, error: { code: "aborted" } });
    expect(await value(session.run("[n, await fs.readdir('/')]"))).toEqual([1, ["tools"]]);
  });

  test("the answer to a call that nobody awaited is part of what is saved", async () => {
    const session = await fresh();
    await session.run("let p = tools.demo.slow({ ms: 400, value: 42 })");
    await session.park();
    expect(session.placed).toBe(false);
    expect(await value(session.run("await p"))).toBe(42);
    const copy = await session.fork();
    expect(await value(copy.run("await p"))).toBe(42);
  });

  test("reset forgets everything, close ends it", async () => {
    const session = await fresh();
    await session.run("let n = 1; await fs.writeFile('/f', 'x')");
    await session.reset();
    expect(await value(session.run("[typeof n, await fs.readdir('/')]"))).toEqual([
      "undefined",
      ["tools"],
    ]);
    await session.close();
    await expect(session.run("1")).rejects.toMatchObject({ code: "aborted" });
    expect(await value((await runtime.session(session.id)).run("typeof n"))).toBe("undefined");
  });

  test("more sessions than workers take turns", async () => {
    const many = await Promise.all(Array.from({ length: 6 }, fresh));
    await Promise.all(many.map((each, at) => each.run(`let mine = ${at}`)));
    const read = await Promise.all(many.map((each) => value(each.run("mine++"))));
    expect(read).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await value(runtime.run("'others too'"))).toBe("others too");
  });
});

const PROCESSES = COMBINATIONS.filter(
  ({ placement }) => placement === "process" || placement === "sandbox",
);

test.each(PROCESSES)("$engine $placement: a worker that dies between runs", async (combination) => {
  await using runtime = await startRuntime(combination, { workers: { max: 1, spare: 0 } });
  const session = await runtime.session("a");
  await session.run("let a = 1; await fs.writeFile('/f', 'file')");
  killDescendants();
  await until(() => !session.placed);
  const told = await session.run("a = 2");
  expect(told).toMatchObject({
    ok: false,
    calls: [],
    error: { code: "worker_crashed", name: "SessionError" },
  });
  expect(told.ok ? "" : told.error.message).toMatch(
    /begins anew: its worker ended: .*; what one program left in memory is lost \(a\)\. Its files are kept/,
  );
  expect(await value(session.run("[typeof a, await fs.readFile('/f')]"))).toEqual([
    "undefined",
    "file",
  ]);
  await session.run("let b = 1");
  await sleep(SAVED_MS);
  killDescendants();
  await until(() => !session.placed);
  expect(await value(session.run("b"))).toBe(1); // it was saved, so nothing was lost and nothing is said
});

test("there are caps: sessions in all, and of one user", async () => {
  await using runtime = await startRuntime(
    { engine: "quickjs", placement: "inline" },
    { sessions: { max: 3, maxPerUser: 2 } },
  );
  const open = (id: string, user: string): Promise<Session> => runtime.session(id, { user });
  const first = await open("1", "ann");
  await open("2", "ann");
  await expect(open("3", "ann")).rejects.toMatchObject({
    code: "quota_exceeded",
    message: "user 'ann' has 2 sessions, which is the cap",
  });
  await open("1", "bob");
  await expect(open("2", "bob")).rejects.toMatchObject({
    code: "quota_exceeded",
    message: "there are 3 sessions, which is the cap",
  });
  await first.close();
  await open("2", "bob");
});

test("a session that nobody uses leaves its worker, then ends; one at work does not", async () => {
  await using runtime = await startRuntime(
    { engine: "quickjs", placement: "process" },
    { sessions: { parkMs: 50, idleMs: 3_000 } },
  );
  const session = await runtime.session("s");
  await session.run("let n = 1");
  expect(session.placed).toBe(true);
  expect(await until(() => !session.placed)).toBe(true);
  expect(await value(session.run("n"))).toBe(1);
  expect(await value(session.run("await tools.demo.slow({ ms: 4_000, value: n })"))).toBe(1);
  expect(await until(() => runtime.describe().sessions === 0)).toBe(true);
  await expect(session.run("n")).rejects.toMatchObject({
    code: "aborted",
    message: expect.stringContaining("3000 ms"),
  });
  expect(await value((await runtime.session("s")).run("typeof n"))).toBe("undefined");
});

test("different sessions run at once", async () => {
  let here = 0;
  const all = Promise.withResolvers<void>();
  const meet = async (): Promise<void> => {
    if (++here === 4) all.resolve();
    await all.promise;
  };
  await using runtime = await startRuntime(
    { engine: "quickjs", placement: "process" },
    { tools: { t: { meet } }, workers: { max: 4 } },
  );
  const four = await Promise.all(["a", "b", "c", "d"].map((id) => runtime.session(id)));
  await Promise.all(four.map((session) => session.run("1")));
  const met = await Promise.all(four.map((session) => session.run("await tools.t.meet()")));
  expect(met.map(({ ok }) => ok)).toEqual([true, true, true, true]);
});

test.each([
  ["", "session's id"],
  ["a b", "session's id"],
  ["../x", "session's id"],
  ["x".repeat(201), "session's id"],
])("an id that is none is refused: %j", async (id, message) => {
  await using runtime = await startRuntime({ engine: "quickjs", placement: "inline" });
  await expect(runtime.session(id)).rejects.toThrow(message);
  await expect(runtime.findSession(id)).rejects.toThrow(message);
  await expect(runtime.session("a", { user: "" })).rejects.toThrow("user must be");
  await expect(runtime.session("a", { now: Number.NaN })).rejects.toThrow("now must be");
  const session = await runtime.session("a");
  await expect(session.run("1", { limits: { memoryMb: 128 } })).rejects.toThrow("memoryMb");
});

test("types are checked with what earlier programs declared", async () => {
  await using runtime = await startRuntime(
    { engine: "v8", placement: "inline" },
    { typeCheck: true },
  );
  const session = await runtime.session("s");
  expect(
    await value(
      session.run(
        "const sum = await tools.demo.add({ a: 1, b: 2 }); function twice(n: number) { return n * 2 }",
      ),
    ),
  ).toBe(3);
  expect(await value(session.run("twice(sum as number)"))).toBe(6);
  await session.run("globalThis.late = 5; if (late) global['later'] = 6");
  expect(session.declared).toEqual(["sum", "twice", "late"]);
  expect(await value(session.run("late + 1"))).toBe(6);
  expect(await session.run("twise(sum)")).toMatchObject({
    ok: false,
    error: { code: "type_error" },
  });
  expect(await session.run("await tools.demo.add({ a: 'x' })")).toMatchObject({
    error: { code: "type_error" },
  });
});

test.each(["v8", "quickjs"] as const)(
  "a thousand idle sessions of %s cost little, and lose nothing",
  async (engine) => {
    const count = 1_000;
    await using runtime = await startRuntime(
      { engine, placement: "process" },
      { sessions: { max: count, maxPerUser: count, parkMs: 0 } },
    );
    const before = process.memoryUsage().rss;
    const opened: Session[] = [];
    for (let at = 0; at < count; at++) {
      const session = await runtime.session(`s${at}`);
      opened.push(session);
      const code = `const mine = ${at}, rows = Array.from({ length: 100 }, (_, id) => ({ id }))`;
      await value(session.run(code));
    }
    expect(await until(() => opened.every(({ placed }) => !placed))).toBe(true);
    await sleep(500);
    const each = (process.memoryUsage().rss - before) / count / 1024;
    console.log(`${count} idle sessions, ${engine}: ${each.toFixed(0)} KiB each`);
    expect(each).toBeLessThan(1_024);
    expect(runtime.describe().sessions).toBe(count);
    for (const at of [0, 7, 500, 999])
      expect(await value((await runtime.session(`s${at}`)).run("[mine, rows.length]"))).toEqual([
        at,
        100,
      ]);
  },
  600_000,
);
