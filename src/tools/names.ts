import { RESERVED_WORDS } from "../core/identifier.ts";
import type { NameTable, ServerNames, ToolNames } from "../core/names.ts";
import { atOnce, type Steps } from "../core/turns.ts";
import { cutUnits } from "../core/utf8.ts";
import { assignFiles } from "./file-names.ts";
import { firstFree } from "./first-free.ts";
import { WarningList } from "./warning-list.ts";

/** Words that cannot name a variable, and properties that JavaScript itself looks up on objects. */
const RESERVED = new Set([
  ...RESERVED_WORDS,
  ...(
    "undefined NaN Infinity then constructor prototype __proto__ toString toLocaleString valueOf toJSON hasOwnProperty " +
    "isPrototypeOf propertyIsEnumerable __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"
  ).split(" "),
]);

/** A server and its tools, with original names. */
export interface ServerToolNames {
  readonly name: string;
  readonly tools: readonly string[];
}

/** Every spelling of every tool. The same names give the same table in any order of tools. */
export function buildNames(servers: readonly ServerToolNames[]): NameTable {
  return atOnce(nameTools(servers));
}

/**
 * {@link buildNames} in small steps. Servers choose the names: the work grows with their number and length only, however
 * they collide.
 */
export function* nameTools(servers: readonly ServerToolNames[]): Steps<NameTable> {
  const all = servers.map(({ name }) => name);
  const aliases = yield* assign(all, toIdentifier);
  const classes = yield* assign(all, toClassName);
  const flats = yield* assignFlat(servers);
  const folders = yield* assignFiles(aliases);
  const named: ServerNames[] = [];
  const version = new Fingerprint();
  for (const { name, tools } of servers) {
    const folder = folders.get(name);
    const spelled = {
      name,
      alias: aliases.get(name)!,
      className: classes.get(name)!,
      ...(folder === undefined ? {} : { folder }),
    };
    version.add(spelled);
    named.push({ ...spelled, tools: yield* spell(name, tools, flats, version) });
  }
  return { version: version.text, servers: named };
}

function* spell(
  server: string,
  tools: readonly string[],
  flats: ReadonlyMap<string, string>,
  version: Fingerprint,
): Steps<ToolNames[]> {
  const aliases = yield* assign(tools, toIdentifier);
  const files = yield* assignFiles(aliases);
  const spelled: ToolNames[] = [];
  for (const name of tools) {
    const file = files.get(name);
    const names: ToolNames = {
      name,
      alias: aliases.get(name)!,
      flat: flats.get(flatKey(server, name))!,
      ...(file === undefined ? {} : { file }),
    };
    version.add(names);
    spelled.push(names);
    yield;
  }
  return spelled;
}

/** A line for each tool or server whose identifier was changed because of another one's; of many, the first. */
export function* describeCollisions({ servers }: NameTable): Steps<string[]> {
  const lines: string[] = [];
  for (const { name: server, alias: spelled, tools } of servers) {
    if (spelled !== toIdentifier(server))
      lines.push(`server ${server} is named ${spelled}: its name is like another's`);
    const warnings = new WarningList(server);
    for (const { name, alias } of tools) {
      yield;
      if (alias === toIdentifier(name)) continue;
      warnings.add(
        `${server}: tool '${shorten(name)}' is named ${shorten(alias)}, because its name is like another's`,
      );
    }
    lines.push(...warnings.all);
  }
  return lines;
}

function shorten(name: string): string {
  return name.length > 100 ? `${cutUnits(name, 100)}…` : name;
}

/** Characters that identifiers cannot have, see isIdentifier. */
const OUTSIDE = String.raw`(?:[^\p{ID_Continue}$]|[\u{10000}-\u{10ffff}])+`;
const NOT_SNAKE = new RegExp(OUTSIDE, "gu");
const BETWEEN_WORDS = new RegExp(`${OUTSIDE}|_+`, "u");
const FLAT_START = /^[\p{ID_Start}$_]/u;

