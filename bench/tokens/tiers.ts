/** The servers of the tiers: real ones from npm, started offline with dummy keys. `one` has few tools. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const TIERS = ["one", "small", "medium", "large"] as const;
export type TierName = (typeof TIERS)[number];

/** An entry of `mcpServers`. */
interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly startTimeoutMs: number;
}

export interface Tier {
  readonly mcpServers: Readonly<Record<string, Entry>>;
  readonly versions: Readonly<Record<string, string>>;
}

interface Server {
  readonly tier: TierName;
  readonly package: string;
  readonly file: string;
  args?(folder: string): string[];
  env?(folder: string): Record<string, string>;
}

/** Enough time to start the largest servers on a busy machine. */
const START_TIMEOUT_MS = 120_000;
const PLAYWRIGHT_CAPS = "vision,pdf,devtools,network,storage,testing";

/** Path of the workloads' files within the folder of a run. */
export const FILES = "files";
export const MEMORY_FILE = "memory.jsonl";

const SERVERS: Readonly<Record<string, Server>> = {
  filesystem: {
    tier: "one",
    package: "@modelcontextprotocol/server-filesystem",
    file: "dist/index.js",
    args: (folder) => [join(folder, FILES)],
  },
  memory: {
    tier: "small",
    package: "@modelcontextprotocol/server-memory",
    file: "dist/index.js",
    env: (folder) => ({ MEMORY_FILE_PATH: join(folder, MEMORY_FILE) }),
  },
  everything: {
    tier: "small",
    package: "@modelcontextprotocol/server-everything",
    file: "dist/index.js",
  },
  git: {
    tier: "medium",
    package: "@cyanheads/git-mcp-server",
    file: "dist/index.js",
    env: (folder) => ({
      MCP_TRANSPORT_TYPE: "stdio",
      MCP_LOG_LEVEL: "error",
      LOGS_DIR: folder,
      GIT_SIGN_COMMITS: "false",
      GIT_USERNAME: "Bench",
      GIT_EMAIL: "bench@example.com",
    }),
  },
  playwright: {
    tier: "medium",
    package: "@playwright/mcp",
    file: "cli.js",
    args: () => ["--headless", "--caps", PLAYWRIGHT_CAPS],
  },
  "chrome-devtools": {
    tier: "medium",
    package: "chrome-devtools-mcp",
    file: "build/src/bin/chrome-devtools-mcp.js",
  },
  github: {
    tier: "medium",
    package: "@modelcontextprotocol/server-github",
    file: "dist/index.js",
    env: () => ({ GITHUB_PERSONAL_ACCESS_TOKEN: "none" }),
  },
  azure: {
    tier: "large",
    package: "@azure/mcp",
    file: "index.js",
    args: () => ["server", "start", "--mode", "all"],
    env: () => ({ AZURE_MCP_COLLECT_TELEMETRY: "false" }),
  },
  notion: {
    tier: "large",
    package: "@notionhq/notion-mcp-server",
    file: "bin/cli.mjs",
    env: () => ({ NOTION_TOKEN: "ntn_none" }),
  },
  mongodb: {
    tier: "large",
    package: "mongodb-mcp-server",
    file: "dist/esm/index.js",
    env: () => ({ MDB_MCP_TELEMETRY: "disabled" }),
  },
  "desktop-commander": {
    tier: "large",
    package: "@wonderwhy-er/desktop-commander",
    file: "dist/index.js",
    args: () => ["--no-onboarding"],
    // It keeps its settings in the home folder.
    env: (folder) => ({ HOME: folder }),
  },
  kubernetes: { tier: "large", package: "mcp-server-kubernetes", file: "dist/index.js" },
};

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** A file that exists if the larger tiers were fetched. */
const FETCHED = here("../tiers/node_modules");

export function isInstalled(tier: TierName): boolean {
  return isOurs(tier) || existsSync(FETCHED);
}

/** A tier, including all smaller ones, with servers that work in `folder`. */
export async function openTier(name: TierName, folder: string): Promise<Tier> {
  const chosen = Object.entries(SERVERS).filter(
    ([, { tier }]) => TIERS.indexOf(tier) <= TIERS.indexOf(name),
  );
  const versions = chosen.map(async ([server, { tier, package: id }]) => {
    const manifest = await readFile(join(modules(tier), id, "package.json"), "utf8");
    return [server, (JSON.parse(manifest) as { version: string }).version] as const;
  });
  return {
    mcpServers: Object.fromEntries(chosen.map(([server, how]) => [server, entry(how, folder)])),
    versions: Object.fromEntries(await Promise.all(versions)),
  };
}

function entry({ tier, package: id, file, args, env }: Server, folder: string): Entry {
  return {
    command: process.execPath,
    args: [join(modules(tier), id, file), ...(args?.(folder) ?? [])],
    ...(env === undefined ? {} : { env: env(folder) }),
    // Programs can then name files by relative paths.
    cwd: join(folder, FILES),
    startTimeoutMs: START_TIMEOUT_MS,
  };
}

/** Whether the servers of a tier are installed with the project. */
function isOurs(tier: TierName): boolean {
  return tier === "one" || tier === "small";
}

function modules(tier: TierName): string {
  return isOurs(tier) ? here("../../node_modules") : FETCHED;
}
