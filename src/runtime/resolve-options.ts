import { checkKeys, readSetting } from "../core/check-settings.ts";
import { configError, kindOf } from "../core/setting-errors.ts";
import { isObject } from "../core/is-object.ts";
import { resolveLimits } from "../core/limits.ts";
import { DEFAULT_TIME_ZONE, zoneOf } from "../core/time-zone.ts";
import { engineRef } from "../placement/open-place.ts";
import {
  checkHardened,
  checkSandbox,
  resolvePlacement,
  resolveWorkers,
} from "../placement/settings.ts";
import type { TypeCheck } from "../preflight/preflight.ts";
import { resolveSharing } from "../run/sharing.ts";
import { type ResolvedSessions, resolveSessions } from "../session/settings.ts";
import type { TokenizerChoice } from "../tokens/counter.ts";
import { checkNamespace } from "../tools/check-local-tools.ts";
import { fromFile } from "../tools/config/places.ts";
import type { ToolFolder } from "../tools/config/tool-folder.ts";
import { Expander } from "../tools/config/expand-variables.ts";
import { loadConfig } from "../tools/config/load-config.ts";
import type { ConfigFile } from "../tools/config/parse-config.ts";
import { withoutItself } from "../tools/config/self-reference.ts";
import type { ServerConfig } from "../tools/config/server-entry.ts";
import type { ResolvedNetwork } from "../tools/fetch/settings.ts";
import type { ServerRequestHandler } from "../tools/mcp/client.ts";
import type { ModelHandler } from "../tools/model.ts";
import { isMcpClient, type McpClient } from "../tools/mcp/user-client.ts";
import {
  FILE_SETTINGS,
  OPTIONS,
  type ResolvedOptions,
  type RuntimeOptions,
  SETTINGS,
} from "./options.ts";
import type { Warn } from "./problems.ts";

/** A setting and its source: the options, else the config file. */
interface Given {
  readonly value: unknown;
  readonly at: string;
  readonly inFile: boolean;
}

/** Finds the setting of a name. */
type Find = (key: keyof typeof SETTINGS) => Given;

/**
 * Checks `options`, reads its config file, fills in the defaults. Options override the file. The modules that check
 * servers and hosts are loaded only where there are some.
 * @throws CodecellError `config_error` naming the setting
 */
export async function resolveOptions(options: RuntimeOptions): Promise<ResolvedOptions> {
  checkShape(options);
  const file = await fileOf(options.config);
  const settings = file?.settings ?? {};
  checkKeys(FILE_SETTINGS, settings, "codecell");
  const find: Find = (key) =>
    options[key] === undefined
      ? { value: settings[key], at: `codecell.${key}`, inFile: true }
      : { value: options[key], at: key, inFile: false };
  const { tools, warnings } = await toolsOf(options.tools, settings["tools"], file);
  const named = await serversOf(options.mcpServers, file);
  const network = await networkOf(find("network"));
  checkNames(tools, named, network !== undefined);
  const given = find("sharing");
  const sharing = resolveSharing(given.value, given.at);
  const fileLimits = resolveLimits(settings["limits"], undefined, "codecell.limits");
  return {
    ...named,
    warnings: [...named.warnings, ...warnings],
    ...(file?.isFolder === true ? { serverFolder: file.path } : {}),
    ...(network === undefined ? {} : { network }),
    ...placeOf(find),
    tools,
    hooks: {
      onSampling: checkHandler("onSampling", options.onSampling),
      onElicitation: checkHandler("onElicitation", options.onElicitation),
    },
    onModel: checkHandler("onModel", options.onModel),
    typeCheck: typeCheckOf(find("typeCheck")),
    startMs: read(find, "startMs") as number,
    catalogueCache: read(find, "catalogueCache") as boolean | string,
    warn: warnOf(find("warn")),
    learn: read(find, "learn") as boolean | string,
    startContextChars: read(find, "startContextChars") as number,
    tokenizer: tokenizerOf(find),
    limits: resolveLimits(options.limits, fileLimits),
    timeZone: timeZoneOf(find("timeZone")),
    sessions: sessionsOf(find("sessions")),
    workers: resolveWorkers(options.workers, settings["workers"], sharing.weights),
    sharing,
  };
}

/** @throws CodecellError `config_error` for what is no object of options, and for an option that there is not */
function checkShape(options: unknown): void {
  const example = 'createRuntime({ config: ".mcp.json" })';
  if (!isObject(options))
    throw configError(
      `createRuntime takes an object of options, not ${kindOf(options)}: ${example}`,
    );
  checkKeys(OPTIONS, options, "");
}

/** Settings that are read by their schema alone. */
type Plain = "hardened" | "learn" | "startContextChars" | "startMs" | "catalogueCache";

function read(find: Find, key: Plain): unknown {
  const { value, at } = find(key);
  return readSetting(SETTINGS[key], value, at);
}

async function fileOf(config: unknown): Promise<ConfigFile | undefined> {
  if (config === undefined) return undefined;
  // A file that was parsed elsewhere is not what `loadConfig` returns, and its settings would have no effect.
  if (isObject(config) && typeof config["path"] === "string" && isObject(config["servers"]))
    return config as unknown as ConfigFile;
  if (typeof config === "string") return await loadConfig(config);
  const inline = "what is in such a file can be written as options of createRuntime";
  const hint = isObject(config) ? `${inline}: createRuntime({ mcpServers: { … } }).` : undefined;
  throw configError("config must be the path of a file, or what loadConfig returned", hint);
}

