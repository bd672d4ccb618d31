/** What `install` and `uninstall` have found, and what they would write. */
import { access, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { isObject } from "../../core/is-object.ts";
import { configError } from "../../core/setting-errors.ts";
import { startsCodecell } from "../../tools/config/self-reference.ts";
import { edit, type Servers, serversIn } from "./document.ts";
import { type Launcher, launcher, NAME } from "./entry.ts";
import { type HostFile, readHostFile } from "./host-file.ts";
import { type Host, hostFile, hostNamed, type Machine } from "./hosts.ts";
import { emptyConfig, named, OWN_FORMAT, OwnFiles } from "./own-files.ts";

/** The host that a command names, with its files. */
export interface Target {
  readonly name: string;
  readonly host: Host;
  /** Folder of the project. Absent: the user's file is meant. */
  readonly project?: string;
  /** Path of the host's file. */
  readonly path: string;
  readonly own: OwnFiles;
}

export function targetOf(
  name: string | undefined,
  values: Readonly<Record<string, unknown>>,
): Target {
  const host = hostNamed(name);
  if (values["project"] === true && values["user"] === true)
    throw configError("--project and --user are two files; give one");
  const project = values["project"] === true ? process.cwd() : undefined;
  return {
    name: name!,
    host,
    ...(project === undefined ? {} : { project }),
    path: hostFile(host, machine(), project),
    own: new OwnFiles(name!, project),
  };
}

function machine(): Machine {
  return { platform: process.platform, home: homedir(), env: process.env };
}

/** What starts the codecell that runs now. */
export async function ownLauncher(): Promise<Launcher> {
  const main = fileURLToPath(new URL(`../start${import.meta.url.slice(-3)}`, import.meta.url));
  return launcher(await realpath(main), process.execPath, process.platform);
}

/** The host's file and its servers. */
export interface Found {
  readonly file: HostFile;
  readonly text: string;
  readonly servers: Servers;
}

/** @throws CodecellError `config_error` for a file that is not changed */
export async function findServers({ name, host, path, project }: Target): Promise<Found> {
  if (host.printOnly === true)
    throw configError(
      `the file of ${host.title} is not changed by codecell`,
      `codecell install ${name} --print shows what to add, and where.`,
    );
  const file = await readHostFile(path, project);
  if (file.text !== undefined && (file.mode & 0o200) === 0)
    throw configError(`${path} is read-only`, advice(name));
  const text = file.text ?? "";
  return { file, text, servers: named(path, advice(name), () => serversIn(text, host)) };
}

/** The text of the host's file with changes. */
export function editHost(
  { name, host, path }: Target,
  text: string,
  changes: Parameters<typeof edit>[2],
): string {
  return named(path, advice(name), () => edit(text, host, changes));
}

function advice(name: string): string {
  return `Nothing was changed. codecell install ${name} --print shows what to add by hand.`;
}

/** Codecell's own config for a host. */
export interface OwnConfig {
  /** Nothing where there is no file. */
  readonly read: string | undefined;
  readonly text: string;
  readonly servers: Servers;
}

export async function ownServers(own: OwnFiles): Promise<OwnConfig> {
  const read = await own.readConfig();
  const text = read ?? emptyConfig();
  return { read, text, servers: named(own.config, "", () => serversIn(text, OWN_FORMAT)) };
}

/**
 * Does the work of a plan, one command at a time.
 * @throws CodecellError `config_error` where a file is not what was planned with: what it has now would be lost
 */
export async function carryOut(
  { path, project, own }: Target,
  { file }: Found,
  planned: OwnConfig,
  work: () => Promise<void>,
): Promise<void> {
  await own.locked(async () => {
    const now = await readHostFile(path, project);
    const changed =
      now.text !== file.text ? path : (await own.readConfig()) !== planned.read ? own.config : "";
    if (changed !== "")
      throw configError(
        `${changed} has changed meanwhile: nothing was written`,
        "Start the command again.",
      );
    await work();
  });
}

/** Codecell's own config with changes. */
export function editOwn(own: OwnFiles, text: string, changes: Parameters<typeof edit>[2]): string {
  return named(own.config, "Nothing was changed.", () => edit(text, OWN_FORMAT, changes));
}

/** Whether an entry starts `codecell mcp`. */
export function isCodecell(entry: unknown): boolean {
  if (!isObject(entry)) return false;
  const { command, args } = entry;
  const words = [command, ...(Array.isArray(args) ? (args as unknown[]) : [])];
  return startsCodecell(words.map((word) => (typeof word === "string" ? word : "")));
}

/** The entry of codecell in a file. @throws CodecellError `config_error` where the name is another server's */
export function codecellIn(
  { path }: Target,
  servers: Servers,
): Readonly<Record<string, unknown>> | undefined {
  const entry = Object.hasOwn(servers, NAME) ? servers[NAME] : undefined;
  if (entry === undefined) return undefined;
  if (isObject(entry) && isCodecell(entry)) return entry;
  throw configError(
    `${path} has a server ${NAME} that does not start codecell`,
    "Nothing was changed. Rename or remove it, and start the command again.",
  );
}

export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
