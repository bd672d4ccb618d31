import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { outsideRuns } from "../../core/async-context.ts";

/** Folders that are watched. */
const MAX_FOLDERS = 200;
/** Changes of one folder come in groups. In ms. */
const QUIET_MS = 100;

/**
 * Watches a folder of servers (see `server-folder.ts`). It keeps no process running, and where the system cannot watch,
 * nothing is found.
 * @param onChange called after changes; never while it runs
 */
export class ServersWatcher implements Disposable {
  readonly #folder: string;
  readonly #onChange: () => Promise<void>;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #working: Promise<void> = Promise.resolve();

  constructor(folder: string, onChange: () => Promise<void>) {
    this.#folder = folder;
    this.#onChange = onChange;
  }

  /** Resolves when changes are seen from now on. */
  async start(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const folders = names.slice(0, MAX_FOLDERS).map((name) => join(this.#folder, name));
    const wanted = new Set([
      this.#folder,
      ...folders,
      ...folders.map((folder) => join(folder, "bin")),
    ]);
    for (const [path, watcher] of this.#watchers) {
      if (wanted.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const path of wanted) this.#watch(path);
    // It may be made again.
    if (!this.#watchers.has(this.#folder)) this.#watch(dirname(this.#folder));
  }

  #watch(path: string): void {
    if (this.#isClosed || this.#watchers.has(path)) return;
    try {
      const changed = (): void => this.changed();
      const watcher = outsideRuns(() => watch(path, { persistent: false }, changed));
      const forget = (): void => {
        watcher.close();
        this.#watchers.delete(path);
      };
      watcher.on("error", forget);
      this.#watchers.set(path, watcher);
    } catch {
      // It is not there, or the system watches no more.
    }
  }

  /** Looks soon, as after a change. */
  changed(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#working.then(() => this.#look()).catch(() => {});
    }, QUIET_MS).unref();
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    // A folder that was made again needs another watcher, also where it is the one that all are in.
    for (const [path, watcher] of this.#watchers) {
      watcher.close();
      this.#watchers.delete(path);
    }
    await this.start();
    await this.#onChange();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
