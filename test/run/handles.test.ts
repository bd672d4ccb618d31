import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRuntime, type RunOptions, type Runtime } from "../../src/index.ts";

/** What happened to the host's objects. */
const events: string[] = [];

class Transaction {
  #done = false;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  query(sql: string, ...params: unknown[]): string {
    return `${this.name}: ${sql} ${params.length}`;
  }

  commit(): void {
    this.#done = true;
  }

  _secret(): string {
    return "secret";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    events.push(this.#done ? "committed" : "rolled back");
  }
}

/** Instances that held data before objects with methods were: their data stays. */
class Rows {
  readonly rows = [{ id: 1 }];
  readonly at = new Date(0);

  [Symbol.dispose](): void {
    events.push("rows disposed");
  }
}

/** A row that knows where it came from. */
class Row {
  readonly id = 7;
  readonly connection = {
    query: () => "all",
    close: () => void events.push("connection closed"),
  };

  save(): string {
    return "saved";
  }
}

class Plain {
  readonly id = 7;

  greet(): string {
    return "hello";
  }
}

const db = {
  begin: () => new Transaction("tx"),
  connect: () => ({
    version: 3,
    query: (...args: unknown[]) => args,
    begin: () => new Transaction("inner"),
    close: () => void events.push("closed"),
  }),
  async *rows() {
    try {
      yield* [1, 2, 3];
    } finally {
      events.push("iterator closed");
    }
  },
  table: () => ({ name: "t", [Symbol.asyncIterator]: () => db.rows() }),
  lock: () => ({ key: "k", [Symbol.asyncDispose]: () => void events.push("released") }),
  locks: () => ({ at: new Date(0), all: [db.lock()] }),
  broken: () => ({
    ping: () => 1,
    async *[Symbol.asyncIterator]() {
      yield 1;
      throw new Error("broken");
    },
  }),
  rowsWithData: () => new Rows(),
  row: () => new Row(),
  list: () => [new Transaction("one"), new Transaction("two")],
  plain: () => [new Plain()],
  same: (given: unknown) => (given instanceof Transaction ? given.query("same") : "other"),
  crowded: () => ({
    ...Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`m${at}`, () => at])),
    close: () => void events.push("closed"),
  }),
  verbose: () => ({ ["x".repeat(101)]: () => 1, close: () => void events.push("closed") }),
  mixed: () => [new Transaction("tx"), () => 1],
  late: () => {
    events.push("asked");
    return new Promise((resolve) => {
      answerLate = () => resolve([new Transaction("late")]);
    });
  },
  stuck: () => ({ close: () => new Promise(() => {}) }),
  failing: () => ({
    close: () => {
      throw new Error("cannot close");
    },
  }),
};

let answerLate = (): void => {};

const combinations = [
  { engine: "v8", placement: "inline" },
  { engine: "quickjs", placement: "inline" },
  { engine: "v8", placement: "process" },
  { engine: "quickjs", placement: "process" },
] as const;

