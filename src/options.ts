import { availableParallelism } from "node:os";
import { CodecellError } from "./core/errors.ts";
import { type Limits, resolveLimits } from "./core/limits.ts";
import type { EngineRef } from "./engine/engine.ts";
import { type EngineName, engineRef, PLACEMENTS, type PlacementName } from "./engines.ts";
import type { PoolOptions } from "./placement/pool.ts";
import {
  type ResolvedSandbox,
  resolveSandbox,
  type SandboxSettings,
} from "./placement/sandbox/settings.ts";
import {
  type NetworkSettings,
  type ResolvedNetwork,
  resolveNetwork,
} from "./tools/fetch/settings.ts";
import type { ClientHooks, ServerRequestHandler } from "./tools/mcp/client.ts";
import { isMcpClient, type McpClient } from "./tools/mcp/client-upstream.ts";
import type { LocalTools } from "./tools/local.ts";
import { checkServers, type ServerConfig } from "./tools/mcp/config.ts";
import { loadConfig } from "./tools/mcp/load.ts";
import { withoutItself } from "./self-reference.ts";
import { near } from "./tools/names.ts";

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
  /** Default `process`. */
  readonly placement?: PlacementName;
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
  /** Caps of every run, see {@link Limits}; a run can set its own. */
  readonly limits?: Partial<Limits>;
  /** Workers of the placements `thread` and `process`. */
  readonly workers?: {
    /** Kept booted and idle. Default 1. */
    readonly spare?: number;
    /** At most; runs beyond wait for one. Default: the number of cores, at least 2. */
    readonly max?: number;
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
  readonly placement: PlacementName;
  readonly limits: Limits;
  readonly workers: PoolOptions;
  readonly hardened: boolean;
  readonly sandbox: ResolvedSandbox;
  readonly network?: ResolvedNetwork;
  readonly typeCheck: boolean;
  readonly learn: boolean | string;
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
  "limits",
  "workers",
];
/** Settings of other faces that a config file may hold too. */
const OTHER_KEYS = ["mcp"];
const OPTION_KEYS = [
  "mcpServers",
  "config",
  "tools",
  "onSampling",
  "onElicitation",
  ...SETTING_KEYS,
];
const WORKER_RANGES = { spare: [0, 64], max: [1, 256], runsPerWorker: [1, 1_000_000] } as const;

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
  const given = Object.entries(options.mcpServers ?? {});
  const clients = Object.fromEntries(given.filter(([, value]) => isMcpClient(value))) as Record<
    string,
    McpClient
  >;
  const entries = Object.fromEntries(given.filter(([, value]) => !isMcpClient(value)));
  const fromFile = withoutItself(file?.servers ?? {}, options.config ?? "");
  const servers = { ...fromFile.servers, ...checkServers(entries, "mcpServers", process.env) };
  for (const name of Object.keys(clients)) delete servers[name];
  const tools = options.tools ?? {};
  const network =
    options.network === undefined
      ? resolveNetwork(settings["network"], process.env, "codecell.network")
      : resolveNetwork(options.network, process.env, "network");
  if (
    network !== undefined &&
    [tools, servers, clients].some((names) => Object.hasOwn(names, "network"))
  )
    throw new CodecellError(
      "config_error",
      "with network settings, no server can be called 'network'; rename it",
    );
  for (const name of Object.keys(tools)) {
    if (Object.hasOwn(servers, name) || Object.hasOwn(clients, name)) {
      throw new CodecellError(
        "config_error",
        `tools.${name} and mcpServers.${name} have the same name; rename one`,
      );
    }
  }
  const engine = engineRef(options.engine ?? settings["engine"] ?? "v8");
  const placement = checkPlacement(options.placement ?? settings["placement"] ?? "process");
  const fileLimits = resolveLimits(settings["limits"], undefined, "codecell.limits");
  return {
    servers,
    warnings: fromFile.warnings,
    clients,
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
    limits: resolveLimits(options.limits, fileLimits),
    workers: resolveWorkers({ ...(settings["workers"] as object | undefined), ...options.workers }),
  };
}

function checkKeys(object: object, known: readonly string[], prefix: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const closest = near(key, known, 1)[0];
    const hint =
      closest === undefined
        ? `the settings are ${known.join(", ")}`
        : `did you mean ${prefix}${closest}?`;
    throw new CodecellError("config_error", `${prefix}${key} is not a setting; ${hint}`);
  }
}

function checkTypeCheck(typeCheck: unknown): boolean {
  if (typeof typeCheck === "boolean") return typeCheck;
  throw new CodecellError("config_error", "typeCheck must be true or false");
}

function checkLearn(learn: unknown): boolean | string {
  if (typeof learn === "boolean" || (typeof learn === "string" && learn !== "")) return learn;
  throw new CodecellError("config_error", "learn must be true, false, or the path of a file");
}

function checkHandler(
  name: string,
  handler: ServerRequestHandler | undefined,
): ServerRequestHandler | undefined {
  if (handler === undefined || typeof handler === "function") return handler;
  throw new CodecellError("config_error", `${name} must be a function`);
}

function checkPlacement(placement: unknown): PlacementName {
  if ((PLACEMENTS as readonly unknown[]).includes(placement)) return placement as PlacementName;
  const choice = PLACEMENTS.join(", ");
  throw new CodecellError(
    "config_error",
    `placement is ${JSON.stringify(placement)}; it must be one of ${choice}`,
  );
}

function checkHardened(hardened: unknown, engine: EngineRef, placement: PlacementName): boolean {
  if (typeof hardened !== "boolean")
    throw new CodecellError("config_error", "hardened must be true or false");
  if (!hardened) return false;
  if (engine.name === "quickjs")
    throw new CodecellError("config_error", "hardened is for engine 'v8'", {
      hint: "QuickJS runs in WebAssembly, which V8 does not have without its compilers; it needs no hardening against them.",
    });
  if (placement === "inline" || placement === "thread")
    throw new CodecellError("config_error", `hardened cannot be kept in placement '${placement}'`, {
      hint: "It is a property of a whole process: use placement 'process' or 'sandbox'.",
    });
  return true;
}

function checkSandbox(given: unknown, placement: PlacementName, at: string): ResolvedSandbox {
  if (given !== undefined && placement !== "sandbox" && placement !== "auto")
    throw new CodecellError(
      "config_error",
      `${at} has settings, but the placement is '${placement}', where nothing keeps them`,
      { hint: "Use placement 'sandbox'." },
    );
  return resolveSandbox(given, process.env, at);
}

function resolveWorkers(given: Readonly<Record<string, unknown>>): PoolOptions {
  checkKeys(given, Object.keys(WORKER_RANGES), "workers.");
  const workers = {
    spare: 1,
    max: Math.max(2, availableParallelism()),
    runsPerWorker: 500,
    ...given,
  } as PoolOptions;
  for (const [key, [minimum, maximum]] of Object.entries(WORKER_RANGES)) {
    const value = workers[key as keyof PoolOptions];
    if (Number.isInteger(value) && value >= minimum && value <= maximum) continue;
    throw new CodecellError(
      "config_error",
      `workers.${key} is ${value}; it must be a whole number from ${minimum} to ${maximum}`,
    );
  }
  return workers;
}
