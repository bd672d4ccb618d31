/** The entry that makes codecell a server of a host, and links that add it. */
import { isAbsolute, relative, sep } from "node:path";
import { stringify } from "smol-toml";
import { printableJson } from "../../core/one-line.ts";
import { configError } from "../../core/setting-errors.ts";
import { VERSION } from "../../core/version.ts";
import type { Host } from "./hosts.ts";

/** The name of codecell among the servers of a host. */
export const NAME = "codecell";

/** How a host starts a server. */
export interface Entry {
  readonly type?: "stdio";
  readonly command: string;
  readonly args: readonly string[];
}

/** What starts codecell. */
export interface Launcher {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * `npx` with the version of now: what is started does not change by itself. On Windows npx is a script, which hosts start
 * through `cmd`.
 */
export function npxLauncher(platform: NodeJS.Platform): Launcher {
  const args = ["-y", `codecell@${VERSION}`];
  if (platform === "win32") return { command: "cmd", args: ["/c", "npx", ...args] };
  return { command: "npx", args };
}

/**
 * The installed package by its path, with the Node that runs now: nothing is downloaded, and hosts that do not have the `PATH` of
 * a shell find it. The cache of npx may be emptied at any time, so what runs from there is started by `npx` again.
 * @param main path of the command line: `start.js`
 */
export function launcher(main: string, node: string, platform: NodeJS.Platform): Launcher {
  const isInstalled = main.endsWith(".js") && !main.split(/[\\/]/).includes("_npx");
  return isInstalled ? { command: node, args: [main] } : npxLauncher(platform);
}

/** @param config the config file, as the host passes it on */
export function entryFor(host: Host, from: Launcher, config: string | undefined): Entry {
  const flags = config === undefined ? [] : ["--config", config];
  const entry = { command: from.command, args: [...from.args, "mcp", ...flags] };
  return host.typed === true ? { type: "stdio", ...entry } : entry;
}

/** The path of a config file for an entry that others share with the project: relative, where the file is in it. */
export function sharedPath(host: Host, project: string, file: string): string {
  const path = relative(project, file);
  if (path === "" || isAbsolute(path) || path.split(sep)[0] === "..") return file;
  const plain = path.split(sep).join("/");
  return host.folderVariable === undefined ? plain : `${host.folderVariable}/${plain}`;
}

/** The entry in the form of the host's file. */
export function entryText(host: Host, entry: Entry): string {
  const file = { [host.key]: { [NAME]: entry } };
  return host.format === "toml" ? stringify(file) : `${printableJson(file, 2)}\n`;
}

/** Addresses that add the entry when they are opened: one for the program, one for web pages, which may not link to programs. */
export interface InstallLinks {
  readonly app: string;
  readonly web: string;
}

/** @throws CodecellError `config_error` for a host that has no links */
export function installLinks(name: string, entry: Entry): InstallLinks {
  if (name === "cursor") {
    const config = encodeURIComponent(Buffer.from(JSON.stringify(entry)).toString("base64"));
    const query = `name=${NAME}&config=${config}`;
    return {
      app: `cursor://anysphere.cursor-deeplink/mcp/install?${query}`,
      web: `https://cursor.com/en/install-mcp?${query}`,
    };
  }
  if (name === "vscode") {
    const config = encodeURIComponent(JSON.stringify(entry));
    return {
      app: `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: NAME, ...entry }))}`,
      web: `https://vscode.dev/redirect/mcp/install?name=${NAME}&config=${config}`,
    };
  }
  throw configError(`${name} has no install links; only cursor and vscode have`);
}
