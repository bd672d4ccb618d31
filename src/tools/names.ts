import type { NameTable, ServerNames, ToolNames } from "../core/names.ts";
import { assignFiles } from "./file-names.ts";

/** Words that cannot name a variable, and properties that JavaScript itself looks up on objects. */
const RESERVED = new Set(
  (
    "break case catch class const continue debugger default delete do else enum export extends false finally for function " +
    "if import in instanceof new null return super switch this throw true try typeof var void while with " +
    "let static yield await implements interface package private protected public eval arguments undefined NaN Infinity " +
    "then constructor prototype __proto__ toString toLocaleString valueOf toJSON hasOwnProperty " +
    "isPrototypeOf propertyIsEnumerable __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"
  ).split(" "),
);

/** A server and its tools, with original names. */
export interface ServerToolNames {
  readonly name: string;
  readonly tools: readonly string[];
}

/** Every spelling of every tool. The same names give the same table in any order of tools. */
export function buildNames(servers: readonly ServerToolNames[]): NameTable {
  const aliases = assign(
    servers.map(({ name }) => name),
    toIdentifier,
  );
  const classes = assign(
    servers.map(({ name }) => name),
    toClassName,
  );
  const flats = assignFlat(servers);
  const folders = assignFiles(aliases);
  const named = servers.map(({ name, tools }): ServerNames => {
    const toolAliases = assign(tools, toIdentifier);
    const files = assignFiles(toolAliases);
    const spell = (tool: string): ToolNames => ({
      name: tool,
      alias: toolAliases.get(tool)!,
      flat: flats.get(flatKey(name, tool))!,
      ...(files.has(tool) ? { file: files.get(tool)! } : {}),
    });
    return {
      name,
      alias: aliases.get(name)!,
      className: classes.get(name)!,
      ...(folders.has(name) ? { folder: folders.get(name)! } : {}),
      tools: tools.map(spell),
    };
  });
  return { version: fingerprint(JSON.stringify(named)), servers: named };
}

/** One line for each tool or server whose identifier was changed because of another one's. */
export function describeCollisions({ servers }: NameTable): string[] {
  const lines: string[] = [];
  for (const server of servers) {
    if (server.alias !== toIdentifier(server.name))
      lines.push(`server ${server.name} is named ${server.alias}: its name is like another's`);
    for (const { name, alias } of server.tools) {
      if (alias === toIdentifier(name)) continue;
      lines.push(
        `${server.name}: tool '${name}' is named ${alias}, because its name is like another's`,
      );
    }
  }
  return lines;
}

/** Characters that identifiers cannot have, see isIdentifier. */
const OUTSIDE = String.raw`(?:[^\p{ID_Continue}$]|[\u{10000}-\u{10ffff}])+`;

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
  return name.replace(new RegExp(OUTSIDE, "gu"), "_");
}

function wordsOf(name: string): string[] {
  return name.split(new RegExp(`${OUTSIDE}|_+`, "u")).filter((word) => word !== "");
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
function assign(names: readonly string[], toBase: (name: string) => string): Map<string, string> {
  const originals = new Set(names);
  const result = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of originals) {
    if (toBase(name) !== name) continue;
    result.set(name, name);
    taken.add(name);
  }
  for (const name of [...originals].toSorted()) {
    if (result.has(name)) continue;
    const alias = firstFree(
      toBase(name),
      (candidate) => taken.has(candidate) || (originals.has(candidate) && candidate !== name),
    );
    result.set(name, alias);
    taken.add(alias);
  }
  return result;
}

function firstFree(base: string, isTaken: (candidate: string) => boolean): string {
  let candidate = base;
  for (let count = 2; isTaken(candidate); count++) candidate = `${base}_${count}`;
  return candidate;
}

/** Flat names are unique over all servers; names that need no change come first. */
function assignFlat(servers: readonly ServerToolNames[]): Map<string, string> {
  const entries = servers.flatMap(({ name, tools }) =>
    tools.map((tool) => {
      const joined = `${toSnake(name)}_${toSnake(tool)}`;
      const base = /^[\p{ID_Start}$_]/u.test(joined) ? joined : `_${joined}`;
      return { key: flatKey(name, tool), base, exact: base === `${name}_${tool}` };
    }),
  );
  entries.sort((a, b) => Number(b.exact) - Number(a.exact) || (a.key < b.key ? -1 : 1));
  const taken = new Set<string>();
  const result = new Map<string, string>();
  for (const { key, base } of entries) {
    if (result.has(key)) continue;
    const flat = firstFree(base, (candidate) => taken.has(candidate));
    taken.add(flat);
    result.set(key, flat);
  }
  return result;
}

function flatKey(server: string, tool: string): string {
  return JSON.stringify([server, tool]);
}

/** FNV-1a over the text, twice with different seeds: 64 bits are plenty to distinguish versions. */
function fingerprint(text: string): string {
  return [0x811c9dc5, 0x01000193]
    .map((seed) => {
      let hash = seed;
      for (let at = 0; at < text.length; at++)
        hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
      return (hash >>> 0).toString(16).padStart(8, "0");
    })
    .join("");
}
