/** The published package, installed from its tarball, on each runtime that it says it runs on. test/set-up.ts brings them. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { installPackage } from "../support/installed-package.ts";
import { processesOf, until } from "../support/processes.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const own = (path: string): string => here(`../runtimes/${path}`);
const packages = (path: string): string => here(`../../node_modules/${path}`);

const NODE26 = packages("node/bin/node");

interface Runtime {
  /** The command that runs a script. */
  readonly command: readonly string[];
  /** Folder of the app, below that of the packages. */
  readonly app: string;
}

const RUNTIMES = {
  "Node 20": { command: [own("node_modules/node20/bin/node")], app: "." },
  "Node 22": { command: [own("node_modules/node22/bin/node")], app: "node22" },
  "Node 24": { command: [here("../node24/node_modules/node/bin/node")], app: "node24" },
  "Node 26": { command: [NODE26], app: "node24" },
  Bun: { command: [own("node_modules/bun/bin/bun.exe")], app: "." },
  Deno: { command: [own("node_modules/deno/deno"), "run", "--allow-all"], app: "." },
} satisfies Readonly<Record<string, Runtime>>;

type Name = keyof typeof RUNTIMES;

const QUICKJS = ["inline", "process", "thread", "sandbox"].map((each) => `quickjs:${each}`);
const V8 = ["inline", "process", "sandbox"].map((each) => `v8:${each}`);
const BOTH = [...QUICKJS, ...V8, "default"];
/** Where the rest of the suite runs on that version of Node too. */
const FEW = ["quickjs:inline", "quickjs:process", "v8:inline", "v8:process"];

/** What each combination of engine and placement does where it runs. */
const WORKS = { session: 42, endless: "cpu_limit", after: "fine" };
/** The first combination has the MCP server too. */
const FIRST = { ...WORKS, value: { sum: 30, entities: 0 } };
const NEXT = { ...WORKS, value: { sum: 30 } };

let root: string;

/** The package and what it depends on; beside that, an app for each version of isolated-vm. */
beforeAll(() => {
  root = installPackage();
  rmSync(join(root, "node_modules/isolated-vm"), { recursive: true });
  for (const [app, isolatedVm] of [
    ["node22", own("node_modules/isolated-vm")],
    ["node24", packages("isolated-vm")],
  ] as const) {
    mkdirSync(join(root, app, "node_modules"), { recursive: true });
    cpSync(join(root, "node_modules/codecell"), join(root, app, "node_modules/codecell"), {
      recursive: true,
    });
    symlinkSync(isolatedVm, join(root, app, "node_modules/isolated-vm"));
  }
  mkdirSync(join(root, "node_modules/@langchain"), { recursive: true });
  symlinkSync(packages("@langchain/core"), join(root, "node_modules/@langchain/core")); // an entry needs it
  for (const app of [".", "node22", "node24"])
    for (const script of ["smoke.mjs", "forgetful.mjs"])
      cpSync(own(script), join(root, app, script));
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script of the app, or of a package in it. A server's input ends when it has answered. */
async function start(
  name: Name,
  script: string,
  args: readonly string[],
  { input = "", isServer = false, app = RUNTIMES[name].app } = {},
): Promise<Ended> {
  const [file = "", ...flags] = RUNTIMES[name].command;
  const cwd = join(root, app);
  const child = spawn(file, [...flags, join(cwd, script), ...args], {
    cwd,
    env: environment(name),
  });
  let out = "";
  let err = "";
  child.stdin.on("error", () => {}); // a command that does not read it
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (isServer && out.includes("\n")) child.stdin.end();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin.write(input);
  if (!isServer) child.stdin.end();
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

function environment(name: Name): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: root,
    NODE: NODE26,
    MEMORY_SERVER: packages("@modelcontextprotocol/server-memory/dist/index.js"),
    MARK: root,
    STORE: join(root, `${name.replace(" ", "")}.sqlite`),
  };
}

const CLI = "node_modules/codecell/dist/cli/start.js";

async function smoke(
  name: Name,
  combinations: readonly string[],
): Promise<Record<string, unknown>> {
  const { code, out, err } = await start(name, "smoke.mjs", combinations);
  expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
  return JSON.parse(out) as Record<string, unknown>;
}

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "t", version: "1" },
  },
};

/** `run`, `doctor` and `mcp` of the command line. */
async function commandLine(name: Name): Promise<{
  readonly run: Ended;
  readonly doctor: Record<string, { readonly ok: boolean; readonly hint?: string }>;
  readonly mcp: Ended;
}> {
  const code = "const one: number = 1; return one + 1";
  const run = await start(name, CLI, ["run", "-", "--engine", "quickjs", "--json"], {
    input: code,
  });
  const { checks } = JSON.parse((await start(name, CLI, ["doctor", "--json"])).out) as {
    checks: { name: string; ok: boolean; hint?: string }[];
  };
  const mcp = await start(name, CLI, ["mcp", "--engine", "quickjs"], {
    input: `${JSON.stringify(INITIALIZE)}\n`,
    isServer: true,
  });
  return { run, doctor: Object.fromEntries(checks.map((each) => [each.name, each])), mcp };
}

