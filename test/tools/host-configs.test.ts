/** Config files as other hosts write them: comments, spellings, inputs, lists of tools. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConfigFile, createRuntime, loadConfig } from "../../src/index.ts";
import { parseConfig } from "../../src/tools/config/parse-config.ts";

const BASIC = join(import.meta.dirname, "../../fixtures/servers/basic.ts");
const env = { A: "a", B: "b", TOKEN: "t0ps3cret", EMPTY: "" };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "codecell-hosts-"));
  await mkdir(join(root, ".vscode"));
  await writeFile(
    join(root, ".env"),
    '# comment\nONE=1\nTOKEN="quoted value" # more\nexport TWO=2\n',
  );
});
afterAll(async () => await rm(root, { recursive: true }));

function parse(text: string | object, variables: Record<string, string> = env): ConfigFile {
  const json = typeof text === "string" ? text : JSON.stringify(text);
  return parseConfig(json, join(root, ".vscode/mcp.json"), variables);
}

function one(entry: object, more: object = {}, variables: Record<string, string> = env) {
  const { servers, failures } = parse({ servers: { x: entry }, ...more }, variables);
  return failures?.["x"] ?? servers["x"];
}

describe("JSON with comments", () => {
  test("comments and trailing commas", () => {
    const text = `// of VS Code
      { /* all
           servers */
        "servers": { "x": { "command": "http://no.comment", "args": ["/* none */", "b,",], }, },
      } // end`;
    expect(parse(text).servers["x"]).toMatchObject({
      command: "http://no.comment",
      args: ["/* none */", "b,"],
    });
  });

  test("a hostile text takes linear time, and deep nesting does not break it", () => {
    for (const part of ["/*", "/**/", ",", "[", "//\n", '"', "[,", "\\"])
      expect(() => parse(part.repeat(200_000))).toThrow("is not valid JSON: line");
    expect(() => parse(`{"a": "${"x".repeat(10_000_000)}",, }`)).toThrow(
      "is not valid JSON: line 1, column 10000010",
    );
    expect(() => parse(`{"servers":${"[".repeat(100_000)}${"]".repeat(100_000)},}`)).toThrow();
  });
});

describe("variables", () => {
  test.each([
    ["${A:-${B}/x}", "a"],
    ["${NO:-${B}/x}", "b/x"],
    ["${NO:-${NEITHER:-${B}}-${A}}/y", "b-a/y"],
    ["${EMPTY:-x}", "x"],
    ["${NO:-}", ""],
    ["${env:A}", "a"],
    ["${A", "${A"],
    ["${ A }", "${ A }"],
    ["a}b${A}}", "a}ba}"],
    ["${${A}}", "${a}"],
    ["${A:-${NOT_NEEDED}}", "a"],
    ["$A ${}", "$A ${}"],
    ["${toString}", "${toString}"],
  ])("%s is %s", (text, value) => {
    if (text === "${toString}")
      expect(one({ command: "a", args: [text] })).toContain("the environment variable toString");
    else expect(one({ command: "a", args: [text] })).toMatchObject({ args: [value] });
  });

  test("folders of editors, and the home folder", () => {
    const entry = {
      command: "~/bin/${workspaceFolderBasename}",
      args: ["${workspaceFolder}/a${pathSeparator}b${/}", "${userHome}"],
      cwd: "~",
    };
    const name = root.split("/").at(-1)!;
    expect(one(entry)).toMatchObject({
      command: join(homedir(), "bin", name),
      args: [`${root}/a/b/`, homedir()],
      cwd: homedir(),
    });
  });

  test("what only an editor knows is an error, and so is nesting without measure", () => {
    for (const word of ["command:pick", "config:a.b", "workspaceFolder:other", "file"])
      expect(one({ command: `\${${word}}` })).toContain("which only an editor can know");
    expect(one({ command: "${NO:-".repeat(50) + "}".repeat(50) })).toContain(
      "more than 20 defaults",
    );
    expect(one({ command: "${A:-".repeat(20_000) + "}".repeat(20_000) })).toMatchObject({
      command: "a",
    });
    expect(one({ command: `\${${"A".repeat(5_000)}}` })).toContain(`${"A".repeat(200)}…, which`);
    expect(one({ command: "${NO:-".repeat(20_000) })).toMatchObject({ type: "stdio" });
  });
});

