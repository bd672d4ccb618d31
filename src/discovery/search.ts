/** The door to minisearch: tools by words. */
import MiniSearch, { type SearchOptions, type SearchResult } from "minisearch";
import { inTurns, type Steps } from "../core/turns.ts";
import type { CatalogueServer } from "../tools/catalogue.ts";
import type { ToolInfo } from "../tools/tool.ts";

interface Entry {
  readonly id: number;
  readonly server: string;
  readonly info: ToolInfo;
  /** The words of the names of server and tool, to compare with those of a query. */
  readonly words: ReadonlySet<string>;
  /** Those of its own name, in order. */
  readonly own: readonly string[];
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

/** Of the best score: what is below has little to do with the query. */
const LEAST_SHARE = 0.4;
/** The same, of what does not match all words. */
const LEAST_PARTIAL_SHARE = 0.65;
/**
 * The first ones are told with a smaller share, where none is named as the query: a tool that is hidden costs a model more than
 * some lines that it does not need.
 */
const FIRST = 4;
const LEAST_FIRST_SHARE = 0.2;
/** A word that is only alike, to one that is the same. */
const ALIKE = 0.5;
/** Words that say nothing of a tool, beside others. */
const FILLERS = new Set(
  `a all an and any are as at be by can could did do does each find for from get give go have how i if in into is it its let like make
  me much my need of on one or our out over please should show some that the their them there these this those to tool up us use
  using want was we were what when where which who why will with would you your`.split(/\s+/),
);

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
   * The tools that match words of `query`, best first: those that are named so, then those whose names have all words, then
   * those that match all words, then the others, as far as they come near to the best. Words are looked up one by one; scores
   * are added, and what matches more of the words counts for more.
   */
  *search(query: string, category?: string): Steps<Match[]> {
    const all = [...new Set(wordsOf(query.slice(0, MAX_QUERY)))];
    const telling = all.filter((word) => !FILLERS.has(word));
    const found = yield* this.#find(telling.slice(0, MAX_WORDS), category);
    if (found.length > 0 || telling.length === all.length) return found;
    return yield* this.#find(all.slice(0, MAX_WORDS), category);
  }

  *#find(words: readonly string[], category: string | undefined): Steps<Match[]> {
    const filter =
      category === undefined
        ? {}
        : { filter: ({ id }: { id: number }) => this.#entries[id]!.server === category };
    const found = new Map<number, Found>();
    for (const word of words) {
      const results = this.#matches(word, filter);
      yield;
      for (const { id, score, terms } of results) {
        const entry = this.#entries[id as number]!;
        const known = found.get(entry.id) ?? { entry, sum: 0, words: 0 };
        known.sum += score;
        known.words += terms.some((term) => term.startsWith(word)) ? 1 : ALIKE;
        found.set(entry.id, known);
      }
      yield;
    }
    return ranked([...found.values()], words);
  }

  /** Words that are only alike count where none is the same: `store` is no `storage`. */
  #matches(word: string, filter: SearchOptions): SearchResult[] {
    const options = {
      ...OPTIONS,
      ...filter,
      tokenize: (text: string) => [text],
      processTerm: (term: string) => term,
    };
    const same = this.#index.search(word, { ...options, fuzzy: false });
    return same.length > 0 ? same : this.#index.search(word, options);
  }
}

/** An entry that matches some words of a query. */
interface Found {
  readonly entry: Entry;
  sum: number;
  /** How many words it matches; one with a typo counts less. */
  words: number;
}

function ranked(found: readonly Found[], words: readonly string[]): Match[] {
  const rated = found.map((match) => ({
    ...match,
    rank: rankOf(match, words),
    score: match.sum * match.words ** 2,
  }));
  const best = rated.reduce((most, { score }) => Math.max(most, score), 0);
  const isNear = (rank: number, score: number): boolean =>
    score >= best * (rank === COMPLETE ? LEAST_SHARE : LEAST_PARTIAL_SHARE);
  const first = rated.some(({ rank }) => rank >= NAMED) ? 0 : FIRST;
  let told = 0;
  return rated
    .toSorted((a, b) => b.rank - a.rank || b.score - a.score)
    .filter(({ entry, rank, score }) => {
      const isTold =
        rank >= NAMED ||
        isNear(rank, score) ||
        isNamedBy(entry, words) ||
        (told < first && score >= best * LEAST_FIRST_SHARE);
      if (isTold) told++;
      return isTold;
    })
    .map(({ entry }) => entry);
}

/** Whether the query has the whole name among other words, as a query for several tools has. */
function isNamedBy({ own }: Entry, words: readonly string[]): boolean {
  const named = own.filter((word) => words.includes(word));
  return named.length > 1 && own.every((word) => named.includes(word) || FILLERS.has(word));
}

const COMPLETE = 1;
const NAMED = 2;
const EXACT = 3;

function rankOf({ entry, words: count }: Found, words: readonly string[]): number {
  if (words.every((word) => entry.words.has(word)))
    return entry.own.every((word) => words.includes(word)) ? EXACT : NAMED;
  return count === words.length ? COMPLETE : 0;
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
    own: wordsOf(name.slice(0, MAX_NAME)),
    words: new Set(wordsOf(`${server.slice(0, MAX_NAME)} ${name.slice(0, MAX_NAME)}`)),
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
  return [...(spaced.match(/[\p{L}\p{N}]+/gu) ?? []).map(singular), ...pairs];
}

/** Without the ending of a plural in English; what is none ends alike in tools and queries. */
function singular(word: string): string {
  return word.length > 3 ? word.replace(/ies$/, "y").replace(/(?<![su])s$/, "") : word;
}
