import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ErrorCode, McpError, ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { type CallContext, ToolError, type ToolInfo, type ToolSource } from "../tool.ts";
import type { ServerConfig } from "./entry.ts";
import { unwrap } from "./content.ts";
import { describe, describeStart, describeStop } from "./failure.ts";
import { Link } from "./link.ts";
import { redactor } from "./redact.ts";

export interface McpOptions {
  /** A larger message from the server fails its request. Default 16 MiB. */
  readonly maxMessageBytes?: number;
}

type Result = Record<string, unknown>;

/** The SDK's own default of 60 s must not apply; this is the longest that a timer can wait. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const MAX_PAGES = 1_000;

/** An MCP server as a source of tools. Connects at the first use; a connection that died is replaced at the next call. */
export class McpSource implements ToolSource {
  readonly name: string;
  readonly #config: ServerConfig;
  readonly #maxMessageBytes: number;
  readonly #redact: (text: string) => string;
  readonly #listeners: (() => void)[] = [];
  #link: Promise<Link> | undefined;
  #failure: string | undefined;
  #garbage: string | undefined;
  #pageWarning: string | undefined;
  /** The link that `#link` resolved to. */
  #live: Link | undefined;
  readonly #closings = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(name: string, config: ServerConfig, options: McpOptions = {}) {
    this.name = name;
    this.#config = config;
    this.#maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.#redact = redactor(config.secrets);
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  get warnings(): readonly string[] {
    return [this.#garbage, this.#pageWarning].filter((warning) => warning !== undefined);
  }

  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @throws ToolError `tool_error` when the server does not start or does not list its tools */
  async list(): Promise<readonly ToolInfo[]> {
    const link = await this.#connect();
    try {
      return await this.#listPages(link);
    } catch (error) {
      // A server without tools may say so instead of listing none.
      if (error instanceof McpError && error.code === ErrorCode.MethodNotFound) return [];
      const why = link.dead
        ? describeStop(this.name, link.postMortem, this.#redact)
        : this.#redact(describe(error));
      this.#failure = `server "${this.name}" does not list its tools: ${why} (${this.#config.path})`;
      throw new ToolError("tool_error", this.#failure);
    }
  }

  async #listPages(link: Link): Promise<ToolInfo[]> {
    const tools: unknown[] = [];
    const seen = new Set<string>();
    const options = { timeout: this.#config.startTimeoutMs };
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const result: Result = await link.client.request(
        { method: "tools/list", params },
        ResultSchema,
        options,
      );
      if (!Array.isArray(result["tools"])) throw new Error("it answered tools/list without a list");
      tools.push(...(result["tools"] as unknown[]));
      const { nextCursor } = result;
      // What is in the list is checked by the catalogue, tool by tool.
      if (typeof nextCursor !== "string" || nextCursor === "") return tools as ToolInfo[];
      if (seen.has(nextCursor)) return this.#cutShort(tools, "gives the same page again and again");
      seen.add(nextCursor);
      cursor = nextCursor;
    }
    return this.#cutShort(tools, `has more than ${MAX_PAGES} pages`);
  }

  #cutShort(tools: readonly unknown[], why: string): ToolInfo[] {
    this.#pageWarning = `${this.name}: its list of tools ${why}; what came so far is used`;
    return tools as ToolInfo[];
  }

  async call(tool: string, args: unknown, context: CallContext): Promise<unknown> {
    const label = `${this.name}.${tool}`;
    const given = args ?? {};
    if (typeof given !== "object" || Array.isArray(given)) {
      throw new ToolError("invalid_arguments", `${label} takes one object of arguments`, {
        tool: label,
      });
    }
    const link = await this.#connect(label);
    try {
      return await this.#callOn(link, tool, given, context);
    } catch (error) {
      if (!isLostSession(error, link)) throw error;
      // The server was not reached by this call, so that trying again does nothing twice.
      this.#drop(link);
      return await this.#callOn(await this.#connect(label), tool, given, context);
    }
  }

  async #callOn(link: Link, tool: string, args: object, context: CallContext): Promise<unknown> {
    const label = `${this.name}.${tool}`;
    const request = {
      method: "tools/call" as const,
      params: { name: tool, arguments: args as Result },
    };
    try {
      const result = await link.client.request(request, ResultSchema, {
        // The SDK never takes its listener off the signal again; this one goes with the call.
        signal: AbortSignal.any([context.signal]),
        timeout: this.#config.timeoutMs ?? NO_TIMEOUT_MS,
        resetTimeoutOnProgress: true,
        // Without it the SDK neither asks for progress nor resets the timeout.
        onprogress: ({ progress, total, message }) => {
          context.onProgress?.({
            progress,
            ...(total === undefined ? {} : { total }),
            ...(message === undefined ? {} : { message }),
          });
        },
      });
      return unwrap(result, label);
    } catch (error) {
      if (isLostSession(error, link)) throw error;
      throw this.#toToolError(error, link, label, context.signal);
    }
  }

