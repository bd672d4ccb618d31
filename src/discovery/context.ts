import type { ContextSource } from "../tools/context.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { type CallContext, ToolError } from "../tools/tool.ts";

/** Functions that ask a server for something, and so count as calls. */
const REQUESTS = new Set(["resources.read", "prompts.get"]);

export function isContextRequest(name: string): boolean {
  return REQUESTS.has(name);
}

/** Resources and prompts of all servers, as programs name them. Arguments come from hostile code. */
export class ContextAccess {
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** `resources.list(server?)` and the like. @throws ToolError */
  async list(name: string, args: readonly unknown[]): Promise<readonly unknown[]> {
    const [server] = args;
    const sources =
      server === undefined || server === null ? this.#all() : [this.#source(name, server)];
    const lists = await Promise.allSettled(sources.map((source) => listOf(name, source)));
    // Of all servers, those that can answer; of one, its answer.
    if (sources.length === 1 && lists[0]!.status === "rejected") throw lists[0]!.reason;
    return lists.flatMap((list) => (list.status === "fulfilled" ? list.value : []));
  }

  /** What a request is called in the records of a run: `docs.resources/read`. */
  label(name: string, [server]: readonly unknown[]): string {
    return `${typeof server === "string" ? server.slice(0, 100) : "?"}.${name.replace(".", "/")}`;
  }

  /** `resources.read(server, uri)`, `prompts.get(server, name, args)`. @throws ToolError */
  async request(name: string, args: readonly unknown[], context: CallContext): Promise<unknown> {
    const [server, what, values] = args;
    const source = this.#source(name, server);
    if (name === "resources.read")
      return await source.readResource(text(name, "uri", what), context);
    return await source.getPrompt(text(name, "name", what), texts(name, values), context);
  }

  #all(): ContextSource[] {
    return this.#catalogue.servers.flatMap(({ name }) => this.#catalogue.context(name) ?? []);
  }

  #source(name: string, server: unknown): ContextSource {
    const source = this.#catalogue.context(text(name, "server", server));
    if (source !== undefined) return source;
    throw new ToolError(
      "tool_error",
      `${String(server)} has no ${name.split(".")[0]}: it is no MCP server`,
    );
  }
}

function listOf(name: string, source: ContextSource): Promise<readonly unknown[]> {
  if (name === "resources.list") return source.listResources();
  return name === "resources.templates" ? source.listTemplates() : source.listPrompts();
}

function text(name: string, parameter: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new ToolError("invalid_arguments", `${name}: ${parameter} must be a string`);
}

/** Arguments of prompts are strings. */
function texts(name: string, values: unknown): Record<string, string> {
  if (values === undefined || values === null) return {};
  if (typeof values !== "object" || Array.isArray(values))
    throw new ToolError("invalid_arguments", `${name}: the arguments must be an object of strings`);
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