describe("inputs", () => {
  const inputs = [
    { id: "api-key", type: "promptString", description: "Key of the API", password: true },
    { id: "mode", type: "pickString", options: ["fast", "slow"], default: "fast" },
    { id: "any", type: "pickString", options: [] },
    { id: "\u5bc6\u7801", default: "1" },
    { id: "\u7528\u6237", default: "2" },
    { id: "literal", default: "${TOKEN}" },
  ];

  test("come from variables, else from their default", () => {
    const entry = { command: "a", env: { KEY: "${input:api-key}", MODE: "${input:mode}" } };
    const variables = { CODECELL_INPUT_API_KEY: "swordfish", CODECELL_INPUT_MODE: "slow" };
    const config = one(entry, { inputs }, variables);
    expect(config).toMatchObject({ env: { KEY: "swordfish", MODE: "slow" } });
    expect(config).toMatchObject({ secrets: expect.arrayContaining(["swordfish"]) });
    expect(one({ command: "a", args: ["${input:mode}"] }, { inputs })).toMatchObject({
      args: ["fast"],
    });
    // What a value holds is not looked for in it again.
    expect(one({ command: "a", args: ["${input:literal}"] }, { inputs })).toMatchObject({
      args: ["${TOKEN}"],
    });
  });

  test.each([
    [
      "${input:api-key}",
      'env.K needs the input "api-key" (Key of the API); set the environment variable CODECELL_INPUT_API_KEY',
    ],
    ["${input:api-kye}", "inputs does not have; did you mean api-key?"],
    ["${input:any}", "inputs[2].options must be an array of strings"],
    ["${input:constructor}", "inputs does not have"],
    ["${input:\u001b[2J\n}", "has ${input:\\x1b[2J\\n}, which"],
    [`\${input:${"x".repeat(5_000)}}`, `${"x".repeat(200)}…}, which`],
    [
      "${input:\u5bc6\u7801}",
      'inputs[3].id and that of the input "\u7528\u6237" are both the variable CODECELL_INPUT__; rename one',
    ],
  ])("%s is an error that says how to give it", (text, message) => {
    expect(one({ command: "a", env: { K: text } }, { inputs })).toContain(message);
  });

  test("nonsense in their list", () => {
    const entry = { command: "a", env: { K: "${input:x}" } };
    expect(one(entry)).toContain("inputs does not have");
    expect(one(entry, { inputs: 3 })).toContain("inputs must be an array");
    expect(one(entry, { inputs: [null, 3, { id: "x", typ: 1 }] })).toContain(
      "inputs[2].typ is not a known key",
    );
    expect(
      one(
        entry,
        { inputs: [{ id: "x", type: "pickString", options: ["1"] }] },
        { CODECELL_INPUT_X: "2" },
      ),
    ).toContain("CODECELL_INPUT_X, for");
  });

  test("are asked for once each, those of servers that start", async () => {
    const file = join(root, "inputs.json");
    const servers = {
      a: {
        command: "a",
        env: { K: "${input:api-key}", L: "${input:api-key}", M: "${input:mode}" },
      },
      b: { command: "b", disabled: true, env: { K: "${input:any}" } },
    };
    await writeFile(file, JSON.stringify({ inputs, servers }));
    const asked: string[] = [];
    const { servers: read } = await loadConfig(
      file,
      { CODECELL_INPUT_MODE: "slow" },
      async (requests) => {
        asked.push(...requests.map(({ id, isSecret }) => `${id} ${isSecret}`));
        return { CODECELL_INPUT_API_KEY: "typed" };
      },
    );
    expect(asked).toEqual(["api-key true"]);
    expect(read["a"]).toMatchObject({ env: { K: "typed", L: "typed", M: "slow" } });
  });
});

describe("an envFile", () => {
  test("is read from the folder of the config; env wins, and its values are secrets", () => {
    expect(one({ command: "a", envFile: ".env", env: { ONE: "2" } })).toMatchObject({
      env: { ONE: "2", TOKEN: "quoted value", TWO: "2" },
      secrets: expect.arrayContaining(["quoted value"]),
    });
    expect(one({ command: "a", envFile: "${workspaceFolder}/.env" })).toMatchObject({
      env: { ONE: "1" },
    });
  });

  test.each([
    ["nope.env", /envFile names .*nope\.env, which does not exist/],
    [".", /which cannot be read: it is not a file/],
    ["/dev/zero", /which cannot be read: it is not a file/],
    ["big.env", /which cannot be read: it has more than 1048576 bytes/],
    ["a\u0000b", /x\.envFile has a NUL character; remove it/],
  ])("%s is an error", async (envFile, message) => {
    await writeFile(join(root, "big.env"), "A=1\n".repeat(500_000));
    expect(one({ command: "a", envFile })).toMatch(message);
  });

  test("an error does not show what a variable in its path holds", () => {
    const failure = one({ command: "a", envFile: "${TOKEN}/.env" });
    expect(failure).toContain("[redacted]/.env, which does not exist");
    expect(failure).not.toContain(env.TOKEN);
  });
});

