/** The command line as its user meets it: the built program, its streams and its exit codes. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const cli = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const memoryServer = fileURLToPath(
  new URL("../../node_modules/@modelcontextprotocol/server-memory/dist/index.js", import.meta.url),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/codecell-cli-`);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Start {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Send SIGINT when this appears on standard error. */
  readonly interruptAt?: string;
}

async function codecell(
  args: readonly string[],
  { input = "", cwd = folder, env = {}, interruptAt }: Start = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env },
  });
  let out = "";
  let err = "";
  let interrupted = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    if (interruptAt === undefined || interrupted || !err.includes(interruptAt)) return;
    interrupted = true;
    child.kill("SIGINT");
  });
  child.stdin.on("error", () => {}); // a command that does not read it
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

test("run prints the value on stdout and the logs on stderr", async () => {
  const { code, out, err } = await codecell(["run", "-"], {
    input: "console.log('working');\nreturn { a: [1, 2] }",
  });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ a: [1, 2] });
  expect(err).toContain("working\n");
  expect(err).toMatch(/codecell: v8 sandbox, .* ms, 0 tool calls/);
});

test("run shows where a program failed, and exits with 1", async () => {
  await writeFile(`${folder}/bad.ts`, "const a: any = null;\n\nreturn a.b.c");
  const { code, out, err } = await codecell(["run", "bad.ts"]);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(
    "program_error: TypeError: Cannot read properties of null (reading 'b') (bad.ts:3:10)",
  );
  expect(err).toContain("> 3 | return a.b.c\n    |          ^");
});

test("run --json prints one object and nothing else", async () => {
  const { code, out, err } = await codecell(["run", "-", "--json", "--engine", "quickjs"], {
    input: "console.log('x'); 1 + 1",
  });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    value: 2,
    logs: [{ level: "log", text: "x" }],
    usage: { engine: "quickjs" },
  });
  const failed = await codecell(["run", "-", "--json"], { input: "throw new RangeError('no')" });
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.out)).toMatchObject({
    ok: false,
    error: { code: "program_error", name: "RangeError", line: 1, column: 7 },
  });
});

test("run takes time and memory with units", async () => {
  const slow = await codecell(["run", "-", "--json", "--timeout", "0.2s"], {
    input: "await new Promise((r) => setTimeout(r, 5_000))",
  });
  expect(JSON.parse(slow.out)).toMatchObject({ error: { code: "timeout" } });
  const big = await codecell(["run", "-", "--json", "--memory", "32mb"], {
    input: "const a = []; for (;;) a.push([1, 2, 3])",
  });
  expect(JSON.parse(big.out)).toMatchObject({
    error: { code: "memory", message: expect.stringContaining("32 MiB") },
  });
});

test("Ctrl-C ends a run with 130, and its result is still told", async () => {
  const input = "console.error('started'); await new Promise((r) => setTimeout(r, 20_000))";
  const { code, err } = await codecell(["run", "-"], { input, interruptAt: "started" });
  expect(code).toBe(130);
  expect(err).toContain("aborted");
});

test("colours are for terminals only, and not against NO_COLOR", async () => {
  const plain = await codecell(["run", "-"], { input: "throw 1" });
  expect(plain.err).not.toContain("\u001b[");
  const forced = await codecell(["run", "-"], { input: "throw 1", env: { FORCE_COLOR: "1" } });
  expect(forced.err).toContain("\u001b[31m");
  const refused = await codecell(["run", "-"], { input: "throw 1", env: { NO_COLOR: "1" } });
  expect(refused.err).not.toContain("\u001b[");
});

test("what a program prints cannot steer the terminal", async () => {
  const { out, err } = await codecell(["run", "-"], {
    input: "console.log('a\\u001b[2Jb'); return 'c\\u001b]0;x\\u0007d\\u202e'",
  });
  expect(out + err).not.toMatch(/[\u001b\u0007\u202e]/);
});

