import type { ServerNames, ToolNames } from "../core/names.ts";
import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { ToolError } from "../core/tool-error.ts";
import { inTurns, Turns } from "../core/turns.ts";
import { cutText } from "../core/utf8.ts";
import type { Catalogue, CatalogueServer } from "../tools/catalogue.ts";
import { argumentTypes, resultType } from "../tools/call-types.ts";
import type { ToolInfo } from "../tools/tool.ts";
import { serverIn, toolNamed } from "./named-tool.ts";
import { ResourceDirectory } from "./resources.ts";
import { type Match, ToolIndex } from "./search.ts";
import type {
  CategorySummary,
  ListOptions,
  SearchOptions,
  ToolDetail,
  ToolSpec,
  ToolSummary,
} from "./summary.ts";
import { WrapperTree } from "./types/tree.ts";
import { declaration } from "./types/wrappers.ts";

const DETAILS: readonly unknown[] = [
  "name",
  "summary",
  "parameters",
  "full",
] satisfies ToolDetail[];
const MATCHES = 10;
/** Longest wait for the tools of a server that somebody asks for. */
const READY_MS = 3_000;
/** Characters of a description; of one beside the types of a call fewer. */
const MAX_DESCRIPTION = 200;
const MAX_LINE_DESCRIPTION = 70;

/** Progressive disclosure: categories, then a category's tools, then one tool; the same inside programs and outside them. */
export class Discovery {
  readonly tree: WrapperTree;
  readonly #catalogue: Catalogue;
  readonly #resources: ResourceDirectory;
  readonly #byName = new WeakMap<ServerNames, ReadonlyMap<string, ToolNames>>();
  #index: { readonly version: object; readonly index: Promise<ToolIndex> } | undefined;

  constructor(catalogue: Catalogue, tree = new WrapperTree(catalogue)) {
    this.#catalogue = catalogue;
    this.tree = tree;
    this.#resources = new ResourceDirectory(catalogue);
  }

