/**
 * `npm run bench:serving`: measures the service under load of 1, 8 and 64 clients. It only reports figures, without limits,
 * because they depend on the machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { quantile } from "../src/bench/statistics.ts";

const LOAD_MS = 4_000;
const CLIENTS = [1, 8, 64];
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MIB = 1024 * 1024;

function residentBytes(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Number(kib) * 1024;
}

async function startService(engine: string): Promise<{ child: ChildProcess; url: string }> {
  const args = ["serve", "--port", "0", "--engine", engine, "--placement", "process"];
  const child = spawn(process.execPath, [here("../dist/cli/main.js"), ...args], {
    cwd: here("."),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const url = await new Promise<string>((resolve) => {
    let log = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      log += log.length < 10_000 ? text : "";
      const found = /"url":"(.*?)"/.exec(log)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, url };
}

/** Sends one request over a kept-alive connection. */
function post(url: string, agent: Agent, body: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(`${url}/run`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(response.statusCode === 200 && text.includes('"ok":true')));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function load(url: string, clients: number, bodyOf: (client: number) => string) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  let failures = 0;
  const until = performance.now() + LOAD_MS;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (performance.now() < until) {
        const begun = performance.now();
        if (await post(url, agent, bodyOf(client))) times.push(performance.now() - begun);
        else failures++;
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  agent.destroy();
  return {
    rate: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    failures,
  };
}

async function measureLoad(engine: string): Promise<void> {
  const { child, url } = await startService(engine);
  const jobs = {
    "a program": () => JSON.stringify({ code: "[1, 2, 3].map((n) => n * 2)" }),
    "a session each": (client: number) =>
      JSON.stringify({ code: "globalThis.n = (globalThis.n ?? 0) + 1", session: `s${client}` }),
  };
  await load(url, 2, jobs["a program"]); // warm-up
  for (const [name, bodyOf] of Object.entries(jobs)) {
    for (const clients of CLIENTS) {
      const { rate, p50, p99, failures } = await load(url, clients, bodyOf);
      const memory = residentBytes(child.pid!) / MIB;
      console.log(
        `${engine} process, ${name}, ${`${clients}`.padStart(2)} clients: ${rate.toFixed(0).padStart(5)} runs/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, service ${memory.toFixed(0)} MiB, ${failures} failures`,
      );
    }
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

console.log(`Node ${process.versions.node}, ${cpus()[0]?.model ?? "?"}, ${cpus().length} cores\n`);
for (const engine of ["v8", "quickjs"]) await measureLoad(engine);