test.each<[mistake: string, args: string[], message: RegExp]>([
  ["no command", [], /^$/],
  ["an unknown command", ["rnu", "x.ts"], /there is no command 'rnu'/],
  ["no file", ["run"], /which program/],
  ["a missing file", ["run", "missing.ts"], /missing\.ts/],
  ["an unknown flag", ["run", "-", "--tmeout", "3"], /--tmeout/],
  ["too many arguments", ["run", "a.ts", "b.ts"], /unexpected argument 'b\.ts'/],
  ["an unknown engine", ["run", "-", "--engine", "spidermonkey"], /"spidermonkey".*v8, quickjs/],
  ["an unknown placement", ["run", "-", "--placement", "moon"], /"moon".*process/],
  [
    "a thread for v8",
    ["run", "-", "--placement", "thread"],
    /v8 engine cannot run in placement 'thread'/,
  ],
  ["a bad time", ["run", "-", "--timeout", "soon"], /--timeout is 'soon'/],
  ["a negative time", ["run", "-", "--timeout", "-5"], /--timeout/],
  [
    "too little memory",
    ["run", "-", "--memory", "1mb"],
    /limits\.memoryMb is 1; it must be a number from 16/,
  ],
  ["a missing config", ["run", "-", "--config", "none.json"], /none\.json/],
])("usage: %s is exit code 2 with a message", async (_mistake, args, message) => {
  const { code, err } = await codecell(args, { input: "return 1" });
  expect(code).toBe(2);
  expect(err).toMatch(message);
  expect(err).not.toMatch(/\n\s+at /);
});

test("a usage error is JSON too where JSON was asked for", async () => {
  const { code, out } = await codecell(["run", "missing.ts", "--json"]);
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: "config_error" } });
});

