#!/usr/bin/env node
/** The file that `codecell` starts. It loads the command line only where Node can run it. */
import { nodeProblem } from "../core/node-version.ts";
import { printableJson } from "../core/one-line.ts";

/** Usage or config error, as in main.ts. */
const USAGE = 2;

const problem = nodeProblem();
if (problem === undefined) await import("./main.ts");
else {
  const { message, hint } = problem;
  process.stderr.write(`engine_unavailable: ${message}\n  ${hint}\n`);
  const error = { code: "engine_unavailable", name: "CodecellError", message, hint };
  if (process.argv.includes("--json"))
    process.stdout.write(`${printableJson({ ok: false, error })}\n`);
  process.exitCode = USAGE;
}
