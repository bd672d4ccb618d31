/** The options of a runtime: their types, and what each may be. `runtime/resolve-options.ts` checks them. */
import { LIMITS, type Limits } from "../core/limits.ts";
import type { ObjectSchema, Schema, SchemaFor } from "../core/setting-schema.ts";
import { TIME_ZONE } from "../core/time-zone.ts";
import { START_CONTEXT_CHARS } from "../discovery/start-context.ts";
import type { EngineRef } from "../engine/engine.ts";
import { ENGINE, type EngineName } from "../placement/open-place.ts";
import type { PoolOptions } from "../placement/pool/pool.ts";
import type { RemoteService } from "../placement/remote.ts";
import {
  type ResolvedSandbox,
  SANDBOX,
  type SandboxSettings,
} from "../placement/sandbox/settings.ts";
import {
  PLACEMENT,
  type PlacementName,
  WORKERS,
  type WorkerSettings,
} from "../placement/settings.ts";
import type { TypeCheck } from "../preflight/preflight.ts";
import { type ResolvedSharing, SHARING, type SharingSettings } from "../run/sharing.ts";
import { type ResolvedSessions, SESSIONS, type SessionSettings } from "../session/settings.ts";
import type { TokenizerChoice } from "../tokens/counter.ts";
import { TOKENIZER_NAMES } from "../tokens/tokenizers.ts";
import type { ConfigFile } from "../tools/config/parse-config.ts";
import type { ServerConfig } from "../tools/config/server-entry.ts";
import type { McpServerEntry } from "../tools/config/server-settings.ts";
import type { NetworkSettings, ResolvedNetwork } from "../tools/fetch/settings.ts";
import type { LocalTools } from "../tools/local.ts";
import type { ClientHooks, ServerRequestHandler } from "../tools/mcp/client.ts";
import type { ModelHandler } from "../tools/model.ts";
import type { McpClient } from "../tools/mcp/user-client.ts";
import type { Warn } from "./problems.ts";

/** What `createRuntime` takes. Everything has a default; an unknown key is an error. */
export interface RuntimeOptions {
  /**
   * MCP servers by name, in the format that MCP hosts share. A connected client of your own (`Client` of
   * `@modelcontextprotocol/sdk` or `@modelcontextprotocol/client`) can take the place of an entry; it stays yours to close.
   * @default {}
   */
  readonly mcpServers?: Readonly<Record<string, McpServerEntry | McpClient>>;
  /**
   * A config file with `mcpServers` and, optionally, our own settings under `codecell`: its path, or the file as
   * `loadConfig` returned it.
   * @default none
   */
  readonly config?: string | ConfigFile;
  /**
   * Local functions by namespace: `{ crm: { find: tool({ … }) } }`. Or the path of a folder of modules, each of which exports
   * tools; it is loaded with all rights of this process.
   * @default {}
   */
  readonly tools?: Readonly<Record<string, LocalTools>> | string;
  /**
   * What runs programs. An EngineRef of your own is an engine too.
   * @default "v8"
   */
  readonly engine?: EngineName | EngineRef;
  /**
   * Where programs run; `auto` is the strongest that works here, and what the command line takes where nothing is
   * given. `{ remote, token }`: at a `codecell serve` elsewhere.
   * @default "process"
   */
  readonly placement?: PlacementName | RemoteService;
  /**
   * Run V8 without its compilers, in `process` and `sandbox`: slower, and without most of V8's bugs.
   * @default false
   */
  readonly hardened?: boolean;
  /**
   * What workers can access in placement `sandbox`, besides their own files.
   * @default nothing
   */
  readonly sandbox?: SandboxSettings;
  /**
   * What programs may reach by `fetch`.
   * @default nothing, and then there is no `fetch`
   */
  readonly network?: NetworkSettings;
  /**
   * Handles `sampling/createMessage`: a server requests a text from the host's model.
   * @default they are refused
   */
  readonly onSampling?: ServerRequestHandler;
  /**
   * Handles `elicitation/create`: a server requests input from a person.
   * @default they are refused
   */
  readonly onElicitation?: ServerRequestHandler;
  /**
   * Answers `ask(prompt, { schema? })` of programs with the host's model. Returns a text; with a schema JSON as a text, or the value,
   * which is checked, and asked for once more where it does not fit.
   * @default programs have no model, and `ask` says so
   */
  readonly onModel?: ModelHandler;
  /**
   * Check programs against the types of their tools before they run (needs the package typescript, version 7). `true` refuses a
   * program for each type error that is relevant; `"auto"` only for what is sure to fail, and is off with a warning where TypeScript is
   * not installed.
   * @default "auto" for programs of `codecell mcp`, the agent tools and the AI SDK adapter, else false
   */
  readonly typeCheck?: TypeCheck;
  /**
   * Time in ms that `createRuntime` waits for servers, 0 to 2,147,483,647; 0 does not wait. A server that connects later joins then:
   * a call of a tool of it waits until it is connected, a search says that it is still connecting. The default is longer than
   * servers take that are installed, and shorter than anybody waits for one that hangs.
   * @default 3_000
   */
  readonly startMs?: number;
  /**
   * Keep what servers list, in a private file for each, and show it at the next start until they are connected, marked. Calls go to
   * the server, whatever was kept. `true`: in the user's cache directory (`$XDG_CACHE_HOME/codecell`, `~/.cache/codecell`,
   * `~/Library/Caches/codecell`, `%LOCALAPPDATA%\codecell`); a path: in that folder. The command line does so by default.
   * @default false
   */
  readonly catalogueCache?: boolean | string;
  /**
   * Report problems of servers and tools, each once and on one line: `true` on standard error, `false` nowhere, a function gets the
   * line. `describe()` has them in any case.
   * @default true
   */
  readonly warn?: boolean | ((message: string) => void);
  /**
   * Learn the types of results that servers do not declare from results: shapes, never values. A path keeps them in that
   * file.
   * @default false
   */
  readonly learn?: boolean | string;
  /**
   * Characters that all tools in one line each may take in `startContext()`, 0 to 1,000,000; with more, only the categories are
   * listed. The default is where a longer list costs a model more than the search that it spares. 0 lists no tools.
   * @default 1_500
   */
  readonly startContextChars?: number;
  /**
   * Count what each run cost a model in tokens, and what it was spared: `tokens` of its result. `o200k_base` (needs the
   * package tiktoken), `claude` (needs @anthropic-ai/tokenizer), or a function that returns how many tokens a text has; it
   * receives whole texts.
   * @default nothing is counted
   */
  readonly tokenizer?: TokenizerChoice;
  /**
   * Caps of every run; a run can set its own.
   * @default see each of {@link Limits}
   */
  readonly limits?: Partial<Limits>;
  /**
   * The time zone of programs where a session or a run sets none: a name of the IANA database, e.g. `Europe/Berlin`. Not the
   * host's by default, so that a program answers the same everywhere.
   * @default "UTC"
   */
  readonly timeZone?: string;
  /**
   * Sessions: how many, for how long, with how many files.
   * @default see each of {@link SessionSettings}
   */
  readonly sessions?: SessionSettings;
  /**
   * Workers of the placements `thread`, `process` and `sandbox`.
   * @default see each of {@link WorkerSettings}
   */
  readonly workers?: WorkerSettings;
  /**
   * How users share this runtime: how many runs each may have, and whose turn it is when they wait.
   * @default see each of {@link SharingSettings}
   */
  readonly sharing?: SharingSettings;
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly servers: Readonly<Record<string, ServerConfig>>;
  /** Servers whose entry in the config file is wrong, with the reason. */
  readonly failures: Readonly<Record<string, string>>;
  /** The folder that they were found in, which is watched. */
  readonly serverFolder?: string;
  /** What was left out of them, and why. */
  readonly warnings: readonly string[];
  /** The caller's own clients by server. */
  readonly clients: Readonly<Record<string, McpClient>>;
  readonly hooks: ClientHooks;
  readonly onModel: ModelHandler | undefined;
  readonly tools: Readonly<Record<string, LocalTools>>;
  readonly engine: EngineRef;
  readonly placement: PlacementName | RemoteService;
  readonly limits: Limits;
  readonly timeZone: string;
  readonly workers: PoolOptions;
  readonly hardened: boolean;
  readonly sandbox: ResolvedSandbox;
  readonly network?: ResolvedNetwork;
  readonly typeCheck: TypeCheck | undefined;
  readonly startMs: number;
  readonly catalogueCache: boolean | string;
  readonly warn: Warn;
  readonly learn: boolean | string;
  readonly startContextChars: number;
  readonly tokenizer: TokenizerChoice | undefined;
  readonly sessions: ResolvedSessions;
  readonly sharing: ResolvedSharing;
}

