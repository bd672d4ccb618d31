/** Two services over one Redis: sessions move between them, and the death of one costs nothing that was stored. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, startRedis } from "../support/databases.ts";
import { until } from "../support/processes.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Pays, waits, pays again. */
const PROGRAM = `
  const first = await tools.till.pay({ id: 'x' });
  await new Promise((r) => setTimeout(r, 5_000));
  const second = await tools.till.pay({ id: 'y' });
  total += 10;
  [first, second, total]
`;

interface Replica {
  readonly process: ChildProcess;
  run(code: string): Promise<any>;
}

describe.each(["quickjs", "v8"])("%s", (engine) => {
  let redis: Database;
  let folder: string;
  let replicas: Replica[];
  let session = 0;
  const paid = (): string[] => readFileSync(join(folder, "till"), "utf8").split("\n").slice(0, -1);

  /** Run, and kill the service after the first payment; "lost" is what its client gets. */
  async function killInTheMidst({ run, process: service }: Replica, code: string): Promise<string> {
    const lost = run(code).catch(() => "lost");
    await until(() => paid().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // the payment is in the store by now
    service.kill("SIGKILL");
    return await lost;
  }

  async function startReplica(): Promise<Replica> {
    const args = [
      here("../../dist/cli/main.js"),
      "serve",
      "--port",
      "0",
      "--config",
      join(folder, "config.json"),
    ];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env["PATH"] ?? "", REDIS: redis.url },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
    if (!(await until(() => /"url":"/.test(log)))) throw new Error(log);
    const url = /"url":"(.*?)"/.exec(log)![1]!;
    const name = `s${session}`;
    return {
      process: child,
      run: async (code) => {
        const response = await fetch(`${url}/run`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ code, session: name }),
        });
        return await response.json();
      },
    };
  }

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  beforeEach(async () => {
    session++;
    folder = mkdtempSync(join(tmpdir(), "codecell-replicas-"));
    writeFileSync(join(folder, "till"), "");
    const till = {
      command: process.execPath,
      args: [here("../../fixtures/servers/till.ts")],
      env: { TILL: join(folder, "till") },
    };
    const codecell = {
      engine,
      placement: "process",
      limits: { wallMs: 60_000, compileMs: 10_000 },
      sessions: { store: "${REDIS}" },
    };
    writeFileSync(join(folder, "config.json"), JSON.stringify({ mcpServers: { till }, codecell }));
    replicas = await Promise.all([startReplica(), startReplica()]);
  });
  afterEach(async () => {
    for (const { process: child } of replicas) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const isAlive = child.exitCode === null && child.signalCode === null;
      if (isAlive && child.kill("SIGTERM")) await ended;
    }
    rmSync(folder, { recursive: true });
  });

  test("a session moves from one to the other and back", async () => {
    const [a, b] = replicas as [Replica, Replica];
    await a.run("let total = 1; const add = (n) => total += n; await fs.writeFile('/f', 'kept')");
    expect(await b.run("[add(1), await fs.readFile('/f')]")).toMatchObject({ value: [2, "kept"] });
    expect(await a.run("await fs.writeFile('/f', 'changed'); add(1)")).toMatchObject({ value: 3 });
    expect(await b.run("[total, await fs.readFile('/f')]")).toMatchObject({
      value: [3, "changed"],
    });
  });

  test("kill -9 loses no stored session and repeats no finished call", async () => {
    const [a, b] = replicas as [Replica, Replica];
    await a.run("let total = 1");
    expect(await killInTheMidst(a, PROGRAM)).toBe("lost");
    expect(await b.run("total")).toMatchObject({
      value: 1,
      logs: [{ level: "warn", text: expect.stringContaining("the call that it had made stands") }],
    });
    expect(paid()).toEqual(["x"]);
  });

  test("the same program, sent again to the other, goes on where it was cut short", async () => {
    const [a, b] = replicas as [Replica, Replica];
    await a.run("let total = 1");
    await killInTheMidst(a, PROGRAM);
    expect(await b.run(PROGRAM)).toMatchObject({ ok: true, value: ["paid x", "paid y", 11] });
    expect(paid()).toEqual(["x", "y"]);
    expect(await b.run("total")).toMatchObject({ value: 11 });
  });

  test("a call that was under way is not made again: nobody knows whether it was carried out", async () => {
    const [a, b] = replicas as [Replica, Replica];
    const program = "await tools.till.pay({ id: 'slow', ms: 20_000 })";
    await killInTheMidst(a, program);
    expect(await b.run(program)).toMatchObject({
      ok: false,
      error: { code: "aborted", tool: "till.pay", message: expect.stringContaining("not known") },
    });
    expect(paid()).toEqual(["slow"]);
  });
});
