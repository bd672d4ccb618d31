import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findConfig, loadConfig } from "../../src/tools/config/load-config.ts";
import { checkServers, parseConfig } from "../../src/tools/config/parse-config.ts";
import type { ServerConfig } from "../../src/tools/config/server-entry.ts";

const env = { TOKEN: "t0ps3cret", HOST: "example.com", EMPTY: "" };

function parse(config: unknown): ReturnType<typeof parseConfig> {
  return parseConfig(JSON.stringify(config), ".mcp.json", env);
}

function one(entry: unknown): ServerConfig | undefined {
  return parse({ mcpServers: { github: entry } }).servers["github"];
}

describe("a config file", () => {
  test("a process, with variables", () => {
    const entry = {
      command: "npx",
      args: ["-y", "${NOPE:-server}"],
      env: { KEY: "${TOKEN}", RAW: "$TOKEN" },
      cwd: "/${env:HOST}",
    };
    expect(one(entry)).toEqual({
      type: "stdio",
      command: "npx",
      args: ["-y", "server"],
      env: { KEY: "t0ps3cret", RAW: "$TOKEN" },
      cwd: "/example.com",
      startTimeoutMs: 30_000,
      path: ".mcp.json: mcpServers.github",
      secrets: ["t0ps3cret"],
    });
  });

  test.each([
    [undefined, "auto"],
    ["http", "http"],
    ["streamable-http", "http"],
    ["streamableHttp", "http"],
    ["sse", "sse"],
  ])("a url of type %s", (type, expected) => {
    const config = one({
      type,
      url: "https://${HOST}/mcp?key=abcdef",
      headers: { Authorization: "Bearer ${TOKEN}" },
      timeoutMs: 5,
    });
    expect(config).toMatchObject({
      type: expected,
      url: "https://example.com/mcp?key=abcdef",
      headers: { Authorization: "Bearer t0ps3cret" },
    });
    expect(config).toMatchObject({
      timeoutMs: 5,
      secrets: expect.arrayContaining(["abcdef", "Bearer t0ps3cret", "t0ps3cret"]),
    });
  });

  test("servers of VS Code, settings, keys of other hosts, disabled servers", () => {
    const entry = {
      command: "a",
      autoApprove: [],
      alwaysAllow: [],
      description: "x",
      gallery: true,
      version: "1",
      icon: "i",
    };
    const config = parse({
      $schema: "x",
      inputs: [],
      servers: { a: { type: "stdio", ...entry }, b: { command: "b", disabled: true } },
      codecell: { x: 1 },
    });
    expect(Object.keys(config.servers)).toEqual(["a"]);
    expect(config.settings).toEqual({ x: 1 });
    expect(parse({}).servers).toEqual({});
  });

  test("a server may be called anything", () => {
    const config = parseConfig('{"mcpServers":{"__proto__":{"command":"a"}}}', "f", env);
    expect(Object.keys(config.servers)).toEqual(["__proto__"]);
  });

  test.each<[unknown, string]>([
    [
      { comand: "npx" },
      ".mcp.json: mcpServers.github.comand is not a known key; did you mean command?",
    ],
    [{}, '.mcp.json: mcpServers.github needs a "command" (a program to start) or a "url"'],
    [{ command: "a", url: "http://x" }, "mcpServers.github has both a command and a url"],
    [{ command: 3 }, "mcpServers.github.command is a number; it must be a string"],
    [{ command: " " }, "mcpServers.github.command is empty"],
    [
      { command: "a", args: "x" },
      "mcpServers.github.args is a string; it must be an array of strings",
    ],
    [
      { command: "a", args: [1] },
      'mcpServers.github.args[0] is a number; it must be a string: write "1"',
    ],
    [
      { command: "a", env: { PORT: 3 } },
      'mcpServers.github.env.PORT is a number; it must be a string: write "3"',
    ],
    [
      { command: "a", env: [] },
      "mcpServers.github.env is an array; it must be an object of strings",
    ],
    [
      { command: "a", type: "http" },
      'mcpServers.github.type is "http", but the entry has a command',
    ],
    [
      { url: "http://x", type: "ws" },
      'mcpServers.github.type is "ws"; it must be one of stdio, local, http',
    ],
    [{ url: "ftp://x" }, "mcpServers.github.url must be an http:// or https:// address"],
    [{ url: "nonsense" }, "mcpServers.github.url must be an http:// or https:// address"],
    [
      { command: "a", timeoutMs: "1" },
      'mcpServers.github.timeoutMs is "1"; it must be a number of milliseconds',
    ],
    [
      { command: "${MISSING}" },
      "mcpServers.github.command needs the environment variable MISSING, which is not set",
    ],
    [
      { url: "http://x", headers: { A: "${env:MISSING}" } },
      "mcpServers.github.headers.A needs the environment variable MISSING",
    ],
    ["npx", "mcpServers.github is a string; it must be an object like"],
  ])("an entry that is wrong stops itself, and no other: %j", (entry, message) => {
    const { servers, failures } = parse({ mcpServers: { github: entry, good: { command: "a" } } });
    expect(Object.keys(servers)).toEqual(["good"]);
    expect(failures).toEqual({ github: expect.stringContaining(message) });
    expect(() => checkServers({ github: entry }, "mcpServers", env)).toThrow(
      expect.objectContaining({ code: "config_error" }),
    );
  });

  test("the same for the library's own option", () => {
    expect(() => checkServers({ a: { comand: "x" } }, "mcpServers", env)).toThrow(
      /^mcpServers\.a\.comand is not a known key/,
    );
    expect(() => checkServers(3, "mcpServers", env)).toThrow("mcpServers is a number");
  });

  test("a key of another host at the top is a warning, and an error where nothing else is ours", () => {
    const { servers, warnings } = parse({
      globalShortcut: "",
      mcpServers: { a: { command: "a" } },
    });
    expect(Object.keys(servers)).toEqual(["a"]);
    expect(warnings).toEqual([".mcp.json: globalShortcut is not a known key, and has no effect"]);
    expect(() => parse({ globalShortcut: "" })).toThrow(
      "globalShortcut is not a known key; the keys are",
    );
    for (const nonsense of [3, "x", null, [], [{}]])
      expect(() => parse(nonsense)).toThrow("must be an object with mcpServers");
    expect(() => parse({ mcpServers: [] })).toThrow(
      "mcpServers is an array; it must be an object of servers",
    );
  });

  test("an unknown key at the top, an empty default, a byte order mark", () => {
    expect(() => parse({ mcpserver: {} })).toThrow(
      ".mcp.json: mcpserver is not a known key; did you mean mcpServers?",
    );
    expect(one({ command: "${EMPTY:-x}" })).toMatchObject({ command: "x" });
    expect(parseConfig("\uFEFF{}", "f", env).servers).toEqual({});
  });

  test.each([
    ['{\n  "mcpServers": {,}\n}', 2, 18],
    ['{"a": 1', 1, 8],
    ['{\n"a": 1,,\n}', 2, 8],
    ["[,]", 1, 2],
    ['{\n"a": 1 /* x\ny', 2, 8],
    ['{ // c\n"a": 1, /* x\n */ b }', 3, 5],
    ["", 1, 1],
    ['{"a": tru}', 1, 7],
    ['{"a": [1 2]}', 1, 10],
    ["{} x", 1, 4],
    ['{"a": "x\ny"}', 1, 7],
  ])("bad JSON is located: %j", (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(() => parseConfig(text, "f.json", env)).toThrow(
      `f.json is not valid JSON: line ${line}, column ${column}`,
    );
  });
});

