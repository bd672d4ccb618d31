import type { CallContext } from "./call-context.ts";
import type { ResourceSource } from "./resource-source.ts";

/** A JSON Schema object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is known of a tool. Everything but the name is optional; descriptions and annotations are claims, not facts. */
export interface ToolInfo {
  /** The name its server gave it: any text. */
  readonly name: string;
  /** A name for people. */
  readonly title?: string;
  /** What the tool does. */
  readonly description?: string;
  /** JSON Schema of the arguments; without one the tool takes any one argument, or several. */
  readonly inputSchema?: JsonSchema;
  /** JSON Schema of the result; results are not checked against it. */
  readonly outputSchema?: JsonSchema;
  /** MCP's hints: `readOnlyHint`, `destructiveHint`, `idempotentHint`, `openWorldHint`. */
  readonly annotations?: Readonly<Record<string, unknown>>;
  /** MCP's `_meta` as the server sent it. */
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** A notification of a server, as MCP defines it. */
export interface SourceNotification {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** Where tools come from: an MCP server or a namespace of local functions. */
export interface ToolSource extends Partial<AsyncDisposable> {
  readonly name: string;
  /** Problems found so far, for people. */
  readonly warnings: readonly string[];
  /** Why it did not start, once `list` has failed: for whoever runs codecell. It may hold paths and the server's stderr. */
  readonly failure?: string | undefined;
  /** The same in one plain sentence, for programs, models and clients: the server's name and the kind of failure. */
  readonly outage?: string | undefined;
  /** It failed for good: to list it again would change nothing. */
  readonly isFinal?: boolean;
  /** Returns all tools; what a server sends is not checked here. Starts the source where it is not running. */
  list(): Promise<readonly ToolInfo[]>;
  /** Calls one tool by its original name. @throws ToolError */
  call(tool: string, args: unknown, context: CallContext): Promise<unknown>;
  /** True for a name, in any spelling, of a tool that the server has and its config turns off. */
  isTurnedOff?(tool: string): boolean;
  /** True for a tool whose arguments the source checks itself: its schema is a description only. */
  validates?(tool: string): boolean;
  /** Its tools take objects of the host, which programs pass as stubs. */
  readonly takesObjects?: boolean;
  /** It offers `fetch`, which programs also have as a global. */
  readonly offersFetch?: boolean;
  /** Its tools are called where programs run, not from here. */
  readonly isRemote?: boolean;
  /** The server's description of itself. */
  readonly instructions?: string | undefined;
  /** Resources and prompts, where the source can have some. */
  readonly resources?: ResourceSource;
  /** `listener` is told when a connection was made, and when none could be made, whatever caused the attempt. */
  onConnection?(listener: (isConnected: boolean) => void): void;
  /** The next attempt to connect is made at once, however often it has failed lately. */
  retryNow?(): void;
  /** `listener` runs whenever the list of tools may have changed. */
  onChanged?(listener: () => void): void;
  /** `listener` receives every notification of the server. */
  onNotification?(listener: (notification: SourceNotification) => void): void;
}
