import { stepsOf } from "../core/paths.ts";
import { utf8Length } from "../core/utf8.ts";
import { appended, bytesOf, type FileContent } from "./file-content.ts";
import { WorkspaceError } from "./workspace-error.ts";

/** Caps of one workspace. */
export interface WorkspaceLimits {
  /**
   * Bytes of all files together, text in UTF-8.
   * @default 16_777_216
   */
  readonly bytes: number;
  /**
   * Files and folders together.
   * @default 1_000
   */
  readonly entries: number;
}

export const DEFAULT_WORKSPACE: WorkspaceLimits = Object.freeze({
  bytes: 16 * 1024 * 1024,
  entries: 1_000,
});

/** Bytes of one name, as file systems have it. */
const MAX_NAME_BYTES = 255;
const MAX_PATH = 1_024;

/** What `stat` returns. */
export interface FileStat {
  /** True for a folder, false for a file. */
  readonly isDirectory: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** When it was last written, in ms since 1970. */
  readonly mtimeMs: number;
}

interface Entry {
  /** Absent for a folder. */
  readonly content?: FileContent;
  /** Bytes of the content; 0 for a folder. */
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * A session's files: in memory, with caps, apart from the files of the host. Paths are POSIX paths from the root; there
 * are no links. All methods throw {@link WorkspaceError}.
 */
export class Workspace {
  readonly #limits: WorkspaceLimits;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: WorkspaceLimits = DEFAULT_WORKSPACE) {
    this.#limits = limits;
  }

  /** Bytes of all files together. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Reads a file, as text or as bytes: as it was written.
   * @throws WorkspaceError `ENOENT`, `EISDIR`
   */
  readFile(path: string): FileContent {
    const { content } = this.#find(path, "open");
    if (content === undefined)
      throw new WorkspaceError("EISDIR", "illegal operation on a directory", "read", path);
    return content;
  }

  /**
   * Writes a file, or appends to it. Its folder must exist.
   * @throws WorkspaceError `ENOENT`, `ENOTDIR`, `EISDIR`, `EINVAL`, `ENAMETOOLONG`; `ENOSPC` over the caps
   */
  writeFile(path: string, content: FileContent, options: { append?: boolean } = {}): void {
    const key = this.#keyOfNew(path, "open");
    const before = this.#entries.get(key);
    if (key === "" || (before !== undefined && before.content === undefined))
      throw new WorkspaceError("EISDIR", "illegal operation on a directory", "open", path);
    const appends = options.append === true;
    const size = (appends ? (before?.size ?? 0) : 0) + bytesOf(content);
    const bytes = this.#bytes + size - (before?.size ?? 0);
    if (bytes > this.#limits.bytes) throw this.#full(`${this.#limits.bytes} bytes`, "write", path);
    const whole = appends ? appended(before?.content, content) : content;
    this.#put(key, { content: whole, size, mtimeMs: Date.now() }, path);
    this.#bytes = bytes;
  }

  /**
   * Lists the names in a folder, in order.
   * @throws WorkspaceError `ENOENT`, `ENOTDIR`
   */
  readdir(path: string): string[] {
    const { content, key } = this.#find(path, "scandir");
    if (content !== undefined)
      throw new WorkspaceError("ENOTDIR", "not a directory", "scandir", path);
    return this.#under(key)
      .map((name) => name.slice(key === "" ? 0 : key.length + 1))
      .filter((name) => !name.includes("/"))
      .toSorted();
  }

  /**
   * Makes a folder; with `recursive` also the folders above it, and it may exist already.
   * @throws WorkspaceError `ENOENT`, `EEXIST`, `ENOTDIR`, `EINVAL`, `ENAMETOOLONG`; `ENOSPC` over the caps
   */
  mkdir(path: string, options: { recursive?: boolean } = {}): void {
    const steps = stepsOf(path);
    if (options.recursive === true) {
      for (let count = 1; count < steps.length; count++)
        this.#makeFolder(steps.slice(0, count).join("/"), true);
    }
    this.#makeFolder(path, options.recursive === true);
  }

  /**
   * Removes a file; with `recursive` also a folder and all that is in it. With `force`, the path need not exist.
   * @throws WorkspaceError `ENOENT`, `EISDIR`
   */
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
      this.#bytes -= this.#entries.get(name)?.size ?? 0;
      this.#entries.delete(name);
    }
  }

  /**
   * Describes what is at a path.
   * @throws WorkspaceError `ENOENT`
   */
  stat(path: string): FileStat {
    const { content, size, mtimeMs } = this.#find(path, "stat");
    return { isDirectory: content === undefined, size, mtimeMs };
  }

  /** Removes everything. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** Lists everything in the workspace, for {@link load}. Folders have no content. */
  *entries(): Generator<
    readonly [path: string, content: FileContent | undefined, mtimeMs: number]
  > {
    for (const [key, { content, mtimeMs }] of this.#entries) yield [key, content, mtimeMs];
  }

  /**
   * Replaces everything by `entries`.
   * @throws WorkspaceError as {@link writeFile}
   */
  load(
    entries: Iterable<readonly [path: string, content: FileContent | undefined, mtimeMs: number]>,
  ): void {
    this.clear();
    for (const [path, content, mtimeMs] of entries) {
      if (content === undefined) this.mkdir(path, { recursive: true });
      else this.writeFile(path, content);
      const key = stepsOf(path).join("/");
      const entry = this.#entries.get(key);
      if (entry !== undefined) this.#entries.set(key, { ...entry, mtimeMs });
    }
  }

  #find(path: string, operation: string): Entry & { readonly key: string } {
    const key = stepsOf(path).join("/");
    if (key === "") return { key, size: 0, mtimeMs: 0 };
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
    this.#put(key, { size: 0, mtimeMs: Date.now() }, path);
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