describe("finding it", () => {
  let root: string;
  const put = async (name: string, value: unknown): Promise<string> => {
    const file = join(root, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(value));
    return file;
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "codecell-config-"));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  test("in the order .mcp.json, codecell.json, ~/.mcp/servers", async () => {
    const cwd = join(root, "cwd");
    const home = join(root, "home");
    expect(await findConfig(cwd, home)).toBe(undefined);
    await put("home/.mcp/servers/one/config.json", { command: "a" });
    expect(await findConfig(cwd, home)).toBe(join(home, ".mcp/servers"));
    const own = await put("cwd/codecell.json", {});
    expect(await findConfig(cwd, home)).toBe(own);
    const shared = await put("cwd/.mcp.json", {});
    expect(await findConfig(cwd, home)).toBe(shared);
  });

  test("a folder of servers, each alone or as mcpServers", async () => {
    await put("servers/one/config.json", { command: "a" });
    await put("servers/two/config.json", {
      mcpServers: { second: { command: "b" }, third: { url: "http://c" } },
    });
    await mkdir(join(root, "servers/empty"));
    const { servers } = await loadConfig(join(root, "servers"), env);
    expect(Object.keys(servers)).toEqual(["one", "second", "third"]);
    expect(servers["one"]).toMatchObject({
      command: "a",
      path: `${join(root, "servers/one/config.json")}: one`,
    });
    await put("servers/zzz/config.json", { mcpServers: { one: { command: "c" } } });
    const twice = await loadConfig(join(root, "servers"), env);
    expect(twice.servers["one"]).toMatchObject({ command: "a" });
    expect(twice.warnings).toEqual([
      expect.stringContaining("zzz/config.json: mcpServers.one is left out: it is there twice"),
    ]);
  });

  test("in that folder: programs, folders to start in, and what is wrong with one", async () => {
    await put("servers/one/config.json", { command: "a", cwd: "sub", envFile: "vars" });
    await writeFile(join(root, "servers/one/vars"), "A=1");
    await mkdir(join(root, "servers/two/bin"), { recursive: true });
    await writeFile(join(root, "servers/two/bin/server"), "#!/bin/sh\n", { mode: 0o755 });
    await mkdir(join(root, "servers/three/bin"), { recursive: true });
    await writeFile(join(root, "servers/three/bin/server"), "not executable", { mode: 0o644 });
    await put("servers/four/config.json", { comand: "a" });
    await mkdir(join(root, "servers/five"));
    await writeFile(join(root, "servers/five/config.json"), "{ nonsense");
    await mkdir(join(root, "servers/six/config.json"), { recursive: true });
    const { servers, failures, isFolder } = await loadConfig(join(root, "servers"), env);
    expect(isFolder).toBe(true);
    expect(servers).toEqual({
      one: expect.objectContaining({ cwd: join(root, "servers/one/sub"), env: { A: "1" } }),
      two: expect.objectContaining({
        command: join(root, "servers/two/bin/server"),
        cwd: join(root, "servers/two"),
      }),
    });
    expect(failures).toEqual({
      four: expect.stringContaining("comand is not a known key; did you mean command?"),
      five: expect.stringContaining("is not valid JSON: line 1, column 3"),
      three: expect.stringContaining("three/bin/server is not executable; make it so (chmod +x)"),
      six: expect.stringContaining("config.json cannot be read"),
    });
  });

  test("folders may be called anything, and what is no file stops no other", async () => {
    for (const name of ["constructor", "__proto__", "toString"])
      await put(`servers/${name}/config.json`, { command: name });
    await mkdir(join(root, "servers/endless"));
    await symlink("/dev/zero", join(root, "servers/endless/config.json"));
    await mkdir(join(root, "servers/pipe"));
    execFileSync("mkfifo", [join(root, "servers/pipe/config.json")]);
    const { servers, failures, warnings } = await loadConfig(join(root, "servers"), env);
    expect(Object.values(servers)).toMatchObject([
      { command: "__proto__" },
      { command: "constructor" },
      { command: "toString" },
    ]);
    expect(Object.keys(servers)).toEqual(["__proto__", "constructor", "toString"]);
    expect(warnings ?? []).toEqual([]);
    expect(failures).toEqual({
      endless: expect.stringContaining("config.json cannot be read: it is not a file"),
      pipe: expect.stringContaining("config.json cannot be read: it is not a file"),
    });
  });

  test("a file without an end is not read to it", async () => {
    await symlink("/dev/zero", join(root, ".mcp.json"));
    await expect(loadConfig(join(root, ".mcp.json"), env)).rejects.toThrow(
      /\.mcp\.json cannot be read: it has more than 67108864 bytes$/,
    );
  });

  test("a file that is not there", async () => {
    await expect(loadConfig(join(root, "no.json"), env)).rejects.toThrow(
      /^the config file .*no\.json does not exist$/,
    );
  });
});
