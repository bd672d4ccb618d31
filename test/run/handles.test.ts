import { afterAll, describe, expect, it } from "vitest";
import { createRuntime, type Runtime } from "../../src/index.ts";

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
  plain: () => [new Plain()],
  same: (given: unknown) => (given instanceof Transaction ? given.query("same") : "other"),
  failing: () => ({
    close: () => {
      throw new Error("cannot close");
    },
  }),
};

const combinations = [
  { engine: "v8", placement: "inline" },
  { engine: "quickjs", placement: "inline" },
  { engine: "v8", placement: "process" },
  { engine: "quickjs", placement: "process" },
] as const;

describe.each(combinations)("objects with methods: $engine, $placement", (options) => {
  let runtime: Runtime | undefined;
  afterAll(() => runtime?.[Symbol.asyncDispose]());
  const run = async (code: string) => {
    runtime ??= await createRuntime({ ...options, tools: { db } });
    events.length = 0;
    return await runtime.run(code);
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
      value: "tx: insert 2; the object of db.begin cannot be used any more: it was closed",
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

  it("is the object itself for local tools, and methods return handles again", async () => {
    const result = await run(`
      const tx = await (await tools.db.connect()).begin();
      return [tx.name, await tools.db.same(tx), await tx.query("a")];`);
    expect(result).toMatchObject({ ok: true, value: ["inner", "inner: same 0", "inner: a 0"] });
    expect(events.toSorted()).toEqual(["closed", "rolled back"]);
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
    expect(events).toHaveLength(100);
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

  it("ends with its run in a session", async () => {
    await run("1");
    await using session = {
      it: await runtime!.session(`s-${options.engine}`),
      async [Symbol.asyncDispose]() {
        await this.it.close();
      },
    };
    await session.it.run("globalThis.tx = await tools.db.begin(); 1");
    expect(events).toEqual(["rolled back"]);
    const result = await session.it.run("return await tx.query('x')");
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "invalid_arguments",
        message: "the object of db.begin cannot be used any more: its run is over",
      },
    });
  });
});
