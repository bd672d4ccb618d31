/** Servers of `~/.mcp/servers` that come and go while a runtime runs. */
import type { RuntimeEmitter } from "../core/events.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { loadConfig } from "../tools/config/load-config.ts";
import type { ConfigFile } from "../tools/config/parse-config.ts";
import { withoutItself } from "../tools/config/self-reference.ts";
import { ServersWatcher } from "../tools/config/watch-servers.ts";
import { FailedSource } from "../tools/failed-source.ts";
import { openServer } from "../tools/open-sources.ts";
import type { ToolSource } from "../tools/tool.ts";
import type { ResolvedOptions } from "./options.ts";

export class FolderServers implements AsyncDisposable {
  readonly #folder: string;
  readonly #options: ResolvedOptions;
  readonly #sources: ToolSource[];
  readonly #catalogue: Catalogue;
  readonly #emitter: RuntimeEmitter;
  readonly #watcher: ServersWatcher;
  /** What each server of the folder was made of. */
  readonly #known: Map<string, string>;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(
    folder: string,
    options: ResolvedOptions,
    sources: ToolSource[],
    catalogue: Catalogue,
    emitter: RuntimeEmitter,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#sources = sources;
    this.#catalogue = catalogue;
    this.#emitter = emitter;
    this.#known = entriesOf(options, folder);
    this.#watcher = new ServersWatcher(folder, () => (this.#looking = this.#look()));
  }

  /**
   * Follows the folder that the options name.
   * @param sources what calls go to; it is changed in place
   */
  static async follow(
    folder: string,
    options: ResolvedOptions,
    sources: ToolSource[],
    catalogue: Catalogue,
    emitter: RuntimeEmitter,
  ): Promise<FolderServers> {
    const servers = new FolderServers(folder, options, sources, catalogue, emitter);
    await servers.#watcher.start();
    return servers;
  }

  async #look(): Promise<void> {
    const file = await loadConfig(this.#folder);
    const { servers } = withoutItself(file.servers, file.path);
    const { failures = {} } = file;
    const now = entriesOf({ servers, failures }, this.#folder);
    for (const [name, text] of this.#known) if (now.get(name) !== text) await this.#remove(name);
    for (const [name, text] of now) {
      if (this.#isClosed) return;
      const isTaken = this.#sources.some((source) => source.name === name);
      if (isTaken) continue;
      this.#known.set(name, text);
      const config = servers[name];
      const source =
        config === undefined
          ? new FailedSource(name, failures[name]!)
          : await openServer(name, config, this.#options, this.#emitter);
      this.#sources.push(source);
      // A slow one keeps no other waiting.
      void this.#catalogue.add(source).catch(() => {});
    }
  }

  async #remove(name: string): Promise<void> {
    this.#known.delete(name);
    const at = this.#sources.findIndex((source) => source.name === name);
    if (at >= 0) this.#sources.splice(at, 1);
    await this.#catalogue.remove(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watcher[Symbol.dispose]();
    await this.#looking.catch(() => {});
  }
}

/** A text for each server of the folder, which changes with its entry. */
function entriesOf(
  { servers, failures = {} }: Pick<ConfigFile, "servers" | "failures">,
  folder: string,
): Map<string, string> {
  const own = Object.entries(servers).filter(([, { path }]) => path.startsWith(folder));
  return new Map(
    [...own, ...Object.entries(failures)].map(([name, value]) => [name, JSON.stringify(value)]),
  );
}
