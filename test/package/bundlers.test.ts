/** Apps that were bundled or traced run programs, from the package as users install it. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { nodeFileTrace } from "@vercel/nft";
import { build as esbuild, type BuildOptions } from "esbuild";
import { build as vite, type InlineConfig } from "vite";
import { beforeAll, describe, expect, test } from "vitest";
import { installPackage } from "../support/installed-package.ts";
import { temporaryFolder } from "../support/folders.ts";

const OPTIONAL = ["pg", "@keyv/redis", "tiktoken", "@anthropic-ai/tokenizer"];
const SUBPATHS = ["ai-sdk", "agent-tools", "anthropic", "mastra", "mcp", "openai", "serve"];
/** Runs a program with a tool call in each place of its arguments, and prints a line of JSON for each. */
const APP = `
import { createRuntime, tool } from "codecell";
${SUBPATHS.map((name, at) => `import * as entry${at} from "codecell/${name}";`).join("\n")}
globalThis.entries = [${SUBPATHS.map((_name, at) => `entry${at}`).join(", ")}];

const input = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } };
const tools = { math: { add: tool({ input, run: ({ a, b }) => a + b }) } };

async function runIn(place) {
  const [engine, placement] = place.split(" ");
  const runtime = await createRuntime({ engine, placement, tools });
  const { value, error } = await runtime.run("return await tools.math.add({ a: 1, b: 2 })");
  const { declaration } = await runtime.getToolSpec("math", "add");
  const uses = await runtime.inspect("tools.math.add({ a: 1 })").then(({ tools }) => tools.length, ({ code }) => code);
  await runtime.close();
  return { place, value, error, typed: declaration.includes("a?: number"), uses };
}

async function main() {
  for (const place of process.argv.slice(2))
    console.log(JSON.stringify(await runIn(place).catch((error) => ({ place, thrown: String(error), hint: error.hint }))));
}

void main();
`;

let folder: string;
beforeAll(() => {
  folder = installPackage();
  writeFileSync(join(folder, "app.js"), APP);
});

const ALL = ["quickjs inline", "quickjs process", "quickjs thread", "v8 process"];

async function run(file: string, places: readonly string[]): Promise<unknown[]> {
  const env = { PATH: process.env["PATH"] };
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...places], { env });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

const works = (place: string): unknown => ({ place, value: 3, typed: true, uses: 1 });
const names = (line: string): unknown =>
  expect.objectContaining({
    thrown: expect.stringContaining("a bundler has moved codecell's code"),
    hint: expect.stringContaining(line),
  });

describe("esbuild", () => {
  const build = async (outfile: string, options: BuildOptions): Promise<string> => {
    const { warnings } = await esbuild({
      entryPoints: [join(folder, "app.js")],
      outfile: join(folder, outfile),
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent",
      ...options,
    });
    expect(warnings.map(({ text }) => text)).toEqual([]);
    return join(folder, outfile);
  };

  test("with codecell left out of the bundle", async () => {
    const file = await build("external/app.js", { external: ["codecell"] });
    const places = ["quickjs inline", "quickjs process", "v8 process"];
    expect(await run(file, places)).toEqual(places.map(works));
  });

  test("without configuration: nothing optional is looked for, QuickJS runs inline, the rest names the line that it needs", async () => {
    // Minified: esbuild then puts constants in place, names of packages too.
    const file = await build("inlined/app.js", { minify: true });
    const [inline, ...others] = await run(file, ALL);
    // Reading a program takes a thread.
    const uses = "config_error";
    expect(inline).toEqual({ place: "quickjs inline", value: 3, typed: true, uses });
    expect(others).toEqual(others.map(() => names('external: ["codecell"] (esbuild)')));
  });

  test("as CommonJS", async () => {
    const external = await build("cjs/external.cjs", { format: "cjs", external: ["codecell"] });
    expect(await run(external, ["v8 process"])).toEqual([works("v8 process")]);
    // That import.meta is empty there is a warning of esbuild's.
    const inlined = await build("cjs/inlined.cjs", {
      format: "cjs",
      logOverride: { "empty-import-meta": "silent" },
    });
    expect(await run(inlined, ["quickjs process"])).toEqual([names("(esbuild)")]);
  });
});

describe("Vite's SSR build", () => {
  const build = async (outDir: string, ssr: InlineConfig["ssr"] = {}): Promise<string> => {
    const warnings: string[] = [];
    await vite({
      root: folder,
      configFile: false,
      logLevel: "silent",
      ssr,
      build: {
        ssr: "app.js",
        outDir,
        rolldownOptions: { onwarn: ({ message }) => void warnings.push(message) },
      },
    });
    expect(warnings.filter((text) => text.includes("codecell"))).toEqual([]);
    return join(folder, outDir, "app.js");
  };

  test("without configuration", async () => {
    const places = ["quickjs inline", "v8 process"];
    expect(await run(await build("vite"), places)).toEqual(places.map(works));
  });

  test("where everything is bundled, an error names the line, and the line is the cure", async () => {
    const inlined = await build("vite-inlined", { noExternal: true });
    const line = 'ssr: { external: ["codecell"] } (Vite)';
    expect(await run(inlined, ["quickjs process"])).toEqual([names(line)]);
    const file = await build("vite-line", { noExternal: true, external: ["codecell"] });
    expect(await run(file, ["quickjs process"])).toEqual([works("quickjs process")]);
  });
});

describe("@vercel/nft", () => {
  let files: readonly string[];
  beforeAll(async () => {
    for (const name of OPTIONAL) installStub(name);
    const { fileList } = await nodeFileTrace([join(folder, "app.js")], { base: folder });
    files = [...fileList];
  });

  test("the files of its list are all that the app needs", async () => {
    const copy = temporaryFolder();
    for (const file of files) {
      mkdirSync(join(copy, dirname(file)), { recursive: true });
      cpSync(join(folder, file), join(copy, file));
    }
    const places = [...ALL, "v8 inline"];
    expect(await run(join(copy, "app.js"), places)).toEqual(places.map(works));
    // Started with a server, and with `typeCheck`.
    const own = files.filter((file) => file.startsWith("node_modules/codecell/dist/"));
    expect(own.map((file) => file.split("/dist/")[1])).toEqual(
      expect.arrayContaining(["tools/mcp/reaper-main.js", "preflight/compiler-thread.js"]),
    );
  });

  test("optional packages are in the list where they are installed", () => {
    expect(files).toEqual(
      expect.arrayContaining(OPTIONAL.map((name) => `node_modules/${name}/index.js`)),
    );
  });
});

/** A package of that name without anything in it. */
function installStub(name: string): void {
  const own = join(folder, "node_modules", name);
  mkdirSync(own, { recursive: true });
  const exports = { ".": "./index.js", "./unstable/*": "./index.js" };
  writeFileSync(join(own, "package.json"), JSON.stringify({ name, version: "1.0.0", exports }));
  writeFileSync(join(own, "index.js"), "");
}
