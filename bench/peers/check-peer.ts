/** The child of `check.ts`: runs each job once on one peer and sends each outcome immediately. */
import { isDeepStrictEqual } from "node:util";
import { JOBS } from "../../src/bench/latency/jobs.ts";
import { type Executor, ProgramFailure } from "../../src/bench/latency/subject.ts";
import { LIMITS, TOOLS } from "../../src/bench/latency/world.ts";
import type { Outcome } from "./check.ts";
import { PEERS } from "./index.ts";

const FAILURES = {
  "throw at 3:9": "const a = 1;\nconst b = 2;\n  throw new Error('boom');",
  "null at 3:10": "const x = null;\nconst y = 1;\nreturn x.foo;",
  "syntax at 2:9": "const a = 1;\nlet b = ;\n",
};

const tell = (outcome: Outcome): boolean => process.send!(outcome);

const peer = PEERS.find(({ id }) => id === process.argv[2])!;
try {
  const start = performance.now();
  const subject = await peer.load();
  await using executor = await subject.start({ tools: TOOLS, limits: LIMITS });
  tell({ job: "start", ms: performance.now() - start });
  for (const job of JOBS) {
    const code = job.code((tool, args) => subject.call(tool, args));
    await check(executor, job.id, code, job.value, job.atOnce);
  }
  await check(executor, "state is set", "globalThis.kept = 1; return 1", 1);
  await check(executor, "state is gone", 'return typeof globalThis.kept === "undefined"', true);
  for (const [job, code] of Object.entries(FAILURES)) await checkFailure(executor, job, code);
} catch (error) {
  tell({ job: "start", refused: textOf(error) });
}
process.exit();

async function check(
  executor: Executor,
  job: string,
  code: string,
  value: unknown,
  atOnce = 1,
): Promise<void> {
  const start = performance.now();
  try {
    const values = await Promise.all(Array.from({ length: atOnce }, () => executor.run(code)));
    const wrong = values.find((each) => !isDeepStrictEqual(each, value));
    if (values.every((each) => isDeepStrictEqual(each, value)))
      tell({ job, ms: performance.now() - start });
    else tell({ job, wrong: `${JSON.stringify(wrong)} instead of ${JSON.stringify(value)}` });
  } catch (error) {
    tell({ job, refused: textOf(error) });
  }
}

async function checkFailure(executor: Executor, job: string, code: string): Promise<void> {
  try {
    tell({ job, wrong: `it returned ${JSON.stringify(await executor.run(code))}` });
  } catch (error) {
    if (!(error instanceof ProgramFailure)) return void tell({ job, wrong: textOf(error) });
    tell({ job, position: `${error.line ?? "–"}:${error.column ?? "–"}` });
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