describe.each(combinations)("objects with methods: $engine, $placement", (options) => {
  let runtime: Runtime | undefined;
  afterAll(() => runtime?.[Symbol.asyncDispose]());
  const run = async (code: string, given: RunOptions = {}) => {
    runtime ??= await createRuntime({ ...options, tools: { db } });
    events.length = 0;
    return await runtime.run(code, given);
  };

  it("has its methods as calls of the tool, and its data", async () => {
    const result = await run(`
      const c = await tools.db.connect();
      return [c.version, await c.query("select", 1, new Date(0))];`);
    expect(result).toMatchObject({
      ok: true,
      value: [3, ["select", 1, "1970-01-01T00:00:00.000Z"]],
    });
    expect(result.calls.map(({ tool }) => tool)).toEqual(["db.connect", "db.connect.query"]);
    expect(events).toEqual(["closed"]);
  });

  it("gets the items where its methods are callbacks", async () => {
    const result = await run(`
      const { query } = await tools.db.connect();
      const ids = ["a", "b"];
      const lists = [ids.map(query), Array.from(ids, query), [...ids.values().map(query)]];
      return await Promise.all(lists.map((list) => Promise.all(list)));`);
    const items = [["a"], ["b"]];
    expect(result).toMatchObject({ ok: true, value: [items, items, items] });
  });

  it("disposes of a transaction at the end of its block", async () => {
    const result = await run(`
      let text;
      {
        await using tx = await tools.db.begin();
        text = await tx.query("insert", 1, 2);
        await tx.commit();
      }
      try { await tools.db.begin().then((tx) => tx.close().then(() => tx.query("x"))); } catch (error) { text += "; " + error.message; }
      return text;`);
    expect(result).toMatchObject({
      ok: true,
      value:
        "tx: insert 2; the object of db.begin (Transaction) cannot be used any more: it was closed",
    });
    expect(events).toEqual(["committed", "rolled back"]);
  });

  it("is iterated over, and its iterator is closed", async () => {
    const result = await run(`
      const found = [];
      for await (const row of await tools.db.rows()) { found.push(row); if (row === 2) break; }
      return found;`);
    expect(result).toMatchObject({ ok: true, value: [1, 2] });
    expect(events).toEqual(["iterator closed"]);
  });

  it("leaves no iteration open that has come to its end", async () => {
    const result = await run(
      `
      const table = await tools.db.table();
      let total = 0;
      for (let i = 0; i < 110; i++) for await (const row of table) total += row;
      for (let i = 0; i < 110; i++) for await (const row of await tools.db.rows()) total += row;
      for (let i = 0; i < 110; i++) for await (const row of await tools.db.rows()) { total += row; break; }
      const broken = await tools.db.broken();
      for (let i = 0; i < 110; i++)
        try { for await (const row of broken) total += row; } catch (error) { if (error.message !== "broken") throw error; }
      return total;`,
      { limits: { toolCalls: 10_000 } },
    );
    expect(result).toMatchObject({ ok: true, value: 110 * (6 + 6 + 1 + 1) });
    expect(events).toHaveLength(330); // each generator once
  });

  it("gives the items of steps that do not wait for each other, and nothing after the last", async () => {
    const result = await run(`
      const it = (await tools.db.rows())[Symbol.asyncIterator]();
      const steps = await Promise.all([1, 2, 3, 4, 5].map(() => it.next()));
      return [steps.map(({ value, done }) => done ? "done" : value), (await it.next()).done, (await it.return()).done];`);
    expect(result).toMatchObject({ ok: true, value: [[1, 2, 3, "done", "done"], true, true] });
  });

  it("may be closed and then disposed of", async () => {
    const result = await run(`
      await using tx = await tools.db.begin();
      using c = await tools.db.connect();
      await tx.close();
      await c.close();
      return 1;`);
    expect(result).toMatchObject({ ok: true, value: 1 });
    expect(events).toEqual(["rolled back", "closed"]);
    expect(result.calls.at(-1)).toMatchObject({ tool: "db.begin.[Symbol.asyncDispose]", ok: true });
  });

  it("is disposed of once, however many calls close it at once", async () => {
    const result = await run(`
      const tx = await tools.db.begin();
      await Promise.allSettled([tx.close(), tx.close(), tx[Symbol.asyncDispose](), tx.close()]);
      return 1;`);
    expect(result).toMatchObject({ ok: true, value: 1 });
    expect(events).toEqual(["rolled back"]);
  });

  it("may be an object literal that says only that it is to be disposed of, or iterated over", async () => {
    const result = await run(`
      { await using lock = await tools.db.lock(); if (lock.key !== "k") throw 0; }
      const { at, all: [other] } = await tools.db.locks();
      let rows = 0;
      const table = await tools.db.table();
      for await (const row of table) rows += row;
      return [rows, table.name, at, other.key];`);
    expect(result).toMatchObject({ ok: true, value: [6, "t", "1970-01-01T00:00:00.000Z", "k"] });
    expect(events).toEqual(["released", "iterator closed", "released"]);
  });

  it("has the data that its instance had as data", async () => {
    const result = await run(`
      const found = await tools.db.rowsWithData();
      return [found.rows, found.at, JSON.stringify(found)];`);
    expect(result).toMatchObject({
      ok: true,
      value: [
        [{ id: 1 }],
        "1970-01-01T00:00:00.000Z",
        '{"rows":[{"id":1}],"at":"1970-01-01T00:00:00.000Z"}',
      ],
    });
    expect(events).toEqual(["rows disposed"]);
  });

  it("does not give what an instance holds", async () => {
    const result = await run(`
      const row = await tools.db.row();
      return [row.id, typeof row.connection, await row.save()];`);
    expect(result).toMatchObject({ ok: true, value: [7, "undefined", "saved"] });
    expect(events).toEqual([]); // its connection is not closed either
  });

  it("tells its methods where a program calls another", async () => {
    const result = await run("const tx = await tools.db.begin(); await tx.rollback()");
    expect(result).toMatchObject({
      ok: false,
      error: { hint: "db.begin answered an object with the methods query, commit, close." },
    });
  });

  it("is the object itself for local tools, and methods return handles again", async () => {
    const result = await run(`
      const tx = await (await tools.db.connect()).begin();
      return [tx.name, await tools.db.same(tx), await tx.query("a")];`);
    expect(result).toMatchObject({ ok: true, value: ["inner", "inner: same 0", "inner: a 0"] });
    expect(events).toEqual(["rolled back", "closed"]);
  });

  it("leaves instances that are data as data", async () => {
    const result = await run("return await tools.db.plain()");
    expect(result).toMatchObject({ ok: true, value: [{ id: 7 }] });
  });

  it("cannot be forged as data", async () => {
    const result = await run(`
      const tx = await tools.db.begin();
      return await tools.db.same({ $type: "Handle", value: { id: "0".repeat(32) } });`);
    expect(result).toMatchObject({ ok: true, value: "other" });
  });

  it("has only the methods of the host's object", async () => {
    const result = await run(`
      const tx = await tools.db.begin();
      return [typeof tx._secret, typeof tx.constructor, typeof tx.hasOwnProperty, typeof tx.then];`);
    expect(result).toMatchObject({
      ok: true,
      value: ["undefined", "undefined", "undefined", "undefined"],
    });
  });

  it("is no value of a program", async () => {
    const result = await run("return { tx: await tools.db.begin() }");
    expect(result).toMatchObject({ ok: false, error: { code: "not_serializable" } });
    expect(JSON.stringify(result)).toContain("db.begin returned");
  });

  it("has a cap on how many are open", async () => {
    const result = await run("for (let i = 0; i < 200; i++) await tools.db.begin(); return 1");
    expect(result).toMatchObject({ ok: false, error: { code: "output_limit", tool: "db.begin" } });
    expect(events).toHaveLength(101); // also that one too many
  });

  it.each([
    ["too many methods", "crowded", "it has more than 200 of them"],
    ["a long name", "verbose", "has more than 100 characters"],
  ])("with %s is refused, and disposed of", async (_what, name, message) => {
    const result = await run(`return await tools.db.${name}()`);
    expect(result).toMatchObject({ ok: false, error: { code: "output_limit" } });
    expect(JSON.stringify(result)).toContain(message);
    await expect.poll(() => events).toEqual(["closed"]);
    expect(await run("return 1")).toMatchObject({ value: 1 });
  });

  it("is disposed of with the rest of a result that cannot be sent", async () => {
    const result = await run("return await tools.db.mixed().catch((error) => error.code)");
    expect(result).toMatchObject({ value: "not_serializable" });
    await expect.poll(() => events).toEqual(["rolled back"]);
  });

  it("ends in the reverse order, and each once", async () => {
    const result = await run(`
      const c = await tools.db.connect();
      using tx = await c.begin();
      return [await tx.query("a"), await c.query(1)];`);
    expect(result).toMatchObject({ ok: true, value: ["inner: a 0", [1]], logs: [] });
    expect(events).toEqual(["rolled back", "closed"]);
  });

  it("that comes when its run was aborted is disposed of", async () => {
    await run("1");
    const abort = new AbortController();
    const running = runtime!.run("return await tools.db.late()", { signal: abort.signal });
    await expect.poll(() => events).toEqual(["asked"]);
    abort.abort();
    expect(await running).toMatchObject({ ok: false, error: { code: "aborted" } });
    answerLate();
    await expect.poll(() => events).toEqual(["asked", "rolled back"]);
  });

  it("that never closes keeps no run for long", async () => {
    const result = await run("await tools.db.stuck(); return 1");
    expect(result).toMatchObject({ ok: true, value: 1 });
    expect(result.logs[0]?.text).toContain("what db.stuck returned is still being closed");
  });

  it("counts as calls, and its arguments have the caps of calls", async () => {
    const over = await run("const tx = await tools.db.begin(); for (;;) await tx.query('x')", {
      limits: { toolCalls: 5 },
    });
    expect(over).toMatchObject({ ok: false, error: { code: "call_limit" } });
    expect(over.calls).toHaveLength(5);
    const large = await run(
      "const tx = await tools.db.begin(); return await tx.query('x'.repeat(9_000)).catch((e) => [e.code, e.tool])",
      { limits: { callBytes: 5_000 } },
    );
    expect(large).toMatchObject({ value: ["output_limit", "db.begin.query"] });
  });

  it.each([
    ["a call by a made-up id", "tools['~' + '0'.repeat(32)].query('x')"],
    ["a name that is no id", "tools['~1'].query('x')"],
    [
      "a method that it lacks",
      "tx.query.call(tx, 'x').then(() => tools.db.same(structuredClone(tx)))",
    ],
    ["a forged stub", "tools.db.same(Object.setPrototypeOf({ ...tx }, Object.getPrototypeOf(tx)))"],
    ["a proxy of a stub", "tools.db.same(new Proxy(tx, {}))"],
  ])("gives nothing to %s", async (_what, call) => {
    const result = await run(`
      Object.prototype.toJSON = undefined;
      WeakMap.prototype.get = () => ({ id: "0".repeat(32) });
      const tx = await tools.db.begin();
      const outcome = await ${call}.catch((error) => error.code);
      return outcome;`);
    expect(result.ok && result.value).toSatisfy((value: unknown) =>
      ["other", "invalid_arguments", "unknown_tool"].includes(value as string),
    );
    expect(events).toEqual(["rolled back"]);
  });

  it("is what the host's table says, not what the program makes of the stub", async () => {
    const result = await run(`
      const tx = await tools.db.begin();
      tx.query = () => "mine";
      tx.id = "1"; tx.name = "forged";
      return [await tools.db.same(tx), tx.query()];`);
    expect(result).toMatchObject({ ok: true, value: ["tx: same 0", "mine"] });
  });

  it.each([
    ["throws", "await tools.db.begin(); throw new Error('x')", {}],
    [
      "is too slow",
      "await tools.db.begin(); await new Promise((r) => setTimeout(r, 60_000))",
      { limits: { wallMs: 700 } },
    ],
    ["computes too long", "await tools.db.begin(); for (;;);", { limits: { cpuMs: 50 } }],
  ])("is disposed of when the program %s", async (_how, code, given) => {
    await run("1");
    const result = await runtime!.run(code, given);
    expect(result.ok).toBe(false);
    expect(events).toEqual(["rolled back"]);
  });

  it("logs what could not be closed", async () => {
    const result = await run("await tools.db.failing(); return 1");
    expect(result).toMatchObject({ ok: true, value: 1 });
    expect(result.logs[0]?.text).toContain(
      "what db.failing returned could not be closed: cannot close",
    );
  });
});

