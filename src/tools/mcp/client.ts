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

/** A request of a server, as the protocol has it. */
export type ServerRequest = Readonly<Record<string, unknown>>;

/** What a handler of the host gets beside the request. */
export interface ServerRequestContext {
  /** Who asks. */
  readonly server: string;
  /** Aborted when the server takes its request back. */
  readonly signal: AbortSignal;
}

/** Answers what a server asks of its host. What it throws is told to the server. */
export type ServerRequestHandler = (
  request: ServerRequest,
  context: ServerRequestContext,
) => Promise<Record<string, unknown>> | Record<string, unknown>;

/** What servers may ask; everything left out is refused. */
export interface ClientHooks {
  /** `sampling/createMessage`: answers `{ role, content, model }`. */
  readonly onSampling?: ServerRequestHandler | undefined;
  /** `elicitation/create`: answers `{ action: "accept" | "decline" | "cancel", content? }`. */
  readonly onElicitation?: ServerRequestHandler | undefined;
  /** Folders that servers may work in, as `file:` addresses. */
  readonly roots?: readonly { readonly uri: string; readonly name?: string }[] | undefined;
}

/** A client of the SDK that offers what `hooks` can answer. */
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
  const ask = async (
    handler: ServerRequestHandler,
    request: ServerRequest,
    signal: AbortSignal,
  ) => {
    try {
      return await handler(request, { server, signal });
    } catch (error) {
      throw rpcError(ErrorCode.InternalError, messageOf(error));
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

/** An error answer. The SDK's own class would put its code into the message as well. */
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
