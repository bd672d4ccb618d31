/** Counts the tokens of a world's tool definitions. */
import type { Tokens } from "./count.ts";
import type { OpenWorld } from "./open-world.ts";
import type { CatalogueCount, CatalogueResult } from "./results.ts";
import { codeCatalogue, hostSearch } from "./tool-search.ts";
import type { World } from "./workload.ts";

export async function measureCatalogue(
  open: OpenWorld,
  { id, title, group, versions = {} }: World,
  tokenizers: readonly Tokens[],
): Promise<CatalogueResult> {
  const definitions = [...open.definitions()];
  const failures = open.failures();
  const texts = {
    search: (await hostSearch(open, [], [])).catalogue,
    code: await codeCatalogue(open),
    declarations: await declarations(open),
  };
  const count = (tokens: Tokens): CatalogueCount => ({
    servers: Object.fromEntries(
      definitions.map(([server, tools]) => [server, tokens.count(JSON.stringify(tools))]),
    ),
    ways: {
      direct: tokens.count(JSON.stringify(definitions.flatMap(([, tools]) => tools))),
      search: tokens.count(texts.search),
      code: tokens.count(texts.code),
    },
    declarations: texts.declarations.reduce((all, text) => all + tokens.count(text), 0),
  });
  return {
    world: id,
    title,
    ...(group === undefined ? {} : { group }),
    servers: definitions.map(([name, tools]) => ({
      name,
      tools: tools.length,
      ...(versions[name] === undefined ? {} : { version: versions[name] }),
      ...(failures[name] === undefined ? {} : { failure: failures[name] }),
    })),
    tools: definitions.reduce((all, [, tools]) => all + tools.length, 0),
    counts: Object.fromEntries(tokenizers.map((tokens) => [tokens.name, count(tokens)])),
  };
}

/** Declarations of all tools, in the form of get_tool_details. */
async function declarations({ runtime }: OpenWorld): Promise<string[]> {
  const texts: string[] = [];
  for (const { name } of await runtime.listToolCategories())
    for (const { call, declaration } of await runtime.listTools(name, { detail: "full" }))
      texts.push(`// ${call}\n${declaration ?? ""}\n`);
  return texts;
}
