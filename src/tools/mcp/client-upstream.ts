import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { messageOf } from "../../core/errors.ts";
import { ToolError } from "../../core/tool-error.ts";
import { describe } from "./failure.ts";
import {
  MethodNotFound,
  NO_TIMEOUT_MS,
  type Notification,
  type RequestOptions,
  type Result,
  type Upstream,
} from "./upstream.ts";
import type { McpClient } from "./user-client.ts";

const METHOD_NOT_FOUND = -32_601;

/** The caller's client as an upstream. It stays the caller's: closing the runtime does not close it. */
export class ClientUpstream implements Upstream {
  readonly warnings: readonly string[] = [];
  readonly #client: McpClient;
  readonly #listeners: ((notification: Notification) => void)[] = [];

  constructor(client: McpClient) {
    this.#client = client;
    const before = client.fallbackNotificationHandler;
    client.fallbackNotificationHandler = async (notification: never) => {
      for (const listener of this.#listeners) listener(notification);
      await before?.call(client, notification);
    };
  }

  get instructions(): string | undefined {
    return this.#client.getInstructions?.();
  }

  onNotification(listener: (notification: Notification) => void): void {
    this.#listeners.push(listener);
  }

  async request(
    method: string,
    params: Result,
    { label, signal, timeoutMs, onProgress }: RequestOptions,
  ): Promise<Result> {
    try {
      const options = {
        ...(signal === undefined ? {} : { signal: AbortSignal.any([signal]) }),
        timeout: timeoutMs ?? NO_TIMEOUT_MS,
        resetTimeoutOnProgress: true,
        onprogress: onProgress ?? (() => {}),
      };
      return (await this.#client.request(
        { method, params },
        ResultSchema as never,
        options,
      )) as Result;
    } catch (error) {
      if (signal?.aborted === true)
        throw new ToolError("aborted", "the run ended before the tool answered", { tool: label });
      if ((error as { code?: unknown } | null)?.code === METHOD_NOT_FOUND)
        throw new MethodNotFound(messageOf(error));
      throw new ToolError("tool_error", describe(error), { tool: label });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.length = 0;
  }
}
