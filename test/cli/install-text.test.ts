/** Changes of the config files of hosts: what is not meant stays to the letter. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "../../src/cli/install/change.ts";
import { DocumentError } from "../../src/cli/install/change.ts";
import { edit, serversIn } from "../../src/cli/install/document.ts";
import { HOSTS, hostFile, hostNamed, type Machine } from "../../src/cli/install/hosts.ts";
import {
  entryFor,
  entryText,
  installLinks,
  launcher,
  npxLauncher,
  sharedPath,
} from "../../src/cli/install/entry.ts";
import { VERSION } from "../../src/core/version.ts";

const JSON_FILE = { format: "json", key: "mcpServers" } as const;
const TOML_FILE = { format: "toml", key: "mcp_servers" } as const;
const ENTRY = { command: "npx", args: ["-y", "codecell"] };
const ADD: Change = { name: "codecell", entry: ENTRY };

describe("JSON with comments", () => {
  const lines = [
    "{",
    "    // my servers",
    '    "theme":   "dark",',
    '    "mcpServers": {',
    '        "memory": { "command": "node" },',
    "        /* keep */",
    '        "fs": {"command":"node"}, // fs',
    '        "broken": { "command": "nope" }, // broken',
    "    },",
    "}",
  ];
  const text = `${lines.join("\n")}\n`;
  const own = [
    '        "codecell": {',
    '            "command": "npx",',
    '            "args": ["-y", "codecell"]',
    "        },",
  ];

  test("a server is put in as the last, and every other line stays", () => {
    const wanted = [...lines.slice(0, 8), ...own, ...lines.slice(8)];
    expect(edit(text, JSON_FILE, [ADD])).toBe(`${wanted.join("\n")}\n`);
  });

  test("with line ends, tabs and a byte order mark of its own", () => {
    const other = (source: string): string =>
      `\uFEFF${source.replaceAll("    ", "\t").replaceAll("\n", "\r\n")}`;
    expect(edit(other(text), JSON_FILE, [ADD])).toBe(other(edit(text, JSON_FILE, [ADD])));
  });

  test("servers are taken out, and come back where they were", () => {
    const out = edit(text, JSON_FILE, [{ name: "memory" }, { name: "broken" }]);
    expect(out.split("\n")).toEqual([
      ...lines.slice(0, 4),
      ...lines.slice(5, 7),
      ...lines.slice(8),
      "",
    ]);
    const back = edit(out, JSON_FILE, [
      { name: "broken", entry: { command: "nope" }, before: [] },
      { name: "memory", entry: { command: "node" }, before: ["fs", "broken"] },
    ]);
    expect(serversIn(back, JSON_FILE)).toEqual(serversIn(text, JSON_FILE));
    expect(Object.keys(serversIn(back, JSON_FILE))).toEqual(["memory", "fs", "broken"]);
  });

  test("an entry that is there is changed key by key", () => {
    const old = `{\n  "mcpServers": {\n    "codecell": {\n      "command": "old", // why\n      "disabled": true\n    }\n  }\n}`;
    const changed = edit(old, JSON_FILE, [
      { name: "codecell", entry: { command: "npx", disabled: true } },
    ]);
    expect(changed).toBe(old.replace("old", "npx"));
  });

  test.each<[text: string, after: string]>([
    [
      "",
      '{\n  "mcpServers": {\n    "codecell": {\n      "command": "npx",\n      "args": ["-y", "codecell"]\n    }\n  }\n}\n',
    ],
    [
      '{"mcpServers":{"a":1}}',
      '{"mcpServers":{"a":1,"codecell":{"command":"npx","args":["-y","codecell"]}}}',
    ],
    ['{"a": 1}', '{"a": 1, "mcpServers": {"codecell":{"command":"npx","args":["-y","codecell"]}}}'],
  ])("%j becomes %j", (before, after) => {
    expect(edit(before, JSON_FILE, [ADD])).toBe(after);
  });

  test.each<[text: string, message: string]>([
    ['{\n  "a": oops }', "it is not valid JSON: line 2, column 8"],
    ["[1]", "it holds an array"],
    ['{"mcpServers": []}', "mcpServers is an array"],
    ['{"mcpServers": null}', "mcpServers is null"],
    ["[".repeat(200_000), "it is nested too deep"],
    ["\0\0", "it is not valid JSON: line 1, column 1"],
  ])("%.30j is refused", (bad, message) => {
    expect(() => edit(bad, JSON_FILE, [ADD])).toThrow(message);
    expect(() => edit(bad, JSON_FILE, [ADD])).toThrow(DocumentError);
  });

  test("a line of slashes after the last server", () => {
    const line = "/".repeat(100);
    const marked = `{"mcpServers": {\n  "a": {}\n${line}\n}}`;
    expect(edit(edit(marked, JSON_FILE, [ADD]), JSON_FILE, [{ name: "codecell" }])).toBe(marked);
  });

  test("of two entries with one name none is guessed", () => {
    const double = '{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}';
    expect(() => edit(double, JSON_FILE, [{ name: "a" }])).toThrow("cannot be changed safely");
  });
});

