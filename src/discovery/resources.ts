import { ToolError } from "../core/tool-error.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import type { ResourceLists } from "../tools/resource-lists.ts";

/** The lists of resources and prompts of all servers, as programs name them. Arguments come from hostile code. */
export class ResourceDirectory {
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** `resources.list(server?)`, `resources.templates(server?)`, `prompts.list(server?)`. @throws ToolError */
  async list(name: string, server: unknown): Promise<readonly unknown[]> {
    const sources =
      server === undefined || server === null ? this.#all() : [this.#source(name, server)];
    const lists = await Promise.allSettled(sources.map((source) => listOf(name, source)));
    // Of all servers, failures are left out; of one, its failure is thrown.
    if (sources.length === 1 && lists[0]!.status === "rejected") throw lists[0]!.reason;
    return lists.flatMap((list) => (list.status === "fulfilled" ? list.value : []));
  }

  #all(): ResourceLists[] {
    return this.#catalogue.servers.flatMap(({ name }) => this.#catalogue.resources(name) ?? []);
  }

  #source(name: string, server: unknown): ResourceLists {
    if (typeof server !== "string")
      throw new ToolError("invalid_arguments", `${name}: server must be a string`);
    const source = this.#catalogue.resources(server);
    if (source !== undefined) return source;
    const what = name.split(".")[0];
    throw new ToolError("tool_error", `${server} has no ${what}: it is no MCP server`);
  }
}

function listOf(name: string, source: ResourceLists): Promise<readonly unknown[]> {
  if (name === "resources.list") return source.listResources();
  return name === "resources.templates" ? source.listTemplates() : source.listPrompts();
}
