/** Searches for tools in the two ways that do not give a model all definitions. Every search is really made. */
import { type AgentTool, agentTools } from "../../agent/agent-tools.ts";
import { type Definition, type Entry, type Exchange, turn } from "./messages.ts";
import { directName, type OpenWorld } from "./open-world.ts";

/** A tool that a job needs. */
export interface Needed {
  readonly server: string;
  readonly tool: string;
}

/** The catalogue of a conversation, and the steps until the tools are known. */
export interface ToolSearch {
  readonly catalogue: string;
  readonly entries: readonly Entry[];
}

/** Definitions that one search of a host returns: the usual number of hosts with deferred tools. */
const FOUND = 5;
/** Maximum number of names in one call of get_tool_details. */
const DETAILS = 20;

export const HOST_SEARCH: Definition = {
  name: "tool_search",
  description:
    "Searches the tools that are not loaded yet and loads the ones that match best, so that they can be called.",
  input_schema: {
    type: "object",
    properties: { query: { type: "string", description: "Words that say what the tool does" } },
    required: ["query"],
  },
};

/** Searches as a host that defers definitions: each search returns those of the best matches that are not loaded yet. */
export async function hostSearch(
  world: OpenWorld,
  queries: readonly string[],
  needed: readonly Needed[],
): Promise<ToolSearch> {
  const definitions = new Map(
    [...world.definitions().values()].flat().map((one) => [one.name, one]),
  );
  const loaded = new Set<string>();
  const search = async (query: string): Promise<Exchange> => {
    const found = await world.runtime.searchTools(query, { detail: "name", limit: FOUND });
    const names = found.map(({ category, name }) => directName(category, name));
    const fresh = names.filter((name) => !loaded.has(name) && definitions.has(name));
    for (const name of fresh) loaded.add(name);
    const content = JSON.stringify(fresh.map((name) => definitions.get(name)));
    return { name: HOST_SEARCH.name, input: { query }, content, isError: false };
  };
  const isKnown = ({ server, tool }: Needed): boolean => loaded.has(directName(server, tool));
  const entries = await searchTurns(queries, needed, search, isKnown);
  return { catalogue: JSON.stringify([HOST_SEARCH]), entries };
}

/**
 * Searches with the tools of code execution, as far as the tools are not in the start context. Then requests the declarations of
 * the needed tools whose lines leave something out.
 */
export async function codeSearch(
  world: OpenWorld,
  queries: readonly string[],
  needed: readonly Needed[],
): Promise<ToolSearch> {
  const tools = agentTools(world.runtime);
  const start = await startContext(world);
  const calls = await callsOf(world, needed);
  let seen = `\n${start}`;
  const search = async (query: string): Promise<Exchange> => {
    const exchange = await step(tools, "search_tools", { query });
    seen += `\n${exchange.content}`;
    return exchange;
  };
  const lineOf = (tool: Needed): string | undefined => {
    const at = seen.indexOf(`\n${calls.get(tool)}(`);
    return at < 0 ? undefined : seen.slice(at + 1).split("\n", 1)[0];
  };
  const isKnown = (tool: Needed): boolean => lineOf(tool) !== undefined;
  const searches = needed.every(isKnown) ? [] : await searchTurns(queries, needed, search, isKnown);
  const isCut = (tool: Needed): boolean => lineOf(tool)?.split(" // ", 1)[0]!.includes("…") ?? true;
  const names = needed.filter(isCut).map(({ server, tool }) => `${server}.${tool}`);
  const pages = Array.from({ length: Math.ceil(names.length / DETAILS) }, (_, page) =>
    names.slice(page * DETAILS, (page + 1) * DETAILS),
  );
  const details = await Promise.all(
    pages.map((page) => step(tools, "get_tool_details", { tools: page })),
  );
  const entries = [
    ...searches,
    ...(details.length === 0 ? [] : turn(details, "disclosure", "disclosure")),
  ];
  return { catalogue: definitionsAnd(tools, start), entries };
}

/** How each tool is called: `tools.github.createIssue`. */
async function callsOf(
  { runtime }: OpenWorld,
  needed: readonly Needed[],
): Promise<ReadonlyMap<Needed, string>> {
  const calls = needed.map(async (tool) => {
    const { call } = await runtime.getToolSpec(tool.server, tool.tool);
    return [tool, call.replace("(args)", "")] as const;
  });
  return new Map(await Promise.all(calls));
}

/** What every request of code execution contains: three definitions and the start context beside them. */
export async function codeCatalogue(world: OpenWorld): Promise<string> {
  return definitionsAnd(agentTools(world.runtime), await startContext(world));
}

/** The tools where they are few, else the names of the servers. */
export async function startContext({ runtime }: OpenWorld): Promise<string> {
  return await runtime.startContext({ form: false });
}

function definitionsAnd(tools: readonly AgentTool[], start: string): string {
  const definitions = tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    input_schema: inputSchema,
  }));
  return `${JSON.stringify(definitions)}\n${start}`;
}

/** Makes all queries in one turn; then, in a second turn, a query by name for each tool that was not found. */
async function searchTurns(
  queries: readonly string[],
  needed: readonly Needed[],
  search: (query: string) => Promise<Exchange>,
  isKnown: (tool: Needed) => boolean,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  const ask = async (words: readonly string[]): Promise<void> => {
    const exchanges: Exchange[] = [];
    for (const query of words) exchanges.push(await search(query));
    if (exchanges.length > 0) entries.push(...turn(exchanges, "disclosure", "disclosure"));
  };
  await ask(queries);
  const missing = needed.filter((tool) => !isKnown(tool));
  await ask(missing.map(({ server, tool }) => nameQuery(server, tool)));
  return entries;
}

/** The words of the names of a server and its tool. */
export function nameQuery(server: string, tool: string): string {
  const words = tool.replaceAll(/[^\p{L}\p{N}]+/gu, " ").replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
  return `${server} ${words}`.toLowerCase();
}

/** Calls one of the three tools as a model would. */
export async function step(
  tools: readonly AgentTool[],
  name: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Exchange> {
  const answer = await tools.find((tool) => tool.name === name)!.execute(input);
  return { name, input, content: answer.text, isError: answer.isError };
}