  #toToolError(error: unknown, link: Link, tool: string, signal: AbortSignal): ToolError {
    if (signal.aborted)
      return new ToolError("aborted", "the run ended before the tool answered", { tool });
    if (error instanceof ToolError)
      return new ToolError(error.code, this.#redact(error.message), { tool });
    if (link.dead)
      return new ToolError("tool_error", describeStop(this.name, link.postMortem, this.#redact), {
        tool,
      });
    if (error instanceof McpError && error.code === ErrorCode.RequestTimeout) {
      return new ToolError(
        "tool_error",
        `${tool} did not answer within ${this.#config.timeoutMs} ms`,
        { tool },
      );
    }
    if (error instanceof TypeError && error.message.includes("BigInt")) {
      return new ToolError(
        "invalid_arguments",
        `${tool}: a BigInt cannot be sent to an MCP server; send a number or a string`,
        { tool },
      );
    }
    return new ToolError("tool_error", this.#redact(describe(error)), { tool });
  }

  /** The connection in use, or a new one where it died. */
  async #connect(tool?: string): Promise<Link> {
    const current = await this.#link?.catch(() => undefined);
    if (current?.dead === true) this.#drop(current);
    if (this.#stop.signal.aborted)
      throw new ToolError("tool_error", `server "${this.name}" is closed`);
    this.#link ??= this.#open();
    try {
      return await this.#link;
    } catch (error) {
      throw new ToolError(
        "tool_error",
        this.#failure ?? describe(error),
        tool === undefined ? {} : { tool },
      );
    }
  }

  #open(): Promise<Link> {
    const opening = Link.open(this.#config, this.#maxMessageBytes, {
      onGarbage: (count, first) => {
        const lines = count === 1 ? "a line" : `${count} lines`;
        this.#garbage = `${this.name}: wrote ${lines} on stdout that are no messages, first: ${shorten(this.#redact(first))}`;
      },
      onToolsChanged: () => this.#listeners.forEach((listener) => listener()),
      signal: this.#stop.signal,
    });
    opening.then(
      (link) => {
        this.#live = link;
        this.#failure = undefined;
      },
      (error: unknown) => {
        this.#failure = describeStart(this.name, this.#config, error, this.#redact);
        if (this.#link === opening) this.#link = undefined;
      },
    );
    return opening;
  }

  /** Calls that noticed the same death must not close the connection that one of them has made since. */
  #drop(link: Link): void {
    if (this.#live !== link) return;
    this.#live = undefined;
    this.#link = undefined;
    const closing: Promise<void> = link
      .close()
      .catch(() => {})
      .finally(() => this.#closings.delete(closing));
    this.#closings.add(closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const link = await this.#link?.catch(() => undefined);
    await Promise.all([link?.close(), ...this.#closings]);
  }
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** The server forgot the session (it restarted): 404 by the specification, 400 with the word by many servers. */
function isLostSession(error: unknown, link: Link): boolean {
  if (!(error instanceof StreamableHTTPError) || !link.hasSession) return false;
  return error.code === 404 || (error.code === 400 && /session/i.test(error.message));
}
