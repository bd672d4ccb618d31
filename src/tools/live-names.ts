import type { NameTable, ServerNames } from "../core/names.ts";
import { placedTools, serversSpelled, toolsSpelled } from "../core/spelling.ts";
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

/** Tools of different servers with one name: more are ambiguous all the same. */
const MAX_NAMED = 10;

/** The names of all tools as they are now, and the way back from a spelling. Made in turns, once per change. */
export class LiveNames {
  #table: NameTable = buildNames([]);
  #collisions: readonly string[] = [];
  /** By original name. */
  #servers: ReadonlyMap<string, ServerNames> = new Map();
  #naming: Promise<void> = Promise.resolve();
  #isQueued = false;

  get table(): NameTable {
    return this.#table;
  }

  /** A line for each name that was changed because of another one's. */
  get collisions(): readonly string[] {
    return this.#collisions;
  }

  /** The original names of the servers that can be spelled so: one where it is clear. */
  serversLike(spelling: string): string[] {
    return serversSpelled(this.#table, spelling).map(({ name }) => name);
  }

  /** The original names of the tools that can be spelled so; the server by its original name. */
  toolsLike(server: string, spelling: string): string[] {
    const own = this.#servers.get(server);
    return own === undefined ? [] : toolsSpelled(own, spelling).map(({ name }) => name);
  }

  /** The original names of server and tool that one word can mean, with its server or without; those with exactly that name win. */
  named(spelling: string): (readonly [server: string, tool: string])[] {
    const placed = placedTools(this.#table, spelling).map(
      ({ server, tool }) => [server.name, tool.name] as const,
    );
    if (placed.length > 0) return placed;
    const alone = this.#table.servers.flatMap((server) =>
      toolsSpelled(server, spelling).map(({ name }) => [server.name, name] as const),
    );
    const exact = alone.filter(([, name]) => name === spelling);
    return (exact.length > 0 ? exact : alone).slice(0, MAX_NAMED);
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
    this.#servers = new Map(servers.map((server) => [server.name, server]));
    const fetch = given.some(({ offersFetch }) => offersFetch);
    this.#table = { ...names, servers, ...(fetch ? { fetch } : {}) };
  }
}
