import type { ServerConfig } from "../config/server-entry.ts";
import { ClientUpstream } from "./client-upstream.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { McpSource } from "./source.ts";
import type { McpClient } from "./user-client.ts";

const CLIENT_LIST_TIMEOUT_MS = 30_000;

/** The server of a config entry as a source. */
export function configuredSource(
  name: string,
  config: ServerConfig,
  options: ConnectionOptions = {},
): McpSource {
  const { path, timeoutMs, startTimeoutMs, tools, warnings } = config;
  const upstream = new Connection(name, config, options);
  const listTimeoutMs = startTimeoutMs;
  return new McpSource(name, upstream, { path, timeoutMs, listTimeoutMs, tools, warnings });
}

/** A client of the caller as a source. */
export function clientSource(name: string, client: McpClient): McpSource {
  const path = `mcpServers.${name}`;
  return new McpSource(name, new ClientUpstream(client), {
    path,
    listTimeoutMs: CLIENT_LIST_TIMEOUT_MS,
  });
}
