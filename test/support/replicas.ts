/** Services over one Redis, each a process that can be killed, with a till that writes down every payment. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionResult } from "../../src/index.ts";
import { until } from "./processes.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface Replica {
  readonly process: ChildProcess;
  /** Run a program in the pair's session. */
  run(code: string): Promise<ExecutionResult>;
}

/** Two replicas and what they share. Disposing of it ends them. */
export interface Pair extends AsyncDisposable {
  readonly replicas: readonly [Replica, Replica];
  /** Ids of the payments so far, in their order. */
  paid(): string[];
}

/** @param session its name: a pair of its own should have one of its own */
export async function startPair(engine: string, redis: string, session: string): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), "codecell-replicas-"));
  const till = join(folder, "till");
  writeFileSync(till, "");
  writeFileSync(join(folder, "config.json"), JSON.stringify(configOf(engine, till)));
  const start = (): Promise<Replica> => startReplica(join(folder, "config.json"), redis, session);
  const replicas = await Promise.all([start(), start()]);
  return {
    replicas,
    paid: () => readFileSync(till, "utf8").split("\n").slice(0, -1),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(replicas.map(end));
      rmSync(folder, { recursive: true });
    },
  };
}

function configOf(engine: string, till: string): object {
  const server = {
    command: process.execPath,
    args: [here("../../fixtures/servers/till.ts")],
    env: { TILL: till },
  };
  const codecell = {
    engine,
    placement: "process",
    limits: { wallMs: 60_000, compileMs: 10_000 },
    sessions: { store: "${REDIS}" },
  };
  return { mcpServers: { till: server }, codecell };
}

async function startReplica(config: string, redis: string, session: string): Promise<Replica> {
  const args = [here("../../dist/cli/main.js"), "serve", "--port", "0", "--config", config];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"] ?? "", REDIS: redis },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  if (!(await until(() => /"url":"/.test(log)))) throw new Error(log);
  const url = /"url":"(.*?)"/.exec(log)![1]!;
  return {
    process: child,
    run: async (code) => {
      const response = await fetch(`${url}/run`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code, session }),
      });
      return (await response.json()) as ExecutionResult;
    },
  };
}

async function end({ process: child }: Replica): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const isAlive = child.exitCode === null && child.signalCode === null;
  if (isAlive && child.kill("SIGTERM")) await ended;
}
