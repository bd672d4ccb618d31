/** The modules that a program can import: servers and tools, under the paths that wrappers have on disk. */
import * as native from "../../core/primordials.ts";
import { TOOL_MODULE } from "../../core/tool-modules.ts";
import { toolError } from "./calls.ts";
import { send } from "./host-port.ts";
import {
  contains,
  find,
  type Namespace,
  namespace,
  readOnly,
  serverEntries,
  toolAt,
  type ToolEntry,
} from "./tools.ts";

const matchText = native.uncurry(String.prototype.match) as (
  text: string,
  pattern: RegExp,
) => string[] | null;

/** The wrapper class: `new GithubTools()` is the namespace. */
function wrapperClass(space: Namespace): unknown {
  return function () {
    return space.proxy;
  };
}

/** The module for an import. Throws when there is none. */
function resolve(specifier: string): { space: Namespace; tool: ToolEntry | undefined } {
  const parts = matchText(specifier, TOOL_MODULE);
  if (parts === null) {
    throw new native.NativeError(
      `cannot import '${specifier}': a program can import only tools, e.g. from './mcp-tools/<server>/<tool>'`,
    );
  }
  const server =
    find(serverEntries(), parts[1]!, 2) ??
    find(serverEntries(), parts[1]!, 4) ??
    find(serverEntries(), send("spelling", 0, "", parts[1]!), 1);
  if (server === undefined) throw noSuch(`'${specifier}'`, "server", parts[1]!, serverEntries());
  const space = namespace(server[0]);
  if (parts[2] === undefined) return { space, tool: undefined };
  const tool = toolSpelled(space, parts[2], 4);
  if (tool === undefined) throw noSuch(`'${specifier}'`, "tool", parts[2], space.entries);
  return { space, tool };
}

/** A tool by one of the first columns, or by another spelling. */
function toolSpelled(space: Namespace, name: string, columns: number): ToolEntry | undefined {
  return (
    find(space.entries, name, columns) ??
    find(space.entries, send("spelling", 0, space.name, name), 1)
  );
}

function noSuch(
  subject: string,
  what: string,
  name: string,
  entries: readonly (readonly (string | null)[])[],
): Error {
  let list = "";
  for (let at = 0; at < entries.length && at < 30; at++)
    list += (at === 0 ? "" : ", ") + entries[at]![0]!;
  if (entries.length > 30) list += ` and ${entries.length - 30} more`;
  const message = `cannot import ${subject}: there is no ${what} '${name}'; there are: ${list}`;
  return toolError({ code: "unknown_tool", message }, new native.NativeError());
}

/** One export of a module, or `undefined` when it has no such export. */
function exportOf(space: Namespace, tool: ToolEntry | undefined, name: string): unknown {
  if (name === space.className) return wrapperClass(space);
  if (tool !== undefined) {
    return name === "default" || contains(tool, name) ? toolAt(space, tool[0]) : undefined;
  }
  const found = toolSpelled(space, name, 3);
  if (found !== undefined) return toolAt(space, found[0]);
  return name === "default" ? space.proxy : undefined;
}

/** `import { … } from specifier`; with no names, the whole module. */
export function link(specifier: string, names: readonly string[]): object {
  const { space, tool } = resolve(specifier);
  if (names.length === 0) return moduleOf(space, tool);
  const picked = { __proto__: null } as unknown as Record<string, unknown>;
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    const found = exportOf(space, tool, name);
    if (found === undefined) {
      throw noSuch(
        `{ ${name} } from '${specifier}'`,
        "tool",
        name,
        tool === undefined ? space.entries : [tool],
      );
    }
    native.defineProperty(picked, name, {
      __proto__: null,
      value: found,
      enumerable: true,
    } as never);
  }
  return picked;
}

function moduleOf(space: Namespace, tool: ToolEntry | undefined): object {
  const entries = tool === undefined ? space.entries : [tool];
  return readOnly(
    (key) => (key === "then" ? undefined : exportOf(space, tool, key)),
    () => entries,
  );
}
