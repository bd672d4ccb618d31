import type { NameTable, ServerNames, ToolNames } from "../../core/names.ts";
import { inTurns, Turns } from "../../core/turns.ts";
import type { Catalogue } from "../../tools/catalogue.ts";
import type { JsonSchema, ToolInfo } from "../../tools/tool.ts";
import { CACHED } from "../tool-line.ts";
import { declareTool, type ToolTypes } from "./declare.ts";
import {
  CALL_MODULE,
  fileOf,
  folderOf,
  globalsModule,
  serverIndex,
  toolModule,
  type TypedTool,
  typeNameOf,
} from "./wrappers.ts";

/** What results of a tool looked like, where its server does not say. */
export interface ObservedResult {
  readonly schema: JsonSchema;
  readonly calls: number;
}

/** A place in the tree: a folder with the names in it, or a file with a way to its text. */
export type TreeEntry =
  | { readonly names: readonly string[] }
  | { readonly text: () => Promise<string> };

/**
 * The wrappers of all tools as a tree of files, made when they are looked at and kept until their tool changes:
 * `call.ts`, `globals.d.ts`, `<server>/index.ts`, `<server>/<tool>.ts`.
 */
export class WrapperTree {
  readonly #catalogue: Catalogue;
  readonly #files = new WeakMap<ServerNames, ReadonlyMap<string, ToolNames>>();
  readonly #observed: (server: string, tool: string) => ObservedResult | undefined;
  readonly #types = new WeakMap<
    ToolInfo,
    { readonly calls: number; readonly isCached: boolean; readonly types: Promise<ToolTypes> }
  >();

  constructor(
    catalogue: Catalogue,
    observed: (server: string, tool: string) => ObservedResult | undefined = () => undefined,
  ) {
    this.#catalogue = catalogue;
    this.#observed = observed;
  }

  /** One tool with its types; both by original names. */
  async tool(server: ServerNames, names: ToolNames): Promise<TypedTool> {
    const { info } = this.#catalogue.resolve(server.name, names.name);
    const observed =
      info.outputSchema === undefined ? this.#observed(server.name, names.name) : undefined;
    const calls = observed?.calls ?? 0;
    const isCached = this.#catalogue.isCached(server.name);
    let known = this.#types.get(info);
    if (known?.calls !== calls || known.isCached !== isCached) {
      known = { calls, isCached, types: typesOf(names, info, observed, isCached) };
      this.#types.set(info, known);
    }
    return { names, info, types: await known.types };
  }

  /** The schema of a tool's results: declared, or learned. */
  resultSchema(server: string, { name, outputSchema }: ToolInfo): JsonSchema | undefined {
    return outputSchema ?? this.#observed(server, name)?.schema;
  }

  /** What is at `path`, a relative path without `..`; `""` is the root. */
  entry(path: string): TreeEntry | undefined {
    const table = this.#catalogue.names;
    const [first = "", second, ...more] = path.split("/").filter((step) => step !== "");
    if (more.length > 0) return undefined;
    if (first === "") return { names: rootNames(table) };
    if (second === undefined && first === "call.ts") return { text: async () => CALL_MODULE };
    if (second === undefined && first === "globals.d.ts")
      return { text: async () => await inTurns(globalsModule(table.servers)) };
    const server = table.servers.find((candidate) => folderOf(candidate) === first);
    if (server === undefined) return undefined;
    const tools = this.#toolsByFile(server);
    if (second === undefined) return { names: ["index.ts", ...tools.keys()] };
    if (second === "index.ts") return { text: async () => await this.#index(server) };
    const tool = tools.get(second);
    if (tool === undefined) return undefined;
    return { text: async () => toolModule(server, await this.tool(server, tool)) };
  }

  /** A server can have thousands of files, and each is looked up by its name. */
  #toolsByFile(server: ServerNames): ReadonlyMap<string, ToolNames> {
    let tools = this.#files.get(server);
    if (tools === undefined) {
      tools = new Map(server.tools.map((tool) => [`${fileOf(tool)}.ts`, tool]));
      this.#files.set(server, tools);
    }
    return tools;
  }

  async #index(server: ServerNames): Promise<string> {
    const turns = new Turns();
    const tools: TypedTool[] = [];
    for (const tool of server.tools) {
      tools.push(await this.tool(server, tool));
      if (turns.isDue) await turns.pause();
    }
    return await inTurns(serverIndex(server, tools), turns);
  }

  /** All files, with their paths. */
  async *files(): AsyncGenerator<readonly [path: string, text: string]> {
    const turns = new Turns();
    for (const name of rootNames(this.#catalogue.names)) yield* this.#filesAt(name, turns);
  }

  async *#filesAt(
    path: string,
    turns: Turns,
  ): AsyncGenerator<readonly [path: string, text: string]> {
    const entry = this.entry(path);
    if (entry === undefined) return;
    if ("text" in entry) yield [path, await entry.text()];
    else for (const name of entry.names) yield* this.#filesAt(`${path}/${name}`, turns);
    if (turns.isDue) await turns.pause();
  }
}

async function typesOf(
  names: ToolNames,
  info: ToolInfo,
  observed: ObservedResult | undefined,
  isCached: boolean,
): Promise<ToolTypes> {
  const given = observed === undefined ? info : { ...info, outputSchema: observed.schema };
  const types = await declareTool(typeNameOf(names), given);
  const times = observed?.calls === 1 ? "1 call" : `${observed?.calls} calls`;
  const notes = [
    ...types.notes,
    ...(observed === undefined
      ? []
      : [`Result: observed in ${times}, not declared by the server.`]),
    ...(isCached ? [`From the cache: ${CACHED}.`] : []),
  ];
  return { ...types, notes };
}

function rootNames({ servers }: NameTable): string[] {
  return ["call.ts", "globals.d.ts", ...servers.map(folderOf)];
}