describe("spellings of hosts", () => {
  test.each<[object, object]>([
    [{ serverUrl: "https://a.example/mcp" }, { type: "auto", url: "https://a.example/mcp" }],
    [{ httpUrl: "https://a.example/mcp" }, { type: "http", url: "https://a.example/mcp" }],
    [{ url: "https://a.example", type: "streamable_http" }, { type: "http" }],
    [{ url: "https://a.example", transport: "sse" }, { type: "sse" }],
    [{ url: "https://a.example", transportType: "streamable-http" }, { type: "http" }],
    [{ url: "https://a.example", type: "remote" }, { type: "auto" }],
    [{ command: "a", type: "local", source: "custom" }, { type: "stdio" }],
    [{ command: "a", timeout: 60 }, { timeoutMs: 60_000 }],
    [{ command: "a", timeout: 600_000 }, { timeoutMs: 600_000 }],
    [{ command: "a", timeout: 60, timeoutMs: 5 }, { timeoutMs: 5 }],
    [
      { command: "a", tool_timeout_sec: 2.5, startup_timeout_sec: 20 },
      { timeoutMs: 2_500, startTimeoutMs: 20_000 },
    ],
    [{ command: "a", startup_timeout_ms: 7 }, { startTimeoutMs: 7 }],
    [
      {
        url: "https://a.example",
        bearer_token_env_var: "TOKEN",
        env_http_headers: { "X-A": "A" },
        http_headers: { "X-B": "b" },
      },
      { headers: { Authorization: "Bearer t0ps3cret", "X-A": "a", "X-B": "b" } },
    ],
    [
      { command: "a", env_vars: ["TOKEN", "NO"], inheritEnv: false },
      { env: { TOKEN: "t0ps3cret" }, inheritEnv: false, secrets: ["t0ps3cret"] },
    ],
  ])("%j", (entry, expected) => {
    expect(one(entry)).toMatchObject(expected);
  });

  test.each([
    [{ command: "a", disabled: true }],
    [{ command: "a", enabled: false }],
    [{ command: "a", enable: false }],
    [{ command: "a", active: false }],
    [{ command: "a", isActive: false }],
    [{ comand: "even wrong", disabled: true }],
  ])("%j is off", (entry) => {
    expect(one(entry)).toBe(undefined);
  });

  test.each<[object, string]>([
    [
      { url: "https://a.example", serverUrl: "https://b.example" },
      "has both a url and a serverUrl; keep one",
    ],
    [{ command: "a", httpUrl: "https://b.example" }, "has both a command and a httpUrl"],
    [{ command: "a", transport: "sse" }, 'transport is "sse", but the entry has a command'],
    [{ serverUrl: "nonsense" }, "serverUrl must be an http:// or https:// address"],
    [{ command: "a", timeout: 0 }, "timeout is 0; it must be a number of seconds up to 3600"],
    [
      { command: "a", disabledTools: "x" },
      "disabledTools is a string; it must be an array of names",
    ],
    [{ command: "a", tools: { x: true } }, "tools is an object; it must be an array of names"],
    [
      { command: "a", alwaysAllow: 3 },
      "alwaysAllow is a number; it must be true, false or an array of names",
    ],
    [{ command: "a", sandboxEnabled: true }, "sandboxEnabled is not a known key"],
    [{ command: "a", inheritEnv: 1 }, "inheritEnv must be true, false or an array of names"],
    [{ url: "https://a.example", bearer_token_env_var: "NO" }, "needs the environment variable NO"],
    [{ command: "a", disabled: "yes" }, "disabled must be true or false"],
    [{ command: "a", args: ["t0ps3cret\u0000"] }, "x.args[0] has a NUL character; remove it"],
  ])("%j is an error of that entry", (entry, message) => {
    expect(one(entry)).toContain(message);
  });

  test.each(["mcpServers", "servers", "mcp_servers", "context_servers"])("%s", (key) => {
    expect(parse({ [key]: { x: { command: "a" } } }).servers["x"]).toMatchObject({ command: "a" });
  });

  test("settings of VS Code have them one level down, and with two of one name the last counts", () => {
    const config = parse({
      "editor.fontSize": 12,
      mcp: { inputs: [{ id: "i", default: "v" }], servers: { x: { command: "${input:i}" } } },
      mcpServers: { y: { command: "b" } },
      servers: { y: { command: "a" } },
    });
    expect(config.servers).toMatchObject({ x: { command: "v" }, y: { command: "b" } });
    expect(config.warnings).toEqual([
      expect.stringContaining("editor.fontSize is not a known key, and has no effect"),
      expect.stringContaining("servers.y is left out: its name is there again"),
    ]);
  });
});

