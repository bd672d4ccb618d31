/** `codecell install` and `uninstall` in homes of a test: the built command, files of hosts, real servers. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, test, vi } from "vitest";
import { install as installCommand } from "../../src/cli/install/install.ts";
import { uninstall as uninstallCommand } from "../../src/cli/install/uninstall.ts";
import { fail } from "../../src/cli/output.ts";
import { CodecellError } from "../../src/core/errors.ts";
import { CLI, runCli, runOnTerminal, type Start } from "../support/cli.ts";
import { temporaryFolder } from "../support/folders.ts";
import { protectedServer } from "../support/protected-server.ts";

const root = temporaryFolder();
const server = (name: string): string =>
  fileURLToPath(
    new URL(
      `../../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`,
      import.meta.url,
    ),
  );
const node = process.execPath;
const MEMORY = { command: node, args: [server("memory")] };
/** It answers what is asked, and starts faster than those from npm. */
const TINY = {
  command: node,
  args: [
    "-e",
    `require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method, params } = JSON.parse(line);
      if (id === undefined) return;
      const tools = [{ name: "hello", inputSchema: { type: "object" } }];
      const serverInfo = { name: "tiny", version: "1" };
      const result = method === "initialize"
        ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo }
        : { tools };
      console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });`,
  ],
};
const START = join(dirname(CLI), "start.js");
const HANGING = { command: node, args: ["-e", "setInterval(() => {}, 1000)"] };

interface Place {
  readonly start: Start;
  readonly file: string;
  /** Codecell's own config for the host. */
  readonly own: string;
  read(): string;
  write(text: string): void;
  json(): Record<string, Record<string, unknown>>;
}

