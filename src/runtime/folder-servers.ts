/** Servers of `~/.mcp/servers` that come and go while a runtime runs. */
import type { RuntimeEmitter } from "../core/events.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { loadConfig } from "../tools/config/load-config.ts";
import type { ConfigFile } from "../tools/config/parse-config.ts";
import { withoutItself } from "../tools/config/self-reference.ts";
import type { ServerConfig } from "../tools/config/server-entry.ts";
import { ServersWatcher } from "../tools/config/watch-servers.ts";
import { FailedSource } from "../tools/failed-source.ts";
import { openServer } from "../tools/open-sources.ts";
import type { ToolSource } from "../tools/tool.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a folder's servers are a part of. Servers and sources are changed in place. */
interface Surroundings {
  readonly options: ResolvedOptions;
  /** All servers that there are. */
  readonly servers: Map<string, ServerConfig>;
  /** What calls go to. */
  readonly sources: ToolSource[];
  readonly catalogue: Catalogue;
  readonly emitter: RuntimeEmitter;
}

export class FolderServers implements AsyncDisposable {
  readonly #folder: string;
  readonly #around: Surroundings;
  readonly #watcher: ServersWatcher;
  /** What each server of the folder was made of. */
  readonly #known: Map<string, string>;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(folder: string, around: Surroundings) {
    this.#folder = folder;
    this.#around = around;
    this.#known = entriesOf(around.options, folder);
    this.#watcher = new ServersWatcher(folder, () => (this.#looking = this.#look()));
  }

  /** Follows the folder that the options name. */
  static async follow(folder: string, around: Surroundings): Promise<FolderServers> {
    const followed = new FolderServers(folder, around);
    await followed.#watcher.start();
    // What has changed since the folder was read: connecting its servers took a while.
    followed.#watcher.changed();
    return followed;
  }

  async #look(): Promise<void> {
    const { sources, catalogue, options, emitter } = this.#around;
    const file = await loadConfig(this.#folder);
    const { servers } = withoutItself(file.servers, file.path);
    const { failures = {} } = file;
    const now = entriesOf({ servers, failures }, this.#folder);
    for (const [name, text] of this.#known) if (now.get(name) !== text) await this.#remove(name);
    for (const [name, text] of now) {
      if (this.#isClosed) return;
      const isTaken = sources.some((source) => source.name === name);
      if (isTaken) continue;
      this.#known.set(name, text);
      const config = servers[name];
      const source =
        config === undefined
          ? new FailedSource(name, failures[name]!)
          : await openServer(name, config, options, emitter);
      if (config !== undefined) this.#around.servers.set(name, config);
      sources.push(source);
      // A slow one keeps no other waiting.
      void catalogue.add(source).catch(() => {});
    }
  }

  async #remove(name: string): Promise<void> {
    const { servers, sources, catalogue } = this.#around;
    this.#known.delete(name);
    servers.delete(name);
    const at = sources.findIndex((source) => source.name === name);
    if (at >= 0) sources.splice(at, 1);
    await catalogue.remove(name);
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
