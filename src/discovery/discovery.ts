import type { Catalogue } from "../tools/catalogue.ts";
import { near } from "../tools/names.ts";
import { ToolError, type ToolInfo } from "../tools/tool.ts";

/** A server in one line. */
export interface CategorySummary {
  readonly name: string;
  /** How many tools it has. */
  readonly tools: number;
}

/** A tool in one line. */
export interface ToolSummary {
  /** The server. */
  readonly category: string;
  /** The tool's original name. */
  readonly name: string;
  /** How to call it: `tools.github.createIssue(args)`. */
  readonly call: string;
  /** The first sentence of its description. */
  readonly description: string;
}

/** Everything about one tool. */
export interface ToolSpec extends Omit<ToolSummary, "description"> {
  readonly description: string;
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
  readonly annotations?: unknown;
}

/** Most matches that a search answers. */
const MAX_MATCHES = 20;

/** Progressive disclosure: categories, then a category's tools, then one tool; the same inside programs and outside. */
export class Discovery {
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  listToolCategories(): CategorySummary[] {
    return this.#catalogue.servers.map(({ name, tools }) => ({ name, tools: tools.length }));
  }

  /** One line for each tool of `category`, a server's name. Throws ToolError `unknown_tool` when there is none. */
  listTools(category: string): ToolSummary[] {
    const server = this.#server(category);
    return server.tools.map((tool) => this.#summary(server.name, tool));
  }

  /** Throws ToolError `unknown_tool` when there is no such tool. */
  getToolSpec(category: string, tool: string): ToolSpec {
    const { server, info } = this.#catalogue.resolve(category, tool);
    const { inputSchema, outputSchema, annotations, description = "" } = info;
    const details = Object.entries({ inputSchema, outputSchema, annotations }).filter(
      ([, value]) => value !== undefined,
    );
    return { ...this.#summary(server, info), description, ...Object.fromEntries(details) };
  }

  /** Tools whose name or description holds the words of `query`, best first. */
  searchTools(query: string): ToolSummary[] {
    const words = query
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean);
    const scored = this.#catalogue.servers.flatMap(({ name, tools }) =>
      tools.map((tool) => ({ name, tool, score: score(words, name, tool) })),
    );
    const best = scored.filter((match) => match.score > 0).toSorted((a, b) => b.score - a.score);
    return best.slice(0, MAX_MATCHES).map(({ name, tool }) => this.#summary(name, tool));
  }

  /** The same for a program, which names the function; every argument comes from hostile code. */
  answer(name: string, args: unknown): unknown {
    const [first, second] = Array.isArray(args) ? (args as unknown[]) : [];
    switch (name) {
      case "listToolCategories":
        return this.listToolCategories();
      case "listTools":
        return this.listTools(text(name, "category", first));
      case "getToolSpec":
        return this.getToolSpec(text(name, "category", first), text(name, "tool", second));
      case "searchTools":
        return this.searchTools(text(name, "query", first));
      default:
        throw new ToolError("unknown_tool", `there is no function ${name}`);
    }
  }

  #server(category: string): Catalogue["servers"][number] {
    const { servers, names } = this.#catalogue;
    const name = names.servers.find((server) => server.alias === category)?.name ?? category;
    const server = servers.find((candidate) => candidate.name === name);
    if (server !== undefined) return server;
    const all = servers.map((candidate) => candidate.name);
    const closest = near(category, all, 3);
    const list =
      closest.length > 0 ? `did you mean ${closest.join(" or ")}?` : `there are: ${all.join(", ")}`;
    throw new ToolError("unknown_tool", `there is no category '${category}'; ${list}`);
  }

  #summary(server: string, { name, description = "" }: ToolInfo): ToolSummary {
    const names = this.#catalogue.names.servers.find((candidate) => candidate.name === server);
    const alias = names?.tools.find((tool) => tool.name === name)?.alias;
    const call = `tools.${names?.alias ?? server}.${alias ?? name}(args)`;
    return { category: server, name, call, description: firstSentence(description) };
  }
}

function text(name: string, parameter: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new ToolError("invalid_arguments", `${name}: ${parameter} must be a string`);
}

function firstSentence(description: string): string {
  const line = description
    .trim()
    .split(/\n\s*\n|(?<=[.!?])\s/u, 1)[0]!
    .replace(/\s+/gu, " ");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** A word in the name counts more than one in the description; words that match nothing cost nothing. */
function score(words: readonly string[], server: string, tool: ToolInfo): number {
  const name = `${server} ${tool.name}`.toLowerCase();
  const description = (tool.description ?? "").toLowerCase();
  let sum = 0;
  for (const word of words) sum += name.includes(word) ? 3 : description.includes(word) ? 1 : 0;
  return sum;
}
