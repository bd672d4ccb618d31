/**
 * The config file of a host, which is not ours. The invariants: it is replaced in one step, with the rights that it had, after a
 * copy of it was made that nobody else can read; what is no ordinary file, is too large, or has changed since it was read stays.
 */
import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  realpath,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { buffer } from "node:stream/consumers";
import { CodecellError, messageOf } from "../../core/errors.ts";
import { configError } from "../../core/setting-errors.ts";

/** The file as it was read. */
export interface HostFile {
  /** Where the host finds it. */
  readonly path: string;
  /** The file itself, behind symbolic links. */
  readonly realPath: string;
  /** Absent: there is none. */
  readonly text?: string;
  readonly mode: number;
}

/** Hosts keep much besides their servers in some of these files. */
const MAX_BYTES = 32 * 1024 * 1024;
const PRIVATE = 0o600;
/** Of a project's file that is new. */
const SHARED = 0o644;
/** A named pipe must not block, and what `realpath` found must not become a link. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * Reads the file, or finds out that there is none. A link is followed, as of people who keep their settings elsewhere.
 * @param within a folder that a link must not lead out of: a project may come from somebody else
 * @throws CodecellError `config_error` for anything but an ordinary file of UTF-8 below the cap
 */
export async function readHostFile(path: string, within?: string): Promise<HostFile> {
  try {
    const realPath = await realPathOf(path);
    if (within !== undefined && !realPath.startsWith((await realpath(within)) + sep))
      throw new Error(`it is a link to ${realPath}, which is not in the project`);
    if ((await lstatOf(realPath)) === undefined)
      return { path, realPath, mode: within === undefined ? PRIVATE : SHARED };
    await using handle = await open(realPath, FLAGS);
    const { mode } = await handle.stat();
    return { path, realPath, mode: mode & 0o777, text: await readText(handle) };
  } catch (error) {
    if (CodecellError.is(error)) throw error;
    throw configError(`${path} cannot be read: ${messageOf(error)}`, "Nothing was changed.");
  }
}

/** Of a file that is not there yet: in the real folder, as far as there is one. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    if ((await lstatOf(path)) !== undefined)
      throw new Error("it is a link to what is not there", { cause: error });
    if (dirname(path) === path) throw error;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}

async function lstatOf(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  return await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

async function readText(handle: FileHandle): Promise<string> {
  if (!(await handle.stat()).isFile()) throw new Error("it is not a file");
  const bytes = await buffer(handle.createReadStream({ end: MAX_BYTES, autoClose: false }));
  if (bytes.length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/**
 * A copy beside it, which never replaces another one.
 * @returns its path; nothing where there is no file
 * @throws CodecellError `config_error` where it cannot be made
 */
export async function backUp({ path, realPath, text }: HostFile): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const time = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const backup = `${realPath}.codecell-${time}.bak`;
  try {
    await writeNew(backup, text, PRIVATE);
    return backup;
  } catch (error) {
    await rm(backup, { force: true }).catch(() => {});
    throw configError(`${path} cannot be copied: ${messageOf(error)}`, "Nothing was changed.");
  }
}

/**
 * Replaces the file, or removes it.
 * @param text absent: there is none any more
 * @throws CodecellError `config_error` where that fails: the file is as it was
 */
export async function replaceHostFile(file: HostFile, text: string | undefined): Promise<void> {
  const { realPath, mode } = file;
  const draft = `${realPath}.${randomUUID()}`;
  try {
    await mkdir(dirname(realPath), { recursive: true });
    if (text !== undefined) await writeNew(draft, text, mode);
    if ((await readHostFile(file.path)).text !== file.text)
      throw new Error("it has changed meanwhile; start the command again");
    if (text === undefined) await rm(realPath, { force: true });
    else await rename(draft, realPath);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw configError(`${file.path} cannot be written: ${messageOf(error)}`, "It is as it was.");
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await writeFile(path, text, { mode: PRIVATE, flag: "wx", flush: true });
  if (mode === PRIVATE) return;
  await using handle = await open(path, "r+");
  await handle.chmod(mode); // whatever the umask is
}

/** SHA-256 of a text. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
