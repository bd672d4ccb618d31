import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { HttpConfig, ServerConfig } from "../config/server-entry.ts";
import { authorizedFetch, type Credentials } from "./auth/credentials.ts";
import { cappedFetch } from "./http.ts";
import type { Intake } from "./intake.ts";
import { type StdioOptions, StdioTransport } from "./stdio.ts";

/** Who authorizes requests, and who receives the failures. */
export interface TransportAuth {
  readonly credentials: Credentials;
  readonly onFailure: (error: unknown) => void;
}

/** Makes the transport that the config of a server names. */
export function makeTransport(
  config: ServerConfig,
  intake: Intake,
  onGarbage: StdioOptions["onGarbage"],
  auth: TransportAuth | undefined,
): Transport {
  if (config.type === "stdio") {
    const { command, args, env, cwd } = config;
    return new StdioTransport({ command, args, env, cwd, intake, onGarbage });
  }
  return makeHttpTransport(config, intake, auth);
}

function makeHttpTransport(
  { type, url, headers }: HttpConfig,
  intake: Intake,
  auth: TransportAuth | undefined,
): Transport {
  const send = cappedFetch(intake);
  // The SDK's own authorization would ask whatever address the server names, with the headers of the config.
  const options = {
    requestInit: { headers },
    fetch: auth === undefined ? send : authorizedFetch(send, auth.credentials, auth.onFailure),
  };
  // The SDK's own classes do not fit its interface under exactOptionalPropertyTypes.
  if (type === "sse") return new SSEClientTransport(new URL(url), options) as Transport;
  return new StreamableHTTPClientTransport(new URL(url), options) as Transport;
}