describe("TOML", () => {
  const text = `model = "x" # the model
# servers
[mcp_servers.a]
command = "node" # c
args = [
  "x", # ]
]

[mcp_servers.a.env]
A = """more
[mcp_servers.fake]
"""

[profiles."a.b"]
b = { c = 1979-05-27 }
`;
  const table = '[mcp_servers.codecell]\ncommand = "npx"\nargs = [ "-y", "codecell" ]\n';

  test("a table is added at the end, others are cut with what is in them", () => {
    expect(edit(text, TOML_FILE, [ADD])).toBe(`${text}\n${table}`);
    const out = edit(text, TOML_FILE, [ADD, { name: "a" }]);
    expect(out).toBe(
      `model = "x" # the model\n# servers\n\n[profiles."a.b"]\nb = { c = 1979-05-27 }\n\n${table}`,
    );
  });

  test("line ends stay, and what comes back stands before what followed it", () => {
    const crlf = `[mcp_servers.b]\ncommand = "b"\n`.replaceAll("\n", "\r\n");
    expect(edit(crlf, TOML_FILE, [{ ...ADD, before: ["x", "b"] }])).toBe(
      `${table}\n`.replaceAll("\n", "\r\n") + crlf,
    );
  });

  test("dotted keys and inline tables are cut too", () => {
    const dotted =
      'mcp_servers.a.command = "x"\nmcp_servers.a.args = []\nmcp_servers.b = { command = "y" }\n';
    expect(edit(dotted, TOML_FILE, [{ name: "a" }])).toBe('mcp_servers.b = { command = "y" }\n');
    const inline = "[mcp_servers]\na = { command = 'x' }\n\"b c\".command = 'y'\n";
    expect(edit(inline, TOML_FILE, [{ name: "b c" }])).toBe(
      "[mcp_servers]\na = { command = 'x' }\n",
    );
    expect(edit(inline, TOML_FILE, [{ name: "a" }, ADD])).toBe(
      `[mcp_servers]\n"b c".command = 'y'\n\n${table}`,
    );
  });

  test("an entry that is there is written anew in its place", () => {
    const old = `[mcp_servers.codecell]\ncommand = "old"\n\n[x]\ny = 1\n`;
    expect(edit(old, TOML_FILE, [ADD])).toBe(`${table}\n[x]\ny = 1\n`);
  });

  test.each<[text: string, message: string]>([
    ["a = 1\nb = = 2", "it is not valid TOML: line 2, column 5"],
    ["mcp_servers = { a = { command = 'x' } }", "cannot be changed safely"],
    ["mcp_servers = 1", "mcp_servers is a number"],
    [`a = ${"[".repeat(100_000)}`, "it is"],
  ])("%.40j is refused", (bad, message) => {
    expect(() => edit(bad, TOML_FILE, [ADD])).toThrow(message);
    expect(() => edit(bad, TOML_FILE, [ADD])).toThrow(DocumentError);
  });
});

