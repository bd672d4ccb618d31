import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ErrorCode,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { messageOf } from "../../core/errors.ts";
import { VERSION } from "../../core/version.ts";
import type { Notification } from "./upstream.ts";

/** The parameters of a server's request, as MCP defines them. */
export type ServerRequest = Readonly<Record<string, unknown>>;

/** What a handler of the host receives besides the request. */
export interface ServerRequestContext {
  /** Name of the server that sent the request. */
  readonly server: string;
  /** Aborted when the server cancels its request. */
  readonly signal: AbortSignal;
}

/** Handles a request of a server to its host. The server receives the message of what it throws. */
export type ServerRequestHandler = (
  request: ServerRequest,
  context: ServerRequestContext,
) => Promise<Record<string, unknown>> | Record<string, unknown>;

/** Requests of servers that are handled; all others are refused. */
export interface ClientHooks {
  /** `sampling/createMessage`: returns `{ role, content, model }`. */
  readonly onSampling?: ServerRequestHandler | undefined;
  /** `elicitation/create`: returns `{ action: "accept" | "decline" | "cancel", content? }`. */
  readonly onElicitation?: ServerRequestHandler | undefined;
  /** Folders that servers may work in, as `file:` addresses. */
  readonly roots?: readonly { readonly uri: string; readonly name?: string }[] | undefined;
}

/** Requests of a server that its host handles at the same time; more are refused. */
const MAX_OPEN_REQUESTS = 64;

/** Makes a client of the SDK that offers what `hooks` handles. */
export function createClient(
  server: string,
  hooks: ClientHooks,
  onNotification: (notification: Notification) => void,
): Client {
  const { onSampling, onElicitation, roots } = hooks;
  const capabilities = {
    ...(onSampling === undefined ? {} : { sampling: {} }),
    ...(onElicitation === undefined
      ? {}
      : { elicitation: { form: { applyDefaults: true }, url: {} } }),
    ...(roots === undefined ? {} : { roots: {} }),
  };
  const client = new Client({ name: "codecell", version: VERSION }, { capabilities });
  let open = 0;
  const ask = async (
    handler: ServerRequestHandler,
    request: ServerRequest,
    signal: AbortSignal,
  ) => {
    if (open >= MAX_OPEN_REQUESTS)
      throw rpcError(
        ErrorCode.InternalError,
        `codecell handles ${MAX_OPEN_REQUESTS} requests at once`,
      );
    open++;
    try {
      return await handler(request, { server, signal });
    } catch (error) {
      throw rpcError(ErrorCode.InternalError, messageOf(error));
    } finally {
      open--;
    }
  };
  if (onSampling !== undefined)
    client.setRequestHandler(
      CreateMessageRequestSchema,
      async ({ params }, { signal }) => (await ask(onSampling, params, signal)) as never,
    );
  if (onElicitation !== undefined)
    client.setRequestHandler(
      ElicitRequestSchema,
      async ({ params }, { signal }) => (await ask(onElicitation, params, signal)) as never,
    );
  if (roots !== undefined)
    client.setRequestHandler(ListRootsRequestSchema, () => ({
      roots: roots.map((root) => ({ ...root })),
    }));
  client.fallbackRequestHandler = async ({ method }) => {
    throw rpcError(ErrorCode.MethodNotFound, refusal(method));
  };
  client.fallbackNotificationHandler = async (notification) =>
    onNotification(notification as Notification);
  return client;
}

/** An error response. The SDK's own class would put its code into the message as well. */
function rpcError(code: ErrorCode, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function refusal(method: string): string {
  const options: Record<string, string> = {
    "sampling/createMessage": "onSampling",
    "elicitation/create": "onElicitation",
    "roots/list": "roots",
  };
  const option = Object.hasOwn(options, method) ? options[method] : undefined;
  if (option === undefined) return `codecell does not answer ${method}`;
  return `codecell refuses ${method}: its host has not set ${option}`;
}