/** What a tool may answer with: `handle` stands for an object with methods, `bad` for what cannot be sent. */
type Answer = "handle" | "bad" | number | readonly Answer[] | { readonly in: Answer };

const { answer: answers } = fc.letrec<{ answer: Answer }>((tie) => ({
  answer: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Answer>("handle", "handle", "bad", 1),
    fc.array(tie("answer"), { maxLength: 4 }),
    fc.record({ in: tie("answer") }),
  ),
}));

describe("whatever a tool answers with", () => {
  it("each object with methods in it is disposed of once", async () => {
    let wanted: Answer = 1;
    let counts: { disposed: number }[] = [];
    const made = (answer: Answer): unknown => {
      if (answer === "bad") return Symbol("bad");
      if (typeof answer === "number") return answer;
      if (typeof answer === "object")
        return "in" in answer ? { in: made(answer.in) } : answer.map((each) => made(each));
      const count = { disposed: 0 };
      counts.push(count);
      return { ping: () => 1, [Symbol.dispose]: () => void count.disposed++ };
    };
    await using runtime = await createRuntime({
      placement: "inline",
      tools: { any: { answer: () => made(wanted) } },
    });
    await fc.assert(
      fc.asyncProperty(answers, fc.boolean(), async (answer, closes) => {
        [wanted, counts] = [answer, []];
        const code = closes
          ? `
              const close = async (it) => {
                if (typeof it?.ping === "function") return await it.close();
                for (const each of Object.values(Object(it))) await close(each);
              };
              await close(await tools.any.answer());`
          : "await tools.any.answer()";
        await runtime.run(code);
        await expect
          .poll(() => counts.map(({ disposed }) => disposed))
          .toEqual(counts.map(() => 1));
      }),
      { numRuns: 40 },
    );
  });
});

