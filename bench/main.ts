/** `npm run bench`: codecell beside the bare engines, in one run. Exits with 1 when a budget is missed. */
import { cpus } from "node:os";
import { createRuntime, type Runtime, type RuntimeOptions } from "../src/index.ts";
import { bareIsolate, BareBridge, createBareQuickJs } from "./bare.ts";
import { containment } from "./containment.ts";
import { knowledge } from "./knowledge.ts";
import { sessions } from "./sessions.ts";
import { compare, type Contest, type Verdict } from "./compare.ts";

const CALLS = 1_000;
const rows = Array.from({ length: 10_000 }, (_, id) => ({
  id,
  merchant: `merchant ${id % 97}`,
  amount: Math.round(id * 137.13) / 100,
  status: id % 11 === 0 ? "failed" : "settled",
  at: "2026-01-01T00:00:00.000Z",
  note: "card present",
}));

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const tools: RuntimeOptions["tools"] = {
  demo: { echo: async (value: unknown) => value, rows: async () => rows, slow: () => sleep(50) },
};
const limits = { toolCalls: 10 * CALLS };

/** A pool is refilled while nothing runs; measured is what a caller sees. */
const idle = (): Promise<void> => sleep(12);

async function must(runtime: Runtime, code: string): Promise<void> {
  const result = await runtime.run(code);
  if (!result.ok) throw new Error(`the benchmark's program failed: ${result.error.message}`);
}

await using v8 = await createRuntime({ engine: "v8", placement: "inline", tools, limits });
await using v8Process = await createRuntime({ engine: "v8", placement: "process", tools, limits });
await using quickjs = await createRuntime({
  engine: "quickjs",
  placement: "inline",
  tools,
  limits,
});
await using quickjsProcess = await createRuntime({
  engine: "quickjs",
  placement: "process",
  tools,
  limits,
});
using bareCalls = BareBridge.sequential(CALLS);
using bareFilter = BareBridge.filter(rows);
const bareQuickJs = await createBareQuickJs();

const trivial = "return 1 + 1";
const calls = `for (let i = 0; i < ${CALLS}; i++) await tools.demo.echo(i);`;
const filter = "return (await tools.demo.rows()).filter((row) => row.status === 'failed').length";
const parallel = "await Promise.all(Array.from({ length: 10 }, () => tools.demo.slow()))";

const job = (name: string, runtime: Runtime, code: string): Contest["subject"] => ({
  name,
  run: () => must(runtime, code),
});

const contained = await containment(tools, job, idle);
const known = await knowledge(job, idle);
const kept = await sessions();
const contests: readonly Contest[] = [
  {
    title: "trivial program, v8 inline, beside a bare isolate and context",
    subject: job("v8 inline", v8, trivial),
    floor: { name: "bare isolated-vm", run: bareIsolate },
    budget: 0.5,
    iterations: 30,
    pause: idle,
  },
  {
    title: "trivial program, v8 process over inline",
    subject: job("v8 process", v8Process, trivial),
    floor: job("v8 inline", v8, trivial),
    budget: 1.5,
    difference: true,
    iterations: 30,
    pause: idle,
  },
  {
    title: "trivial program, quickjs inline, beside a bare runtime and context",
    subject: job("quickjs inline", quickjs, trivial),
    floor: { name: "bare quickjs-emscripten", run: bareQuickJs },
    iterations: 30,
    pause: idle,
  },
  {
    title: "trivial program, quickjs process over inline",
    subject: job("quickjs process", quickjsProcess, trivial),
    floor: job("quickjs inline", quickjs, trivial),
    difference: true,
    iterations: 30,
    pause: idle,
  },
  {
    title: `${CALLS} sequential calls, v8 inline, beside the bare bridge`,
    subject: job("v8 inline", v8, calls),
    floor: { name: "bare bridge", run: () => bareCalls.run() },
    budget: 1.3,
    iterations: 5,
  },
  {
    title: "1.25 MB result filtered, v8 inline, beside bare JSON through an isolate",
    subject: job("v8 inline", v8, filter),
    floor: { name: "bare JSON", run: () => bareFilter.run() },
    budget: 1.3,
    iterations: 10,
    pause: idle,
  },
  {
    title: "ten tools of 50 ms in Promise.all, v8 inline over one timer of 50 ms",
    subject: job("v8 inline", v8, parallel),
    floor: { name: "one timer", run: () => sleep(50) },
    budget: 3,
    difference: true,
    iterations: 5,
    pause: idle,
  },
  ...contained.contests,
  ...known.contests,
  ...kept.contests,
];

function line({ title, subjectMs, floorMs, score, unit, budget, spread }: Verdict): string {
  const mark = budget === undefined ? "    " : score <= budget ? "ok  " : "MISS";
  const limit = budget === undefined ? "" : ` (budget ${budget}${unit})`;
  const noise = spread > 0.5 ? `  wide spread: ${Math.round(spread * 100)} %` : "";
  return `${mark} ${title}\n     ${subjectMs.toFixed(3)} ms against ${floorMs.toFixed(3)} ms: ${score.toFixed(2)}${unit}${limit}${noise}`;
}

console.log(
  `Node ${process.versions.node}, V8 ${process.versions.v8}, ${cpus()[0]?.model ?? "?"}, ${cpus().length} cores\n`,
);
const verdicts: Verdict[] = [];
for (const contest of contests) {
  const verdict = await compare(contest);
  verdicts.push(verdict);
  console.log(line(verdict));
}
await kept.close();
await Promise.all([...contained.runtimes, ...known.runtimes].map((runtime) => runtime.close()));
process.exitCode = verdicts.every(({ score, budget }) => budget === undefined || score <= budget)
  ? 0
  : 1;
