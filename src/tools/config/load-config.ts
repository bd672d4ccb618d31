import { access, readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { Environment } from "./expand-variables.ts";
import type { ConfigFile } from "./parse-config.ts";

const IN_FOLDER = [".mcp.json", "codecell.json"];

/**
 * Finds the config for `cwd`: `.mcp.json`, else `codecell.json`, else the folder `~/.mcp/servers` when it has a server.
 * Nothing when there is none.
 * @returns what {@link loadConfig} takes
 */
export async function findConfig(
  cwd: string,
  home: string = homedir(),
): Promise<string | undefined> {
  for (const name of IN_FOLDER) {
    const file = join(cwd, name);
    if (await exists(file)) return file;
  }
  const folder = userServers(home);
  // An empty or relative HOME would make a folder of the working folder the user's own.
  return isAbsolute(folder) && (await serverFiles(folder)).length > 0 ? folder : undefined;
}

/** The folder of the user's own servers: what {@link findConfig} finds there needs no trust. */
export function userServers(home: string = homedir()): string {
  return join(home, ".mcp", "servers");
}

/**
 * Reads and checks a config file, or a folder with one `<name>/config.json` per server, each `{ command, … }` or
 * `{ mcpServers: { … } }`. `createRuntime({ config })` takes the result, so that a file is read once also where other
 * code needs parts of it.
 * @param env the environment variables that the file can use
 * @throws CodecellError `config_error` naming the file and the path in it
 */
export async function loadConfig(
  path: string,
  env: Environment = process.env,
): Promise<ConfigFile> {
  const { parseConfig } = await import("./parse-config.ts"); // a runtime without a config file does without
  if (!(await isFolder(path))) return parseConfig(await read(path), path, env);
  const servers: Record<string, ConfigFile["servers"][string]> = {};
  for (const file of await serverFiles(path)) {
    const loaded = parseConfig(await read(file), file, env, basename(dirname(file)));
    for (const [name, config] of Object.entries(loaded.servers)) {
      const before = servers[name];
      if (before !== undefined)
        throw new CodecellError(
          "config_error",
          `${config.path} is there twice: see ${before.path}`,
        );
      servers[name] = config;
    }
  }
  return { path, servers, settings: undefined };
}

async function serverFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.toSorted().map((name) => join(folder, name, "config.json"));
  const there = await Promise.all(files.map(exists));
  return files.filter((_, at) => there[at]);
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "does not exist" : `cannot be read: ${messageOf(cause)}`;
    throw new CodecellError("config_error", `the config file ${file} ${why}`, { cause });
  }
}
