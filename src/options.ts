import { CodecellError } from "./core/errors.ts";
import { type Limits, resolveLimits } from "./core/limits.ts";
import type { EngineRef } from "./engine/engine.ts";
import { type EngineName, engineRef, type PlacementName } from "./engines.ts";
import {
  checkHandler,
  checkHardened,
  checkKeys,
  checkLearn,
  checkPlacement,
  checkSandbox,
  checkTokenizer,
  checkTypeCheck,
  resolveWorkers,
} from "./option-checks.ts";
import type { RemoteService } from "./placement/remote.ts";
import type { PoolOptions } from "./placement/pool.ts";
import { type ResolvedSandbox, type SandboxSettings } from "./placement/sandbox/settings.ts";
import {
  type NetworkSettings,
  type ResolvedNetwork,
  resolveNetwork,
} from "./tools/fetch/settings.ts";
import type { ClientHooks, ServerRequestHandler } from "./tools/mcp/client.ts";
import { isMcpClient, type McpClient } from "./tools/mcp/own-client.ts";
import type { LocalTools } from "./tools/local.ts";
import { checkServers, type ServerConfig } from "./tools/mcp/config.ts";
import { expandAll } from "./tools/mcp/expand.ts";
import { loadConfig } from "./tools/mcp/load.ts";
import {
  type ResolvedSessions,
  resolveSessions,
  type SessionSettings,
} from "./session-settings.ts";
import { withoutItself } from "./self-reference.ts";
import type { TokenizerChoice } from "./tokens/counter.ts";

/** What `createRuntime` takes. Everything has a default; an unknown key is an error. */
export interface RuntimeOptions {
  /**
   * MCP servers, in the format that MCP hosts share. A connected client of your own (`Client` of
   * `@modelcontextprotocol/sdk` or `@modelcontextprotocol/client`) can stand in the place of an entry; it stays yours to close.
   */
  readonly mcpServers?: Readonly<Record<string, unknown>>;
  /** A config file with `mcpServers` and, optionally, our own settings under `codecell`. */
  readonly config?: string;
  /** Local functions by namespace: `{ crm: { find: tool({ … }) } }`. */
  readonly tools?: Readonly<Record<string, LocalTools>>;
  /** Default `v8`. An EngineRef of your own is an engine too. */
  readonly engine?: EngineName | EngineRef;
  /** Default `process`. `{ remote, token }`: at a `codecell serve` elsewhere. */
  readonly placement?: PlacementName | RemoteService;
  /** Run V8 without its compilers, in `process` and `sandbox`: slower, and without most of V8's bugs. Default false. */
  readonly hardened?: boolean;
  /** What workers see in placement `sandbox`, beside themselves. Default: nothing. */
  readonly sandbox?: SandboxSettings;
  /** What programs may reach by `fetch`. Default: nothing, and then there is no `fetch`. */
  readonly network?: NetworkSettings;
  /** Answers servers that ask the host's model for a text. Default: they are refused. */
  readonly onSampling?: ServerRequestHandler;
  /** Answers servers that ask a person for input. Default: they are refused. */
  readonly onElicitation?: ServerRequestHandler;
  /** Check programs against the types of their tools before they run (needs the package typescript, version 7). Default false. */
  readonly typeCheck?: boolean;
  /**
   * Learn the types of results that servers do not declare from results: shapes, never values. A path keeps them in that
   * file. Default false.
   */
  readonly learn?: boolean | string;
  /**
   * Count what each run cost a model in tokens, and what it was spared: `tokens` of its result. `o200k_base` (needs the
   * package tiktoken), `claude` (needs @anthropic-ai/tokenizer), or a function that says how many tokens a text has; it is
   * called with whole texts. Default: nothing is counted.
   */
  readonly tokenizer?: TokenizerChoice;
  /** Caps of every run, see {@link Limits}; a run can set its own. */
  readonly limits?: Partial<Limits>;
  /** Sessions: how many, for how long, with how many files. */
  readonly sessions?: SessionSettings;
  /** Workers of the placements `thread` and `process`. */
  readonly workers?: {
    /** Kept booted and idle. Default 1. */
    readonly spare?: number;
    /**
     * At most; runs beyond wait for one. A worker runs one program at a time, and one begins when fewer compute than there
     * are cores: those with an open call, or that wait for a timer, do not count. Default 32, or as many as a quarter of the memory has room for, at least the number of cores.
     */
    readonly max?: number;
    /** Time in ms after which workers end that were not needed, down to the number of cores. Default 60,000. */
    readonly idleMs?: number;
    /** Runs after which a worker is replaced. Default 500. */
    readonly runsPerWorker?: number;
  };
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly servers: Readonly<Record<string, ServerConfig>>;
  /** What was left out of them, and why. */
  readonly warnings: readonly string[];
  /** The caller's own clients by server. */
  readonly clients: Readonly<Record<string, McpClient>>;
  readonly hooks: ClientHooks;
  readonly tools: Readonly<Record<string, LocalTools>>;
  readonly engine: EngineRef;
  readonly placement: PlacementName | RemoteService;
  readonly limits: Limits;
  readonly workers: PoolOptions;
  readonly hardened: boolean;
  readonly sandbox: ResolvedSandbox;
  readonly network?: ResolvedNetwork;
  readonly typeCheck: boolean;
  readonly learn: boolean | string;
  readonly tokenizer: TokenizerChoice | undefined;
  readonly sessions: ResolvedSessions;
}

