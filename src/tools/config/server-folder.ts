/**
 * A folder of servers, as `~/.mcp/servers`: each of its folders is a server of that name, by its `config.json` or by its
 * program `bin/server`.
 */
import { access, constants, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { Environment } from "./expand-variables.ts";
import type { ConfigFile } from "./parse-config.ts";
import { readText } from "./read-text.ts";

/** Folders that are looked at. */
const MAX_FOLDERS = 500;
const PROGRAMS = process.platform === "win32" ? ["server.exe", "server.cmd"] : ["server"];

/** What one folder holds. */
type Found = Pick<ConfigFile, "servers" | "failures" | "warnings">;

/** Reads all of a folder's servers. One that is wrong is among the failures. */
export async function readServerFolder(path: string, env: Environment): Promise<ConfigFile> {
  const names = (await readdir(path).catch(() => [])).toSorted();
  const warnings =
    names.length > MAX_FOLDERS
      ? [`${path} has more than ${MAX_FOLDERS} entries; the rest is left out`]
      : [];
  const found = await Promise.all(
    names.slice(0, MAX_FOLDERS).map((name) => readFolder(join(path, name), env)),
  );
  const all = new AllServers(warnings);
  for (const each of found) if (each !== undefined) all.add(each);
  return { path, ...all.found, settings: undefined, isFolder: true };
}

class AllServers {
  readonly #servers = new Map<string, ConfigFile["servers"][string]>();
  readonly #failures = new Map<string, string>();
  readonly #warnings: string[];

  constructor(warnings: readonly string[]) {
    this.#warnings = [...warnings];
  }

  /** Of two servers with one name the first counts. */
  add({ servers, failures = {}, warnings = [] }: Found): void {
    this.#warnings.push(...warnings);
    for (const [name, config] of Object.entries(servers)) {
      const before = this.#servers.get(name);
      if (before === undefined) this.#servers.set(name, config);
      else this.#warnings.push(`${config.path} is left out: it is there twice, see ${before.path}`);
    }
    for (const [name, failure] of Object.entries(failures))
      if (!this.#failures.has(name)) this.#failures.set(name, failure);
  }

  get found(): Required<Found> {
    const failures = [...this.#failures].filter(([name]) => !this.#servers.has(name));
    return {
      servers: Object.fromEntries(this.#servers),
      failures: Object.fromEntries(failures),
      warnings: this.#warnings,
    };
  }
}

async function readFolder(folder: string, env: Environment): Promise<Found | undefined> {
  const name = basename(folder);
  const file = join(folder, "config.json");
  const text = await readText(file).catch((error: NodeJS.ErrnoException) => error);
  const { parseConfig, readProgram } = await import("./parse-config.ts");
  if (typeof text === "string") {
    try {
      return parseConfig(text, file, env, { bare: name, cwd: folder });
    } catch (error) {
      return { servers: {}, failures: { [name]: messageOf(error) } };
    }
  }
  if (!["ENOENT", "ENOTDIR"].includes(text.code ?? ""))
    return { servers: {}, failures: { [name]: `${file} cannot be read: ${messageOf(text)}` } };
  const program = await programIn(folder);
  if (program === undefined) return undefined;
  if (await isExecutable(program)) return readProgram(name, program, folder, env);
  const failure = `${program} is not executable; make it so (chmod +x), or remove it`;
  return { servers: {}, failures: { [name]: failure } };
}

/** The file `bin/server`. */
async function programIn(folder: string): Promise<string | undefined> {
  for (const name of PROGRAMS) {
    const file = join(folder, "bin", name);
    const isFile = await stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
