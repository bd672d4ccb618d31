import type { ExecutionResult } from "../../src/index.ts";

/** The value of a run that has to succeed. */
export async function value(running: Promise<ExecutionResult>): Promise<unknown> {
  const result = await running;
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}
