/**
 * The one rule for spellings of servers and tools. What is spelled exactly wins: a name, an identifier, a flat name, a file.
 * Else the spelling key decides, where only one has it: `get_sum`, `getSum` and `Get-Sum` are the same. The host and the
 * place use it, each on its copy of the table. A look-up costs no more than the length of what is looked up: servers choose
 * the names, and programs the spellings.
 */
import type { NameTable, ServerNames, ToolNames } from "./names.ts";

/** Longest spelling that is looked up, in UTF-16 units. */
const MAX_SPELLING = 2_000;
/** Most places at which one spelling is split into server and tool. */
const MAX_SPLITS = 10;
/** Most of the things that share a key: more is ambiguous all the same. */
const MAX_CANDIDATES = 4;

/** What may stand between a server and its tool, besides `_`, which is part of names. */
const SEPARATOR = /__|[./:]/g;
const MCP_PREFIX = /^mcp__/;

/** A tool and its server. */
export interface PlacedTool {
  readonly server: ServerNames;
  readonly tool: ToolNames;
}

/** Words with one separator between two, as people and models write names. Anything else in a program means only itself. */
const SPELLED = /^_*[\p{L}\p{M}\p{N}$]+(?:(?:_+|[-./: ])[\p{L}\p{M}\p{N}$]+)*_*$/u;

/** The key of what a program spells; empty where it is no such name. */
export function keyOf(spelling: string): string {
  return SPELLED.test(spelling) ? spellingKey(spelling) : "";
}

/** The letters and digits of a name, in lower case; empty for none, which matches nothing. */
export function spellingKey(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}

/** Those that are spelled so: one where it is clear, none, or several, of which these are some. */
type Spelled<T> = readonly T[];

/** What is found by exact spellings, and by keys. */
class Index<T> {
  readonly #exact = new Map<string, T>();
  readonly #byKey = new Map<string, T[]>();

  /** The first of those with one exact spelling has it. */
  addExact(spelling: string | undefined, item: T): void {
    if (spelling !== undefined && !this.#exact.has(spelling)) this.#exact.set(spelling, item);
  }

  addKey(key: string, item: T): void {
    if (key === "") return;
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, [item]);
    else if (known.length < MAX_CANDIDATES) known.push(item);
  }

  exact(spelling: string): T | undefined {
    return this.#exact.get(spelling);
  }

  byKey(key: string): Spelled<T> {
    return this.#byKey.get(key) ?? [];
  }
}

const servers = new WeakMap<NameTable, Index<ServerNames>>();
const tools = new WeakMap<ServerNames, Index<ToolNames>>();
const flats = new WeakMap<NameTable, ReadonlyMap<string, PlacedTool>>();
const joined = new WeakMap<NameTable, Index<PlacedTool>>();

function kept<K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}

function serverIndex(names: NameTable): Index<ServerNames> {
  return kept(servers, names, () => indexOf(names.servers, ["name", "alias", "folder"]));
}

function toolIndex(server: ServerNames): Index<ToolNames> {
  return kept(tools, server, () => indexOf(server.tools, ["name", "alias", "flat", "file"]));
}

/** @param spellings the exact ones, those that win first */
function indexOf<Key extends string, T extends { readonly [K in Key]?: string } & { name: string }>(
  items: readonly T[],
  spellings: readonly Key[],
): Index<T> {
  const index = new Index<T>();
  for (const spelling of spellings) for (const item of items) index.addExact(item[spelling], item);
  for (const item of items) index.addKey(spellingKey(item.name), item);
  return index;
}

function flatIndex(names: NameTable): ReadonlyMap<string, PlacedTool> {
  return kept(
    flats,
    names,
    () =>
      new Map(
        names.servers.flatMap((server) =>
          server.tools.map((tool) => [tool.flat, { server, tool }] as const),
        ),
      ),
  );
}

function joinedIndex(names: NameTable): Index<PlacedTool> {
  return kept(joined, names, () => {
    const index = new Index<PlacedTool>();
    for (const server of names.servers) {
      const start = spellingKey(server.name);
      for (const tool of server.tools) {
        const end = spellingKey(tool.name);
        if (start !== "" && end !== "") index.addKey(start + end, { server, tool });
      }
    }
    return index;
  });
}

/** The server with this name, identifier or folder, and no other spelling. */
export function exactServer(names: NameTable, spelling: string): ServerNames | undefined {
  return serverIndex(names).exact(spelling);
}

/** The tool with this flat name, and no other spelling. */
export function exactFlat(names: NameTable, spelling: string): PlacedTool | undefined {
  return flatIndex(names).get(spelling);
}

/** Whether a spelling has the letters and digits of a name. */
export function isAlike(spelling: string, name: string): boolean {
  if (spelling.length > MAX_SPELLING) return false;
  const key = keyOf(spelling);
  return key !== "" && key === spellingKey(name);
}

/** The servers that a program can mean. */
export function serversSpelled(names: NameTable, spelling: string): Spelled<ServerNames> {
  if (spelling.length > MAX_SPELLING) return [];
  const index = serverIndex(names);
  const exact = index.exact(spelling);
  return exact === undefined ? index.byKey(keyOf(spelling)) : [exact];
}

/** The tools of a server that a program can mean; `github_create_issue` is one of `github` too. */
export function toolsSpelled(server: ServerNames, spelling: string): Spelled<ToolNames> {
  if (spelling.length > MAX_SPELLING) return [];
  const index = toolIndex(server);
  const exact = index.exact(spelling);
  if (exact !== undefined) return [exact];
  const key = keyOf(spelling);
  const found = index.byKey(key);
  if (found.length > 0) return found;
  const own = spellingKey(server.name);
  const prefix = [own, `mcp${own}`].find((start) => own !== "" && key.startsWith(start));
  return prefix === undefined ? [] : index.byKey(key.slice(prefix.length));
}

/** The tools that one word with server and tool can mean: `server_tool`, `server.tool`, `mcp__server__tool`. */
export function placedTools(names: NameTable, spelling: string): Spelled<PlacedTool> {
  if (spelling.length > MAX_SPELLING) return [];
  const exact = exactFlat(names, spelling);
  if (exact !== undefined) return [exact];
  const inner = spelling.replace(MCP_PREFIX, "");
  const split = splits(names, spelling);
  if (inner !== spelling) split.push(...splits(names, inner));
  const found = distinct(split);
  if (found.length > 0) return found;
  const byKey = joinedIndex(names).byKey(keyOf(spelling));
  if (byKey.length > 0 || inner === spelling) return byKey;
  return joinedIndex(names).byKey(keyOf(inner));
}

/** What a word can be where a separator shows where the server ends. */
function splits(names: NameTable, spelling: string): PlacedTool[] {
  const found: PlacedTool[] = [];
  let count = 0;
  for (const { index, 0: separator } of spelling.matchAll(SEPARATOR)) {
    if (++count > MAX_SPLITS) break;
    const rest = spelling.slice(index + separator.length);
    for (const server of serversSpelled(names, spelling.slice(0, index)))
      for (const tool of toolsSpelled(server, rest)) found.push({ server, tool });
  }
  return found;
}

function distinct(places: readonly PlacedTool[]): PlacedTool[] {
  const seen = new Set<ToolNames>();
  return places.filter(({ tool }) => seen.size < seen.add(tool).size).slice(0, MAX_CANDIDATES);
}

/** The only one, where the spelling is clear. */
export function clear<T>(found: Spelled<T>): T | undefined {
  return found.length === 1 ? found[0] : undefined;
}
