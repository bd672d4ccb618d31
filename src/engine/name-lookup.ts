import type { NameTable } from "../core/names.ts";
import { clear, placedTools, serversSpelled, toolsSpelled } from "../core/spelling.ts";

type FlatEntry = readonly [flat: string, server: string, tool: string];

/** The flat functions (`github_create_issue`, `mcp__github__create_issue`) among the words of a program. */
export function flatNames(names: NameTable, words: readonly string[]): FlatEntry[] {
  return words.flatMap((word) => {
    const place = clear(placedTools(names, word));
    return place === undefined ? [] : [[word, place.server.name, place.tool.name] as const];
  });
}

/** The reply to a look-up of `tools` (`server` is empty) or of one server: rows of spellings, as JSON. */
export function answerNames(names: NameTable, server: string): string {
  const rows =
    server === ""
      ? names.servers.map(({ name, alias, className, folder }) => [name, alias, className, folder])
      : (names.servers.find(({ name }) => name === server)?.tools ?? []).map(
          ({ name, alias, flat, file }) => [name, alias, flat, file],
        );
  return JSON.stringify(rows);
}

/** The original name of what is not spelled exactly: of a server, or of a tool of `server`; empty for none. */
export function answerSpelling(names: NameTable, server: string, spelling: string): string {
  if (server === "") return clear(serversSpelled(names, spelling))?.name ?? "";
  const own = clear(serversSpelled(names, server));
  return (own && clear(toolsSpelled(own, spelling))?.name) ?? "";
}

/** Server and tool that one word names, as JSON; empty for none, and where it names a server. */
export function answerPlace(names: NameTable, word: string): string {
  const place = clear(placedTools(names, word));
  if (place === undefined || serversSpelled(names, word).length > 0) return "";
  return JSON.stringify([place.server.name, place.tool.name]);
}
