/** What comes with `npm install codecell`: which packages, and how much. */
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { packagesThatComeAlong } from "../support/installed-package.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MB = 1_000_000;

function bytesOf(folder: string): number {
  return globSync("**", { cwd: join(ROOT, folder), exclude: (name) => name === "node_modules" })
    .map((file) => statSync(join(ROOT, folder, file)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

test("codecell depends on these packages and no others", () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
  expect(Object.keys(manifest["dependencies"]!)).toEqual([
    "@cfworker/json-schema",
    "@hono/node-server",
    "@jitl/quickjs-wasmfile-release-sync",
    "@modelcontextprotocol/sdk",
    "@opentelemetry/api",
    "acorn",
    "cross-spawn",
    "hono",
    "jose",
    "jsonc-parser",
    "keyv",
    "minisearch",
    "prom-client",
    "quickjs-emscripten-core",
    "rate-limiter-flexible",
    "smol-toml",
    "srvx",
    "tinybench",
    "undici",
    "ws",
    "zod",
    "zod-to-json-schema",
  ]);
  expect(Object.keys(manifest["optionalDependencies"]!)).toEqual(["isolated-vm"]);
  // A peer that is not optional is installed for everybody.
  expect(Object.keys(manifest["peerDependenciesMeta"]!)).toEqual(
    Object.keys(manifest["peerDependencies"]!),
  );
});

test("what they bring along stays small, without compilers, formatters, tokenizers and types", () => {
  const packages = packagesThatComeAlong();
  expect(packages).toContain("node_modules/isolated-vm");
  const names = packages.map((path) => path.slice(path.lastIndexOf("node_modules/") + 13));
  const large = /^(?:@types\/.*|lodash|prettier|typescript|esbuild|js-yaml|tiktoken)$/;
  expect(names.filter((name) => large.test(name))).toEqual([]);
  expect(packages.length).toBeLessThanOrEqual(125);
  const bytes = packages.map(bytesOf).reduce((sum, each) => sum + each, 0);
  expect(bytes).toBeGreaterThan(20 * MB); // all are there
  expect(bytes).toBeLessThan(60 * MB);
});
