import type { NameTable } from "../core/names.ts";
import type { ServerState } from "./catalogue-entry.ts";
import type { ResourceLists } from "./resource-lists.ts";
import type { ToolInfo, ToolSource } from "./tool.ts";

/** A server (or a namespace of local functions) and what it offers. */
export interface CatalogueServer {
  readonly name: string;
  readonly tools: readonly ToolInfo[];
  readonly state: ServerState;
  /** Its tools are those that it listed last time; it has not listed any in this process. */
  readonly isCached: boolean;
  /** Why it could not be used at the last attempt: for whoever runs codecell. */
  readonly failure?: string;
  /** The same in one plain sentence, for programs, models and clients; only where it has no tools. */
  readonly outage?: string;
  /** Time until it is tried again, in ms. */
  readonly retryInMs?: number;
  /** Its description of itself. */
  readonly instructions?: string;
}

/** A tool that exists, with original names. */
export interface ResolvedTool {
  readonly server: string;
  readonly tool: string;
  readonly info: ToolInfo;
  /** It is the tool behind the global `fetch`. */
  readonly isFetch: boolean;
}

/** All tools of all sources, read-only: it calls nothing. Its properties change when a source reports a change. */
export interface Catalogue extends AsyncDisposable {
  readonly names: NameTable;
  /** What was left out, repaired, renamed, or did not start. */
  readonly warnings: readonly string[];
  readonly servers: readonly CatalogueServer[];
  /** Finds a tool by the spellings of server and tool, see core/spelling.ts. */
  find(server: string, tool: string): ResolvedTool | undefined;
  /** Returns the original name of a server, given one of its spellings. */
  serverName(server: string): string | undefined;
  /**
   * Finds a tool by the spellings of server and tool, see core/spelling.ts.
   * @throws ToolError `unknown_tool` naming the nearest, `tool_error` when the server did not start
   */
  resolve(server: string, tool: string): ResolvedTool;
  /** Finds the tools that a word can mean: `read_text_file`, `github.create_issue`, `mcp__github__create_issue`. Some of many. */
  named(spelling: string): readonly ResolvedTool[];
  /**
   * Returns the lists of resources and prompts of a server, by original name or alias; nothing where it can have none.
   * @throws ToolError `unknown_tool` when there is no such server
   */
  resources(server: string): ResourceLists | undefined;
  /** Adds a source and lists its tools. @throws CodecellError `config_error` when there is one of that name */
  add(source: ToolSource): Promise<void>;
  /** Removes a source, and closes it. */
  remove(name: string): Promise<void>;
  /** Calls `listener` after names, servers or tools have changed. */
  onChanged(listener: () => void): void;
  /** Calls `listener` with a server after its state has changed. */
  onState(listener: (server: CatalogueServer) => void): void;
  /** Whether a server, by original name, has listed its tools, now or last time. */
  isListed(server: string): boolean;
  /**
   * Checks that a server has listed its tools in this process, now and not only last time.
   * @throws ToolError `tool_error` with the reason why not
   */
  checkListed(server: string, tool: string): void;
  /** Whether the tools of a server, by original name, are those that it listed last time. */
  isCached(server: string): boolean;
  /**
   * Waits for the tools of a server that is connecting, by name or alias; one that failed is tried again now. Resolves whether or not
   * it has any then.
   * @param maxMs longest wait. @default no limit
   */
  ready(server: string, maxMs?: number): Promise<void>;
  /** Waits until no server is connecting, at most `maxMs`. */
  settled(maxMs: number): Promise<void>;
  /**
   * Tries servers that failed again now, or the one named. Resolves when that has ended, well or not.
   * @throws ToolError `unknown_tool` when there is no such server
   */
  reconnect(server?: string): Promise<void>;
  /** Checks the arguments of a tool against its schema. @throws ToolError `invalid_arguments` */
  checkArguments(server: string, tool: ToolInfo, args: unknown): void;
  /** Whether they fit the schema of a tool, as far as its JSON Schema says. */
  fits(server: string, tool: ToolInfo, args: unknown): boolean;
}
