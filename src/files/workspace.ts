import { stepsOf } from "../core/paths.ts";
import { utf8Length } from "../core/utf8.ts";

/** Caps of one workspace. */
export interface WorkspaceLimits {
  /** Bytes of all files together. Default 16 MiB. */
  readonly bytes: number;
  /** Files and folders in all. Default 1,000. */
  readonly entries: number;
}

export const DEFAULT_WORKSPACE: WorkspaceLimits = Object.freeze({
  bytes: 16 * 1024 * 1024,
  entries: 1_000,
});

/** Bytes of one name, as file systems have it. */
const MAX_NAME_BYTES = 255;
const MAX_PATH = 1_024;

/** What a file holds: it is read as it was written, as text or as bytes. */
export type FileContent = string | Uint8Array;

export interface FileStat {
  readonly isDirectory: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** When it was last written, in ms since 1970. */
  readonly mtimeMs: number;
}

interface Entry {
  /** Absent for a folder. */
  readonly content?: FileContent;
  readonly mtimeMs: number;
}

/** A failed operation, worded as Node words it: `ENOENT: no such file or directory, open '/a'`. */
export class WorkspaceError extends Error {
  override readonly name = "WorkspaceError";
  /** `ENOENT`, `EEXIST`, `ENOTDIR`, `EISDIR`, `ENOTEMPTY`, `ENOSPC`, `ENAMETOOLONG`, `EINVAL` */
  readonly code: string;

  constructor(code: string, what: string, operation: string, path: string) {
    super(`${code}: ${what}, ${operation} '${path.slice(0, 200)}'`);
    this.code = code;
  }
}

/**
 * A session's files: in memory, with caps, and nothing of the host's. Paths are POSIX paths from the root; there are no
 * links. All methods throw {@link WorkspaceError}.
 */