test("whatever a file holds, exactly the change happens, or nothing", () => {
  const name = fc.constantFrom("a", "b", "codecell", "x y", 'q"', "ü.z");
  const entry = fc.record({ command: fc.string(), args: fc.array(fc.string(), { maxLength: 2 }) });
  const servers = fc.dictionary(name, entry, { maxKeys: 4 });
  const rest = fc.dictionary(fc.constantFrom("theme", "n"), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 2,
  });
  const change = fc.record({ name, entry: fc.option(entry, { nil: undefined }) });
  const indent = fc.constantFrom(undefined, 2, "\t");
  const property = fc.property(
    servers,
    rest,
    fc.array(change, { maxLength: 4 }),
    indent,
    (all, other, changes, space) => {
      const root = { ...other, mcpServers: all };
      const made = changes.map(({ name: key, entry: value }): Change =>
        value === undefined ? { name: key } : { name: key, entry: value },
      );
      const wanted = new Map<string, unknown>(Object.entries(all));
      for (const each of made)
        if (each.entry === undefined) wanted.delete(each.name);
        else wanted.set(each.name, each.entry);
      const after: unknown = JSON.parse(
        edit(JSON.stringify(root, undefined, space), JSON_FILE, made),
      );
      expect(after).toEqual({ ...other, mcpServers: Object.fromEntries(wanted) });
    },
  );
  fc.assert(property, { numRuns: 300 });
});

describe("places", () => {
  const machine = (platform: NodeJS.Platform, env: Machine["env"] = {}): Machine => ({
    platform,
    home: platform === "win32" ? "C:\\Users\\ann" : "/home/ann",
    env,
  });
  const LINUX = machine("linux");
  const MAC = machine("darwin");
  const WINDOWS = machine("win32");

  test.each<[host: string, machine: Machine, path: string]>([
    ["claude", LINUX, "/home/ann/.claude.json"],
    ["claude", machine("linux", { CLAUDE_CONFIG_DIR: "/c" }), "/c/.claude.json"],
    ["claude", WINDOWS, "C:\\Users\\ann\\.claude.json"],
    ["claude-desktop", LINUX, "/home/ann/.config/Claude/claude_desktop_config.json"],
    [
      "claude-desktop",
      MAC,
      "/home/ann/Library/Application Support/Claude/claude_desktop_config.json",
    ],
    [
      "claude-desktop",
      machine("win32", { APPDATA: "D:\\A" }),
      "D:\\A\\Claude\\claude_desktop_config.json",
    ],
    [
      "claude-desktop",
      WINDOWS,
      "C:\\Users\\ann\\AppData\\Roaming\\Claude\\claude_desktop_config.json",
    ],
    ["cursor", MAC, "/home/ann/.cursor/mcp.json"],
    ["cursor", WINDOWS, "C:\\Users\\ann\\.cursor\\mcp.json"],
    ["vscode", LINUX, "/home/ann/.config/Code/User/mcp.json"],
    ["vscode", machine("linux", { XDG_CONFIG_HOME: "/x" }), "/x/Code/User/mcp.json"],
    ["vscode", MAC, "/home/ann/Library/Application Support/Code/User/mcp.json"],
    ["vscode", WINDOWS, "C:\\Users\\ann\\AppData\\Roaming\\Code\\User\\mcp.json"],
    ["codex", LINUX, "/home/ann/.codex/config.toml"],
    ["codex", machine("darwin", { CODEX_HOME: "/k" }), "/k/config.toml"],
    ["windsurf", LINUX, "/home/ann/.codeium/windsurf/mcp_config.json"],
    [
      "cline",
      MAC,
      "/home/ann/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
    ],
    ["zed", MAC, "/home/ann/.config/zed/settings.json"],
    ["zed", WINDOWS, "C:\\Users\\ann\\AppData\\Roaming\\Zed\\settings.json"],
    ["gemini-cli", LINUX, "/home/ann/.gemini/settings.json"],
  ])("%s", (host, on, path) => {
    expect(hostFile(hostNamed(host), on)).toBe(path);
  });

  test("of a project", () => {
    const paths = Object.keys(HOSTS).map((name) => {
      try {
        return hostFile(hostNamed(name), LINUX, "/p");
      } catch (error) {
        return String(error);
      }
    });
    expect(paths).toEqual([
      "/p/.mcp.json",
      expect.stringContaining("Claude Desktop has no config file of a project"),
      "/p/.cursor/mcp.json",
      "/p/.vscode/mcp.json",
      "/p/.codex/config.toml",
      expect.stringContaining("Windsurf has no"),
      expect.stringContaining("Cline has no"),
      "/p/.zed/settings.json",
      "/p/.gemini/settings.json",
    ]);
  });

  test("a name that is none", () => {
    expect(() => hostNamed("cursr")).toThrow("did you mean cursor?");
    expect(() => hostNamed("__proto__")).toThrow("there is no host '__proto__'; the hosts are");
    expect(() => hostNamed(undefined)).toThrow("which host?");
  });
});

