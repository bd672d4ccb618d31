/** Which found files the user trusts: `trusted.json` in codecell's home. It holds paths and digests, nothing of the files. */
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/is-object.ts";
import {
  codecellHome,
  makePrivateFolder,
  readPrivate,
  writePrivate,
} from "../../core/private-files.ts";
import { withFileLock } from "../../core/file-lock.ts";
import type { FoundFile } from "./found-file.ts";

export interface TrustStore {
  /** Digests by path. Empty where the store is damaged. */
  readonly files: ReadonlyMap<string, string>;
  /** Why it trusts nothing, though it is there. */
  readonly problem: string | undefined;
}

export type TrustState = "trusted" | "changed" | "unknown";

const VERSION = 1;
const DIGEST = /^[0-9a-f]{64}$/;
/** What group and others would need to add a file. */
const WRITABLE_BY_OTHERS = 0o022;

function storeFile(): string {
  return join(codecellHome(), "trusted.json");
}

/** Never throws for what is in the file: a store that is damaged, or that others could write to, trusts nothing. */
export async function readTrust(): Promise<TrustStore> {
  const file = storeFile();
  try {
    await checkOwner(file);
    return { files: parseStore(JSON.parse(await readPrivate(file))), problem: undefined };
  } catch (error) {
    const none = { files: new Map<string, string>(), problem: undefined };
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return none;
    return { ...none, problem: `${file} trusts nothing, because ${reasonOf(error)}` };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof SyntaxError ? "it is damaged: it is not JSON" : messageOf(error);
}

/** Only who may write it decides what is trusted. */
async function checkOwner(file: string): Promise<void> {
  await using handle: FileHandle = await open(file, "r");
  const { uid, mode } = await handle.stat();
  const user = process.getuid?.(); // Windows has none, and its modes say nothing
  if (user === undefined) return;
  if (uid !== user && uid !== 0) throw new Error("it belongs to another user");
  if ((mode & WRITABLE_BY_OTHERS) !== 0) throw new Error("others could write to it");
}

function parseStore(json: unknown): Map<string, string> {
  const { version, files } = isObject(json) ? json : {};
  const damaged = new Error("it is damaged, or of another version");
  if (version !== VERSION || !isObject(files)) throw damaged;
  return new Map(
    Object.entries(files).map(([path, digest]) => {
      if (typeof digest !== "string" || !DIGEST.test(digest)) throw damaged;
      return [path, digest];
    }),
  );
}

/** Whether the file is trusted as it is now, or was trusted when it was another. */
export function trustOf({ files }: TrustStore, { place, digest }: FoundFile): TrustState {
  const known = files.get(place);
  if (known === undefined) return "unknown";
  return known === digest ? "trusted" : "changed";
}

/** Of a link: where it is, and the file that it led to. */
export async function rememberTrust({ place, realPath, digest }: FoundFile): Promise<void> {
  await change((files) => files.set(realPath, digest).set(place, digest).size > 0);
}

/** @returns whether one of the paths was trusted */
export async function forgetTrust(paths: readonly string[]): Promise<boolean> {
  return await change((files) => paths.filter((path) => files.delete(path)).length > 0);
}

/**
 * Changes the store. Under a lock: another process that writes what it read before would bring back what was taken away.
 * @param work returns whether it changed something
 */
async function change(work: (files: Map<string, string>) => boolean): Promise<boolean> {
  const file = storeFile();
  await makePrivateFolder(dirname(file));
  return await withFileLock(`${file}.lock`, async () => {
    const files = new Map((await readTrust()).files);
    if (!work(files)) return false;
    const store = { version: VERSION, files: Object.fromEntries(files) };
    await writePrivate(file, `${JSON.stringify(store, undefined, 2)}\n`);
    return true;
  });
}