let count = 0;
/** A home with the file of Cursor, unless another is named. */
function place(content?: unknown, path = ".cursor/mcp.json", host = "cursor"): Place {
  const home = join(root, `${count++}`);
  const cwd = join(home, "project");
  mkdirSync(cwd, { recursive: true });
  const file = join(home, path);
  const write = (text: string): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  if (content !== undefined)
    write(typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`);
  return {
    start: { cwd, home },
    file,
    own: join(home, ".codecell", "hosts", host, "config.json"),
    write,
    read: () => readFileSync(file, "utf8"),
    json: () => JSON.parse(readFileSync(file, "utf8")) as ReturnType<Place["json"]>,
  };
}

function ownServers({ own }: Place): Record<string, unknown> {
  return (JSON.parse(readFileSync(own, "utf8")) as { mcpServers: Record<string, unknown> })
    .mcpServers;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const backupsOf = ({ file }: Place): string[] =>
  readdirSync(dirname(file))
    .filter((name) => name.endsWith(".bak"))
    .map((name) => join(dirname(file), name));

type Ran = Awaited<ReturnType<typeof runCli>>;

/** A command in this process, which spares the start of another one. As source it is not installed: its entry is that of npx. */
async function run(args: readonly string[], { home, cwd, env = {} }: Start): Promise<Ran> {
  vi.spyOn(process, "cwd").mockReturnValue(cwd);
  for (const [name, value] of Object.entries({ ...env, HOME: home, CI: "1" }))
    vi.stubEnv(name, value);
  expect(homedir()).toBe(home);
  const written = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) =>
    Boolean((written.out += String(text))),
  );
  vi.spyOn(process.stderr, "write").mockImplementation((text) =>
    Boolean((written.err += String(text))),
  );
  const [command, ...rest] = args;
  const work = command === "install" ? installCommand(rest) : uninstallCommand(rest);
  const code = await work.catch((error: unknown) => {
    if (!CodecellError.is(error)) throw error;
    fail(error);
    return 2;
  });
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  return { code, ...written };
}

const install = async (at: Place, ...args: string[]): Promise<Ran> =>
  await run(["install", ...args], at.start);
const uninstall = async (at: Place, ...args: string[]): Promise<Ran> =>
  await run(["uninstall", ...args], at.start);
/** As its user meets it. */
const installCli = async (at: Place, ...args: string[]): Promise<Ran> =>
  await runCli(["install", ...args], at.start);

describe("the entry", () => {
  test.each<[host: string, path: string, content: string | undefined]>([
    ["claude", ".claude.json", '{"numStartups": 3, "projects": {"/p": {"mcpServers": {}}}}'],
    ["claude-desktop", ".config/Claude/claude_desktop_config.json", undefined],
    [
      "cursor",
      ".cursor/mcp.json",
      '{\r\n\t// mine\r\n\t"mcpServers": {\r\n\t\t"a": {}, // a\r\n\t},\r\n}\r\n',
    ],
    ["vscode", ".config/Code/User/mcp.json", '\uFEFF{"servers": {}, "inputs": []}'],
    [
      "codex",
      ".codex/config.toml",
      'model = "o" # mine\n\n[mcp_servers.a]\ncommand = "x"\nargs = [ # one\n  "y",\n]\n',
    ],
    ["codex", ".codex/config.toml", ""],
  ])("of %s comes, comes once, and goes without a trace", async (host, path, content) => {
    const at = place(content, path, host);
    const first = await install(at, host, "--yes");
    expect(first).toMatchObject({ code: 0, out: "" });
    expect(first.err).toContain(`${at.file} has codecell now`);
    const installed = at.read();
    expect(installed).toContain("--config");
    expect(installed).toContain(at.own);
    expect(ownServers(at)).toEqual({});
    expect(modeOf(at.own)).toBe(0o600);
    if (content !== undefined) {
      const [backup] = backupsOf(at);
      expect(readFileSync(backup!, "utf8")).toBe(content);
      expect(modeOf(backup!)).toBe(0o600);
    }
    const second = await install(at, host);
    expect(second).toMatchObject({ code: 0 });
    expect(second.err).toContain(`codecell is in ${at.file} already; nothing was changed`);
    expect(at.read()).toBe(installed);
    expect((await uninstall(at, host, "--yes")).code).toBe(0);
    expect(existsSync(at.file) ? at.read() : undefined).toBe(content);
    expect(existsSync(dirname(at.own))).toBe(false);
    const again = await uninstall(at, host, "--yes");
    expect(again).toMatchObject({ code: 0 });
    expect(again.err).toContain("there is nothing to do");
  });

  test("starts a server that has the three tools; what else a person has set in it stays until it goes", async () => {
    const args = ["-y", "codecell@0.0.1", "mcp"];
    const old = { command: "npx", args, env: { A: "1" }, disabled: true };
    const at = place({ mcpServers: { codecell: old } });
    expect((await installCli(at, "cursor", "--yes")).err).toContain("~ codecell");
    const entry = at.json()["mcpServers"]!["codecell"] as typeof old;
    expect(entry).toEqual({ ...old, command: node, args: [START, "mcp", "--config", at.own] });
    // As from a window: with no PATH of a shell.
    const transport = new StdioClientTransport({
      command: entry.command,
      args: entry.args,
      env: { PATH: "/usr/bin:/bin", HOME: at.start.home },
      cwd: "/",
      stderr: "ignore",
    });
    const client = new Client({ name: "test", version: "1" });
    await client.connect(transport);
    const { tools } = await client.listTools();
    await client.close();
    expect(tools.map(({ name }) => name)).toEqual([
      "search_tools",
      "get_tool_details",
      "execute_code",
    ]);
    expect((await uninstall(at, "cursor", "--yes")).code).toBe(0);
    expect(at.json()).toEqual({ mcpServers: {} });
  });

  test("of a project is started by npx, with the config that the project has", async () => {
    const at = place({ mcpServers: {} }, "project/.vscode/mcp.json", "vscode");
    writeFileSync(join(at.start.cwd, "codecell.json"), '{"mcpServers": {}}');
    const { code } = await installCli(
      at,
      "vscode",
      "--project",
      "--config",
      "codecell.json",
      "--yes",
    );
    expect(code).toBe(0);
    expect(at.json()["servers"]!["codecell"]).toEqual({
      type: "stdio",
      command: "npx",
      args: [
        "-y",
        expect.stringMatching(/^codecell@\d/),
        "mcp",
        "--config",
        "${workspaceFolder}/codecell.json",
      ],
    });
    expect(at.json()["mcpServers"]).toEqual({});
    expect((await uninstall(at, "vscode", "--project", "--yes")).code).toBe(0);
    expect(at.json()).toEqual({ mcpServers: {} });
  });

  test("--print and --link write nothing", async () => {
    const at = place();
    const zed = await install(at, "zed", "--print", "--npx", "--config", "c.json");
    expect(JSON.parse(zed.out)).toMatchObject({
      context_servers: { codecell: { command: "npx" } },
    });
    expect(zed.err).toContain(`goes into ${join(at.start.home, ".config/zed/settings.json")}`);
    expect((await install(at, "codex", "--print")).out).toContain("[mcp_servers.codecell]\n");
    const link = await install(at, "vscode", "--link");
    expect(link).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^vscode:mcp\/install\?\S+\n$/),
    });
    expect(link.err).toContain("https://vscode.dev/redirect/mcp/install?name=codecell");
    expect(readdirSync(at.start.home)).toEqual(["project"]);
  });
});

describe("consent", () => {
  test("without a terminal --yes is needed, and what would change is shown", async () => {
    const at = place({ mcpServers: {} });
    const before = at.read();
    const { code, err } = await install(at, "cursor");
    expect(code).toBe(2);
    expect(err).toContain(`${at.file}\n  + codecell: `);
    expect(err).toContain("nobody can be asked here: nothing was written");
    expect(err).toContain("--yes");
    expect([at.read(), readdirSync(at.start.home).toSorted()]).toEqual([
      before,
      [".cursor", "project"],
    ]);
  });

  test("on a terminal a person answers", async () => {
    const at = place({ mcpServers: {} });
    const before = at.read();
    const no = await runOnTerminal(["install", "cursor"], at.start, "[y/N]", ["n\n"]);
    expect(no.code).toBe(1);
    expect(no.out).toContain("nothing was written");
    expect(at.read()).toBe(before);
    const yes = await runOnTerminal(["install", "cursor"], at.start, "[y/N]", ["y\n"]);
    expect(yes.code).toBe(0);
    expect(at.json()["mcpServers"]).toHaveProperty("codecell");
    expect((await uninstall(at, "cursor", "--yes")).code).toBe(0);
    expect(at.read()).toBe(before);
  });
});

describe("what is not touched", () => {
  test.each<[what: string, content: string, message: string]>([
    ["no JSON", '{\n  "mcpServers": {,}\n}', "it is not valid JSON: line 2, column 18"],
    ["no object", "[]", "it holds an array; it must be an object"],
    ["no servers", '{"mcpServers": "x"}', "mcpServers is a string"],
    [
      "another server of its name",
      '{"mcpServers": {"codecell": {"command": "evil"}}}',
      "has a server codecell that does not start codecell",
    ],
    [
      "two servers of its name",
      '{"mcpServers": {"codecell": {"command": "codecell", "args": ["mcp"]}, "codecell": {"command": "codecell", "args": ["mcp"]}}}',
      "cannot be changed safely",
    ],
  ])("%s", async (_what, content, message) => {
    const at = place(content);
    const { code, err } = await install(at, "cursor", "--yes");
    expect({ code, text: at.read() }).toEqual({ code: 2, text: content });
    expect(err).toContain(message);
    expect(err).toContain("Nothing was changed");
    expect(backupsOf(at)).toEqual([]);
    expect(existsSync(at.own)).toBe(false);
  });

  test("TOML that is none, and a table that cannot be added to", async () => {
    for (const [content, message] of [
      ["a = = 1\n", "it is not valid TOML: line 1, column 5"],
      ['mcp_servers = { a = { command = "x" } }\n', "cannot be changed safely"],
    ] as const) {
      const at = place(content, ".codex/config.toml", "codex");
      const { code, err } = await install(at, "codex", "--yes");
      expect({ code, text: at.read() }).toEqual({ code: 2, text: content });
      expect(err).toContain(message);
      expect(err).toContain("codecell install codex --print");
    }
  });

  test("what is no ordinary file of text", async () => {
    const folder = place();
    mkdirSync(folder.file, { recursive: true });
    const pipe = place("");
    execFileSync("sh", ["-c", 'rm "$0" && mkfifo "$0"', pipe.file]);
    const large = place("{}");
    truncateSync(large.file, 33 * 1024 * 1024);
    const latin = place();
    mkdirSync(dirname(latin.file));
    writeFileSync(latin.file, Buffer.from([0x7b, 0xff, 0x7d]));
    const dangling = place();
    mkdirSync(dirname(dangling.file));
    symlinkSync("nowhere", dangling.file);
    const below = place();
    writeFileSync(dirname(below.file), "a file where a folder should be");
    for (const [at, message] of [
      [folder, "it is not a file"],
      [pipe, "it is not a file"],
      [large, "it has more than 33554432 bytes"],
      [latin, "cannot be read"],
      [dangling, "it is a link to what is not there"],
      [below, "cannot be read: ENOTDIR"],
    ] as const) {
      const { code, err } = await install(at, "cursor", "--yes");
      expect(code).toBe(2);
      expect(err).toContain(message);
      expect(existsSync(at.own)).toBe(false);
    }
  });

  test("a file that nobody may write to", async () => {
    const at = place({ mcpServers: {} });
    chmodSync(at.file, 0o444);
    const { code, err } = await install(at, "cursor", "--yes");
    expect(code).toBe(2);
    expect(err).toContain(`${at.file} is read-only`);
    expect(readdirSync(dirname(at.file))).toEqual(["mcp.json"]);
  });

  test("a folder that cannot be written to", async () => {
    const at = place();
    // Not even root can make a file there.
    const start = { ...at.start, env: { CODEX_HOME: "/proc/self" } };
    const { code, err } = await run(["install", "codex", "--yes"], start);
    expect(code).toBe(2);
    expect(err).toMatch(/config\.toml cannot be written: .*\n {2}It is as it was/);
  });

  test("a link that leads out of a project; one of the user's is followed, and stays one", async () => {
    const at = place({ mcpServers: {} }, "dotfiles/mcp.json");
    execFileSync("chmod", ["640", at.file]);
    for (const folder of [at.start.cwd, at.start.home]) {
      mkdirSync(join(folder, ".cursor"));
      symlinkSync(at.file, join(folder, ".cursor", "mcp.json"));
    }
    const project = await install(at, "cursor", "--project", "--yes");
    expect(project.code).toBe(2);
    expect(project.err).toContain(`it is a link to ${at.file}, which is not in the project`);
    expect(at.json()).toEqual({ mcpServers: {} });
    expect((await install(at, "cursor", "--yes")).code).toBe(0);
    expect(at.json()["mcpServers"]).toHaveProperty("codecell");
    expect(lstatSync(join(at.start.home, ".cursor", "mcp.json")).isSymbolicLink()).toBe(true);
    expect(modeOf(at.file)).toBe(0o640);
  });

  test.each<[args: string[], message: string]>([
    [["install"], "which host? the hosts are claude, claude-desktop"],
    [["install", "emacs"], "there is no host 'emacs'"],
    [["install", "zed", "--yes"], "codecell install zed --print shows what to add"],
    [["install", "claude-desktop", "--project"], "has no config file of a project"],
    [["install", "cursor", "--project", "--user"], "--project and --user are two files"],
    [["install", "cursor", "--move", "--config", "c.json"], "leave --config out"],
    [["install", "cursor", "--move", "--timeout", "soon"], "--timeout is 'soon'"],
    [["install", "cursor", "--config", "none.json", "--yes"], "none.json does not exist"],
    [["install", "codex", "--link"], "only cursor and vscode have"],
    [["uninstall", "cursor", "--move"], "Unknown option '--move'"],
  ])("%j is refused", async (args, message) => {
    const at = place(args.includes("--timeout") ? { mcpServers: {} } : undefined);
    const { code, out, err } = await run(args, at.start);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });
});

describe("--move", () => {
  test("puts behind codecell what connects, leaves the rest, and uninstall puts all back", async () => {
    const locked = await protectedServer();
    const servers = {
      first: {
        ...MEMORY,
        env: { API_KEY: "s3cret-value", MEMORY_FILE_PATH: join(root, "${NOT_SET:-m}.json") },
      },
      broken: { command: "codecell-no-such-command" },
      files: { command: node, args: [server("filesystem"), root] },
      asked: { ...MEMORY, env: { TOKEN: "${input:token}" } },
      off: { ...MEMORY, disabled: true },
      all: { command: node, args: [server("everything")] },
      odd: { command: node, colour: "red" },
      none: "nonsense",
      login: { url: locked.url },
    };
    const at = place({ theme: "dark", mcpServers: servers });
    const before = at.read();
    const { code, out, err } = await install(at, "cursor", "--move", "--yes");
    expect({ code, out }).toEqual({ code: 0, out: "" });
    for (const line of [
      "  = asked: stays: it has ${input:…}, which only Cursor can replace",
      "  = off: stays: it is disabled",
      "  = none: stays: its entry is no object",
      '  = broken: stays: server "broken" did not start',
      "mcpServers.odd.colour is not a known key",
    ])
      expect(err).toContain(line);
    for (const name of ["first", "files", "all"])
      expect(err).toMatch(new RegExp(` {2}- ${name}: \\d+ tools go behind codecell`));
    expect(err).toMatch(/ {2}= login: stays: .*codecell login login/);
    expect(err).toMatch(
      /tool definitions of each conversation: [\d,]+ tokens now, [\d,]+ behind codecell, [\d,]+ tokens less \(o200k_base\)/,
    );
    expect(err).not.toContain("s3cret");
    const { first, files, all, ...staying } = servers;
    expect(at.json()).toEqual({
      theme: "dark",
      mcpServers: {
        ...staying,
        codecell: expect.objectContaining({ command: "npx" }),
      },
    });
    expect(ownServers(at)).toEqual({ first, files, all });
    const folder = dirname(at.own);
    expect(readdirSync(folder).map((name) => modeOf(join(folder, name)))).toEqual([0o600, 0o600]);
    expect(modeOf(folder)).toBe(0o700);
    const tools = await runCli(["tools", "--json", "--config", at.own], at.start);
    expect(tools.out).toContain('"name":"first"');
    expect((await uninstall(at, "cursor", "--yes")).code).toBe(0);
    expect(at.read()).toBe(before);
    expect(existsSync(folder)).toBe(false);
  });

  test("servers of a project are not started before a person has seen them", async () => {
    const marker = join(root, "started");
    const hostile = {
      command: node,
      args: ["-e", `require("fs").writeFileSync(${JSON.stringify(marker)}, "")`],
    };
    const at = place({ mcpServers: { hostile } }, "project/.mcp.json", "claude");
    const { code, err } = await install(at, "claude", "--project", "--move");
    expect(code).toBe(2);
    expect(err).toContain("server hostile starts ");
    expect(err).toContain("nobody can be asked here");
    expect(existsSync(marker)).toBe(false);
  });

  test("what hangs stays, and codecell comes all the same", async () => {
    const at = place({ mcpServers: { slow: HANGING } });
    const { code, err } = await install(at, "cursor", "--move", "--timeout", "1s", "--yes");
    expect(code).toBe(0);
    expect(err).toContain("= slow: stays: it did not list its tools within 1 s");
    expect(Object.keys(at.json()["mcpServers"]!)).toEqual(["slow", "codecell"]);
  });

  const TOML = `# mine
[mcp_servers.memory] # remembers
command = ${JSON.stringify(node)}
args = [
  ${JSON.stringify(server("memory"))}, # the program
]
startup_timeout_sec = 20
env_vars = ["HOME"]

[mcp_servers.memory.env]
A = '''text of
[mcp_servers.memory]
'''

[mcp_servers.plain]
command = "codecell-no-such-command"
enabled_tools = ["a"]

[mcp_servers.literal]
command = "node"
args = ["\${HOME}"]

[tui]
x = 1
`;

  test("of Codex, whose keys have other names", async () => {
    const at = place(TOML, ".codex/config.toml", "codex");
    const { code, err } = await install(at, "codex", "--move", "--yes");
    expect(code).toBe(0);
    expect(err).toContain("- memory: ");
    expect(err).toContain("= plain: stays: ");
    expect(err).toContain("= literal: stays: it has ${…}, which Codex takes as it is written");
    expect(ownServers(at)).toEqual({
      memory: {
        command: node,
        args: [server("memory")],
        env: { A: "text of\n[mcp_servers.memory]\n" },
        env_vars: ["HOME"],
        startup_timeout_sec: 20,
      },
    });
    expect(at.read()).not.toContain("remembers");
    // Codex would not give it to codecell, which has to pass it on.
    expect(at.read()).toMatch(/\[mcp_servers\.codecell\][^[]*\[[^[]*\]\nenv_vars = \[ "HOME" \]/);
    at.write(at.read().replace("x = 1", "x = 2 # changed"));
    expect((await uninstall(at, "codex", "--yes")).code).toBe(0);
    const text = at.read();
    expect(text).toContain("x = 2 # changed");
    expect(text).toContain("startup_timeout_sec = 20");
    expect(text).not.toContain("codecell]");
    expect(text.indexOf("[mcp_servers.memory]")).toBeLessThan(text.indexOf("[mcp_servers.plain]"));
  });

  test("what a person changed or added since is kept, and conflicts are named", async () => {
    const servers = {
      one: TINY,
      two: TINY,
      three: TINY,
      last: { command: "codecell-no-such-command" },
    };
    const at = place({ mcpServers: servers });
    expect((await install(at, "cursor", "--move", "--yes")).code).toBe(0);
    const own = ownServers(at);
    const changed = { ...TINY, env: { NEW: "1" } };
    const added = { command: "mine" };
    writeFileSync(at.own, JSON.stringify({ mcpServers: { ...own, one: changed, added } }));
    const now = at.json()["mcpServers"]!;
    at.write(JSON.stringify({ mcpServers: { ...now, three: { command: "other" }, later: added } }));
    const { code, err } = await uninstall(at, "cursor", "--yes");
    expect(code).toBe(0);
    expect(err).toContain("+ one: comes back");
    expect(err).toContain(`= three: stays as it is; ${at.own} keeps another of this name`);
    expect(err).toContain(`${at.own} stays: it has more`);
    expect(at.json()["mcpServers"]).toEqual({
      one: changed,
      two: TINY,
      last: servers.last,
      three: { command: "other" },
      later: added,
    });
    expect(ownServers(at)).toEqual({ three: TINY, added });
    expect((await uninstall(at, "cursor", "--yes")).err).toContain("there is nothing to do");
    // The one that was kept is not lost to another of its name.
    const again = await install(at, "cursor", "--move", "--yes");
    expect(again.err).toContain("= three: stays: ");
    expect(ownServers(at)).toMatchObject({ one: changed, three: TINY, added });
  });

  test("what is relative to the folder of the host stays", async () => {
    const at = place();
    const file = join(at.start.cwd, "a.env");
    writeFileSync(file, "A=1\n");
    at.write(JSON.stringify({ mcpServers: { one: { ...TINY, envFile: "a.env" } } }));
    const { err } = await install(at, "cursor", "--move", "--yes");
    expect(err).toContain("= one: stays: ");
    expect(err).toContain("mcpServers.one.envFile");
    expect(ownServers(at)).toEqual({});
  });

  test.each<[what: string, between: (at: Place) => Promise<void> | void, wanted?: object]>([
    ["codecell's config is gone", (at) => rmSync(at.own)],
    [
      "the host's file is gone, and codecell is installed again",
      async (at) => {
        rmSync(at.file);
        await install(at, "cursor", "--yes");
      },
    ],
    [
      "another one came, and went behind codecell too",
      async (at) => {
        const servers = at.json()["mcpServers"]!;
        at.write(JSON.stringify({ mcpServers: { ...servers, later: TINY } }));
        await install(at, "cursor", "--move", "--yes");
        expect(Object.keys(ownServers(at))).toHaveLength(3);
      },
      { later: TINY },
    ],
  ])("all come back where %s", async (_what, between, more = {}) => {
    const entry = JSON.stringify(TINY);
    const at = place(`{"mcpServers": {"__proto__": ${entry}, "one": ${entry}}}`);
    const before = at.json();
    expect((await install(at, "cursor", "--move", "--yes")).code).toBe(0);
    await between(at);
    expect((await uninstall(at, "cursor", "--yes")).code).toBe(0);
    const servers = Object.entries({ ...at.json()["mcpServers"] });
    const wanted = [...Object.entries(before["mcpServers"]!), ...Object.entries(more)];
    expect(servers.toSorted()).toEqual(wanted.toSorted());
    expect(existsSync(at.own)).toBe(false);
  });

  /** The process is killed when it has replaced a file that ends so, or just before. */
  const killedAt = (end: string, when: "before" | "after"): Record<string, string> => {
    const source = `
      import fs from "node:fs/promises";
      import { syncBuiltinESMExports } from "node:module";
      const rename = fs.rename;
      fs.rename = async (from, to) => {
        const hit = to.endsWith(${JSON.stringify(end)});
        if (hit && ${when === "before"}) process.kill(process.pid, "SIGKILL");
        await rename(from, to);
        if (hit) process.kill(process.pid, "SIGKILL");
      };
      syncBuiltinESMExports();`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}` };
  };

  test.each<[end: string, when: "before" | "after"]>([
    ["record.json", "after"],
    ["mcp.json", "after"],
  ])("a crash at %s, %s it is written, loses no server", async (end, when) => {
    const at = place({ mcpServers: { memory: TINY } });
    const before = at.read();
    const crashing = { ...at, start: { ...at.start, env: killedAt(end, when) } };
    expect((await installCli(crashing, "cursor", "--move", "--yes")).code).not.toBe(0);
    const isThere = "memory" in at.json()["mcpServers"]!;
    expect(isThere).toBe(!(end === "mcp.json" && when === "after"));
    expect(ownServers(at)).toEqual({ memory: TINY });
    expect((await install(at, "cursor", "--move", "--yes")).code).toBe(0);
    expect(Object.keys(at.json()["mcpServers"]!)).toEqual(["codecell"]);
    expect((await runCli(["uninstall", "cursor", "--yes"], crashing.start)).code === 0).toBe(
      end !== "mcp.json",
    );
    if (end === "mcp.json")
      expect(at.json()["mcpServers"]!["memory"] ?? ownServers(at)["memory"]).toEqual(TINY);
    expect((await uninstall(at, "cursor", "--yes")).code).toBe(0);
    expect(at.read()).toBe(before);
    expect(existsSync(at.own)).toBe(false);
  });
});