const TYPE_CHECK = { wanted: 'true, false or "auto"', shows: "nothing" } as const;
const CACHE = { wanted: "true, false, or the path of a folder", shows: "nothing" } as const;
const LEARN = { wanted: "true, false, or the path of a file", shows: "nothing" } as const;

/** Settings of a config file as well as of the options; `network` is checked where it is used. */
export const SETTINGS = {
  engine: ENGINE,
  placement: PLACEMENT,
  hardened: { type: "boolean", default: false },
  sandbox: SANDBOX,
  network: {},
  typeCheck: {
    anyOf: [
      { type: "boolean", ...TYPE_CHECK },
      { type: "string", enum: ["auto"], ...TYPE_CHECK },
    ],
  },
  startMs: { type: "integer", minimum: 0, maximum: 2_147_483_647, default: 3_000 },
  catalogueCache: {
    anyOf: [
      { type: "boolean", ...CACHE },
      { type: "string", minLength: 1, ...CACHE },
    ],
    default: false,
  },
  warn: {
    type: "boolean",
    default: true,
    hint: "In a program of yours it can be a function too: (message) => void.",
  },
  learn: {
    anyOf: [
      { type: "boolean", ...LEARN },
      { type: "string", minLength: 1, ...LEARN },
    ],
    default: false,
  },
  startContextChars: START_CONTEXT_CHARS,
  tokenizer: {
    type: "string",
    enum: TOKENIZER_NAMES,
    hint: "In a program of yours it can be a function too: (text) => number.",
  },
  limits: LIMITS,
  timeZone: TIME_ZONE,
  sessions: SESSIONS,
  workers: WORKERS,
  sharing: SHARING,
} as const satisfies Readonly<Record<string, Schema>>;

export const OPTIONS: SchemaFor<RuntimeOptions> = {
  title: "RuntimeOptions",
  type: "object",
  properties: {
    mcpServers: {},
    config: {},
    tools: {},
    onSampling: {},
    onElicitation: {},
    onModel: {},
    ...SETTINGS,
  },
};

/** In a file, tools are the path of a folder, from that of the file. */
const TOOL_FOLDER: Schema = {
  type: "string",
  minLength: 1,
  wanted: "the path of a folder",
  shows: "kind",
};

/** What a config file may hold under `codecell`; `mcp` and `serve` are checked by the commands that use them. */
export const FILE_SETTINGS: ObjectSchema = {
  title: "RuntimeOptions",
  type: "object",
  properties: { ...SETTINGS, tools: TOOL_FOLDER, mcp: {}, serve: {} },
};
