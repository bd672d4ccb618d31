/** What a program's `fs` is: the tree of wrappers under /tools, to read, and the session's workspace. */
import { stepsOf } from "../core/paths.ts";
import { type FileAccess, type Operation, OPERATIONS } from "../core/result.ts";
import { ToolError } from "../core/tool-error.ts";
import { utf8Length } from "../core/utf8.ts";
import type { WrapperTree } from "../discovery/types/tree.ts";
import type { FileContent } from "./file-content.ts";
import { readFile, readFolder } from "./tool-files.ts";
import { WorkspaceError } from "./workspace-error.ts";
import type { Workspace } from "./workspace.ts";

/** As on Linux. */
const MAX_PATH = 4_096;

/** Where the tools are. */
const TREE_FOLDERS = ["tools", "mcp-tools", "servers"];

export function isFileOperation(name: string): name is Operation {
  return (OPERATIONS as readonly string[]).includes(name);
}

export class ProgramFiles {
  readonly #tree: WrapperTree;
  readonly #workspace: Workspace | undefined;
  readonly #onAccess: (access: FileAccess) => void;

  constructor(
    tree: WrapperTree,
    workspace: Workspace | undefined,
    onAccess: (access: FileAccess) => void,
  ) {
    this.#tree = tree;
    this.#workspace = workspace;
    this.#onAccess = onAccess;
  }

  /** Carries out `fs.<operation>(...args)`. @throws ToolError with Node's wording */
  async answer(operation: Operation, args: unknown): Promise<unknown> {
    const [path, ...rest] = Array.isArray(args) ? (args as unknown[]) : [];
    if (typeof path !== "string")
      throw new ToolError("invalid_arguments", `fs.${operation}: path must be a string`);
    if (path.length > MAX_PATH)
      throw new ToolError("tool_error", `ENAMETOOLONG: name too long, ${operation}`);
    let ok = false;
    try {
      const answer = await this.#carryOut(operation, path, rest);
      ok = true;
      return answer;
    } catch (error) {
      throw error instanceof WorkspaceError ? new ToolError("tool_error", error.message) : error;
    } finally {
      this.#onAccess({ operation, path, ok });
    }
  }

  async #carryOut(operation: Operation, path: string, rest: unknown[]): Promise<unknown> {
    const [root] = stepsOf(path);
    if (root !== undefined && TREE_FOLDERS.includes(root)) return await this.#tool(operation, path);
    if (this.#workspace !== undefined) return work(this.#workspace, operation, path, rest);
    if (operation === "readdir" || operation === "readFile")
      return operation === "readdir"
        ? readFolder(this.#tree, path)
        : await readFile(this.#tree, path);
    throw new ToolError("tool_error", `EROFS: read-only file system, ${operation} '${path}'`, {
      hint: "Only programs of a session have a workspace to write to.",
    });
  }

  async #tool(operation: Operation, path: string): Promise<unknown> {
    if (operation === "readFile") return await readFile(this.#tree, path);
    if (operation === "readdir") return readFolder(this.#tree, path);
    if (operation === "stat") return await this.#statTool(path);
    throw new ToolError("tool_error", `EROFS: read-only file system, ${operation} '${path}'`, {
      hint: "The tools cannot be changed.",
    });
  }

  async #statTool(path: string): Promise<unknown> {
    const isFile = path.endsWith(".ts");
    const size = isFile ? utf8Length(await readFile(this.#tree, path)) : 0;
    if (!isFile) readFolder(this.#tree, path);
    return { isDirectory: !isFile, size, mtimeMs: 0 };
  }
}

function work(
  workspace: Workspace,
  operation: Operation,
  path: string,
  [first, second]: unknown[],
): unknown {
  switch (operation) {
    case "readFile":
      return decoded(workspace.readFile(path), first);
    case "writeFile":
      return workspace.writeFile(path, contentOf(first), {
        append: optionOf(second, "flag") === "a",
      });
    case "readdir": {
      const names = workspace.readdir(path);
      return stepsOf(path).length === 0 ? ["tools", ...names] : names;
    }
    case "mkdir":
      return workspace.mkdir(path, { recursive: optionOf(first, "recursive") === true });
    case "rm":
      return workspace.rm(path, {
        recursive: optionOf(first, "recursive") === true,
        force: optionOf(first, "force") === true,
      });
    case "stat":
      return workspace.stat(path);
  }
}

function optionOf(options: unknown, name: string): unknown {
  return typeof options === "object" && options !== null
    ? (options as Record<string, unknown>)[name]
    : undefined;
}

function contentOf(value: unknown): FileContent {
  if (typeof value === "string") return value;
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength).slice();
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice());
  throw new ToolError(
    "invalid_arguments",
    "fs.writeFile: data must be a string, an ArrayBuffer or a typed array; use JSON.stringify for other values",
  );
}

/** As it was written, unless an encoding says otherwise. */
function decoded(content: FileContent, options: unknown): FileContent {
  const encoding = typeof options === "string" ? options : optionOf(options, "encoding");
  if (typeof encoding === "string")
    return typeof content === "string" ? content : new TextDecoder().decode(content);
  return content;
}
