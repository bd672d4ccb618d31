import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { ToolError } from "../core/tool-error.ts";
import { cutText } from "../core/utf8.ts";
import type { Catalogue, ResolvedTool } from "../tools/catalogue.ts";

/** Names that are compared with one that there is not. */
const MAX_COMPARED = 2_000;
/** Characters of a message: servers choose how long their names are. */
const MAX_MESSAGE = 1_000;

/**
 * The tool that one word means, in any spelling, with its server or without.
 * @throws ToolError `unknown_tool` naming those that it can be, or the nearest; `tool_error` when its server did not start
 */
export function toolNamed(catalogue: Catalogue, name: string): ResolvedTool {
  const found = catalogue.named(name);
  if (found.length === 1) return found[0]!;
  const label = name.slice(0, 100);
  if (found.length > 1) {
    const all = found.map(({ server, tool }) => `${server}.${tool}`).join(", ");
    throw unknown(`'${label}' can be one of ${all}; name one with its server`);
  }
  const placed = split(catalogue, name);
  if (placed !== undefined) return catalogue.resolve(...placed);
  const server = catalogue.serverName(name);
  const [first] = catalogue.servers.find((each) => each.name === server)?.tools ?? [];
  if (first !== undefined)
    throw unknown(`'${label}' is a category; name one of its tools, as ${server}.${first.name}`);
  const names = catalogue.servers.flatMap(({ tools }) => tools.map((tool) => tool.name));
  const closest = nearest(name, names.slice(0, MAX_COMPARED), 3);
  const advice =
    closest.length > 0 ? `did you mean ${closest.join(" or ")}?` : "a search finds tools by words";
  throw unknown(`there is no tool '${label}'; ${advice}`);
}

function unknown(message: string): ToolError {
  return new ToolError("unknown_tool", cutText(oneLine(message), MAX_MESSAGE));
}

/** The longest of the servers with whose name a word begins: `github.create_issue`. */
export function serverIn(
  name: string,
  servers: readonly { readonly name: string }[],
): string | undefined {
  return servers
    .filter(
      ({ name: server }) => name.startsWith(server) && /^[./]./.test(name.slice(server.length)),
    )
    .toSorted((a, b) => b.name.length - a.name.length)[0]?.name;
}

/** Server and tool, where the word begins with a server, or has a separator; both names may hold dots. */
function split({ servers }: Catalogue, name: string): [server: string, tool: string] | undefined {
  const at = serverIn(name, servers)?.length ?? name.search(/[./]/);
  return at < 0 ? undefined : [name.slice(0, at), name.slice(at + 1)];
}