export class Workspace {
  readonly #limits: WorkspaceLimits;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: WorkspaceLimits = DEFAULT_WORKSPACE) {
    this.#limits = limits;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#bytes;
  }

  readFile(path: string): FileContent {
    const { content } = this.#find(path, "open");
    if (content === undefined)
      throw new WorkspaceError("EISDIR", "illegal operation on a directory", "read", path);
    return content;
  }

  /** Write a file whole, or at its end. Its folder must be there. */
  writeFile(path: string, content: FileContent, options: { append?: boolean } = {}): void {
    const key = this.#keyOfNew(path, "open");
    const before = this.#entries.get(key);
    if (key === "" || (before !== undefined && before.content === undefined))
      throw new WorkspaceError("EISDIR", "illegal operation on a directory", "open", path);
    const whole = options.append === true ? joined(before?.content, content) : content;
    const bytes = this.#bytes + sizeOf(whole) - sizeOf(before?.content);
    if (bytes > this.#limits.bytes) throw this.#full(`${this.#limits.bytes} bytes`, "write", path);
    this.#put(key, { content: whole, mtimeMs: Date.now() }, path);
    this.#bytes = bytes;
  }

  /** Names in a folder, in order. */
  readdir(path: string): string[] {
    const { content, key } = this.#find(path, "scandir");
    if (content !== undefined)
      throw new WorkspaceError("ENOTDIR", "not a directory", "scandir", path);
    return this.#under(key)
      .map((name) => name.slice(key === "" ? 0 : key.length + 1))
      .filter((name) => !name.includes("/"))
      .toSorted();
  }

  /** With `recursive`, all folders of the path are made, and it is no mistake when they are there. */
  mkdir(path: string, options: { recursive?: boolean } = {}): void {
    const steps = stepsOf(path);
    if (options.recursive === true) {
      for (let count = 1; count < steps.length; count++)
        this.#makeFolder(steps.slice(0, count).join("/"), true);
    }
    this.#makeFolder(path, options.recursive === true);
  }

  /** With `recursive`, a folder with all in it; with `force`, it is no mistake when nothing is there. */
  rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): void {
    const key = stepsOf(path).join("/");
    const entry = this.#entries.get(key);
    if (entry === undefined && key !== "") {
      if (options.force === true) return;
      throw new WorkspaceError("ENOENT", "no such file or directory", "rm", path);
    }
    const inside = this.#under(key);
    if (entry?.content === undefined && options.recursive !== true)
      throw new WorkspaceError("EISDIR", "a directory needs { recursive: true }", "rm", path);
    for (const name of [key, ...inside]) {
      this.#bytes -= sizeOf(this.#entries.get(name)?.content);
      this.#entries.delete(name);
    }
  }

  stat(path: string): FileStat {
    const { content, mtimeMs } = this.#find(path, "stat");
    return { isDirectory: content === undefined, size: sizeOf(content), mtimeMs };
  }

  /** Take all away. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** All that is there, folders (without content) included: to be kept, and to be {@link load}ed. */
  *entries(): Generator<
    readonly [path: string, content: FileContent | undefined, mtimeMs: number]
  > {
    for (const [key, { content, mtimeMs }] of this.#entries) yield [key, content, mtimeMs];
  }

  /** Take the place of all that is there. Throws what `writeFile` throws, for what is over the caps. */
  load(
    entries: Iterable<readonly [path: string, content: FileContent | undefined, mtimeMs: number]>,
  ): void {
    this.clear();
    for (const [path, content, mtimeMs] of entries) {
      if (content === undefined) this.mkdir(path, { recursive: true });
      else this.writeFile(path, content);
      const key = stepsOf(path).join("/");
      this.#entries.set(key, { ...this.#entries.get(key), mtimeMs });
    }
  }

  #find(path: string, operation: string): Entry & { readonly key: string } {
    const key = stepsOf(path).join("/");
    if (key === "") return { key, mtimeMs: 0 };
    const entry = this.#entries.get(key);
    if (entry !== undefined) return { ...entry, key };
    throw new WorkspaceError("ENOENT", "no such file or directory", operation, path);
  }

  /** The key for something that is to be made: its folder must be there and its name be one. */
  #keyOfNew(path: string, operation: string): string {
    const steps = stepsOf(path);
    if (path.includes("\0") || path === "")
      throw new WorkspaceError("EINVAL", "invalid path", operation, path.replaceAll("\0", "?"));
    if (path.length > MAX_PATH || steps.some((step) => utf8Length(step) > MAX_NAME_BYTES))
      throw new WorkspaceError("ENAMETOOLONG", "name too long", operation, path);
    const folder = steps.slice(0, -1).join("/");
    if (folder !== "" && this.#find(folder, operation).content !== undefined)
      throw new WorkspaceError("ENOTDIR", "not a directory", operation, path);
    return steps.join("/");
  }

  #makeFolder(path: string, mayBeThere: boolean): void {
    const key = this.#keyOfNew(path, "mkdir");
    const there = this.#entries.get(key);
    if (key === "" || there !== undefined) {
      if (mayBeThere && there?.content === undefined) return;
      throw new WorkspaceError("EEXIST", "file already exists", "mkdir", path);
    }
    this.#put(key, { mtimeMs: Date.now() }, path);
  }

  #put(key: string, entry: Entry, path: string): void {
    if (!this.#entries.has(key) && this.#entries.size >= this.#limits.entries)
      throw this.#full(`${this.#limits.entries} files and folders`, "open", path);
    this.#entries.set(key, entry);
  }

  #full(cap: string, operation: string, path: string): WorkspaceError {
    return new WorkspaceError("ENOSPC", `the workspace may hold ${cap}`, operation, path);
  }

  #under(key: string): string[] {
    const prefix = key === "" ? "" : `${key}/`;
    return [...this.#entries.keys()].filter((name) => name.startsWith(prefix));
  }
}

function sizeOf(content: FileContent | undefined): number {
  if (content === undefined) return 0;
  return typeof content === "string" ? utf8Length(content) : content.length;
}

function joined(before: FileContent | undefined, added: FileContent): FileContent {
  if (before === undefined) return added;
  if (typeof before === "string" && typeof added === "string") return before + added;
  const parts = [before, added].map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : part,
  );
  const whole = new Uint8Array(parts[0]!.length + parts[1]!.length);
  whole.set(parts[0]!);
  whole.set(parts[1]!, parts[0]!.length);
  return whole;
}
