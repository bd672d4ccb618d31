import type { RuntimeEmitter } from "../core/events.ts";
import type { Limits } from "../core/limits.ts";
import type { ServerConfig } from "./config/server-entry.ts";
import { FailedSource } from "./failed-source.ts";
import type { ResolvedNetwork } from "./fetch/settings.ts";
import { LocalSource, type LocalTools } from "./local.ts";
import type { ClientHooks } from "./mcp/client.ts";
import type { McpClient } from "./mcp/user-client.ts";
import { remoteSources } from "./remote-tools.ts";
import type { ToolSource } from "./tool.ts";

/** Where tools come from, checked. */
export interface SourceOptions {
  readonly servers: Readonly<Record<string, ServerConfig>>;
  /** Servers whose entry is wrong, with the reason. */
  readonly failures?: Readonly<Record<string, string>>;
  /** The caller's own clients by server. */
  readonly clients: Readonly<Record<string, McpClient>>;
  readonly hooks: ClientHooks;
  readonly tools: Readonly<Record<string, LocalTools>>;
  readonly network?: ResolvedNetwork;
  readonly limits: Pick<Limits, "callBytes">;
  /** The tools of a service are called there. */
  readonly placement: string | { readonly remote: string; readonly token?: string };
}

/** Opens all that programs can call, by the options; notifications of servers become events. */
export async function openSources(
  options: SourceOptions,
  emitter: RuntimeEmitter,
): Promise<ToolSource[]> {
  const { servers, failures = {}, clients, hooks, tools, network, limits, placement } = options;
  const remote =
    typeof placement === "object" ? await remoteSources(placement.remote, placement.token) : [];
  const maxMessageBytes = largestMessage(limits);
  // Modules that are not needed are not loaded: a function's first request waits for every one.
  const hasServers = Object.keys(servers).length + Object.keys(clients).length > 0;
  const mcp = hasServers ? await import("./mcp/open.ts") : undefined;
  const sources: ToolSource[] = [
    ...(network === undefined ? [] : [new (await import("./fetch/fetch.ts")).FetchSource(network)]),
    ...Object.entries(tools).map(([name, functions]) => new LocalSource(name, functions)),
    ...Object.entries(servers).map(([name, config]) =>
      mcp!.configuredSource(name, config, { maxMessageBytes, hooks }),
    ),
    ...Object.entries(failures).map(([name, reason]) => new FailedSource(name, reason)),
    ...Object.entries(clients).map(([name, client]) => mcp!.clientSource(name, client)),
  ];
  for (const source of sources) emitNotifications(source, emitter);
  // Of two sources with one name, the one of this side counts.
  return [...sources, ...remote.filter(({ name }) => !sources.some((own) => own.name === name))];
}

/** Opens one server of a config. */
export async function openServer(
  name: string,
  config: ServerConfig,
  { limits, hooks }: Pick<SourceOptions, "limits" | "hooks">,
  emitter: RuntimeEmitter,
): Promise<ToolSource> {
  const { configuredSource } = await import("./mcp/open.ts");
  const source = configuredSource(name, config, { maxMessageBytes: largestMessage(limits), hooks });
  emitNotifications(source, emitter);
  return source;
}

/** Escaping can double the size of a result on its way; what is larger than that is over the cap in any case. */
function largestMessage({ callBytes }: Pick<Limits, "callBytes">): number {
  return Math.max(8 * 1024 * 1024, 2 * callBytes);
}

function emitNotifications(source: ToolSource, emitter: RuntimeEmitter): void {
  const server = source.name;
  source.onNotification?.(({ method, params = {} }) => {
    const list = /^notifications\/(tools|resources|prompts)\/list_changed$/.exec(method)?.[1];
    if (list !== undefined) return emitter.emit("list_changed", { server, list: list as "tools" });
    if (method !== "notifications/message") return;
    const { level, logger, data } = params;
    emitter.emit("server_log", {
      server,
      level: typeof level === "string" ? level : "info",
      ...(typeof logger === "string" ? { logger } : {}),
      data,
    });
  });
}
