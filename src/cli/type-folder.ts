import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { CodecellError } from "../core/errors.ts";

/** The first line of every file; a file that begins otherwise is not deleted. */
const MARK = "// Written by codecell types.\n";

/**
 * The folder that `codecell types` writes. It may itself be a link, since the user named it; nothing in it is followed
 * that is one: whatever was put there before, nothing outside of it is read, written or removed.
 */
export class TypeFolder {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(path: string): Promise<TypeFolder> {
    await mkdir(path, { recursive: true });
    return new TypeFolder(await realpath(path));
  }

  /**
   * Writes `text` to `path`, `file.ts` or `folder/file.ts`. True when it was another text before.
   * @throws CodecellError `config_error` when something else than a file or a folder is there
   */
  async write(path: string, text: string): Promise<boolean> {
    const [name, folder] = path.split("/").toReversed() as [string, string?];
    const parent = folder === undefined ? this.#root : await this.#folder(folder);
    const file = join(parent, name);
    const before = await lstat(file).catch(absent);
    if (before !== undefined && !before.isFile()) throw inTheWay(file, "file");
    const whole = MARK + text;
    if (before !== undefined && (await read(file)) === whole) return false;
    // A new file in the place of the old one: a second name of that one (a hard link) keeps its content.
    const draft = join(parent, `.${randomUUID()}.tmp`);
    const handle = await open(draft, "wx", 0o666);
    try {
      await handle.writeFile(whole);
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    return true;
  }

  async #folder(name: string): Promise<string> {
    const folder = join(this.#root, name);
    const before = await lstat(folder).catch(absent);
    if (before === undefined) await mkdir(folder);
    else if (!before.isDirectory()) throw inTheWay(folder, "folder");
    return folder;
  }

  /** Removes files that were written by an earlier run and are not in `kept`. Returns their number. */
  async removeOthers(kept: ReadonlySet<string>): Promise<number> {
    let removed = 0;
    for (const entry of await readdir(this.#root, { withFileTypes: true })) {
      const path = join(this.#root, entry.name);
      if (entry.isFile()) removed += await removeFile(path, entry.name, kept);
      if (!entry.isDirectory()) continue;
      let inFolder = 0;
      for (const inner of await readdir(path, { withFileTypes: true })) {
        if (inner.isFile())
          inFolder += await removeFile(join(path, inner.name), `${entry.name}/${inner.name}`, kept);
      }
      if (inFolder > 0) await rmdir(path).catch(() => {});
      removed += inFolder;
    }
    return removed;
  }
}

async function removeFile(file: string, path: string, kept: ReadonlySet<string>): Promise<number> {
  if (!path.endsWith(".ts") || kept.has(path)) return 0;
  if (!(await read(file, MARK.length)).startsWith(MARK)) return 0;
  await rm(file);
  return 1;
}

/** The text of a file, or its start; never that of what a link leads to. */
async function read(file: string, length?: number): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if (length === undefined) return await handle.readFile("utf8");
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function inTheWay(path: string, wanted: "file" | "folder"): CodecellError {
  return new CodecellError("config_error", `types: ${path} is no ${wanted}`, {
    hint: `Remove it: a link there could lead out of the folder, and a ${wanted} is to be written.`,
  });
}
