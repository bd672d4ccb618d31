/** The section about the tokens of tool definitions. */
import type { Section, Table } from "../present/presentation.ts";
import { type CatalogueResult, type TokenResults, WAYS } from "./results.ts";
import { tokensText, WAY_TITLES } from "./words.ts";

export function catalogueSection(results: TokenResults): Section {
  const { catalogues, tokenizers } = results;
  const [first] = tokenizers;
  return {
    id: "tokens-catalogue",
    title: "Tokens of the catalogue",
    text: [
      "The fixed part of every request: all definitions; the definition of a host's search tool; or our three tools with the start context. Declarations are all tools as TypeScript, for comparison only: turning schemas into types is not what saves tokens.",
    ],
    charts: [
      {
        kind: "bars",
        title: "Catalogue in every request",
        unit: `tokens, ${first!.name}`,
        scale: "log",
        groups: catalogues.map(({ title, tools, counts }) => ({
          title: `${title}, ${tools} tools`,
          bars: WAYS.map((way) => ({
            label: WAY_TITLES[way],
            value: counts[first!.name]!.ways[way],
            role: way === "code" ? ("ours" as const) : ("other" as const),
          })),
        })),
      },
    ],
    tables: [totals(results), ...catalogues.filter(isListed).map((one) => servers(one, results))],
  };
}

/** Lists the servers of a world in a group only if one did not start. */
function isListed({ group, servers: all }: CatalogueResult): boolean {
  return group === undefined || all.some(({ failure }) => failure !== undefined);
}

function totals({ catalogues, tokenizers }: TokenResults): Table {
  return {
    title: "Catalogues",
    columns: [
      "servers",
      "tokenizer",
      "tools",
      ...WAYS.map((way) => WAY_TITLES[way]),
      "declarations",
      "break-even",
    ],
    rows: catalogues.flatMap(({ title, tools, counts }) =>
      tokenizers.map(({ name }) => {
        const { ways, declarations } = counts[name]!;
        const mean = ways.direct / Math.max(1, tools);
        return [
          title,
          name,
          String(tools),
          ...WAYS.map((way) => tokensText(ways[way])),
          tokensText(declarations),
          tools === 0 ? "no tools" : `${Math.ceil(ways.code / mean)} tools`,
        ];
      }),
    ),
    notes: [
      "Break-even: the number of definitions of this mean size from which direct calling has the larger catalogue (code execution's / (direct's / tools)).",
    ],
  };
}

function servers(
  { title, servers: all, counts }: CatalogueResult,
  { tokenizers }: TokenResults,
): Table {
  return {
    title: `${title}: definitions by server`,
    columns: ["server", "version", "tools", ...tokenizers.map(({ name }) => name), "a tool"],
    rows: all.map(({ name, version = "", tools, failure }) => {
      if (failure !== undefined)
        return [name, version, "did not start", ...tokenizers.map(() => "–"), "–"];
      const each = tokenizers.map((tokenizer) => counts[tokenizer.name]!.servers[name]!);
      return [
        name,
        version,
        String(tools),
        ...each.map(tokensText),
        tokensText(tools === 0 ? undefined : Math.round(each[0]! / tools)),
      ];
    }),
    ...(all.some(({ failure }) => failure !== undefined)
      ? { notes: all.flatMap(({ failure }) => (failure === undefined ? [] : [failure])) }
      : {}),
  };
}