test("a file full of settings of its host is one warning, and a slip an error", () => {
  const mcpServers = { x: { command: "a" } };
  const config = parse({
    a: 1,
    b: 2,
    c: 3,
    disabledMcpServers: [],
    "chat.mcp.enabled": true,
    mcpServers,
  });
  expect(config.warnings).toEqual([
    expect.stringContaining("mcp.json: a, b, c and 2 more are not known keys, and have no effect"),
  ]);
  expect(parse({ mcp: { excluded: ["x"] }, mcpServers }).warnings).toEqual([
    expect.stringContaining("mcp.json: mcp.excluded is not a known key, and has no effect"),
  ]);
  expect(() => parse({ codecel: {}, mcpServers })).toThrow(
    "codecel is not a known key; did you mean codecell?",
  );
});

describe("in a runtime", () => {
  const server = { command: process.execPath, args: [BASIC] };

  test("a wrong entry and one that does not start are failures; the others connect", async () => {
    const file = join(root, "some-wrong.json");
    const mcpServers = {
      good: server,
      typo: { comand: "npx" },
      unset: { command: "a", env: { K: "${NOT_SET_HERE}" } },
      gone: { command: join(root, "no-such-program") },
      huge: { command: "cat", args: ["x".repeat(4_000_000)] },
    };
    await writeFile(file, JSON.stringify({ mcpServers }));
    await using runtime = await createRuntime({
      config: file,
      engine: "quickjs",
      placement: "inline",
    });
    const { servers } = runtime.describe();
    const reason = (name: string): string | undefined =>
      servers.find((each) => each.name === name)?.failure;
    expect(servers.find(({ name }) => name === "good")?.tools).toBeGreaterThan(5);
    expect(reason("typo")).toContain(
      `${file}: mcpServers.typo.comand is not a known key; did you mean command?`,
    );
    expect(reason("unset")).toContain(
      "mcpServers.unset.env.K needs the environment variable NOT_SET_HERE",
    );
    expect(reason("gone")).toContain("was not found");
    expect(reason("huge")).toContain("the command 'cat' cannot be run: spawn E2BIG");
    const result = await runtime.run("await tools.typo.anything()");
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "tool_error",
        message: expect.stringContaining(
          'server "typo" did not start: its entry in the config is wrong',
        ),
      },
    });
    expect(JSON.stringify(result)).not.toContain(root);
    // The caller's own entry takes the place of a wrong one.
    await using repaired = await createRuntime({
      config: file,
      mcpServers: { typo: server },
      engine: "quickjs",
      placement: "inline",
    });
    expect(repaired.describe().servers.find(({ name }) => name === "typo")).not.toHaveProperty(
      "failure",
    );
    await expect(
      createRuntime({ mcpServers: { typo: { comand: "npx" } as never } }),
    ).rejects.toThrow("mcpServers.typo.comand is not a known key");
  });

  test("lists of tools limit what there is", async () => {
    await using runtime = await createRuntime({
      engine: "quickjs",
      placement: "inline",
      mcpServers: {
        some: { ...server, allowedTools: ["e*", "create_issue", "ech"], disabledTools: ["env"] },
        both: {
          ...server,
          tools: ["e*", "pid"],
          includeTools: ["p?d", "env"],
          alwaysAllow: ["pid"],
        },
        none: { ...server, disabledTools: ["*"] },
      },
    });
    const result = await runtime.run(`
      const names = async (server) => (await listTools(server)).map((tool) => tool.name);
      const failure = async (call) => await call().then(() => "it ran", (error) => error.code + ": " + error.message);
      return {
        some: await names("some"), both: await names("both"), none: await names("none"),
        echo: await tools.some.echo({ a: 1 }),
        off: await failure(() => tools.some.env({})),
        spelled: await failure(() => tools.some["rpcError"]({})),
        called: await failure(() => callTool("both", "echo", {})),
        typo: await failure(() => tools.some.creat_issue({})),
      };`);
    expect(result).toMatchObject({ ok: true });
    const value = (result as { value: Record<string, unknown> }).value;
    expect(value["some"]).toEqual(["create_issue", "echo"]);
    expect(value["both"]).toEqual(["env", "pid"]);
    expect(value["none"]).toEqual([]);
    expect(value["off"]).toBe("unknown_tool: some.env is turned off in codecell's config");
    expect(value["spelled"]).toBe("unknown_tool: some.rpcError is turned off in codecell's config");
    expect(value["called"]).toBe("unknown_tool: both.echo is turned off in codecell's config");
    expect(value["typo"]).toContain("did you mean some.create_issue");
    const { warnings } = runtime.describe();
    expect(warnings).toContainEqual(
      expect.stringContaining(
        "some: its config names tools that the server does not have: ech (did you mean echo?)",
      ),
    );
    expect(warnings).toContainEqual(
      expect.stringContaining(
        "mcpServers.both: alwaysAllow has no effect: codecell asks for no approval",
      ),
    );
  });
});
