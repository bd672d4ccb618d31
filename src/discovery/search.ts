/** The door to minisearch: tools by words. */
import MiniSearch, { type SearchOptions } from "minisearch";
import { inTurns, type Steps } from "../core/turns.ts";
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
/** Text of one server that is indexed, in characters: tools after that are found by name only. */
const MAX_SERVER_TEXT = 2_000_000;
/** Longest name or title that is indexed. */
const MAX_NAME = 500;
/**
 * Different words of one server, and of all: what an index takes in memory, and what a search looks at, grows with them. The
 * largest catalogues that are known have a tenth of it.
 */
const MAX_SERVER_TERMS = 50_000;
const MAX_TERMS = 150_000;
/** Letters that may differ. Each one more makes a search look at many times as many words. */
const MAX_TYPOS = 2;
const MAX_QUERY = 500;
const MAX_WORDS = 20;

const OPTIONS: SearchOptions = {
  boost: { name: 4, server: 2, parameters: 1.2, description: 1 },
  prefix: (term) => term.length > 2,
  fuzzy: (term) => (term.length > 3 ? Math.min(MAX_TYPOS, Math.round(term.length / 4)) : false),
  weights: { prefix: 0.6, fuzzy: 0.3 },
};

/** Ranks tools by BM25 over names, descriptions and parameters. Costs what it indexes, once, at the first search. */
export class ToolIndex {
  readonly #entries: Entry[] = [];
  readonly #index = new MiniSearch<Entry>({
    fields: ["name", "server", "parameters", "description"],
    tokenize: wordsOf,
    processTerm: (term) => (this.#takes(term) ? term : null),
  });
  readonly #terms = new Set<string>();
  /** Words that no server before had. */
  #newTerms = 0;

  private constructor() {}

  /** Servers choose how many tools there are and what they say: the index is made in turns. */
  static async of(servers: readonly CatalogueServer[]): Promise<ToolIndex> {
    const index = new ToolIndex();
    await inTurns(index.#add(servers));
    return index;
  }

  *#add(servers: readonly CatalogueServer[]): Steps<void> {
    for (const { name, tools } of servers) {
      let room = MAX_SERVER_TEXT;
      this.#newTerms = 0;
      for (const info of tools) {
        const entry = toEntry(this.#entries.length, name, info, room);
        room -= entry.name.length + entry.parameters.length + entry.description.length;
        this.#entries.push(entry);
        this.#index.add(entry);
        yield;
      }
    }
  }

  #takes(term: string): boolean {
    if (this.#terms.has(term)) return true;
    if (this.#newTerms >= MAX_SERVER_TERMS || this.#terms.size >= MAX_TERMS) return false;
    this.#newTerms++;
    this.#terms.add(term);
    return true;
  }

  /**
   * The tools that match any word of `query`, best first; those that match all words come before the others. Words are
   * looked up one by one; as the index does itself, scores are added and multiplied by the number of words.
   */
  *search(query: string, category?: string): Steps<Match[]> {
    const words = [...new Set(wordsOf(query.slice(0, MAX_QUERY)))].slice(0, MAX_WORDS);
    const filter =
      category === undefined
        ? {}
        : { filter: ({ id }: { id: number }) => this.#entries[id]!.server === category };
    const found = new Map<number, { readonly id: number; sum: number; words: number }>();
    for (const word of words) {
      const results = this.#index.search(word, {
        ...OPTIONS,
        ...filter,
        tokenize: (text) => [text],
        processTerm: (term) => term,
      });
      yield;
      for (const { id, score } of results) {
        const known = found.get(id as number) ?? { id: id as number, sum: 0, words: 0 };
        known.sum += score;
        known.words++;
        found.set(known.id, known);
      }
      yield;
    }
    const isComplete = (match: { words: number }): number => Number(match.words === words.length);
    const ranked = [...found.values()].toSorted(
      (a, b) => isComplete(b) - isComplete(a) || b.sum * b.words - a.sum * a.words,
    );
    return ranked.map(({ id }) => this.#entries[id]!);
  }
}

/** @param room characters that its text may take besides the name */
function toEntry(id: number, server: string, info: ToolInfo, room: number): Entry {
  const { name, title = "", description = "", inputSchema } = info;
  const properties = inputSchema?.["properties"];
  const parameters =
    typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  const described = parameters
    .slice(0, 50)
    .map(([key, schema]) => `${key.slice(0, MAX_NAME)} ${descriptionOf(schema).slice(0, 200)}`);
  const hasRoom = room > 0;
  return {
    id,
    server,
    info,
    name: `${name.slice(0, MAX_NAME)} ${hasRoom ? title.slice(0, MAX_NAME) : ""}`,
    parameters: hasRoom ? described.join(" ") : "",
    description: hasRoom ? description.slice(0, MAX_DESCRIPTION) : "",
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