/** The servers of the file and of the caller; those of the caller override. */
async function serversOf(
  mcpServers: unknown = {},
  file: ConfigFile | undefined,
): Promise<Pick<ResolvedOptions, "servers" | "failures" | "clients" | "warnings">> {
  if (!isObject(mcpServers))
    throw configError(
      `mcpServers is ${kindOf(mcpServers)}; it must be an object of servers by name`,
      typeof mcpServers === "string"
        ? "The path of a config file is the option config."
        : 'For example { github: { command: "npx", args: ["-y", "@modelcontextprotocol/server-github"] } }.',
    );
  const given = Object.entries(mcpServers);
  const clients = given.filter((entry): entry is [string, McpClient] => isMcpClient(entry[1]));
  const entries = given.filter(([, value]) => !isMcpClient(value));
  const { servers, warnings } = withoutItself(file?.servers ?? {}, file?.path ?? "");
  const all = { ...servers, ...(await checkedServers(Object.fromEntries(entries))) };
  for (const [name] of clients) delete all[name];
  const failed = Object.entries(file?.failures ?? {}).filter(
    ([name]) => !Object.hasOwn(mcpServers, name),
  );
  return {
    servers: all,
    failures: Object.fromEntries(failed),
    clients: Object.fromEntries(clients),
    warnings: [...(file?.warnings ?? []), ...warnings],
  };
}

async function checkedServers(entries: object): Promise<Record<string, ServerConfig>> {
  if (Object.keys(entries).length === 0) return {};
  const { checkServers } = await import("../tools/config/parse-config.ts");
  return checkServers(entries, "mcpServers", process.env);
}

/** Local tools of the options, else of a folder that options or file name. */
async function toolsOf(
  given: unknown,
  inFile: unknown,
  file: ConfigFile | undefined,
): Promise<ToolFolder> {
  if (isObject(given)) return { tools: given as ToolFolder["tools"], warnings: [] };
  if (given === undefined && inFile === undefined) return { tools: {}, warnings: [] };
  const isOption = given !== undefined;
  const at = isOption ? "tools" : "codecell.tools";
  const folder: unknown = given ?? inFile;
  if (typeof folder !== "string" || folder === "")
    throw configError(
      `${at} is ${kindOf(folder)}; it must be ${isOption ? "an object of namespaces, or " : ""}the path of a folder`,
    );
  const { loadToolFolder } = await import("../tools/config/tool-folder.ts");
  return await loadToolFolder(isOption ? folder : fromFile(folder, file), at);
}

async function networkOf({ value, at }: Given): Promise<ResolvedNetwork | undefined> {
  if (value === undefined) return undefined;
  const { resolveNetwork } = await import("../tools/fetch/settings.ts");
  return resolveNetwork(value, process.env, at);
}

function placeOf(
  find: Find,
): Pick<ResolvedOptions, "engine" | "placement" | "hardened" | "sandbox"> {
  const engine = find("engine");
  const placement = find("placement");
  const sandbox = find("sandbox");
  const ref = engineRef(engine.value, engine.at);
  const place = resolvePlacement(placement.value, placement.at);
  return {
    engine: ref,
    placement: place,
    hardened: checkHardened(read(find, "hardened") as boolean, ref, place),
    sandbox: checkSandbox(sandbox.value, place, sandbox.at),
  };
}

function sessionsOf({ value, at, inFile }: Given): ResolvedSessions {
  return resolveSessions(value, at, inFile ? new Expander(process.env).expand : undefined);
}

function timeZoneOf({ value, at }: Given): string {
  return zoneOf(value, DEFAULT_TIME_ZONE, at);
}

function typeCheckOf({ value, at }: Given): TypeCheck | undefined {
  if (value === undefined) return undefined;
  return readSetting(SETTINGS.typeCheck, value, at) as TypeCheck;
}

function warnOf({ value, at }: Given): Warn {
  return typeof value === "function"
    ? (value as (message: string) => void)
    : (readSetting(SETTINGS.warn, value, at) as boolean);
}

function tokenizerOf(find: Find): TokenizerChoice | undefined {
  const { value, at } = find("tokenizer");
  if (value === undefined || typeof value === "function")
    return value as TokenizerChoice | undefined;
  return readSetting(SETTINGS.tokenizer, value, at) as TokenizerChoice;
}

function checkHandler<T extends ServerRequestHandler | ModelHandler>(
  name: string,
  handler: T | undefined,
): T | undefined {
  if (handler === undefined || typeof handler === "function") return handler;
  throw configError(`${name} must be a function`);
}

/** @throws CodecellError `config_error` where two sources of tools have the same name */
function checkNames(
  tools: unknown,
  { servers, failures, clients }: Pick<ResolvedOptions, "servers" | "failures" | "clients">,
  network: boolean,
): void {
  if (!isObject(tools))
    throw configError(
      `tools is ${kindOf(tools)}; it must be an object of namespaces: { crm: { find: … } }`,
    );
  for (const [name, namespace] of Object.entries(tools)) checkNamespace(name, namespace);
  const taken = (name: string): boolean =>
    [servers, failures, clients].some((all) => Object.hasOwn(all, name));
  if (network && (taken("network") || Object.hasOwn(tools, "network")))
    throw configError("with network settings, no server can be named 'network'; rename it");
  if (Object.hasOwn(tools, ""))
    throw configError('tools[""] has no name, so that no program could call it; name it');
  const double = Object.keys(tools).find(taken);
  if (double !== undefined)
    throw configError(`tools.${double} and mcpServers.${double} have the same name; rename one`);
}
