/** Two services over one Redis: sessions move between them, and the death of one costs nothing that was stored. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ExecutionResult } from "../../src/index.ts";
import { type Database, startRedis } from "../support/databases.ts";
import { until } from "../support/processes.ts";
import { type Pair, type Replica, startPair } from "../support/replicas.ts";

/** Pays, waits, pays again. */
const PROGRAM = `
  const first = await tools.till.pay({ id: 'x' });
  await new Promise((r) => setTimeout(r, 5_000));
  const second = await tools.till.pay({ id: 'y' });
  total += 10;
  [first, second, total]
`;

describe.each(["quickjs", "v8"])("%s", (engine) => {
  let redis: Database;
  let pair: Pair;
  let session = 0;
  const paid = (): string[] => pair.paid();

  /** Run, and kill the service after the first payment; "lost" is what its client gets. */
  async function killInTheMidst(
    { run, process: service }: Replica,
    code: string,
  ): Promise<ExecutionResult | "lost"> {
    const lost = run(code).catch(() => "lost" as const);
    await until(() => paid().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // the payment is in the store by now
    service.kill("SIGKILL");
    return await lost;
  }

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  beforeEach(async () => {
    pair = await startPair(engine, redis.url, `s${++session}`);
  });
  afterEach(() => pair[Symbol.asyncDispose]());

  test("a session moves from one to the other and back", async () => {
    const [a, b] = pair.replicas;
    await a.run("let total = 1; const add = (n) => total += n; await fs.writeFile('/f', 'kept')");
    expect(await b.run("[add(1), await fs.readFile('/f')]")).toMatchObject({ value: [2, "kept"] });
    expect(await a.run("await fs.writeFile('/f', 'changed'); add(1)")).toMatchObject({ value: 3 });
    expect(await b.run("[total, await fs.readFile('/f')]")).toMatchObject({
      value: [3, "changed"],
    });
  });

  test("kill -9 loses no stored session and repeats no finished call", async () => {
    const [a, b] = pair.replicas;
    await a.run("let total = 1");
    expect(await killInTheMidst(a, PROGRAM)).toBe("lost");
    expect(await b.run("total")).toMatchObject({
      value: 1,
      logs: [{ level: "warn", text: expect.stringContaining("the call that it had made stands") }],
    });
    expect(paid()).toEqual(["x"]);
  });

  test("the same program, sent again to the other, goes on where it was cut short", async () => {
    const [a, b] = pair.replicas;
    await a.run("let total = 1");
    await killInTheMidst(a, PROGRAM);
    expect(await b.run(PROGRAM)).toMatchObject({ ok: true, value: ["paid x", "paid y", 11] });
    expect(paid()).toEqual(["x", "y"]);
    expect(await b.run("total")).toMatchObject({ value: 11 });
  });

  test("a call that was under way is not made again: nobody knows whether it was carried out", async () => {
    const [a, b] = pair.replicas;
    const program = "await tools.till.pay({ id: 'slow', ms: 20_000 })";
    await killInTheMidst(a, program);
    expect(await b.run(program)).toMatchObject({
      ok: false,
      error: { code: "aborted", tool: "till.pay", message: expect.stringContaining("not known") },
    });
    expect(paid()).toEqual(["slow"]);
  });
});
