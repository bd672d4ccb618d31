/** What containment costs: the sandbox beside a plain process, V8 without its compilers beside V8 with them. */
import { createRuntime, type Runtime, type RuntimeOptions } from "../src/index.ts";
import type { Contest } from "./compare.ts";

type Make = (name: string, runtime: Runtime, code: string) => Contest["subject"];

const TRIVIAL = "return 1 + 1";
/** Nothing but computing: what a compiler is for. */
const COMPUTING =
  "const fib = (n: number): number => (n < 2 ? n : fib(n - 1) + fib(n - 2)); return fib(24)";
/** What programs mostly do: one call and some objects. */
const ORDINARY =
  "const rows = await tools.demo.rows(); return rows.filter((row) => row.status === 'failed').length";

/** Starts a worker for every run. */
const FRESH = { spare: 0, max: 1, runsPerWorker: 1 };

/** The contests, and what to close after them. */
export async function containment(
  tools: NonNullable<RuntimeOptions["tools"]>,
  job: Make,
  idle: () => Promise<void>,
): Promise<{ contests: Contest[]; runtimes: Runtime[] }> {
  const start = (options: RuntimeOptions): Promise<Runtime> => createRuntime({ ...options, tools });
  const [plain, sandboxed, hardened, freshPlain, freshSandboxed] = await Promise.all([
    start({ placement: "process" }),
    start({ placement: "sandbox" }),
    start({ placement: "process", hardened: true }),
    start({ placement: "process", workers: FRESH }),
    start({ placement: "sandbox", workers: FRESH }),
  ]);
  const beside = (
    title: string,
    subject: Contest["subject"],
    floor: Contest["subject"],
    rest: Partial<Contest>,
  ): Contest => ({ title, subject, floor, iterations: 30, pause: idle, ...rest });
  const contests = [
    beside(
      "trivial program, warm, v8 sandbox beside process",
      job("sandbox", sandboxed, TRIVIAL),
      job("process", plain, TRIVIAL),
      { budget: 1.05, iterations: 12, rounds: 81 },
    ),
    beside(
      "start of a worker and a trivial program, v8 sandbox beside process",
      job("sandbox", freshSandboxed, TRIVIAL),
      job("process", freshPlain, TRIVIAL),
      { budget: 1.15, iterations: 8 },
    ),
    ...[
      ["trivial program", TRIVIAL, 30],
      ["a tool's result filtered", ORDINARY, 10],
      ["fib(24)", COMPUTING, 5],
    ].map(([title, code, iterations]) =>
      beside(
        `${title}, warm, v8 hardened beside not`,
        job("hardened", hardened, code as string),
        job("process", plain, code as string),
        { iterations: iterations as number },
      ),
    ),
  ];
  return { contests, runtimes: [plain, sandboxed, hardened, freshPlain, freshSandboxed] };
}
