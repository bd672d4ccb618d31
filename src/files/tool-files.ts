/** The tree of wrappers as programs read it: `fs.readdir("/tools")`, `fs.readFile("/tools/github/create_issue.ts")`. */
import { stepsOf } from "../core/paths.ts";
import { ToolError } from "../core/tool-error.ts";
import type { TreeEntry, WrapperTree } from "../discovery/types/tree.ts";

const ROOTS = ["tools", "mcp-tools", "servers"];

/** @throws ToolError `tool_error` with Node's wording: ENOENT, ENOTDIR */
export function readFolder(tree: WrapperTree, path: string): string[] {
  const entry = find(tree, stepsOf(path.slice(0, 1_000)), "scandir", path);
  if ("names" in entry) return [...entry.names];
  throw problem("ENOTDIR: not a directory", "scandir", path);
}

/** @throws ToolError `tool_error` with Node's wording: ENOENT, EISDIR */
export async function readFile(tree: WrapperTree, path: string): Promise<string> {
  const entry = find(tree, stepsOf(path.slice(0, 1_000)), "open", path);
  if ("text" in entry) return await entry.text();
  throw problem("EISDIR: illegal operation on a directory", "read", path);
}

function find(
  tree: WrapperTree,
  [root, ...steps]: readonly string[],
  operation: string,
  path: string,
): TreeEntry {
  if (root === undefined) return { names: [ROOTS[0]!] };
  const entry = ROOTS.includes(root) ? tree.entry(steps.join("/")) : undefined;
  if (entry !== undefined) return entry;
  throw problem(
    "ENOENT: no such file or directory",
    operation,
    path,
    "The tools are under /tools.",
  );
}

function problem(what: string, operation: string, path: string, hint?: string): ToolError {
  const options = hint === undefined ? {} : { hint };
  return new ToolError("tool_error", `${what}, ${operation} '${path.slice(0, 200)}'`, options);
}
