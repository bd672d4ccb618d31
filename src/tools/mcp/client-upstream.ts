import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { currentContext, outsideRuns } from "../../core/async-context.ts";
import { messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/is-object.ts";
import { ToolError } from "../../core/tool-error.ts";
import { cutUnits } from "../../core/utf8.ts";
import type { Progress } from "../call-context.ts";
import { withExactIntegers, withSafeNumbers } from "./exact-arguments.ts";
import { errorData } from "./error-data.ts";
import { describe } from "./failure.ts";
import { readResult } from "./read-result.ts";
import { RequestSignal } from "./request-signal.ts";
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
    using ends = new RequestSignal({ signal, timeoutMs, maxMs });
    const heard = onProgress === undefined ? () => {} : inOwnContext(onProgress);
    const options = {
      signal: ends.signal,
      // Our own time-outs count, not the client's.
      timeout: NO_TIMEOUT_MS,
      onprogress: (progress: Progress) => {
        ends.progressed();
        heard(progress);
      },
    };
    const exact = writesJson(this.#client) ? withExactIntegers(params) : withSafeNumbers(params);
    const request = { method, params: exact as Result };
    let result: unknown;
    try {
      result = await this.#client.request(request, ResultSchema as never, options);
    } catch (error) {
      throw failureOf(error, ends, label, timeoutMs ?? maxMs);
    }
    const read = readResult(method, result);
    if (read === undefined)
      throw new ToolError("tool_error", `${label}: the client answered with no object`, {
        tool: label,
      });
    return read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.length = 0;
  }
}

/** Whether what is sent becomes JSON: elsewhere a server receives the objects themselves. */
function writesJson(client: McpClient): boolean {
  const transport: unknown = "transport" in client ? client.transport : undefined;
  return isObject(transport) && transport.constructor.name !== "InMemoryTransport";
}

/** Progress comes in the context in which the caller's client was connected. */
function inOwnContext(onProgress: (progress: Progress) => void): (progress: Progress) => void {
  const enter = currentContext();
  return (progress) => enter(() => onProgress(progress));
}

function failureOf(
  error: unknown,
  ends: RequestSignal,
  tool: string,
  limitMs: number | undefined,
): Error {
  if (ends.isAborted)
    return new ToolError("aborted", "the run ended before the tool answered", { tool });
  if (ends.isTimedOut)
    return new ToolError("tool_error", `${tool} did not answer within ${limitMs} ms`, { tool });
  const { code, data: given }: { code?: unknown; data?: unknown } = isObject(error) ? error : {};
  const details = errorData(given, (text) => text);
  if (code === METHOD_NOT_FOUND) return new MethodNotFound(messageOf(error), details.data);
  return new ToolError("tool_error", describe(error), { tool, ...details });
}
