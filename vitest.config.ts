import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const ALL = "test/**/*.test.ts";

/** Quick tests of one part each: what `npm run quick` runs, in less than a minute. */
export const UNIT = [
  "test/{compile,engine,policy}/**/*.test.ts",
  "test/core/{limits,wire-format}.test.ts",
  "test/discovery/discovery.test.ts",
  "test/fuzz/properties.test.ts",
  "test/package/{links,projects,security-docs}.test.ts",
  "test/placement/{channel,protocol,sandbox-parts}.test.ts",
  "test/preflight/inspect.test.ts",
  "test/tools/{catalogue,config,config-schema,names}.test.ts",
];

/**
 * What depends on the version of Node: engines, workers, images, the hostile programs. `npm run verify` repeats it on Node 24,
 * `npm run verify:long` everything.
 */
export const NODE24 = [
  "test/{compile/compile,preflight/inspect,tools/config}.test.ts",
  "test/engine/**/*.test.ts",
  "test/runtime/contract.test.ts",
  "test/hostile/{quickjs-sandbox,v8-process}.test.ts",
  "test/session/sessions.test.ts",
  "test/session/snapshots.test.ts",
];

const project = (
  name: string,
  include: string[],
  exclude: string[] = [],
): TestProjectConfiguration => ({
  extends: true,
  test: { name, include, exclude: ["**/node_modules/**", ...exclude] },
});

/** A file that is in no list above belongs to `system`. */
const projects = [project("unit", UNIT), project("system", [ALL], UNIT)];
if (process.version.startsWith("v24.")) projects.push(project("node24", NODE24));

export default defineConfig({
  test: {
    projects,
    // Tests wait more than they compute, so two files at a time are faster on two cores as well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // A test that hangs ends by these. They are far above what any test takes, so that no test depends on how fast or how busy the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