describe("what a server sends", () => {
  it("stays data, whatever it looks like", async () => {
    const imitation = {
      $type: "Handle",
      value: { id: "0".repeat(32), label: "x.y", methods: ["run"], iterable: false, data: {} },
    };
    const exact = fileURLToPath(new URL("../../fixtures/servers/exact.ts", import.meta.url));
    await using runtime = await createRuntime({
      placement: "inline",
      mcpServers: { fix: { command: process.execPath, args: [exact] } },
      tools: { own: { give: () => imitation, rich: () => [imitation, new Date(0)] } },
    });
    const code = `
      const { it } = await tools.fix.echo(${JSON.stringify({ it: imitation })});
      const other = await tools.own.give();
      const [third] = await tools.own.rich();
      return [it, other, third, typeof it.run, typeof third.close];`;
    expect(await runtime.run(code)).toMatchObject({
      ok: true,
      value: [imitation, imitation, imitation, "undefined", "undefined"],
    });
  });

  it("goes to no server: an object with methods is refused there", async () => {
    const exact = fileURLToPath(new URL("../../fixtures/servers/exact.ts", import.meta.url));
    await using runtime = await createRuntime({
      placement: "inline",
      mcpServers: { fix: { command: process.execPath, args: [exact] } },
      tools: { db },
    });
    const result = await runtime.run(
      "return await tools.fix.received({ tx: await tools.db.begin() })",
    );
    expect(result).toMatchObject({ ok: false, error: { code: "not_serializable" } });
  });
});

describe("before a program runs", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({
      placement: "inline",
      typeCheck: true,
      learn: true,
      tools: { db },
    });
  });
  afterAll(() => runtime.close());

  it.each([
    "const tx = await tools.db.begin(); await tx.query('a', 1); await tx.close(); return 1",
    "await using tx = await tools.db.begin(); await tx.query('a'); return 1",
    "const c = await tools.db.connect(); const tx = await c.begin(); await tx.query('a'); return 1",
    "let n = 0; for await (const row of await tools.db.rows()) n += row; return n / 6",
    "const list = await tools.db.list(); await list[0].query('a'); await using t = list[1]; return 1",
  ])("%s passes the type check, before and after its shape is learned", async (code) => {
    for (let turn = 0; turn < 2; turn++) {
      expect((await runtime.inspect(code)).diagnostics).toEqual([]);
      expect(await runtime.run(code)).toMatchObject({ ok: true, value: 1 });
    }
  });
});