  async listToolCategories(): Promise<CategorySummary[]> {
    return this.#catalogue.servers.map(
      ({ name, tools, instructions, outage, state, isCached }) => ({
        name,
        tools: tools.length,
        ...(outage === undefined ? {} : { outage: reason(outage, name) }),
        ...(state === "connected" ? {} : { state }),
        ...(isCached ? { cached: true as const } : {}),
        ...(instructions === undefined ? {} : { description: firstSentence(instructions) }),
      }),
    );
  }

  /**
   * The tools of `category`, a server's name.
   * @throws ToolError `unknown_tool` when there is none, `invalid_arguments`
   */
  async listTools(
    category: string,
    options: ListOptions = {},
    turns = new Turns(),
  ): Promise<ToolSummary[]> {
    const named = text("listTools", "category", category);
    await this.#ready(named, turns);
    const server = this.#server(named);
    const { detail, limit, offset } = checkList("listTools", options, Infinity);
    const page = server.tools.slice(offset, offset + limit);
    const found = page.map((info) => ({ server: server.name, info }));
    return await this.#summaries(found, detail, turns);
  }

  /** One after the other: making the types of many tools takes long, and nobody is to wait for all of them. */
  async #summaries(
    found: readonly Match[],
    detail: ToolDetail,
    turns: Turns,
  ): Promise<ToolSummary[]> {
    const summaries: ToolSummary[] = [];
    for (const { server, info } of found) {
      summaries.push(await this.#summary(server, info, detail));
      if (turns.isDue) await turns.pause();
    }
    return summaries;
  }

  /**
   * @param tool without it, `category` is the tool: `read_text_file`, `github.create_issue`
   * @throws ToolError `unknown_tool` when there is no such tool, or when it can be one of several
   */
  async getToolSpec(category: string, tool?: string, turns = new Turns()): Promise<ToolSpec> {
    const first = text("getToolSpec", "category", category);
    await this.#ready(first, turns);
    const { server, info } =
      tool === undefined || tool === null
        ? toolNamed(this.#catalogue, first)
        : this.#catalogue.resolve(first, text("getToolSpec", "tool", tool));
    const { title, description = "", annotations, inputSchema, outputSchema } = info;
    const details = Object.entries({ annotations, inputSchema, outputSchema }).filter(
      ([, value]) => value !== undefined,
    );
    return {
      category: server,
      name: info.name,
      call: this.#call(server, info),
      ...(title === undefined ? {} : { title }),
      description,
      declaration: await this.#declaration(server, info),
      ...this.#mark(server),
      ...Object.fromEntries(details),
    };
  }

  /**
   * The tools that match the words of `query`, best first. A string in the place of the options is the detail.
   * @throws ToolError `invalid_arguments`, `unknown_tool` for a category that is none
   */
  async searchTools(
    query: string,
    options: SearchOptions | ToolDetail = {},
    turns = new Turns(),
  ): Promise<ToolSummary[]> {
    const given = typeof options === "string" ? { detail: options } : options;
    const { detail, limit, offset } = checkList("searchTools", given, MATCHES);
    const category =
      given?.category === undefined
        ? undefined
        : this.#server(text("searchTools", "category", given.category)).name;
    const index = await this.#searchable();
    const found = await inTurns(index.search(text("searchTools", "query", query), category), turns);
    return await this.#summaries(found.slice(offset, offset + limit), detail, turns);
  }

  /**
   * The same for a program, which names the function; every argument comes from hostile code.
   * @param turns the time that it may take. @throws OutOfTimeError
   */
  async answer(name: string, args: unknown, turns = new Turns()): Promise<unknown> {
    const [first, second] = (Array.isArray(args) ? args : []) as never[];
    switch (name) {
      case "listToolCategories":
        return await this.listToolCategories();
      case "listTools":
      case "loadToolCategory":
        return await this.listTools(first!, second, turns);
      case "loadToolAPI":
        return await this.listTools(first!, { detail: "full" }, turns);
      case "getToolSpec":
        return await this.getToolSpec(first!, second!, turns);
      case "searchTools":
        return await this.searchTools(first!, second, turns);
      case "resources.list":
      case "resources.templates":
      case "prompts.list":
        return await this.#resources.list(name, first);
      default:
        throw new ToolError("unknown_tool", `there is no function ${oneLine(name.slice(0, 100))}`);
    }
  }

  /** Who asks for one server waits a moment for it where it has no tools yet. @param name of a server, or of a tool of it */
  async #ready(name: string, turns: Turns): Promise<void> {
    const { servers } = this.#catalogue;
    if (servers.every(({ state, tools }) => state === "connected" || tools.length > 0)) return;
    const server = this.#catalogue.serverName(name) ?? serverIn(name, servers);
    if (server !== undefined && !this.#catalogue.isListed(server))
      await turns.pauseFor(this.#catalogue.ready(server, READY_MS));
  }

  /** The index is made anew when the list of tools has changed. */
  #searchable(): Promise<ToolIndex> {
    const { names, servers } = this.#catalogue;
    if (this.#index?.version !== names)
      this.#index = { version: names, index: ToolIndex.of(servers) };
    return this.#index.index;
  }

  #server(category: string): CatalogueServer {
    const { servers } = this.#catalogue;
    const name = this.#catalogue.serverName(category) ?? category;
    const server = servers.find((candidate) => candidate.name === name);
    if (server !== undefined) return server;
    const all = servers.map((candidate) => candidate.name);
    const closest = nearest(category, all, 3);
    const list =
      closest.length > 0 ? `did you mean ${closest.join(" or ")}?` : `there are: ${all.join(", ")}`;
    throw new ToolError(
      "unknown_tool",
      `there is no category '${category.slice(0, 100)}'; ${list}`,
    );
  }

  async #summary(server: string, info: ToolInfo, detail: ToolDetail): Promise<ToolSummary> {
    const brief = {
      category: server,
      name: info.name,
      call: this.#call(server, info),
      ...this.#mark(server),
    };
    if (detail === "name") return brief;
    if (detail === "full") return { ...brief, declaration: await this.#declaration(server, info) };
    const { description = "", inputSchema } = info;
    if (detail === "summary") return { ...brief, description: firstSentence(description) };
    const result = resultType(this.tree.resultSchema(server, info));
    return {
      ...brief,
      description: firstSentence(description, MAX_LINE_DESCRIPTION),
      ...(inputSchema === undefined ? {} : { parameters: argumentTypes(inputSchema) }),
      ...(result === undefined ? {} : { result }),
    };
  }

  #mark(server: string): { readonly cached?: true } {
    return this.#catalogue.isCached(server) ? { cached: true } : {};
  }

  #call(server: string, { name }: ToolInfo): string {
    const { names, tool } = this.#names(server, name);
    return `tools.${names?.alias ?? server}.${tool?.alias ?? name}(args)`;
  }

  async #declaration(server: string, { name }: ToolInfo): Promise<string> {
    const { names, tool } = this.#names(server, name);
    return names === undefined || tool === undefined
      ? ""
      : declaration(await this.tree.tool(names, tool));
  }

  /** Servers can have thousands of tools, and lists of them ask for each. */
  #toolNames(server: ServerNames): ReadonlyMap<string, ToolNames> {
    let byName = this.#byName.get(server);
    if (byName === undefined) {
      byName = new Map(server.tools.map((tool) => [tool.name, tool]));
      this.#byName.set(server, byName);
    }
    return byName;
  }

  #names(server: string, name: string): { names?: ServerNames; tool?: ToolNames } {
    const names = this.#catalogue.names.servers.find((candidate) => candidate.name === server);
    const tool = names === undefined ? undefined : this.#toolNames(names).get(name);
    return { ...(names === undefined ? {} : { names }), ...(tool === undefined ? {} : { tool }) };
  }
}

function text(name: string, parameter: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new ToolError("invalid_arguments", `${name}: ${parameter} must be a string`);
}

function checkList(
  name: string,
  options: unknown,
  defaultLimit: number,
): { detail: ToolDetail; limit: number; offset: number } {
  const given = (typeof options === "object" && options !== null ? options : {}) as ListOptions;
  const { detail = "summary" } = given;
  if (!DETAILS.includes(detail))
    throw new ToolError(
      "invalid_arguments",
      `${name}: detail must be one of ${DETAILS.join(", ")}`,
    );
  const limit = given.limit === undefined ? defaultLimit : count(name, "limit", given.limit);
  return { detail, limit, offset: count(name, "offset", given.offset ?? 0) };
}

function count(name: string, key: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new ToolError("invalid_arguments", `${name}: ${key} must be a whole number from 0`);
}

/** Why a server has no tools, without its name. */
function reason(outage: string, name: string): string {
  const start = `server "${name}" `;
  const said = outage.startsWith(start) ? outage.slice(start.length) : outage;
  return oneLine(cutText(said, MAX_DESCRIPTION));
}

function firstSentence(description: string, most = MAX_DESCRIPTION): string {
  const line = description
    .trim()
    .replace(/^#+\s+/, "")
    .slice(0, 2_000)
    .split(/\n\s*\n|\n\s*(?=\p{Lu}|[-*#])|(?<=[.!?])\s/u, 1)[0]!
    .replace(/\s+/gu, " ");
  return oneLine(cutText(line, most));
}
