/** The fuzz targets for a number of inputs that takes seconds; `npm run fuzz` runs them for longer. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { foundConfigs } from "./found-configs.ts";
import { snapshotReader } from "./snapshots.ts";
import { frameDecoder, programCompiler, serverListing, workerMessages } from "./targets.ts";

test("frame decoder", async () => {
  const result = await fc.check(frameDecoder, { numRuns: 4_000 });
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBe(4_000);
});

test("messages of a worker", async () => {
  const result = await fc.check(workerMessages, { numRuns: 500 });
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBe(500);
});

test("program compiler", () => {
  const result = fc.check(programCompiler, { numRuns: 1_000 });
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBe(1_000);
});

test("server listing", async () => {
  const result = await fc.check(serverListing, { numRuns: 300 });
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBe(300);
});

test("snapshots", async () => {
  const result = await fc.check(snapshotReader, { numRuns: 400 });
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBe(400);
});

test("config files that are found", async () => {
  const result = await fc.check(foundConfigs, { numRuns: 400 });
  expect(result.failed, fc.defaultReportMessage(result) ?? "").toBe(false);
  expect(result.numRuns).toBe(400);
});
