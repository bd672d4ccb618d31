import type { NameTable } from "../core/names.ts";

type FlatEntry = readonly [flat: string, server: string, tool: string];

const flatIndexes = new WeakMap<NameTable, ReadonlyMap<string, FlatEntry>>();

function flatIndex(names: NameTable): ReadonlyMap<string, FlatEntry> {
  let index = flatIndexes.get(names);
  if (index === undefined) {
    index = new Map(
      names.servers.flatMap(({ name, tools }) =>
        tools.map((tool) => [tool.flat, [tool.flat, name, tool.name]]),
      ),
    );
    flatIndexes.set(names, index);
  }
  return index;
}

/** The flat functions (`github_create_issue`) among the words of a program. */
export function flatNames(names: NameTable, words: readonly string[]): FlatEntry[] {
  const index = flatIndex(names);
  return words.map((word) => index.get(word)).filter((entry) => entry !== undefined);
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
