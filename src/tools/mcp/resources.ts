import { ToolError } from "../../core/tool-error.ts";
import type { CallContext } from "../call-context.ts";
import type { PromptInfo, ResourceInfo, TemplateInfo } from "../resource-lists.ts";
import type { PromptResult, ResourceContents, ResourceSource } from "../resource-source.ts";
import { RelistPace } from "../relist.ts";
import { type ListAllowance, listPages, listWarning } from "./pages.ts";
import { MethodNotFound, type Upstream } from "./upstream.ts";

/** The method of each list, and the notification that it changed. */
const LISTS = {
  resources: {
    method: "resources/list",
    changed: "notifications/resources/list_changed",
    by: "uri",
  },
  resourceTemplates: {
    method: "resources/templates/list",
    changed: "notifications/resources/list_changed",
    by: "uriTemplate",
  },
  prompts: { method: "prompts/list", changed: "notifications/prompts/list_changed", by: "name" },
} as const;

type ListKey = keyof typeof LISTS;

/** A list that was requested. */
interface Kept {
  readonly listing: Promise<readonly unknown[]>;
  /** It failed, or has changed since. */
  isStale: boolean;
}

/**
 * Resources and prompts of a server. A list is requested at its first use, and again after it changed or failed, but not
 * more often than its pace allows: neither a server nor a program makes its host list without end.
 */
export class McpResources implements ResourceSource {
  readonly #server: string;
  readonly #upstream: Upstream;
  readonly #timeoutMs: number;
  readonly #allowance: ListAllowance;
  readonly #lists = new Map<ListKey, Kept>();
  readonly #paces = new Map<ListKey, RelistPace>();
  readonly #warnings = new Map<ListKey, string>();

  constructor(server: string, upstream: Upstream, timeoutMs: number, allowance: ListAllowance) {
    this.#server = server;
    this.#upstream = upstream;
    this.#timeoutMs = timeoutMs;
    this.#allowance = allowance;
    upstream.onNotification(({ method }) => {
      for (const [key, kept] of this.#lists) if (LISTS[key].changed === method) kept.isStale = true;
    });
  }

  /** What is wrong with its lists. */
  get warnings(): readonly string[] {
    return [...this.#warnings.values()];
  }

  async listResources(): Promise<readonly ResourceInfo[]> {
    return (await this.#list("resources")) as readonly ResourceInfo[];
  }

  async listTemplates(): Promise<readonly TemplateInfo[]> {
    return (await this.#list("resourceTemplates")) as readonly TemplateInfo[];
  }

  async listPrompts(): Promise<readonly PromptInfo[]> {
    return (await this.#list("prompts")) as readonly PromptInfo[];
  }

  async readResource(uri: string, context: CallContext): Promise<readonly ResourceContents[]> {
    const result = await this.#ask("resources/read", { uri }, context);
    if (!Array.isArray(result["contents"]))
      throw new ToolError("tool_error", `${this.#server} answered resources/read without contents`);
    return result["contents"] as ResourceContents[];
  }

  async getPrompt(
    name: string,
    args: Readonly<Record<string, string>>,
    context: CallContext,
  ): Promise<PromptResult> {
    const result = await this.#ask("prompts/get", { name, arguments: args }, context);
    if (!Array.isArray(result["messages"]))
      throw new ToolError("tool_error", `${this.#server} answered prompts/get without messages`);
    return result as unknown as PromptResult;
  }

  async #ask(
    method: string,
    params: Record<string, unknown>,
    { signal, onProgress }: CallContext,
  ): Promise<Record<string, unknown>> {
    const label = `${this.#server}.${method}`;
    try {
      return await this.#upstream.request(method, params, { label, signal, onProgress });
    } catch (error) {
      if (!(error instanceof MethodNotFound)) throw error;
      throw new ToolError("tool_error", `server "${this.#server}" has no ${method}`, {
        tool: label,
      });
    }
  }

  #list(key: ListKey): Promise<readonly unknown[]> {
    const pace = this.#paces.get(key) ?? new RelistPace();
    this.#paces.set(key, pace);
    const known = this.#lists.get(key);
    if (known !== undefined && (!known.isStale || pace.isHeld)) return known.listing;
    pace.note();
    const kept: Kept = { listing: this.#listNow(key), isStale: false };
    this.#lists.set(key, kept);
    kept.listing.catch(() => {
      kept.isStale = true;
    });
    return kept.listing;
  }

  async #listNow(key: ListKey): Promise<readonly unknown[]> {
    const { method, by } = LISTS[key];
    const options = { label: `${this.#server}.${method}`, timeoutMs: this.#timeoutMs };
    try {
      const list = await listPages(this.#upstream, method, key, options, this.#allowance);
      const warning = listWarning(`${this.#server}: its answer to ${method}`, list);
      if (warning === undefined) this.#warnings.delete(key);
      else this.#warnings.set(key, warning);
      // What a server says of itself must not pass for another's.
      return list.items
        .filter((item) => isNamed(item, by))
        .map((item) => ({ ...item, server: this.#server }));
    } catch (error) {
      // A server without any may not know the method.
      if (error instanceof MethodNotFound) return [];
      throw error instanceof ToolError
        ? error
        : new ToolError("tool_error", `server "${this.#server}": ${String(error)}`);
    }
  }
}

function isNamed(item: unknown, by: string): item is object {
  return (
    typeof item === "object" &&
    item !== null &&
    typeof (item as Record<string, unknown>)[by] === "string"
  );
}
