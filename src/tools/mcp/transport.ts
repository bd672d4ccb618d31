import type { OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { HttpConfig, ServerConfig } from "../config/server-entry.ts";
import { cappedFetch } from "./http.ts";
import { type StdioOptions, StdioTransport } from "./stdio.ts";

/** Makes the transport that the config of a server names. */
export function makeTransport(
  config: ServerConfig,
  maxMessageBytes: number,
  onGarbage: StdioOptions["onGarbage"],
  authProvider: OAuthClientProvider | undefined,
): Transport {
  if (config.type === "stdio") {
    const { command, args, env, cwd } = config;
    return new StdioTransport({ command, args, env, cwd, maxMessageBytes, onGarbage });
  }
  return makeHttpTransport(config, maxMessageBytes, authProvider);
}

function makeHttpTransport(
  { type, url, headers }: HttpConfig,
  maxMessageBytes: number,
  authProvider: OAuthClientProvider | undefined,
): Transport {
  const options = {
    requestInit: { headers },
    fetch: cappedFetch(maxMessageBytes),
    ...(authProvider === undefined ? {} : { authProvider }),
  };
  // The SDK's own classes do not fit its interface under exactOptionalPropertyTypes.
  if (type === "sse") return new SSEClientTransport(new URL(url), options) as Transport;
  return new StreamableHTTPClientTransport(new URL(url), options) as Transport;
}
