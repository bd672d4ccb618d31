/**
 * `npm run soak -- RUNS`: mixed good and hostile runs (default 20,000), then the figures: what this process and its
 * workers hold at the end beside what they held after warming up. Exits with 1 when something grew.
 */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { createRuntime, type ExecutionResult, type Runtime } from "../src/index.ts";
import { descendants, procFile } from "./support/processes.ts";

// Temporary files of ours, and of nobody else.
process.env["TMPDIR"] = mkdtempSync(`${tmpdir()}/codecell-soak-`);

const runs = Number(process.argv[2] ?? 20_000);
/** After these, pools are full and code is compiled. */
const WARM_UP = Math.min(500, runs / 4);
const AT_ONCE = 4;
/** What a heap may differ by from one moment to another. */
const NOISE_MB = 64;

const GOOD = [
  ["1 + 1", 2],
  ["return await tools.demo.echo({ a: [1, 2, 3] })", { a: [1, 2, 3] }],
  [
    "const all = await Promise.all([1, 2, 3].map((n) => tools.demo.echo(n))); return all",
    [1, 2, 3],
  ],
  ["console.log('x'.repeat(1000)); return (await tools.demo.rows()).length", 500],
  ["try { await tools.demo.fail() } catch (error) { return error.message }", "no"],
  ["await new Promise((r) => setTimeout(r, 2)); return new Date(0)", "1970-01-01T00:00:00.000Z"],
] as const;
const HOSTILE = [
  ["for (;;) {}", ["cpu_limit"]],
  ["const all = []; for (;;) all.push(new Array(1e5).fill(0.5))", ["memory", "cpu_limit"]],
  ["Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)", ["cpu_limit", "timeout"]],
  ["const again = () => again(); again()", ["stack_overflow"]],
  ["for (;;) await tools.demo.echo(1)", ["call_limit", "cpu_limit"]],
  ["await new Promise(() => {})", ["timeout"]],
  [
    "tools.demo.echo(1).then(() => { for (;;) {} }); return await tools.demo.echo(2)",
    ["ok", "cpu_limit"],
  ],
  ["for (;;) console.log('flood')", ["cpu_limit", "output_limit", "timeout"]],
  ["const x: = 1", ["syntax_error"]],
  ["throw new Error('y'.repeat(1e6))", ["program_error"]],
] as const;
/** One run in so many is hostile: most of those cost a worker. */
const HOSTILE_EVERY = 40;

const rows = Array.from({ length: 500 }, (_, id) => ({ id, text: "row" }));
const tools = {
  demo: {
    echo: async (value: unknown) => value,
    rows: async () => rows,
    fail: async () => {
      throw new Error("no");
    },
  },
};
const limits = { cpuMs: 60, wallMs: 1_500, compileMs: 500, toolCalls: 200 };
const places = [
  { engine: "v8", placement: "sandbox" },
  { engine: "quickjs", placement: "sandbox" },
  { engine: "v8", placement: "process" },
  { engine: "quickjs", placement: "thread" },
] as const;
const runtimes = await Promise.all(
  places.map((place) => createRuntime({ ...place, tools, limits, workers: { spare: 1, max: 2 } })),
);

interface Figures {
  readonly rssMb: number;
  readonly heapMb: number;
  /** Of all worker processes together. */
  readonly workersMb: number;
  readonly descriptors: number;
  readonly processes: number;
  readonly temporaryFiles: number;
}

/** Once the pools are full again. */
async function figures(): Promise<Figures> {
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const workers = descendants(process.pid);
  const pages = workers.map((pid) => Number(procFile(pid, "statm").split(" ")[1]));
  return {
    rssMb: Math.round(rss / 1_048_576),
    heapMb: Math.round(heapUsed / 1_048_576),
    workersMb: Math.round(pages.reduce((sum, count) => sum + count, 0) / 256),
    descriptors: readdirSync("/proc/self/fd").length,
    processes: workers.length,
    temporaryFiles: readdirSync(tmpdir()).length,
  };
}

let wrong = 0;
function judge(result: ExecutionResult, program: string, isRight: boolean): void {
  if (isRight) return;
  wrong++;
  const got = result.ok
    ? JSON.stringify(result.value)
    : `${result.error.code}: ${result.error.message}`;
  console.error(`${result.usage.engine} ${result.usage.placement}: ${program}\n  ${got}`);
}

async function one(runtime: Runtime, number: number): Promise<void> {
  if (number % HOSTILE_EVERY === 0) {
    const [program, codes] = HOSTILE[(number / HOSTILE_EVERY) % HOSTILE.length]!;
    const result = await runtime.run(program);
    const code = result.ok ? "ok" : result.error.code;
    judge(result, program, (codes as readonly string[]).includes(code));
    return;
  }
  const [program, value] = GOOD[number % GOOD.length]!;
  // A loaded machine may take a while for a good program, and that is not what is asked here.
  const result = await runtime.run(program, { limits: { cpuMs: 5_000, wallMs: 20_000 } });
  judge(result, program, result.ok && JSON.stringify(result.value) === JSON.stringify(value));
}

let next = 0;
async function drive(until: number): Promise<void> {
  const lane = async (): Promise<void> => {
    while (next < until) {
      const number = next++;
      await one(runtimes[number % runtimes.length]!, Math.floor(number / runtimes.length));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const started = performance.now();
await drive(WARM_UP);
const before = await figures();
await drive(runs);
const after = await figures();
await Promise.all(runtimes.map((runtime) => runtime.close()));
await new Promise((resolve) => setTimeout(resolve, 500));
const left = descendants(process.pid).length;
console.table({ before, after });
console.log(
  `${runs} runs in ${Math.round((performance.now() - started) / 1_000)} s, ${wrong} wrong, ${left} processes left after closing`,
);
const grew =
  after.rssMb > before.rssMb * 1.5 + NOISE_MB ||
  after.heapMb > before.heapMb + NOISE_MB / 2 ||
  after.workersMb > before.workersMb * 1.5 + NOISE_MB ||
  after.descriptors > before.descriptors + 8 ||
  after.processes > before.processes + 3 ||
  after.temporaryFiles > before.temporaryFiles;
if (grew) console.error("something grew");
if (grew || wrong > 0 || left > 0) process.exitCode = 1;
