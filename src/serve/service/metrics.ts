/** Prometheus metrics of a runtime. The door to prom-client. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Runtime } from "../../index.ts";

const RUN_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts what `runtime` does; no label holds text that a program or a user can choose. */
export function createMetrics(runtime: Runtime): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const runs = new Counter({
    name: "codecell_runs_total",
    help: "Programs that were run, by how they ended",
    labelNames: ["outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "codecell_run_seconds",
    help: "Time from start to end of a run",
    buckets: RUN_SECONDS,
    registers,
  });
  const cpu = new Counter({
    name: "codecell_run_cpu_seconds_total",
    help: "Time that programs computed",
    registers,
  });
  const calls = new Counter({
    name: "codecell_tool_calls_total",
    help: "Tool calls of programs",
    labelNames: ["ok"],
    registers,
  });
  const active = new Gauge({
    name: "codecell_runs_active",
    help: "Runs that are going on",
    registers,
  });
  const crashes = new Counter({
    name: "codecell_worker_crashes_total",
    help: "Workers that died, and not by a limit",
    registers,
  });
  const sessions = new Gauge({
    name: "codecell_sessions",
    help: "Sessions in this process",
    registers,
    collect() {
      sessions.set(runtime.describe().sessions);
    },
  });
  runtime.on("run_start", () => active.inc());
  runtime.on("run_end", ({ ok, code, wallMs, cpuMs }) => {
    active.dec();
    runs.inc({ outcome: ok ? "ok" : (code ?? "internal") });
    seconds.observe(wallMs / 1_000);
    cpu.inc(cpuMs / 1_000);
  });
  runtime.on("call", ({ ok }) => calls.inc({ ok: `${ok}` }));
  runtime.on("worker_crash", () => crashes.inc());
  return registry;
}
