/**
 * Files that codecell keeps for its user. The invariant: in codecell's home every file is for its owner only (0600) and every
 * folder too (0700), whatever the umask is and whatever was there before.
 */
import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { configError } from "./setting-errors.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** What group and others may do. */
const OTHERS = 0o077;
/** The bit of a folder that many users share, such as `/tmp`. */
const STICKY = 0o1000;

/**
 * Codecell's home: `$CODECELL_HOME`, else `~/.codecell`.
 * @throws CodecellError `config_error` where that is no absolute path below the root: a relative one would depend on the
 * working folder, which may be anybody's
 */
export function codecellHome(): string {
  const home = findHome();
  if (home !== undefined) return home;
  const name = process.env["CODECELL_HOME"] ? "CODECELL_HOME" : "HOME";
  throw configError(`the environment variable ${name} must be the absolute path of a folder`);
}

function findHome(): string | undefined {
  const home = process.env["CODECELL_HOME"] || join(homedir(), ".codecell");
  return isAbsolute(home) && dirname(home) !== home ? resolve(home) : undefined;
}

/** Makes a folder for its owner only. In codecell's home one that is there already, and those above it, lose wider rights. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  for (let at = resolve(folder); isInHome(at); at = dirname(at)) await tighten(at, FOLDER_MODE);
}

/** Writes a file for its owner only, in one step: readers see the old text or the new one. Makes its folder. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await makePrivateFolder(dirname(file));
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { mode: FILE_MODE, flag: "wx" });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Reads a file, which loses wider rights in codecell's home. */
export async function readPrivate(file: string): Promise<string> {
  if (isInHome(file)) await tighten(file, FILE_MODE);
  return await readFile(file, "utf8");
}

/**
 * Makes an empty file for its owner only where there is none, for a library that opens files itself; what cannot be made is
 * left to that. In codecell's home the folder is made too, and files that are there lose wider rights.
 * @param others files that the library keeps beside it
 */
export async function preparePrivate(file: string, others: readonly string[] = []): Promise<void> {
  if (isInHome(file)) {
    await makePrivateFolder(dirname(file));
    for (const each of [file, ...others]) await tighten(each, FILE_MODE);
  }
  await open(file, "a", FILE_MODE).then(
    (handle) => handle.close(),
    () => {},
  );
}

/** Whether a path is codecell's home or below it. */
export function isInHome(path: string): boolean {
  const home = findHome();
  return home !== undefined && `${resolve(path)}${sep}`.startsWith(`${home}${sep}`);
}

/** Takes from a file or a folder what others may do with it. What is not there, or is another user's, stays as it is. */
async function tighten(path: string, mode: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (found.mode & OTHERS) === 0 || isShared(path, found.mode)) return;
  await chmod(path, mode).catch(() => {});
}

/** A folder that is not codecell's alone, where `CODECELL_HOME` names it. */
function isShared(path: string, mode: number): boolean {
  return (mode & STICKY) !== 0 || path === resolve(homedir());
}
