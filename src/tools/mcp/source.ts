import { outsideRuns } from "../../core/async-context.ts";
import { isObject } from "../../core/is-object.ts";
import { CodecellError, messageOf } from "../../core/errors.ts";
import { ToolError } from "../../core/tool-error.ts";
import type { CallContext } from "../call-context.ts";
import type { ToolInfo, ToolSource } from "../tool.ts";
import { isOn, isTurnedOff, type ToolRules, turnedOff, unmatched } from "../tool-rules.ts";
import { unwrap } from "./content.ts";
import { ListAllowance, listPages, listWarning } from "./pages.ts";
import { McpResources } from "./resources.ts";
import { MethodNotFound, type Notification, type Upstream } from "./upstream.ts";

export interface McpSourceOptions {
  /** Its place in the config, for messages. */
  readonly path: string;
  /**
   * Longest time of one call, in ms; progress starts it again.
   * @default none
   */
  readonly timeoutMs?: number | undefined;
  /** Longest time of one request for a list, in ms. */
  readonly listTimeoutMs: number;
  /**
   * Which of its tools there are.
   * @default all
   */
  readonly tools?: ToolRules | undefined;
  /**
   * Problems of its entry in the config.
   * @default none
   */
  readonly warnings?: readonly string[] | undefined;
}

/** An MCP server as a source of tools, resources and prompts. */
export class McpSource implements ToolSource {
  readonly name: string;
  readonly resources: McpResources;
  readonly #upstream: Upstream;
  readonly #options: McpSourceOptions;
  readonly #listeners: (() => void)[] = [];
  readonly #allowance = new ListAllowance();
  #failure: string | undefined;
  #pageWarning: string | undefined;
  /** Names that the server listed, where its config says which of them there are. */
  #listed: readonly string[] = [];
  #ruleWarning: string | undefined;

  constructor(name: string, upstream: Upstream, options: McpSourceOptions) {
    this.name = name;
    this.#upstream = upstream;
    this.#options = options;
    this.resources = new McpResources(name, upstream, options.listTimeoutMs, this.#allowance);
    upstream.onNotification(({ method }) => {
      if (method !== "notifications/tools/list_changed") return;
      for (const listener of this.#listeners) outsideRuns(listener); // they renew what all runs share
    });
  }

  get failure(): string | undefined {
    return this.#failure ?? this.#upstream.failure;
  }

  get outage(): string | undefined {
    return this.#failure === undefined
      ? this.#upstream.outage
      : `server "${this.name}" does not list its tools`;
  }

  get warnings(): readonly string[] {
    return [
      ...(this.#options.warnings ?? []),
      ...(this.#ruleWarning === undefined ? [] : [this.#ruleWarning]),
      ...this.#upstream.warnings,
      ...(this.#pageWarning === undefined ? [] : [this.#pageWarning]),
      ...this.resources.warnings,
    ];
  }

  get instructions(): string | undefined {
    return this.#upstream.instructions;
  }

  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  onNotification(listener: (notification: Notification) => void): void {
    this.#upstream.onNotification(listener);
  }

  onConnection(listener: (isConnected: boolean) => void): void {
    this.#upstream.onConnection?.(listener);
  }

  retryNow(): void {
    this.#upstream.retryNow?.();
  }

  /** @throws ToolError `tool_error` for whoever runs codecell when the server does not start or does not list its tools */
  async list(): Promise<readonly ToolInfo[]> {
    const options = { label: this.name, timeoutMs: this.#options.listTimeoutMs };
    try {
      const list = await listPages(this.#upstream, "tools/list", "tools", options, this.#allowance);
      this.#pageWarning = listWarning(`${this.name}: its list of tools`, list);
      this.#failure = undefined;
      // What is in the list is checked by the catalogue, tool by tool.
      return this.#allowed(list.items as ToolInfo[]);
    } catch (error) {
      // A server without tools may not know the method.
      if (error instanceof MethodNotFound) return [];
      const { failure } = this.#upstream;
      if (failure !== undefined) throw new ToolError("tool_error", failure, { cause: error });
      this.#failure = `server "${this.name}" does not list its tools: ${messageOf(error)} (${this.#options.path})`;
      throw new ToolError("tool_error", this.#failure);
    }
  }

  /** What the config lets through. Items are not checked yet. */
  #allowed(items: readonly ToolInfo[]): readonly ToolInfo[] {
    const { tools } = this.#options;
    if (tools === undefined) return items;
    const nameOf = (item: unknown): unknown => (isObject(item) ? item["name"] : undefined);
    this.#listed = items.map(nameOf).filter((name) => typeof name === "string");
    this.#ruleWarning = unmatched(tools, this.name, this.#listed);
    return items.filter((item) => {
      const name = nameOf(item);
      return typeof name !== "string" || isOn(tools, name);
    });
  }

  isTurnedOff(tool: string): boolean {
    return isTurnedOff(this.#options.tools, this.#listed, tool);
  }

  async call(tool: string, args: unknown, context: CallContext): Promise<unknown> {
    const label = `${this.name}.${tool}`;
    if (!isOn(this.#options.tools, tool)) throw turnedOff(label);
    const given = args ?? {};
    if (typeof given !== "object" || Array.isArray(given)) {
      throw new ToolError("invalid_arguments", `${label} takes one object of arguments`, {
        tool: label,
      });
    }
    const { signal, onProgress } = context;
    try {
      const options = { label, signal, timeoutMs: this.#options.timeoutMs, onProgress };
      const params = { name: tool, arguments: given };
      const result = await this.#upstream.request("tools/call", params, options);
      return unwrap(result, label, (text) => this.#upstream.redact?.(text) ?? text);
    } catch (error) {
      if (CodecellError.is(error) || error instanceof ToolError) throw error;
      const data = error instanceof MethodNotFound ? error.data : undefined;
      throw new ToolError("tool_error", messageOf(error), { tool: label, data });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#upstream[Symbol.asyncDispose]();
  }
}
