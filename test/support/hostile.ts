import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionResult, Runtime } from "../../src/index.ts";
import { type Combination, startRuntime } from "./combinations.ts";

const FOLDER = fileURLToPath(new URL("../../fixtures/hostile/", import.meta.url));

/** How a hostile program may end; stands as JSON in the comment on its first line. */
interface Expectation {
  readonly expect: readonly ("contained" | "error" | "limit")[];
  /** The error codes that are right, for `error` and `limit`. */
  readonly codes?: readonly string[];
  /** What the program tries. */
  readonly note: string;
}

interface HostileProgram extends Expectation {
  readonly file: string;
  readonly code: string;
}

/** Codes of runs that were ended, not of programs that failed. */
const LIMITS = new Set([
  "cpu_limit",
  "timeout",
  "memory",
  "call_limit",
  "output_limit",
  "stack_overflow",
]);
const CAPS = { cpuMs: 600, wallMs: 2_500, toolCalls: 200, memoryMb: 64 };
/** Where something else than the time has to end the program, on a busy machine too. */
const PATIENT_CAPS = { ...CAPS, cpuMs: 5_000, compileMs: 10_000, wallMs: 60_000 };
/** The watchdog's grace, the death of a worker, a busy machine. What nothing ends is never over. */
const SLACK_MS = 30_000;

function programs(): HostileProgram[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.[jt]s$/.test(file),
  );
  return files.toSorted().map((file) => {
    const code = readFileSync(FOLDER + file, "utf8");
    return { file, code, ...(JSON.parse(code.slice(3, code.indexOf("\n"))) as Expectation) };
  });
}

const tools = {
  demo: {
    echo: async (value: unknown) => value,
    fail: async () => {
      throw new Error("cannot open /home/host/secrets/key.pem");
    },
    big: async (size: unknown) => "x".repeat(Number(size)),
  },
};

function verdict(result: ExecutionResult): string {
  if (result.ok)
    return result.value === "SAFE" || result.value === "DENIED"
      ? "contained"
      : `value ${JSON.stringify(result.value)}`;
  return `${LIMITS.has(result.error.code) ? "limit" : "error"} ${result.error.code}`;
}

function allowed({ expect: classes, codes = [] }: Expectation): string[] {
  return classes.flatMap((name) =>
    name === "contained"
      ? [name]
      : codes.map((code) => `${LIMITS.has(code) ? "limit" : "error"} ${code}`),
  );
}

/** Nothing of the host, and nothing that could steer a terminal, is in what a caller gets. */
function expectClean(result: ExecutionResult): void {
  expect(JSON.stringify(result)).not.toMatch(
    /\/home\/host|node:internal|node_modules|\/placement\/|\/engine\//,
  );
  for (const { text } of result.logs)
    expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
}

/** Short times for what must end by its time, long ones for all else. */
function capsOf({ codes = [] }: Expectation): typeof PATIENT_CAPS {
  return {
    ...PATIENT_CAPS,
    ...(codes.includes("cpu_limit") ? { cpuMs: CAPS.cpuMs, compileMs: 1_000 } : {}),
    ...(codes.includes("timeout") ? { wallMs: CAPS.wallMs } : {}),
  };
}

/** Run every hostile program in one place; each must end as it says, and the next run must not notice. */
export function describeHostile(combination: Combination): void {
  describe(`${combination.engine} ${combination.placement}`, () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await startRuntime(combination, {
        tools,
        limits: CAPS,
        workers: { spare: 1, max: 2 },
      });
    });
    afterAll(async () => {
      await runtime.close();
    });

    test.each(programs())("$file: $note", async (program) => {
      const limits = capsOf(program);
      // What tries to reach another run is given one.
      if (program.file.startsWith("cross-run/")) await runtime.run(program.code, { limits });
      const result = await runtime.run(program.code, { limits });
      expect(allowed(program)).toContain(verdict(result));
      expectClean(result);
      expect(result.usage.wallMs).toBeLessThan(limits.wallMs + SLACK_MS);
      const canary = await runtime.run(
        "return ['leftBehind' in {}, 41 + (await tools.demo.echo(1)), typeof Error, Object.keys(globalThis)]",
        { limits: PATIENT_CAPS },
      );
      expect(canary).toMatchObject({ ok: true, value: [false, 42, "function", []] });
    });
  });
}