/** What a config file may hold under `codecell`. */
const SETTING_KEYS = [
  "engine",
  "placement",
  "hardened",
  "sandbox",
  "network",
  "typeCheck",
  "learn",
  "tokenizer",
  "limits",
  "sessions",
  "workers",
];
/** Settings of other faces that a config file may hold too. */
const OTHER_KEYS = ["mcp", "serve"];
const OPTION_KEYS = [
  "mcpServers",
  "config",
  "tools",
  "onSampling",
  "onElicitation",
  ...SETTING_KEYS,
];
/**
 * Check `options`, read its config file, fill in the defaults. Options win over the file.
 * @throws CodecellError `config_error` naming the setting
 */
export async function resolveOptions(options: RuntimeOptions): Promise<ResolvedOptions> {
  checkKeys(options, OPTION_KEYS, "");
  const file =
    options.config === undefined ? undefined : await loadConfig(options.config, process.env);
  const settings = file?.settings ?? {};
  checkKeys(settings, [...SETTING_KEYS, ...OTHER_KEYS], "codecell.");
  const network =
    options.network === undefined
      ? resolveNetwork(settings["network"], process.env, "codecell.network")
      : resolveNetwork(options.network, process.env, "network");
  const { tools = {} } = options;
  const named = resolveServers(options, file?.servers ?? {});
  checkNames(tools, named, network !== undefined);
  const engine = engineRef(options.engine ?? settings["engine"] ?? "v8");
  const placement = checkPlacement(options.placement ?? settings["placement"] ?? "process");
  const fileLimits = resolveLimits(settings["limits"], undefined, "codecell.limits");
  return {
    ...named,
    hooks: {
      onSampling: checkHandler("onSampling", options.onSampling),
      onElicitation: checkHandler("onElicitation", options.onElicitation),
    },
    tools,
    engine,
    placement,
    hardened: checkHardened(options.hardened ?? settings["hardened"] ?? false, engine, placement),
    sandbox:
      options.sandbox === undefined
        ? checkSandbox(settings["sandbox"], placement, "codecell.sandbox")
        : checkSandbox(options.sandbox, placement, "sandbox"),
    ...(network === undefined ? {} : { network }),
    typeCheck: checkTypeCheck(options.typeCheck ?? settings["typeCheck"] ?? false),
    learn: checkLearn(options.learn ?? settings["learn"] ?? false),
    tokenizer: checkTokenizer(options.tokenizer ?? settings["tokenizer"]),
    limits: resolveLimits(options.limits, fileLimits),
    sessions:
      options.sessions === undefined
        ? resolveSessions(
            expandAll(settings["sessions"], process.env, "codecell.sessions"),
            "codecell.sessions",
          )
        : resolveSessions(options.sessions),
    workers: resolveWorkers({ ...(settings["workers"] as object | undefined), ...options.workers }),
  };
}

/** The servers of the file and of the caller, who wins. */
function resolveServers(
  { mcpServers = {}, config = "" }: RuntimeOptions,
  fromFile: Readonly<Record<string, ServerConfig>>,
): Pick<ResolvedOptions, "servers" | "clients" | "warnings"> {
  const given = Object.entries(mcpServers);
  const clients = given.filter((entry): entry is [string, McpClient] => isMcpClient(entry[1]));
  const entries = Object.fromEntries(given.filter(([, value]) => !isMcpClient(value)));
  const { servers, warnings } = withoutItself(fromFile, config);
  const all = { ...servers, ...checkServers(entries, "mcpServers", process.env) };
  for (const [name] of clients) delete all[name];
  return { servers: all, clients: Object.fromEntries(clients), warnings };
}

/** @throws CodecellError `config_error` where two sources of tools have the same name */
function checkNames(
  tools: object,
  { servers, clients }: Pick<ResolvedOptions, "servers" | "clients">,
  network: boolean,
): void {
  const taken = (name: string): boolean =>
    Object.hasOwn(servers, name) || Object.hasOwn(clients, name);
  if (network && (taken("network") || Object.hasOwn(tools, "network")))
    throw new CodecellError(
      "config_error",
      "with network settings, no server can be called 'network'; rename it",
    );
  const double = Object.keys(tools).find(taken);
  if (double !== undefined)
    throw new CodecellError(
      "config_error",
      `tools.${double} and mcpServers.${double} have the same name; rename one`,
    );
}
