/** What a word of a program means: a server, a tool, a wrapper class. The guest, inspection and the type check ask here. */
import { isIdentifier } from "./identifier.ts";
import { isBuiltIn } from "./built-in-names.ts";
import type { NameTable, ServerNames } from "./names.ts";
import { nearest } from "./nearest.ts";
import { oneLine } from "./one-line.ts";
import {
  clear,
  exactServer,
  isAlike,
  type PlacedTool,
  placedTools,
  serversSpelled,
  toolsSpelled,
} from "./spelling.ts";

export type Meaning =
  | ({ readonly kind: "tool" } & PlacedTool)
  | { readonly kind: "server"; readonly server: ServerNames }
  /** `new GithubTools()` is the server. */
  | { readonly kind: "class"; readonly server: ServerNames }
  /** All servers, as `tools` has them. */
  | { readonly kind: "all" }
  /** `callTool`. */
  | { readonly kind: "call" }
  /** `mcpClient`, which wrapper classes take and do not need. */
  | { readonly kind: "client" };

/** In the way of classes: no separator before it, unlike in `github_Tools`. */
const CLASS = /^(.*[\p{L}\p{M}\p{N}])Tools$/su;
/** Longest word that is taken for one, in UTF-16 units. */
const MAX_CLASS = 2_000;
/** Most names that one message lists. */
const MAX_LISTED = 10;

/** What `tools.<word>` is; `undefined` for nothing, and for what is ambiguous. */
export function memberMeaning(names: NameTable, word: string): Meaning | undefined {
  const servers = serversSpelled(names, word);
  if (servers.length === 0) return toolOrClass(names, word, placedTools(names, word));
  const server = clear(servers);
  return server && { kind: "server", server };
}

/**
 * What a variable is that no program declares: a server by its name or its identifier, a wrapper class, a flat function
 * (`github_create_issue`, `mcp__github__create_issue`).
 */
export function globalMeaning(names: NameTable, word: string): Meaning | undefined {
  if (isBuiltIn(word)) return undefined;
  const server = exactServer(names, word);
  if (server !== undefined) return { kind: "server", server };
  // A word without a separator is no tool: its letters could be those of any variable.
  return toolOrClass(names, word, word.includes("_") ? placedTools(names, word) : []);
}

/** A class comes before a tool `tools` that is spelled in another way. */
function toolOrClass(
  names: NameTable,
  word: string,
  places: readonly PlacedTool[],
): Meaning | undefined {
  const servers = places[0]?.tool.flat === word ? [] : classesSpelled(names, word);
  const place = servers.length === 0 ? clear(places) : undefined;
  if (place !== undefined) return { kind: "tool", ...place };
  const server = clear(servers);
  return server && { kind: "class", server };
}

/** The servers whose wrapper class can be called so. */
function classesSpelled(names: NameTable, word: string): readonly ServerNames[] {
  const stem = stemOf(word);
  if (stem === undefined) return [];
  const exact = names.servers.find(({ className }) => className === word);
  return exact === undefined ? serversSpelled(names, stem) : [exact];
}

/** Whether `word` is the wrapper class of the server, in any casing. */
export function isClassOf(server: ServerNames, word: string): boolean {
  if (word === server.className) return true;
  const stem = stemOf(word);
  return stem !== undefined && isAlike(stem, server.name);
}

/** What a class is named after. Programs choose the words. */
function stemOf(word: string): string | undefined {
  return word.length > MAX_CLASS ? undefined : CLASS.exec(word)?.[1];
}

/** What `callTool(first, second, …)` calls, and how many of its arguments are names. */
export interface NamedCall {
  readonly server: string;
  readonly tool: string;
  readonly taken: 1 | 2;
}

/**
 * @param second the second argument where it is a string
 * @returns names as they are spelled where only the host can tell what is there; a text where it calls no tool
 */
export function namedCall(
  names: NameTable,
  first: string,
  second: string | undefined,
): NamedCall | string {
  const servers = serversSpelled(names, first);
  const server = clear(servers);
  if (second !== undefined && server !== undefined) {
    const tool = clear(toolsSpelled(server, second));
    return { server: server.name, tool: tool?.name ?? second, taken: 2 };
  }
  const place = servers.length > 1 ? undefined : clear(placedTools(names, first));
  if (place !== undefined) return { server: place.server.name, tool: place.tool.name, taken: 1 };
  // The host says what is nearest to a server that is not there.
  if (second !== undefined && !/[./:]|__/.test(first))
    return { server: first, tool: second, taken: 2 };
  return server === undefined ? unknownCall(names, first) : noTool(server);
}

function noTool({ name, tools }: ServerNames): string {
  const example = `${JSON.stringify(name)}, ${JSON.stringify(tools[0]?.name ?? "tool")}`;
  return oneLine(
    `callTool: name a tool of ${name} in the second argument: await callTool(${example}, { … })`,
  );
}

function unknownCall(names: NameTable, word: string): string {
  const shown = oneLine(word.slice(0, 100));
  const several = meaningsOf(names, word);
  if (several.length > 0) return `callTool: '${shown}' can be ${several.join(" or ")}`;
  const all = names.servers.flatMap(({ name, tools }) =>
    tools.map((tool) => ({ name: `${name}.${tool.name}`, tool: tool.name })),
  );
  const closest = nearest(
    word,
    all.map(({ name }) => name),
    3,
  );
  const same = all.filter(({ tool }) => tool === word).slice(0, 3);
  const found = same.length > 0 ? same.map(({ name }) => name) : closest;
  const advice =
    found.length > 0
      ? `did you mean ${found.map((name) => `callTool(${oneLine(JSON.stringify(name))}, { … })`).join(" or ")}?`
      : `the servers are ${listed(names.servers.map(({ name }) => oneLine(name)))}`;
  return `callTool: there is no tool '${shown}'; ${advice}`;
}

/** What a word that is not clear can stand for, as code; empty for nothing. */
export function meaningsOf(names: NameTable, word: string): string[] {
  const servers = serversSpelled(names, word).map(serverText);
  const classes = classesSpelled(names, word).map(({ className }) => className);
  return [...servers, ...classes, ...placedTools(names, word).map(toolText)];
}

/** By names that no other has. */
function serverText({ name, alias }: ServerNames): string {
  return `tools.${isIdentifier(name) ? name : alias}`;
}

function toolText({ server, tool }: PlacedTool): string {
  const { name } = tool;
  return `${serverText(server)}${isIdentifier(name) ? `.${name}` : `[${oneLine(JSON.stringify(name))}]`}`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length - MAX_LISTED;
  return `${names.slice(0, MAX_LISTED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
