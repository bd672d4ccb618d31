/**
 * Nothing foreign blocks the host: while a program does its worst, no turn of the host's event loop takes longer than
 * MAX_DELAY_MS of CPU time. Inline the program itself is on the thread; to its host, a sandbox is the same as a process.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { leastDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";
import { createRuntime } from "../support/patient.ts";
import { workTools } from "../support/work-tools.ts";

const FOLDER = fileURLToPath(new URL("../../fixtures/host-work/", import.meta.url));

/** Stands as JSON in the comment on the first line of a program. */
interface Facts {
  /** How it may end: `ok`, or a code. */
  readonly ends: readonly string[];
  /** What it makes its host do. */
  readonly note: string;
}

interface WorkProgram extends Facts {
  readonly file: string;
  readonly code: string;
}

const programs = readdirSync(FOLDER).map((file): WorkProgram => {
  const code = readFileSync(FOLDER + file, "utf8");
  return { file, code, ...(JSON.parse(code.slice(3, code.indexOf("\n"))) as Facts) };
});

describe.each([
  ["v8", "process"],
  ["quickjs", "process"],
  ["quickjs", "thread"],
] as const)("%s in %s", (engine, placement) => {
  let runtime: Runtime;
  beforeAll(async () => {
    const limits = { memoryMb: 256, wallMs: 100_000 };
    runtime = await createRuntime({
      engine,
      placement,
      tools: { work: workTools },
      limits,
    });
    await runtime.run("await tools.work.take([1]); return { a: [1] }"); // what is done once per process
  });
  afterAll(async () => {
    await runtime.close();
  });

  test.each(programs)("$file: $note", async ({ code, ends }) => {
    const delayMs = await leastDelay(async () => {
      const result = await runtime.run(code);
      expect(ends).toContain(result.ok ? "ok" : result.error.code);
    });
    expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  });
});