test.each<[mistake: string, program: string | Uint8Array, error: object]>([
  ["an empty program", "", { code: "syntax_error", message: expect.stringContaining("empty") }],
  ["a program of 10 MB", `return "${"x".repeat(10_000_000)}"`, { code: "source_too_large" }],
  [
    "a binary file",
    new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]),
    { code: "syntax_error", message: expect.stringContaining("binary") },
  ],
])("bad input: %s is an error of the run", async (_mistake, program, error) => {
  await writeFile(`${folder}/input.ts`, program);
  const { code, out } = await codecell(["run", "input.ts", "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false, error });
});

test.each<[mistake: string, config: string, message: RegExp]>([
  ["JSON that is none", '{\n  "mcpServers": {\n    "a": }\n}', /bad\.json.*(3:10|line 3)/],
  ["an unknown setting", '{ "mcpServers": {}, "codecell": { "engin": "v8" } }', /codecell\.engin/],
  [
    "a bad limit",
    '{ "mcpServers": {}, "codecell": { "limits": { "cpuMs": -1 } } }',
    /codecell\.limits\.cpuMs is -1/,
  ],
])("config: %s is named with its place", async (_mistake, config, message) => {
  await writeFile(`${folder}/bad.json`, config);
  const { code, err } = await codecell(["run", "-", "--config", "bad.json"], { input: "return 1" });
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test.each<[mistake: string, entry: string, message: RegExp]>([
  ["an unknown key", '{ "comand": "x" }', /mcpServers\.a\.comand/],
  ["a variable that is not set", '{ "command": "${NOT_SET_ANYWHERE}" }', /NOT_SET_ANYWHERE/],
])(
  "an entry with %s is named with its place, and the rest goes on",
  async (_mistake, entry, message) => {
    await writeFile(`${folder}/bad.json`, `{ "mcpServers": { "a": ${entry} } }`);
    const { code, err } = await codecell(["run", "-", "--config", "bad.json"], {
      input: "return 1",
    });
    expect(code).toBe(0);
    expect(err).toMatch(message);
  },
);

test("a server that does not start is named, and the rest goes on", async () => {
  const servers = {
    broken: { command: "codecell-no-such-command" },
    memory: {
      command: process.execPath,
      args: [memoryServer],
      env: { MEMORY_FILE_PATH: `${folder}/m.jsonl` },
    },
  };
  await mkdir(`${folder}/project`, { recursive: true });
  await writeFile(`${folder}/project/.mcp.json`, JSON.stringify({ mcpServers: servers }));
  const trusted = await codecell(["trust", ".mcp.json"], { cwd: `${folder}/project` });
  expect(trusted.code).toBe(0);
  const { code, out, err } = await codecell(["run", "-"], {
    cwd: `${folder}/project`,
    input: "return (await tools.memory.read_graph()).entities",
  });
  expect({ code, out }).toEqual({ code: 0, out: "[]\n" });
  expect(err).toMatch(/broken.*codecell-no-such-command/);
  const called = await codecell(["run", "-", "--json"], {
    cwd: `${folder}/project`,
    input: "await tools.broken.anything()",
  });
  expect(called.code).toBe(1);
  expect(JSON.parse(called.out)).toMatchObject({
    error: { code: "tool_error", message: expect.stringContaining("broken") },
  });
});

test("tools shows servers, tools, one tool, and matches", async () => {
  const cwd = `${folder}/project`;
  const categories = await codecell(["tools", "--json"], { cwd });
  expect(JSON.parse(categories.out).categories).toContainEqual({ name: "memory", tools: 9 });
  const list = await codecell(["tools", "memory"], { cwd });
  expect(list.out).toContain("tools.memory.createEntities(args)");
  const one = await codecell(["tools", "memory", "create_entities", "--json"], { cwd });
  expect(JSON.parse(one.out)).toMatchObject({
    name: "create_entities",
    inputSchema: { type: "object" },
  });
  const found = await codecell(["tools", "--search", "delete relations", "--json"], { cwd });
  expect(JSON.parse(found.out).tools[0]).toMatchObject({ name: "delete_relations" });
  const missing = await codecell(["tools", "memroy"], { cwd });
  expect(missing.code).toBe(2);
  expect(missing.err).toMatch(
    /^unknown_tool: there is no category 'memroy'; did you mean memory\?$/m,
  );
});

test("tools takes pages, details, and tells what a model has to know first", async () => {
  const cwd = `${folder}/project`;
  const page = await codecell(["tools", "memory", "--limit", "2", "--offset", "1", "--json"], {
    cwd,
  });
  expect((JSON.parse(page.out) as { tools: unknown[] }).tools).toHaveLength(2);
  const full = await codecell(["tools", "memory", "--search", "entities", "--detail", "full"], {
    cwd,
  });
  expect(full.out).toContain("declare function createEntities(args: CreateEntitiesArgs)");
  const parameters = await codecell(["tools", "memory", "--detail", "parameters"], { cwd });
  expect(parameters.out).toContain("tools.memory.searchNodes(args)  { query: string }");
  expect((await codecell(["tools", "--detail", "all", "--search", "x"], { cwd })).err).toMatch(
    /^invalid_arguments: .*name, summary, parameters, full/m,
  );
  expect(await codecell(["tools", "--limit", "many"], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining("--limit is 'many'; it must be a whole number"),
  });
  const context = await codecell(["tools", "--context"], { cwd });
  expect(context.out).toMatch(/^Write one TypeScript program\..*\nmemory \(9 tools\)/s);
});

test("a placement in the config counts, and a flag counts more", async () => {
  const config = `${folder}/placement.json`;
  await writeFile(config, JSON.stringify({ mcpServers: {}, codecell: { placement: "process" } }));
  const used = async (...flags: string[]): Promise<unknown> => {
    const { out } = await codecell(["run", "-", "--config", config, "--json", ...flags], {
      input: "return 1",
    });
    return (JSON.parse(out) as { usage: { placement: string } }).usage.placement;
  };
  expect([await used(), await used("--placement", "sandbox")]).toEqual(["process", "sandbox"]);
});

test("run --type-check refuses a program before it starts", async () => {
  const cwd = `${folder}/project`;
  const start = {
    cwd,
    input: "console.log('started'); return await tools.memory.searchNodes({ query: 7 })",
  };
  const { code, out } = await codecell(["run", "-", "--type-check", "--json"], start);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    error: { code: "type_error", tool: "memory.search_nodes" },
    logs: [],
  });
});

test("tools and types need no engine that works", async () => {
  const config = `${folder}/no-engine.json`;
  const entry = { command: process.execPath, args: [memoryServer] };
  await writeFile(
    config,
    JSON.stringify({ mcpServers: { memory: entry }, codecell: { placement: "sandbox" } }),
  );
  const start = { env: { PATH: "/nowhere" } };
  expect(await codecell(["tools", "--config", config], start)).toMatchObject({
    code: 0,
    out: "memory  9 tools\n",
  });
  const types = await codecell(["types", "--out", `${folder}/types`, "--config", config], start);
  expect(types).toMatchObject({ code: 0, err: expect.stringContaining("12 files") });
  expect(await codecell(["types"], start)).toMatchObject({
    code: 2,
    err: expect.stringContaining("--out DIR"),
  });
});

test("doctor tells what works", async () => {
  const { code, out } = await codecell(["doctor", "--json"]);
  expect(code).toBe(0);
  const { checks } = JSON.parse(out) as { checks: { name: string; ok: boolean }[] };
  expect(checks.filter(({ ok }) => ok).map(({ name }) => name)).toEqual(
    expect.arrayContaining(["node", "engine v8", "engine quickjs", "sandbox"]),
  );
});

test("without bubblewrap, auto is a process with one line that says why, and sandbox is refused", async () => {
  const start = { input: "return 1", env: { PATH: "/nowhere" } };
  const { code, out, err } = await codecell(["run", "-"], start);
  expect([code, out]).toEqual([0, "1\n"]);
  const [notice, summary] = err.trim().split("\n");
  expect(notice).toMatch(/no sandbox here.*placement 'process'.*bwrap is not on the PATH.*apt-get/);
  expect(summary).toMatch(/codecell: v8 process/);
  const refused = await codecell(["run", "-", "--placement", "sandbox"], start);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/sandbox_unavailable.*bwrap is not on the PATH/);
  const doctor = await codecell(["doctor"], start);
  expect(doctor.code).toBe(0);
  expect(doctor.out).toMatch(/no +sandbox +bwrap is not on the PATH\n +Install bubblewrap/);
});

test("help is there for every command", async () => {
  for (const args of [
    ["--help"],
    ["run", "--help"],
    ["tools", "-h"],
    ["help", "doctor"],
    ["mcp", "-h"],
    ["types", "--help"],
    ["help", "login"],
    ["trust", "--help"],
    ["serve", "--help"],
    ["bench", "latency", "--help"],
  ]) {
    const { code, out } = await codecell(args);
    expect(code).toBe(0);
    expect(out).toContain("codecell");
  }
  const { err } = await codecell(["serv"]);
  expect(err).toContain(
    "The commands are run, tools, types, login, mcp, serve, bench, doctor, trust",
  );
});

test("a session is kept from one command to the next, on both engines", async () => {
  for (const engine of ["v8", "quickjs"]) {
    const run = (input: string) =>
      codecell(["run", "-", "--engine", engine, "--session", engine], {
        input,
        env: { CODECELL_HOME: `${folder}/home` },
      });
    expect((await run("let n = 1; await fs.writeFile('/f', 'kept')")).code).toBe(0);
    expect((await run("++n; [n, await fs.readFile('/f')].join()")).out).toBe("2,kept\n");
    expect((await run("nope")).code).toBe(1);
    expect((await run("n")).out).toBe("2\n");
  }
  const wrong = await codecell(["run", "-", "--session", "a b"], { input: "1" });
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("session's id must be")]);
});

