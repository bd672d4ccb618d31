import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { HttpConfig, ServerConfig } from "../config/server-entry.ts";
import { authorizedFetch, type Credentials } from "./auth/credentials.ts";
import { Detour } from "./detour.ts";
import { cappedFetch } from "./http.ts";
import { type ReadingParts, ReadingTransport } from "./reading-transport.ts";
import { type StdioOptions, StdioTransport } from "./stdio.ts";

/** Who authorizes requests, and who receives the failures. */
export interface TransportAuth {
  readonly credentials: Credentials;
  readonly onFailure: (error: unknown) => void;
}

/** A transport that reads messages, and the one within that carries them. */
export interface MadeTransport {
  readonly carrier: Transport;
  readonly reading: ReadingTransport;
}

/** Makes the transport that the config of a server names. */
export function makeTransport(
  config: ServerConfig,
  parts: ReadingParts,
  onGarbage: StdioOptions["onGarbage"],
  auth: TransportAuth | undefined,
): MadeTransport {
  if (config.type === "stdio") {
    const { command, args, env, inheritEnv, cwd } = config;
    const { intake } = parts;
    const carrier = new StdioTransport({
      ...{ command, args, env, inheritEnv, cwd },
      ...{ intake, onGarbage },
    });
    return { carrier, reading: new ReadingTransport(carrier, parts) };
  }
  const detour = new Detour();
  const carrier = makeHttpTransport(config, { ...parts, detour }, auth);
  return { carrier, reading: new ReadingTransport(carrier, { ...parts, detour }) };
}

function makeHttpTransport(
  { type, url, headers }: HttpConfig,
  parts: ReadingParts & { readonly detour: Detour },
  auth: TransportAuth | undefined,
): Transport {
  const send = cappedFetch({ ...parts, answersPosts: type !== "sse" });
  // The SDK's own authorization would ask whatever address the server names, with the headers of the config.
  const options = {
    requestInit: { headers },
    fetch: auth === undefined ? send : authorizedFetch(send, auth.credentials, auth.onFailure),
  };
  // The SDK's own classes do not fit its interface under exactOptionalPropertyTypes.
  if (type === "sse") return new SSEClientTransport(new URL(url), options) as Transport;
  return new StreamableHTTPClientTransport(new URL(url), options) as Transport;
}