async function expectCommandLine(name: Name): Promise<Awaited<ReturnType<typeof commandLine>>> {
  const found = await commandLine(name);
  expect(found.run, found.run.err).toMatchObject({ code: 0 });
  expect(JSON.parse(found.run.out)).toMatchObject({ ok: true, value: 2 });
  expect(found.mcp, found.mcp.err).toMatchObject({ code: 0 });
  expect(JSON.parse(found.mcp.out.split("\n", 1)[0]!)).toMatchObject({
    result: { serverInfo: {} },
  });
  expect(found.doctor).toMatchObject({ node: { ok: true }, "engine quickjs": { ok: true } });
  return found;
}

describe.each([
  ["Node 22", BOTH],
  ["Node 24", [...FEW, "default"]],
  ["Node 26", [...FEW, "default"]],
] as const)("on %s", (name, combinations) => {
  test("both engines run programs in their placements", async () => {
    const all = Object.fromEntries(combinations.map((each) => [each, NEXT]));
    expect(await smoke(name, combinations)).toEqual({ ...all, [combinations[0]!]: FIRST });
  });

  test("a script that closes nothing ends when nothing runs", async () => {
    await expectEnd(name, FEW);
  });
});

test("on Node 22 the command line runs programs, serves MCP, and finds both engines", async () => {
  const { doctor } = await expectCommandLine("Node 22");
  expect(doctor).toMatchObject({ "engine v8": { ok: true } });
});

describe.each(["Bun", "Deno"] as const)("on %s", (name) => {
  test("QuickJS runs programs in all placements but the sandbox, which says what to do", async () => {
    const outcomes = await smoke(name, QUICKJS);
    const sandbox = {
      code: "sandbox_unavailable",
      message: expect.stringContaining(`and this is ${name} `) as string,
      hint: expect.stringContaining("placement 'process'") as string,
    };
    const works = Object.fromEntries(QUICKJS.map((each) => [each, NEXT]));
    expect(outcomes).toEqual({ ...works, "quickjs:inline": FIRST, "quickjs:sandbox": sandbox });
  });

  test("V8 does not run, which names QuickJS, also where no engine was chosen", async () => {
    const unavailable = {
      code: "engine_unavailable",
      message: expect.stringContaining(`needs Node, and this is ${name} `) as string,
      hint: expect.stringContaining('engine: "quickjs"') as string,
    };
    const combinations = ["v8:inline", "v8:process", "default"];
    expect(await smoke(name, combinations)).toEqual(
      Object.fromEntries(combinations.map((each) => [each, unavailable])),
    );
    const run = await start(name, CLI, ["run", "-"], { input: "return 1" });
    expect(run).toMatchObject({ code: 2, err: expect.stringContaining("--engine quickjs") });
  });

  test("the command line runs programs and serves MCP", async () => {
    const { doctor } = await expectCommandLine(name);
    expect(doctor["engine v8"]).toMatchObject({
      ok: false,
      hint: expect.stringContaining("--engine quickjs") as string,
    });
  });

  test("a script that closes nothing ends when nothing runs", async () => {
    await expectEnd(name, QUICKJS.slice(0, 3));
  });
});

/** Nothing of it is left: workers and servers have the folder of this test in their arguments, or end with their parent. */
async function expectEnd(name: Name, combinations: readonly string[]): Promise<void> {
  const { code, out, err } = await start(name, "forgetful.mjs", combinations);
  const lines = combinations.flatMap((each) => [`${each} 0`, `${each} late`]);
  expect({ code, lines: out.trim().split("\n").toSorted(), err }).toEqual({
    code: 0,
    lines: lines.toSorted(),
    err: expect.any(String) as string,
  });
  expect(await until(() => processesOf(root).length === 0)).toBe(true);
}

describe("where codecell does not run", () => {
  const SENTENCE = /codecell needs Node 22\.15 or later, and this is Node 20\.\d+\.\d+/;
  const { exports } = JSON.parse(readFileSync(here("../../package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));

  test("each entry of the library is imported with one error that names the version of Node", async () => {
    const script = `
      for (const entry of process.argv.slice(2)) {
        const { name, code, message } = await import(entry).then(() => ({}), (error) => error);
        console.log(JSON.stringify({ entry, name, code, message }));
      }`;
    writeFileSync(join(root, "entries.mjs"), script);
    const names = entries.map((entry) => `codecell${entry.slice(1)}`);
    const { code, out, err } = await start("Node 20", "entries.mjs", names);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(
      names.map((entry) => ({
        entry,
        name: "CodecellError",
        code: "engine_unavailable",
        message: expect.stringMatching(SENTENCE) as string,
      })),
    );
  });

  test.each([["run", "program.ts", "--json"], ["doctor"], ["mcp"], ["--version"]])(
    "`codecell %s` says the same",
    async (...args) => {
      const { code, out, err } = await start("Node 20", CLI, args);
      expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(SENTENCE) });
      if (!args.includes("--json")) expect(out).toBe("");
      else
        expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: "engine_unavailable" } });
    },
  );

  test("without isolated-vm the error has the command that installs the one for this Node", async () => {
    const versions = { "Node 22": "isolated-vm@^6.2.0", "Node 26": "isolated-vm@^7.0.1" } as const;
    for (const [name, install] of Object.entries(versions) as [Name, string][]) {
      const { out } = await start(name, "smoke.mjs", ["v8:process", "default"], { app: "." });
      const unavailable = {
        code: "engine_unavailable",
        hint: expect.stringContaining(install) as string,
      };
      const named = { ...unavailable, hint: expect.stringContaining("engine 'quickjs'") as string };
      expect(JSON.parse(out)).toMatchObject({ "v8:process": unavailable, default: named });
    }
  });
});
