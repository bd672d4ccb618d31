/** A server in one line. */
export interface CategorySummary {
  readonly name: string;
  /** How many tools it has. */
  readonly tools: number;
  /** What its server says of itself, where it says something: the first sentence. */
  readonly description?: string;
}

/** How much is told of each tool in a list, see {@link ToolSummary}. */
export type ToolDetail = "name" | "summary" | "parameters" | "full";

/** A tool in a list. */
export interface ToolSummary {
  /** The server. */
  readonly category: string;
  /** The tool's original name. */
  readonly name: string;
  /** How to call it: `tools.github.createIssue(args)`. */
  readonly call: string;
  /** The first sentence of its description; not with detail `name`. */
  readonly description?: string;
  /** `{ owner: string, labels?: string[] }`; with detail `parameters`. */
  readonly parameters?: string;
  /** Its description, signature and types; with detail `full`. */
  readonly declaration?: string;
}

/** Everything about one tool. */
export interface ToolSpec {
  readonly category: string;
  readonly name: string;
  readonly call: string;
  readonly title?: string;
  readonly description: string;
  /** TypeScript: documentation, `declare function`, the types of its arguments and result. */
  readonly declaration: string;
  /** The server's claims: `readOnlyHint` and the like. */
  readonly annotations?: unknown;
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
}

/** What part of a list to give, and how much of each tool. */
export interface ListOptions {
  /**
   * How much of each tool: `name`, `summary`, `parameters` or `full`.
   * @default "summary"
   */
  readonly detail?: ToolDetail;
  /** Most tools to give. Default: all of a category, 10 matches of a search. */
  readonly limit?: number;
  /** How many to leave out at the start. Default 0. */
  readonly offset?: number;
}

/** What to search in, beside the page of the answer. */
export interface SearchOptions extends ListOptions {
  /** Only in this category. */
  readonly category?: string;
}
