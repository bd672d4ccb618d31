import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { Environment } from "./expand-variables.ts";
import type { AskInputs } from "./inputs.ts";
import type { ConfigFile } from "./parse-config.ts";
import { readNamed } from "./read-text.ts";
import { readServerFolder } from "./server-folder.ts";

const IN_FOLDER = [".mcp.json", "codecell.json"];

/**
 * Finds the config for `cwd`: `.mcp.json`, else `codecell.json`, else the folder `~/.mcp/servers` when it is there.
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
  return isAbsolute(folder) && (await isFolder(folder)) ? folder : undefined;
}

/** The folder of the user's own servers: what {@link findConfig} finds there needs no trust. */
export function userServers(home: string = homedir()): string {
  return join(home, ".mcp", "servers");
}

/**
 * Reads and checks a config file, or a folder of servers (see `~/.mcp/servers` in docs/cli.md). `createRuntime({ config })`
 * takes the result, so that a file is read once also where other code needs parts of it. An entry that is wrong is among its
 * `failures`, and stops no other.
 * @param env the environment variables that the file can use; `CODECELL_INPUT_…` are its inputs
 * @param ask asks a person for inputs that the environment does not give
 * @throws CodecellError `config_error` naming the file and the path in it, where it is no config
 */
export async function loadConfig(
  path: string,
  env: Environment = process.env,
  ask?: AskInputs,
): Promise<ConfigFile> {
  if (await isFolder(path)) return await readServerFolder(path, env);
  // A runtime without a config file does without.
  const { checkConfig, parseConfigText } = await import("./parse-config.ts");
  const { inputsNeeded } = await import("./config-text.ts");
  const json = parseConfigText(await read(path), path);
  const needed = ask === undefined ? [] : inputsNeeded(json, env);
  // A copy of the environment would be case-sensitive on Windows.
  const all = needed.length === 0 ? env : { ...env, ...(await ask!(needed)) };
  return checkConfig(json, path, all);
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
    return await readNamed(file);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "does not exist" : `cannot be read: ${messageOf(cause)}`;
    throw new CodecellError("config_error", `the config file ${file} ${why}`, { cause });
  }
}
