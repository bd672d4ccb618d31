/** A server in one line. */
export interface CategorySummary {
  /** Name of the server, as the config or the options give it. */
  readonly name: string;
  /** How many tools it has. */
  readonly tools: number;
  /** The first sentence of the server's description of itself, where it has one. */
  readonly description?: string;
  /** Why it has no tools: `did not start: its command cannot be run`. Absent: it does. */
  readonly outage?: string;
  /** It is still connecting, or could not be used at the last attempt. Absent: it is connected. */
  readonly state?: "connecting" | "failed";
  /** Its tools are those that it listed last time. Absent: it has listed them now. */
  readonly cached?: true;
}

/** How much a list says of each tool, see {@link ToolSummary}. */
export type ToolDetail = "name" | "summary" | "parameters" | "full";

/** A tool in a list. */
export interface ToolSummary {
  /** The server. */
  readonly category: string;
  /** The tool's original name. */
  readonly name: string;
  /** How to call it: `tools.github.createIssue(args)`. */
  readonly call: string;
  /** The first sentence of its description, shorter with detail `parameters`; not with detail `name`. */
  readonly description?: string;
  /** `{ owner: string, labels?: string[], … }`, where `…` is what was left out; with detail `parameters`. */
  readonly parameters?: string;
  /** What a call resolves to, `{ number: number, … }`, where its type is declared or learned; with detail `parameters`. */
  readonly result?: string;
  /** Its description, signature and types; with detail `full`. */
  readonly declaration?: string;
  /** Its server listed it last time, and has not listed its tools yet. Absent: it has. */
  readonly cached?: true;
}

/** Everything about one tool. */
export interface ToolSpec {
  /** The server. */
  readonly category: string;
  /** The tool's original name. */
  readonly name: string;
  /** How to call it: `tools.github.createIssue(args)`. */
  readonly call: string;
  /** A name for people. */
  readonly title?: string;
  /** The server's description of it; empty for none. */
  readonly description: string;
  /** TypeScript: documentation, `declare function`, the types of its arguments and result. */
  readonly declaration: string;
  /** The server's claims: `readOnlyHint` and the like. */
  readonly annotations?: unknown;
  /** JSON Schema of the arguments. */
  readonly inputSchema?: unknown;
  /** JSON Schema of the result. */
  readonly outputSchema?: unknown;
  /** Its server listed it last time, and has not listed its tools yet. Absent: it has. */
  readonly cached?: true;
}

/** Which part of a list to return, and how much of each tool. */
export interface ListOptions {
  /**
   * How much of each tool: `name`, `summary`, `parameters` or `full`.
   * @default "summary"
   */
  readonly detail?: ToolDetail;
  /**
   * Most tools to return.
   * @default all of a category, 10 matches of a search
   */
  readonly limit?: number;
  /**
   * How many to leave out at the start.
   * @default 0
   */
  readonly offset?: number;
}

/** What to search in, besides the page of the result. */
export interface SearchOptions extends ListOptions {
  /**
   * Only in this category.
   * @default in all categories
   */
  readonly category?: string;
}
