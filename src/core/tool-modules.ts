/** The modules that a program can import: servers and tools, under the paths that wrappers have on disk. */
import { isClassOf, type Meaning, memberMeaning } from "./meaning.ts";
import type { NameTable, ServerNames } from "./names.ts";
import { oneLine } from "./one-line.ts";
import { clear, isAlike, serversSpelled, toolsSpelled } from "./spelling.ts";

/** `./mcp-tools/github/create_issue.ts` and its many spellings: folder, server, tool. */
const TOOL_MODULE =
  /(?:^|\/)(?:mcp-tools|tools|servers|wrappers)\/([^/]+?)(?:\/(?!index(?:\.[a-z]+)?$)(.+?))?(?:\/index)?(?:\.[cm]?[jt]s)?$/;
/** The folder of all servers. */
const ROOT = /(?:^|\/)(?:mcp-tools|tools|servers|wrappers)(?:\/(?:index)?)?(?:\.[cm]?[jt]s)?$/;
/** `./mcp-client`, `../lib/mcpClient.ts`. */
const CLIENT_MODULE = /(?:^|\/)(?:mcp[-_]?)?client(?:\.[cm]?[jt]s)?$/i;
const CLIENT = "mcpClient";

/** Longest path of a module, in UTF-16 units. */
const MAX_SPECIFIER = 2_000;
/** Longest part of it in a message. */
const MAX_NAMED = 200;
const MAX_LISTED = 30;

/** What a path names: everything, a server, one tool. */
export type ToolModule = Extract<Meaning, { readonly kind: "all" | "server" | "tool" }>;

/** What an import of `specifier` refers to. */
export function toolModule(names: NameTable, specifier: string): ToolModule | undefined {
  if (specifier.length > MAX_SPECIFIER) return undefined;
  if (ROOT.test(specifier)) return { kind: "all" };
  const [, folder, file] = TOOL_MODULE.exec(specifier) ?? [];
  if (folder === undefined) return undefined;
  const found = memberMeaning(names, folder);
  if (file === undefined)
    return found?.kind === "class" ? { kind: "server", server: found.server } : asModule(found);
  if (found?.kind !== "server" && found?.kind !== "class") return undefined;
  const { server } = found;
  const tool = clear(toolsSpelled(server, file));
  if (tool?.name !== file && isClassOf(server, file)) return { kind: "server", server };
  return tool && { kind: "tool", server, tool };
}

function asModule(found: Meaning | undefined): ToolModule | undefined {
  return found?.kind === "server" || found?.kind === "tool" ? found : undefined;
}

/** What `import { name } from specifier` is: `default` and `*` are the module. */
export function importMeaning(
  names: NameTable,
  specifier: string,
  name: string,
): Meaning | undefined {
  const module = toolModule(names, specifier);
  if (module !== undefined) return exportMeaning(names, module, name);
  const isClient = name === CLIENT || (name === "default" && CLIENT_MODULE.test(specifier));
  return isClient && specifier.length <= MAX_SPECIFIER ? { kind: "client" } : undefined;
}

function exportMeaning(names: NameTable, module: ToolModule, name: string): Meaning | undefined {
  if (name === "default" && module.kind === "tool") return module;
  if (name === "*") return module;
  if (module.kind !== "all") return ofServer(module, name) ?? other(name);
  const own = memberMeaning(names, name);
  if (own !== undefined) return own;
  return name === "default" || name === "tools" ? module : other(name);
}

function other(name: string): Meaning | undefined {
  if (name === "callTool") return { kind: "call" };
  return name === CLIENT ? { kind: "client" } : undefined;
}

function ofServer(
  module: Exclude<ToolModule, { readonly kind: "all" }>,
  name: string,
): Meaning | undefined {
  const { server } = module;
  const spelled = toolsSpelled(server, name);
  const tool = clear(spelled);
  const isExact = tool !== undefined && [tool.name, tool.alias, tool.flat].includes(name);
  if (name === server.className || (!isExact && isClassOf(server, name)))
    return { kind: "class", server };
  if (module.kind === "server" && tool !== undefined) return { kind: "tool", server, tool };
  // The path says which tool it is, unless the name is that of another one.
  if (module.kind === "tool")
    return spelled.length === 0 || spelled.includes(module.tool) ? module : undefined;
  const isServer = name === server.alias || isAlike(name, server.name);
  return name === "default" || (isServer && spelled.length === 0) ? module : undefined;
}

/**
 * Why an import finds nothing.
 * @param name of the export. Absent where the module is not there
 */
export function importFailure(
  names: NameTable,
  specifier: string,
  name?: string,
): { readonly code: "unknown_tool" | undefined; readonly message: string } {
  const from = `'${cut(specifier)}'`;
  const module = toolModule(names, specifier);
  if (module !== undefined && name !== undefined)
    return missing(`{ ${cut(name)} } from ${from}`, "tool", name, known(module, names));
  const [, folder, file] = TOOL_MODULE.exec(specifier.slice(0, MAX_SPECIFIER)) ?? [];
  if (folder === undefined)
    return {
      code: undefined,
      message: `cannot import ${from}: a program can import only tools, e.g. from './mcp-tools/<server>/<tool>'`,
    };
  const server = clear(serversSpelled(names, folder));
  return server === undefined || file === undefined
    ? missing(from, "server", folder, names.servers)
    : missing(from, "tool", file, server.tools);
}

function known(module: ToolModule, names: NameTable): readonly { readonly name: string }[] {
  if (module.kind === "all") return names.servers;
  return module.kind === "tool" ? [module.tool] : module.server.tools;
}

function missing(
  subject: string,
  what: string,
  name: string,
  there: readonly Pick<ServerNames, "name">[],
): ReturnType<typeof importFailure> {
  const list = there.slice(0, MAX_LISTED).map((each) => each.name);
  const more = there.length > MAX_LISTED ? ` and ${there.length - MAX_LISTED} more` : "";
  const text = `cannot import ${subject}: there is no ${what} '${cut(name)}'; there are: ${list.join(", ")}${more}`;
  return { code: "unknown_tool", message: oneLine(text) };
}

function cut(text: string): string {
  return oneLine(text.slice(0, MAX_NAMED));
}