test("serve answers on its port, and ends when it is told to", async () => {
  const child = spawn(process.execPath, [cli, "serve", "--port", "0", "--engine", "quickjs"], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder },
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const url = await new Promise<string>((resolve) => {
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      const found = /"url":"(.*?)"/.exec(log)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const response = await fetch(`${url}/run`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: "6 * 7" }),
  });
  expect(await response.json()).toMatchObject({ ok: true, value: 42 });
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const wrong = await codecell(["serve", "--port", "70000"]);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("--port is '70000'")]);
});

/** Counts how often a config file is read and parsed, and says so at the end. */
const COUNTING = `
  import fs, { promises, writeSync } from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  let reads = 0;
  let parses = 0;
  const isConfig = (path) => String(path).endsWith("counted.json");
  for (const [from, names] of [
    [promises, ["readFile", "open"]],
    [fs, ["readFileSync", "openSync", "createReadStream"]],
  ])
    for (const name of names) {
      const original = from[name];
      from[name] = (path, ...rest) => (isConfig(path) && reads++, original(path, ...rest));
    }
  const { parse } = JSON;
  JSON.parse = (text, ...rest) => (String(text).includes("counted-config") && parses++, parse(text, ...rest));
  syncBuiltinESMExports();
  process.on("exit", () => writeSync(2, "config: " + reads + " read, " + parses + " parsed"));
`;

test.each<[args: string[], start: Start]>([
  [["run", "-"], { input: "return 1" }],
  [["run", "-", "--session", "counted"], { input: "return 1" }],
  [["tools"], {}],
  [["types", "--out", "counted-types"], {}],
  [["login", "nobody"], {}],
  [["mcp"], {}],
  [["serve", "--port", "0"], { interruptAt: '"listening"' }],
  [["bench", "tokens"], {}],
])("%j reads and parses its config file once", async (args, start) => {
  const config = `${folder}/counted.json`;
  await writeFile(
    config,
    '{"$schema":"counted-config","mcpServers":{},"codecell":{"engine":"quickjs"}}',
  );
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(COUNTING)}`;
  const { err } = await codecell([...args, "--config", config], {
    ...start,
    env: { NODE_OPTIONS },
  });
  expect(err).toContain("config: 1 read, 1 parsed");
});
