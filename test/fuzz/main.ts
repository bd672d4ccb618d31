/** `npm run fuzz -- SECONDS`: every target for that long (default 60), from a new seed each time. */
import * as fc from "fast-check";
import { foundConfigs } from "./found-configs.ts";
import { snapshotReader } from "./snapshots.ts";
import { frameDecoder, programCompiler, serverListing, workerMessages } from "./targets.ts";

const seconds = Number(process.argv[2] ?? 60);
const options = {
  numRuns: Infinity,
  interruptAfterTimeLimit: seconds * 1_000,
  endOnFailure: false,
};
const details = [
  ["frame decoder", await fc.check(frameDecoder, options)],
  ["messages of a worker", await fc.check(workerMessages, options)],
  ["program compiler", fc.check(programCompiler, options)],
  ["server listing", await fc.check(serverListing, options)],
  ["snapshots", await fc.check(snapshotReader, options)],
  ["config files that are found", await fc.check(foundConfigs, options)],
] as const;
for (const [target, result] of details) {
  const verdict = result.failed ? "FAILED" : "no failure";
  console.log(`${target}: ${result.numRuns} inputs, seed ${result.seed}: ${verdict}`);
  if (result.failed) console.log(fc.defaultReportMessage(result as fc.RunDetails<unknown>));
}
if (details.some(([, result]) => result.failed)) process.exitCode = 1;
