import type { RuntimeEmitter } from "../core/events.ts";
import type { Limits } from "../core/limits.ts";
import type { ServerConfig } from "./config/server-entry.ts";
import type { ResolvedNetwork } from "./fetch/settings.ts";
import { LocalSource, type LocalTools } from "./local.ts";
import type { ClientHooks } from "./mcp/client.ts";
import type { McpClient } from "./mcp/user-client.ts";
import { remoteSources } from "./remote-tools.ts";
import type { ToolSource } from "./tool.ts";

/** Where tools come from, checked. */
export interface SourceOptions {
  readonly servers: Readonly<Record<string, ServerConfig>>;
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
  const { servers, clients, hooks, tools, network, limits, placement } = options;
  const remote =
    typeof placement === "object" ? await remoteSources(placement.remote, placement.token) : [];
  // Escaping can double the size of a result on its way; what is larger than that is over the cap in any case.
  const maxMessageBytes = Math.max(8 * 1024 * 1024, 2 * limits.callBytes);
  // Modules that are not needed are not loaded: a function's first request waits for every one.
  const hasServers = Object.keys(servers).length + Object.keys(clients).length > 0;
  const mcp = hasServers ? await import("./mcp/open.ts") : undefined;
  const sources: ToolSource[] = [
    ...(network === undefined ? [] : [new (await import("./fetch/fetch.ts")).FetchSource(network)]),
    ...Object.entries(tools).map(([name, functions]) => new LocalSource(name, functions)),
    ...Object.entries(servers).map(([name, config]) =>
      mcp!.configuredSource(name, config, { maxMessageBytes, hooks }),
    ),
    ...Object.entries(clients).map(([name, client]) => mcp!.clientSource(name, client)),
  ];
  for (const source of sources) emitNotifications(source, emitter);
  // Of two sources with one name, the one of this side counts.
  return [...sources, ...remote.filter(({ name }) => !sources.some((own) => own.name === name))];
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
