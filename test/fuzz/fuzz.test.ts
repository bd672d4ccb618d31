/** The fuzz targets for a bounded time; `npm run fuzz` runs them for longer. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { frameDecoder, programCompiler } from "./targets.ts";

const TIME = { numRuns: 1_000_000, interruptAfterTimeLimit: 4_000 };
/** Far fewer than a slow machine manages in that time; none at all would be no test. */
const FEWEST = 50;

test("frame decoder", { timeout: 60_000 }, async () => {
  const result = await fc.check(frameDecoder, TIME);
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBeGreaterThan(FEWEST);
});

test("program compiler", { timeout: 60_000 }, () => {
  const result = fc.check(programCompiler, TIME);
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBeGreaterThan(FEWEST);
});
