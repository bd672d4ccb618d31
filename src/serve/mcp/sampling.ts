/** The model of a client that offers sampling, as the model of the programs that it sends. */
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  CreateMessageResultSchema,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import type { ModelHandler } from "../../index.ts";

/** Most tokens of one answer. */
const MAX_TOKENS = 4_096;
/** The run ends sooner, and with it the request. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

type Extra = Pick<RequestHandlerExtra<ServerRequest, ServerNotification>, "sendRequest">;

/** Asks the client by the request that it waits for; nothing where the client has not declared sampling. */
export function samplingModel(server: Server, { sendRequest }: Extra): ModelHandler | undefined {
  if (server.getClientCapabilities()?.sampling === undefined) return undefined;
  return async ({ prompt, schema, signal }) => {
    const text = schema === undefined ? prompt : `${prompt}\n\n${wanted(schema)}`;
    const messages = [{ role: "user" as const, content: { type: "text" as const, text } }];
    const { content } = await sendRequest(
      { method: "sampling/createMessage", params: { messages, maxTokens: MAX_TOKENS } },
      CreateMessageResultSchema,
      { signal, timeout: NO_TIMEOUT_MS },
    );
    if (content.type !== "text")
      throw new Error(`the client's model answered with ${content.type}`);
    return content.text;
  };
}

function wanted(schema: object): string {
  return `Answer with JSON alone, which fits this JSON Schema:\n${JSON.stringify(schema)}`;
}
