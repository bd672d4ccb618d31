import type { NameTable } from "../core/names.ts";
import { inTurns } from "../core/turns.ts";
import { buildNames, describeCollisions, nameTools } from "./names.ts";

/** What is named: a server and the original names of its tools. */
export interface NamedServer {
  readonly name: string;
  readonly tools: readonly string[];
  readonly isRemote: boolean;
  /** It has the tool behind the global `fetch`. */
  readonly offersFetch: boolean;
}

/** The names of all tools as they are now, and the way back from an alias. Made in turns, once per change. */
export class LiveNames {
  #table: NameTable = buildNames([]);
  #collisions: readonly string[] = [];
  /** Original names by alias: of servers, and of the tools of each. */
  #servers: ReadonlyMap<string, string> = new Map();
  #tools: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map();
  #naming: Promise<void> = Promise.resolve();
  #isQueued = false;

  get table(): NameTable {
    return this.#table;
  }

  /** A line for each name that was changed because of another one's. */
  get collisions(): readonly string[] {
    return this.#collisions;
  }

  /** The original name of the server that is spelled so. */
  server(alias: string): string | undefined {
    return this.#servers.get(alias);
  }

  /** The original name of the tool that is spelled so; the server by its original name. */
  tool(server: string, alias: string): string | undefined {
    return this.#tools.get(server)?.get(alias);
  }

  /**
   * Names what there is now; of many requests while one is at work, one more is carried out.
   * @param list what is named, asked for when it begins
   * @param onNamed called when the names are others
   */
  rename(list: () => readonly NamedServer[], onNamed: () => void): Promise<void> {
    if (!this.#isQueued) {
      this.#isQueued = true;
      const rename = async (): Promise<void> => {
        this.#isQueued = false;
        await this.#rename(list());
        onNamed();
      };
      this.#naming = this.#naming.then(rename, rename);
    }
    return this.#naming;
  }

  async #rename(given: readonly NamedServer[]): Promise<void> {
    const names = await inTurns(nameTools(given));
    const remote = new Set(given.filter(({ isRemote }) => isRemote).map(({ name }) => name));
    const servers = names.servers.map((server) =>
      remote.has(server.name) ? { ...server, remote: true } : server,
    );
    this.#collisions = await inTurns(describeCollisions(names));
    this.#servers = new Map(servers.map(({ alias, name }) => [alias, name]));
    this.#tools = new Map(
      servers.map(({ name, tools }) => [
        name,
        new Map(tools.map((tool) => [tool.alias, tool.name])),
      ]),
    );
    const fetch = given.some(({ offersFetch }) => offersFetch);
    this.#table = { ...names, servers, ...(fetch ? { fetch } : {}) };
  }
}
