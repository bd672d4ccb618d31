/**
 * `npm run test:servers`: real servers from npm, listed and typed. They are installed by it, for they are too many
 * megabytes for everyone's `npm ci`. None of them is asked to reach anything. Exits with 1 when one fails.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createRuntime, type Runtime } from "../../src/index.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TSC = here("../../node_modules/typescript/bin/tsc");

interface Subject {
  readonly folder: string;
  readonly file: string;
  readonly args?: readonly string[];
  /** Default: the Node that runs this. */
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A program that the server can answer without a network, and what it answers. */
  readonly program?: string;
  readonly wants?: RegExp;
}

const HEAVY = here("node_modules");
const OFFICIAL = here("../../node_modules/@modelcontextprotocol");
const work = await mkdtemp(join(tmpdir(), "codecell-servers-"));

const SUBJECTS: Readonly<Record<string, Subject>> = {
  everything: {
    folder: OFFICIAL,
    file: "server-everything/dist/index.js",
    program: "return await tools.everything.getSum({ a: 1, b: 2 })",
    wants: /sum of 1 and 2 is 3/,
  },
  filesystem: {
    folder: OFFICIAL,
    file: "server-filesystem/dist/index.js",
    args: [work],
    program: `return (await tools.filesystem.listDirectory({ path: ${JSON.stringify(work)} })).content`,
    wants: /hello\.txt/,
  },
  memory: {
    folder: OFFICIAL,
    file: "server-memory/dist/index.js",
    env: { MEMORY_FILE_PATH: join(work, "memory.json") },
    program: "return (await tools.memory.readGraph()).entities",
    wants: /^\[\]$/,
  },
  "sequential-thinking": {
    folder: OFFICIAL,
    file: "server-sequential-thinking/dist/index.js",
    program: `
        const thought = { thought: 'x', thoughtNumber: 1, totalThoughts: 1, nextThoughtNeeded: false };
        return (await tools.sequentialThinking.sequentialthinking(thought)).thoughtNumber
      `,
    wants: /^1$/,
  },
  playwright: { folder: HEAVY, file: "@playwright/mcp/cli.js", args: ["--headless"] },
  "chrome-devtools": {
    folder: HEAVY,
    file: "chrome-devtools-mcp/build/src/bin/chrome-devtools-mcp.js",
  },
  git: {
    folder: HEAVY,
    file: "@cyanheads/git-mcp-server/dist/index.js",
    env: { MCP_TRANSPORT_TYPE: "stdio", LOGS_DIR: work },
    program: `
      const path = ${JSON.stringify(join(work, "repo"))};
      await tools.git.gitInit({ path });
      return (await tools.git.gitStatus({ path })).isClean
    `,
    wants: /true/,
  },
  dbhub: {
    folder: HEAVY,
    file: "@bytebase/dbhub/dist/index.js",
    command: systemNode(),
    args: ["--demo", "--transport", "stdio"],
    program: "return await tools.dbhub.executeSql({ sql: 'select 40 + 2 as n' })",
    wants: /42/,
  },
  mongodb: {
    folder: HEAVY,
    file: "mongodb-mcp-server/dist/esm/index.js",
    env: { MDB_MCP_TELEMETRY: "disabled" },
  },
  notion: {
    folder: HEAVY,
    file: "@notionhq/notion-mcp-server/bin/cli.mjs",
    env: { NOTION_TOKEN: "ntn_none" },
  },
};

/** The first Node of the path that no package has put there. */
function systemNode(): string {
  const folders = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"));
  const found = folders.map((folder) => join(folder, "node")).find((file) => existsSync(file));
  return found ?? process.execPath;
}

interface Report {
  readonly tools: number;
  readonly ms: number;
  readonly problems: readonly string[];
}

async function examine(
  name: string,
  { folder, file, command = process.execPath, args = [], env = {}, program, wants }: Subject,
): Promise<Report> {
  const entry = { command, args: [join(folder, file), ...args], env };
  const started = performance.now();
  await using runtime = await createRuntime({
    placement: "process",
    typeCheck: true,
    mcpServers: { [name]: entry },
    startMs: 120_000,
    warn: false,
  });
  const { servers, warnings } = runtime.describe();
  const problems = [...warnings];
  if (servers[0]!.tools === 0)
    return { tools: 0, ms: 0, problems: [servers[0]!.failure ?? "no tools", ...problems] };
  problems.push(...(await compile(runtime, name)));
  if (program !== undefined) {
    const result = await runtime.run(program);
    const told = result.ok
      ? JSON.stringify(result.value)
      : `${result.error.code}: ${result.error.message}`;
    if (!result.ok || !wants!.test(told)) problems.push(`${program} → ${told}`);
  }
  return { tools: servers[0]!.tools, ms: Math.round(performance.now() - started), problems };
}

/** All wrappers under `tsc --strict`, and no declaration that had to give up. */
async function compile(runtime: Runtime, name: string): Promise<string[]> {
  const files: string[] = [];
  const problems: string[] = [];
  for await (const [path, text] of runtime.wrappers()) {
    const file = join(work, "types", name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    files.push(file);
    if (text.includes("the schema cannot be used"))
      problems.push(`${path}: ${/the schema cannot be used[^\n]*/.exec(text)![0]}`);
  }
  const flags = ["--noEmit", "--strict", "--target", "esnext", "--types", ""];
  const { stdout } = await promisify(execFile)(process.execPath, [TSC, ...flags, ...files], {
    cwd: work,
  }).catch((error: { stdout: string }) => error);
  return stdout === "" ? problems : [...problems, stdout.slice(0, 1_000)];
}

await writeFile(join(work, "hello.txt"), "hello");
await promisify(execFile)("npm", [
  "ci",
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--prefix",
  here("."),
]);
// dbhub's demo is SQLite in its process, a native module, which is built for the machine's own Node.
const env = { ...process.env, PATH: `${dirname(systemNode())}${delimiter}${process.env["PATH"]}` };
await promisify(execFile)("npm", ["rebuild", "better-sqlite3", "--prefix", here(".")], { env });
for (const [name, subject] of Object.entries(SUBJECTS)) {
  const { tools, ms, problems } = await examine(name, subject).catch((error: Error) => ({
    tools: 0,
    ms: 0,
    problems: [error.message],
  }));
  const manifest = JSON.parse(
    await readFile(
      join(subject.folder, /^(@[^/]+\/)?[^/]+/.exec(subject.file)![0], "package.json"),
      "utf8",
    ),
  ) as { version: string };
  console.log(
    `${problems.length === 0 ? "ok  " : "FAIL"} ${name.padEnd(20)} ${manifest.version.padEnd(12)} ${String(tools).padStart(3)} tools  ${ms} ms`,
  );
  for (const problem of problems) console.log(`       ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
await rm(work, { recursive: true, force: true });
