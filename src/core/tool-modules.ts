import type { NameTable, ServerNames, ToolNames } from "./names.ts";
import { clear, serversSpelled, toolsSpelled } from "./spelling.ts";

/** `./mcp-tools/github/create_issue.ts` and its many spellings: folder, server, tool. */
export const TOOL_MODULE =
  /(?:^|\/)(?:mcp-tools|tools|servers|wrappers)\/([^/]+?)(?:\/(?!index(?:\.[a-z]+)?$)(.+?))?(?:\/index)?(?:\.[cm]?[jt]s)?$/;

/** The server, and the tool if there is one, that an import of `specifier` refers to. */
export function toolModule(
  names: NameTable,
  specifier: string,
): { readonly server: ServerNames; readonly tool?: ToolNames } | undefined {
  const [, folder, file] = TOOL_MODULE.exec(specifier) ?? [];
  const server = folder === undefined ? undefined : clear(serversSpelled(names, folder));
  if (server === undefined || file === undefined) return server && { server };
  const tool = clear(toolsSpelled(server, file));
  return tool && { server, tool };
}
