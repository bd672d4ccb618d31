import { resolve } from "node:path";
import type { ServerConfig } from "./server-entry.ts";

/**
 * Removes from the servers of a config file the entry that would start codecell on that same file, and so itself without
 * end: hosts share one file among all their servers, and codecell can be one of them.
 */
export function withoutItself(
  servers: Readonly<Record<string, ServerConfig>>,
  file: string,
): { readonly servers: Record<string, ServerConfig>; readonly warnings: readonly string[] } {
  const own = Object.keys(servers).filter((name) => startsCodecellOn(servers[name]!, file));
  return {
    servers: Object.fromEntries(Object.entries(servers).filter(([name]) => !own.includes(name))),
    warnings: own.map(
      (name) => `server ${name} is codecell itself, with the same config, and is left out`,
    ),
  };
}

function startsCodecellOn(config: ServerConfig, file: string): boolean {
  if (config.type !== "stdio") return false;
  const words = [config.command, ...config.args];
  if (!startsCodecell(words)) return false;
  const flag = words.findIndex((word) => word === "--config" || word.startsWith("--config="));
  if (flag < 0) return true;
  const given = words[flag]!.includes("=")
    ? words[flag]!.slice("--config=".length)
    : words[flag + 1];
  return given !== undefined && resolve(config.cwd ?? ".", given) === resolve(file);
}

/** By its name or as a file of the package. */
const CODECELL =
  /(?:^|[\\/])codecell(?:@[^\\/]*|\.cmd)?$|[\\/]dist[\\/]cli[\\/](?:main|start)\.js$/;

/** Whether a command with its arguments is `codecell mcp`. */
export function startsCodecell(words: readonly string[]): boolean {
  const at = words.findIndex((word) => CODECELL.test(word));
  return at >= 0 && words[at + 1] === "mcp";
}
