import type { CallContext } from "./call-context.ts";
import type { ResourceSource } from "./resource-source.ts";

/** A JSON Schema object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is known of a tool. Everything but the name is optional; descriptions and annotations are claims, not facts. */
export interface ToolInfo {
  /** The name its server gave it: any text. */
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** JSON Schema of the arguments; without one the tool takes any one argument. */
  readonly inputSchema?: JsonSchema;
  readonly outputSchema?: JsonSchema;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** What a server tells by itself, as the protocol has it. */
export interface SourceNotification {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** Where tools come from: an MCP server or a namespace of local functions. */
export interface ToolSource extends Partial<AsyncDisposable> {
  readonly name: string;
  /** Odd things seen so far, for people. */
  readonly warnings: readonly string[];
  /** Why it did not start, once `list` has failed. */
  readonly failure?: string | undefined;
  /** All tools; what a server sends is not checked here. Starts the source if need be. */
  list(): Promise<readonly ToolInfo[]>;
  /** Call one tool by its original name. Throws ToolError. */
  call(tool: string, args: unknown, context: CallContext): Promise<unknown>;
  /** True for a tool whose arguments the source checks itself: its schema is a description only. */
  validates?(tool: string): boolean;
  /** It offers `fetch`, which programs find as a global too. */
  readonly offersFetch?: boolean;
  /** Its tools are called at the place where programs run, not from here. */
  readonly isRemote?: boolean;
  /** What the server says of itself. */
  readonly instructions?: string | undefined;
  /** Resources and prompts, where the source can have some. */
  readonly resources?: ResourceSource;
  /** `listener` runs whenever the list of tools may have changed. */
  onChanged?(listener: () => void): void;
  /** `listener` gets every notification of the server. */
  onNotification?(listener: (notification: SourceNotification) => void): void;
}
