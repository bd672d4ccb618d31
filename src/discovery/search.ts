/** The door to minisearch: tools by words. */
import MiniSearch, { type SearchOptions } from "minisearch";
import type { CatalogueServer } from "../tools/catalogue.ts";
import type { ToolInfo } from "../tools/tool.ts";

interface Entry {
  readonly id: number;
  readonly server: string;
  readonly info: ToolInfo;
  readonly name: string;
  readonly parameters: string;
  readonly description: string;
}

/** A tool that matches. */
export interface Match {
  readonly server: string;
  readonly info: ToolInfo;
}

/** Scripts that are written without spaces. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu;
const MAX_DESCRIPTION = 2_000;
const MAX_QUERY = 500;
const MAX_WORDS = 20;

const OPTIONS: SearchOptions = {
  boost: { name: 4, server: 2, parameters: 1.2, description: 1 },
  prefix: (term) => term.length > 2,
  fuzzy: (term) => (term.length > 3 ? 0.25 : false),
  weights: { prefix: 0.6, fuzzy: 0.3 },
};

/** Ranks tools by BM25 over names, descriptions and parameters. Costs what it indexes, once, at the first search. */
export class ToolIndex {
  readonly #entries: Entry[] = [];
  readonly #index = new MiniSearch<Entry>({
    fields: ["name", "server", "parameters", "description"],
    tokenize: wordsOf,
    processTerm: (term) => term,
  });

  constructor(servers: readonly CatalogueServer[]) {
    for (const server of servers) {
      for (const info of server.tools)
        this.#entries.push(toEntry(this.#entries.length, server.name, info));
    }
    this.#index.addAll(this.#entries);
  }

  /** The tools that match any word of `query`, best first; those that match all words come before the others. */
  search(query: string, category?: string): Match[] {
    const words = [...new Set(wordsOf(query.slice(0, MAX_QUERY)))].slice(0, MAX_WORDS);
    if (words.length === 0) return [];
    const filter =
      category === undefined
        ? {}
        : { filter: ({ id }: { id: number }) => this.#entries[id]!.server === category };
    const found = this.#index.search(words.join(" "), {
      ...OPTIONS,
      ...filter,
      tokenize: (text) => text.split(" "),
    });
    const complete = (match: (typeof found)[number]): boolean =>
      match.queryTerms.length === words.length;
    const ranked = [...found.filter(complete), ...found.filter((match) => !complete(match))];
    return ranked.map(({ id }) => this.#entries[id as number]!);
  }
}

function toEntry(id: number, server: string, info: ToolInfo): Entry {
  const { name, title = "", description = "", inputSchema } = info;
  const properties = inputSchema?.["properties"];
  const parameters =
    typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  const described = parameters.map(
    ([key, schema]) => `${key} ${descriptionOf(schema).slice(0, 200)}`,
  );
  return {
    id,
    server,
    info,
    name: `${name} ${title}`,
    parameters: described.slice(0, 50).join(" "),
    description: description.slice(0, MAX_DESCRIPTION),
  };
}

function descriptionOf(schema: unknown): string {
  if (typeof schema !== "object" || schema === null || !("description" in schema)) return "";
  return typeof schema.description === "string" ? schema.description : "";
}

/** Lower-case words without accents; `createIssue` and `create_issue` are two. Unspaced scripts go by pairs of characters. */
export function wordsOf(text: string): string[] {
  const plain = text
    .replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, " ")
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .normalize("NFC");
  const pairs: string[] = [];
  const spaced = plain.replace(UNSPACED, (run) => {
    const characters = [...run];
    if (characters.length === 1) pairs.push(run);
    for (let at = 1; at < characters.length; at++)
      pairs.push(characters[at - 1]! + characters[at]!);
    return " ";
  });
  return [...(spaced.match(/[\p{L}\p{N}]+/gu) ?? []), ...pairs];
}