/** `create_issue` → `createIssue`, `delete` → `delete_`, `2fa` → `_2fa`. */
function toIdentifier(name: string): string {
  if (RESERVED.has(name)) return `${name}_`;
  const words = wordsOf(/\p{Ll}/u.test(name) ? name : name.toLowerCase());
  const identifier =
    words.map((word, at) => (at === 0 ? lowerFirst(word) : upperFirst(word))).join("") || "_";
  const started = /^\p{ID_Start}|^[$_]/u.test(identifier) ? identifier : `_${identifier}`;
  return RESERVED.has(started) ? `${started}_` : started;
}

function toClassName(name: string): string {
  const pascal = wordsOf(name).map(upperFirst).join("");
  return `${/^[\p{ID_Start}$]/u.test(pascal) ? pascal : `_${pascal}`}Tools`;
}

function toSnake(name: string): string {
  return name.replace(NOT_SNAKE, "_");
}

function wordsOf(name: string): string[] {
  return name.split(BETWEEN_WORDS).filter((word) => word !== "");
}

function lowerFirst(word: string): string {
  return /\p{Ll}/u.test(word)
    ? word.replace(/^./u, (first) => first.toLowerCase())
    : word.toLowerCase();
}

function upperFirst(word: string): string {
  return word.replace(/^./u, (first) => first.toUpperCase());
}

/**
 * One identifier per name, all different, none the original name of another. A name that is its own identifier keeps it;
 * of the others, in the order of their names, the second gets `_2`.
 */
function* assign(
  names: readonly string[],
  toBase: (name: string) => string,
): Steps<Map<string, string>> {
  const originals = new Set(names);
  const bases = new Map<string, string>();
  const result = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of originals) {
    yield;
    const base = toBase(name);
    bases.set(name, base);
    if (base !== name) continue;
    result.set(name, name);
    taken.add(name);
  }
  const counts = new Map<string, number>();
  for (const name of [...originals].toSorted()) {
    yield;
    if (result.has(name)) continue;
    const isTaken = (candidate: string): boolean =>
      taken.has(candidate) || (originals.has(candidate) && candidate !== name);
    const alias = firstFree(bases.get(name)!, isTaken, counts);
    result.set(name, alias);
    taken.add(alias);
  }
  return result;
}

/** Flat names are unique over all servers; names that need no change come first. */
function* assignFlat(servers: readonly ServerToolNames[]): Steps<Map<string, string>> {
  const entries: { key: string; base: string; exact: boolean }[] = [];
  for (const { name, tools } of servers) {
    const start = toSnake(name);
    for (const tool of tools) {
      yield;
      const joined = `${start}_${toSnake(tool)}`;
      const base = FLAT_START.test(joined) ? joined : `_${joined}`;
      entries.push({ key: flatKey(name, tool), base, exact: base === `${name}_${tool}` });
    }
  }
  entries.sort((a, b) => Number(b.exact) - Number(a.exact) || (a.key < b.key ? -1 : 1));
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  const result = new Map<string, string>();
  for (const { key, base } of entries) {
    yield;
    if (result.has(key)) continue;
    const flat = firstFree(base, (candidate) => taken.has(candidate), counts);
    taken.add(flat);
    result.set(key, flat);
  }
  return result;
}

function flatKey(server: string, tool: string): string {
  return JSON.stringify([server, tool]);
}

/** FNV-1a over what is added, twice with different seeds: 64 bits are plenty to distinguish versions. */
class Fingerprint {
  readonly #hashes = [0x811c9dc5, 0x01000193];

  add(names: object): void {
    const text = JSON.stringify(names);
    for (let which = 0; which < 2; which++) {
      let hash = this.#hashes[which]!;
      for (let at = 0; at < text.length; at++)
        hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
      this.#hashes[which] = hash;
    }
  }

  get text(): string {
    return this.#hashes.map((hash) => (hash >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
