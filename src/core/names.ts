/** The name of questions to the host's model, in programs and in records. No tool can have it: those have their server's before them. */
export const ASK = "ask";

/** One tool as a program can spell it. */
export interface ToolNames {
  /** The name its server gave it: `create_issue`, `get-user.by/id`. */
  readonly name: string;
  /** An identifier for it: `createIssue`, `getUserById`. Unique within the server. */
  readonly alias: string;
  /** Its name as a global function: `github_create_issue`. Unique over all servers. */
  readonly flat: string;
  /** Its file in the tree of wrappers, without `.ts`, where that differs from its name. Unique within the server, ignoring case. */
  readonly file?: string;
}

/** One server (or one namespace of local functions) as a program can spell it. */
export interface ServerNames {
  /** The name the config gave it. */
  readonly name: string;
  /** An identifier for it. Unique over all servers. */
  readonly alias: string;
  /** The name of its wrapper class: `GithubTools`. */
  readonly className: string;
  /** Its folder in the tree of wrappers, where that differs from its name. */
  readonly folder?: string;
  /** Its tools. */
  readonly tools: readonly ToolNames[];
  /** Its tools are called at the remote place where programs run. */
  readonly remote?: boolean;
}

/**
 * Every spelling of every tool, as plain data. The host makes it and sends it to a place once per version; programs look
 * names up in it there. It holds no secret and does not decide whether a call is allowed.
 */
export interface NameTable {
  /** Changes whenever the names change. */
  readonly version: string;
  /** The servers and namespaces that programs can call. */
  readonly servers: readonly ServerNames[];
  /** Programs have `fetch`. */
  readonly fetch?: boolean;
}
