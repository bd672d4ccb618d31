import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { currentContext, outsideRuns } from "../../core/async-context.ts";
import { messageOf } from "../../core/errors.ts";
import { ToolError } from "../../core/tool-error.ts";
import { cutUnits } from "../../core/utf8.ts";
import type { Progress } from "../call-context.ts";
import { describe } from "./failure.ts";
import {
  MAX_INSTRUCTIONS,
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
      // It came in the context in which the caller's client was connected.
      for (const listener of this.#listeners) outsideRuns(() => listener(notification));
      await before?.call(client, notification);
    };
  }

  get instructions(): string | undefined {
    const instructions: unknown = this.#client.getInstructions?.();
    return typeof instructions === "string" ? cutUnits(instructions, MAX_INSTRUCTIONS) : undefined;
  }

  onNotification(listener: (notification: Notification) => void): void {
    this.#listeners.push(listener);
  }

  async request(
    method: string,
    params: Result,
    { label, signal, timeoutMs, maxMs, onProgress }: RequestOptions,
  ): Promise<Result> {
    try {
      const options = {
        ...(signal === undefined ? {} : { signal: AbortSignal.any([signal]) }),
        timeout: timeoutMs ?? NO_TIMEOUT_MS,
        resetTimeoutOnProgress: true,
        ...(maxMs === undefined ? {} : { maxTotalTimeout: maxMs }),
        onprogress: onProgress === undefined ? () => {} : inOwnContext(onProgress),
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

/** Progress comes in the context in which the caller's client was connected. */
function inOwnContext(onProgress: (progress: Progress) => void): (progress: Progress) => void {
  const enter = currentContext();
  return (progress) => enter(() => onProgress(progress));
}