describe("entries", () => {
  const npx = ["-y", `codecell@${VERSION}`];

  test("an installation is started by its path, the cache of npx by npx, and on Windows through cmd", () => {
    expect(launcher("/lib/codecell/dist/cli/start.js", "/bin/node", "linux")).toEqual({
      command: "/bin/node",
      args: ["/lib/codecell/dist/cli/start.js"],
    });
    const cached = "/home/ann/.npm/_npx/1a/node_modules/codecell/dist/cli/start.js";
    expect(launcher(cached, "/bin/node", "linux")).toEqual({ command: "npx", args: npx });
    expect(launcher("C:\\c\\_npx\\1a\\main.js", "node.exe", "win32")).toEqual({
      command: "cmd",
      args: ["/c", "npx", ...npx],
    });
  });

  test("in the form of each host", () => {
    const texts = Object.values(HOSTS).map((host) =>
      entryText(host, entryFor(host, npxLauncher("linux"), "/c.json")),
    );
    for (const [at, host] of Object.values(HOSTS).entries())
      expect(serversIn(texts[at]!, host)).toEqual({
        codecell: {
          ...(host === HOSTS["vscode"] ? { type: "stdio" } : {}),
          command: "npx",
          args: [...npx, "mcp", "--config", "/c.json"],
        },
      });
    expect(texts[4]).toContain("[mcp_servers.codecell]\n");
  });

  test("a config file in a shared project is named without this machine's path", () => {
    const path = (host: string, file: string): string => sharedPath(hostNamed(host), "/p", file);
    expect(path("claude", "/p/codecell.json")).toBe("codecell.json");
    expect(path("vscode", "/p/etc/codecell.json")).toBe("${workspaceFolder}/etc/codecell.json");
    expect(path("cursor", "/elsewhere/c.json")).toBe("/elsewhere/c.json");
    expect(path("cursor", "/p..q/c.json")).toBe("/p..q/c.json");
  });

  test("links hold the entry", () => {
    const cursor = entryFor(hostNamed("cursor"), npxLauncher("linux"), "/a b/ü+&.json");
    const vscode = entryFor(hostNamed("vscode"), npxLauncher("linux"), "/a b/ü+&.json");
    for (const link of Object.values(installLinks("cursor", cursor))) {
      const query = new URL(link).searchParams;
      expect(query.get("name")).toBe("codecell");
      const config = Buffer.from(query.get("config")!, "base64").toString("utf8");
      expect(JSON.parse(config)).toEqual(cursor);
    }
    const { app, web } = installLinks("vscode", vscode);
    expect(app).toMatch(/^vscode:mcp\/install\?/);
    expect(JSON.parse(decodeURIComponent(new URL(app).search.slice(1)))).toEqual({
      name: "codecell",
      ...vscode,
    });
    expect(JSON.parse(new URL(web).searchParams.get("config")!)).toEqual(vscode);
    expect(() => installLinks("zed", cursor)).toThrow("only cursor and vscode have");
  });
});
