import { describe, expect, test } from "vitest";
import { loadScenarios, type Scenario } from "../../fixtures/scenarios/index.ts";
import type { ExecutionResult, Runtime } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

const scenarios = await loadScenarios();

/** Where it is the point that a summary comes back: at least so many bytes of tool results for a byte of it. */
const CONDENSED: Readonly<Record<string, number>> = {
  "api-metrics-watch": 100,
  "drive-files-to-leads": 1_000,
  "javascript-to-typescript": 50,
  "merchant-failure-rates": 2_000,
  "payment-anomalies": 5_000,
  "pull-requests-merged": 100,
  "refactoring-with-tests": 100,
  "salary-statistics": 100,
  "sales-across-turns": 1_000,
  "spreadsheet-to-leads": 500,
};

/** What a careless program would do: a piece of the right one, and what stands there instead. */
const MISTAKES: Readonly<Record<string, readonly [right: string, wrong: string]>> = {
  "api-metrics-watch": ["const IN_A_ROW = 3", "const IN_A_ROW = 2"],
  "code-review": ["missed += lines.length", "missed += uncovered.length"],
  "customer-onboarding": ["tools.billing.deleteCustomer({ customer_id: customer.id }),", ""],
  "database-transaction": ["await rollback({", "await commit({"],
  "deployment-with-smoke-tests": ["attempt === 5", "attempt === 1"],
  "drive-files-to-leads": ["if (await findLeadByEmail({ email: contact.email }))", "if (false)"],
  "graphql-schema-migration": ["pricing { amount currency }", "pricing { amount }"],
  "javascript-to-typescript": ['?.[1] ?? "void"', '?.[2] ?? "any"'],
  "merchant-failure-rates": ["s.rate > THRESHOLD", "s.rate >= THRESHOLD"],
  "payment-anomalies": ["row.amount > 10 * median", "row.amount > 50 * median"],
  "pull-requests-merged": ['if (state !== "COMMENTED")', "if (state)"],
  "refactoring-with-tests": ["(^|[{,]\\s*)getUser\\b(?=\\s*(,|\\}| as ))", "()\\bgetUser\\b"],
  "salary-statistics": [
    "pages = total_pages;",
    "pages = total_pages; console.log(employees[0].email);",
  ],
  "sales-across-turns": [
    "globalThis.byRegion =",
    "await loadMonth(months[0]); globalThis.byRegion =",
  ],
  "spreadsheet-to-leads": ['lead.status !== "imported"', "true"],
};

test("there are the fifteen of the documents", () => {
  expect(scenarios).toHaveLength(15);
  expect(scenarios.map(({ id }) => id)).toEqual(Object.keys(MISTAKES));
});

describe.each(["v8", "quickjs"] as const)("scenarios on %s", (engine) => {
  test.each(scenarios)("$id: $title", async ({ id, mcpServers, programs, check }) => {
    await using runtime = await createRuntime({ engine, mcpServers });
    for (const { name, failure } of runtime.describe().servers)
      expect(failure, name).toBe(undefined);
    const results = await runAll(runtime, programs);
    await checkAll(runtime, results, check);
    const bytesIn = results.reduce((sum, { usage }) => sum + usage.bytesIn, 0);
    const bytesOut = JSON.stringify(results.map(valueOf)).length;
    expect(bytesIn / bytesOut).toBeGreaterThan(CONDENSED[id] ?? 1);
  });
});

describe("a program with a mistake", () => {
  test.each(scenarios)("is found out: $id", async ({ id, mcpServers, programs, check }) => {
    const [right, wrong] = MISTAKES[id]!;
    const mistaken = programs.map((program) => program.replaceAll(right, () => wrong));
    expect(mistaken).not.toEqual(programs);
    await using runtime = await createRuntime({ mcpServers });
    const results = await runAll(runtime, mistaken);
    await expect(checkAll(runtime, results, check)).rejects.toMatchObject({
      code: "ERR_ASSERTION",
    });
  });
});

/** One program runs by itself; several are turns of a session. */
async function runAll(
  runtime: Runtime,
  programs: Scenario["programs"],
): Promise<ExecutionResult[]> {
  if (programs.length === 1) return [await runtime.run(programs[0]!)];
  const session = await runtime.session("turns");
  const results: ExecutionResult[] = [];
  for (const program of programs) results.push(await session.run(program));
  return results;
}

async function checkAll(
  runtime: Runtime,
  results: readonly ExecutionResult[],
  check: Scenario["check"],
): Promise<void> {
  const logs = results.flatMap((result) => result.logs.map(({ text }) => text));
  await check(results.map(valueOf), async (code) => valueOf(await runtime.run(code)), logs);
}

function valueOf(result: ExecutionResult): unknown {
  if (result.ok) return result.value;
  const { code, message, frame } = result.error;
  throw new Error(`${code}: ${message}\n${frame ?? ""}`);
}
