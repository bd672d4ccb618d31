/** Where MCP hosts keep their servers: one table for all platforms. */
import { posix, win32 } from "node:path";
import { nearest } from "../../core/nearest.ts";
import { configError } from "../../core/setting-errors.ts";

/** The machine that a path is for. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** The user's home. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A host, and what its config file looks like. */
export interface Host {
  /** Its name for people. */
  readonly title: string;
  readonly format: "json" | "toml";
  /** The key of its file that holds the servers by name. */
  readonly key: string;
  /** Its entries say `"type": "stdio"`. */
  readonly typed?: true;
  /** It replaces no `${…}` in its texts. */
  readonly isLiteral?: true;
  /** Only shown, by `--print`: its file is not changed. */
  readonly printOnly?: true;
  /** What it replaces by the project's folder, and starts servers elsewhere. Absent: it starts them in that folder. */
  readonly folderVariable?: string;
  /** Path of the user's file. */
  readonly user: (machine: Machine) => string;
  /** Path of a project's file, in the project. */
  readonly project?: readonly string[];
  /** What makes it see the change. */
  readonly restart: string;
}

const pathOf = ({ platform }: Machine): typeof posix => (platform === "win32" ? win32 : posix);

const inHome =
  (...parts: string[]) =>
  (machine: Machine): string =>
    pathOf(machine).join(machine.home, ...parts);

/** In a folder that an environment variable may name. */
const inFolder =
  (variable: string, folder: string, ...parts: string[]) =>
  (machine: Machine): string =>
    pathOf(machine).join(
      machine.env[variable] || pathOf(machine).join(machine.home, folder),
      ...parts,
    );

/** Where programs with a window keep their settings. */
function appFolder(machine: Machine): string {
  const { platform, home, env } = machine;
  if (platform === "win32") return env["APPDATA"] || win32.join(home, "AppData", "Roaming");
  if (platform === "darwin") return posix.join(home, "Library", "Application Support");
  return env["XDG_CONFIG_HOME"] || posix.join(home, ".config");
}

const inApps =
  (...parts: string[]) =>
  (machine: Machine): string =>
    pathOf(machine).join(appFolder(machine), ...parts);

const MCP_SERVERS = { format: "json", key: "mcpServers" } as const;

export const HOSTS: Readonly<Record<string, Host>> = {
  claude: {
    ...MCP_SERVERS,
    title: "Claude Code",
    user: inFolder("CLAUDE_CONFIG_DIR", "", ".claude.json"),
    project: [".mcp.json"],
    restart: "Start Claude Code anew; /mcp shows its servers.",
  },
  "claude-desktop": {
    ...MCP_SERVERS,
    title: "Claude Desktop",
    isLiteral: true,
    user: inApps("Claude", "claude_desktop_config.json"),
    restart: "Quit Claude Desktop and start it anew.",
  },
  cursor: {
    ...MCP_SERVERS,
    title: "Cursor",
    folderVariable: "${workspaceFolder}",
    user: inHome(".cursor", "mcp.json"),
    project: [".cursor", "mcp.json"],
    restart: "Cursor asks to enable it, or see Settings, MCP.",
  },
  vscode: {
    format: "json",
    key: "servers",
    title: "VS Code",
    typed: true,
    folderVariable: "${workspaceFolder}",
    user: inApps("Code", "User", "mcp.json"),
    project: [".vscode", "mcp.json"],
    restart: "Run the command MCP: List Servers in VS Code, and start it.",
  },
  codex: {
    format: "toml",
    key: "mcp_servers",
    title: "Codex",
    isLiteral: true,
    user: inFolder("CODEX_HOME", ".codex", "config.toml"),
    project: [".codex", "config.toml"],
    restart: "Start Codex anew; /mcp shows its servers.",
  },
  windsurf: {
    ...MCP_SERVERS,
    title: "Windsurf",
    printOnly: true,
    user: inHome(".codeium", "windsurf", "mcp_config.json"),
    restart: "Refresh the MCP servers in Windsurf.",
  },
  cline: {
    ...MCP_SERVERS,
    title: "Cline",
    printOnly: true,
    user: inApps(
      ...["Code", "User", "globalStorage", "saoudrizwan.claude-dev", "settings"],
      "cline_mcp_settings.json",
    ),
    restart: "Cline reads the file when it is saved.",
  },
  zed: {
    format: "json",
    key: "context_servers",
    title: "Zed",
    printOnly: true,
    user: (machine) =>
      machine.platform === "win32"
        ? inApps("Zed", "settings.json")(machine)
        : inFolder("XDG_CONFIG_HOME", ".config", "zed", "settings.json")(machine),
    project: [".zed", "settings.json"],
    restart: "Zed reads the file when it is saved.",
  },
  "gemini-cli": {
    ...MCP_SERVERS,
    title: "Gemini CLI",
    printOnly: true,
    user: inHome(".gemini", "settings.json"),
    project: [".gemini", "settings.json"],
    restart: "Start Gemini CLI anew; /mcp shows its servers.",
  },
};

/** @throws CodecellError `config_error` for a name that is none */
export function hostNamed(name: string | undefined): Host {
  if (name !== undefined && Object.hasOwn(HOSTS, name)) return HOSTS[name]!;
  const list = `the hosts are ${Object.keys(HOSTS).join(", ")}`;
  if (name === undefined) throw configError(`which host? ${list}`, "codecell install HOST");
  const [closest] = nearest(name, Object.keys(HOSTS), 1);
  const advice = closest === undefined ? list : `did you mean ${closest}? ${list}`;
  throw configError(`there is no host '${name}'; ${advice}`);
}

/**
 * The config file of a host.
 * @param project folder of the project; absent: the user's file
 * @throws CodecellError `config_error` where the host has no file of a project
 */
export function hostFile(host: Host, machine: Machine, project?: string): string {
  if (project === undefined) return host.user(machine);
  if (host.project === undefined)
    throw configError(`${host.title} has no config file of a project; leave --project out`);
  return pathOf(machine).join(project, ...host.project);
}
