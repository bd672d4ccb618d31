/**
 * The tools as a program sees them: `tools.<server>.<tool>`, importable modules, wrapper classes, flat functions.
 *
 * Namespaces are proxies that ask the host for names when a program looks, so a VM costs the same whatever the number
 * of tools. They have no prototype, cannot be changed, and are never thenable: `await tools.github` is itself.
 */
import * as native from "../../core/primordials.ts";
import { callTool, toolError } from "./calls.ts";
import { send } from "./door.ts";

type ToolFunction = (args?: unknown) => Promise<unknown>;
type ServerEntry = readonly [name: string, alias: string, className: string];
type ToolEntry = readonly [name: string, alias: string, flat: string];

interface Namespace {
  readonly name: string;
  readonly className: string;
  readonly entries: readonly ToolEntry[];
  readonly proxy: object;
  readonly functions: Map<string, ToolFunction>;
}

/** Asked for by engines, printers and `await` of any object; a function here would be mistaken for theirs. */
const NOT_TOOLS = [
  "then",
  "toJSON",
  "constructor",
  "prototype",
  "__proto__",
  "valueOf",
  "toString",
  "inspect",
];

const mapGet = native.uncurry(Map.prototype.get) as <T>(
  map: Map<string, T>,
  key: string,
) => T | undefined;
const matchText = native.uncurry(String.prototype.match) as (
  text: string,
  pattern: RegExp,
) => string[] | null;
const NativeProxy = Proxy;
const namespaces = new native.NativeMap<string, Namespace>();
let servers: readonly ServerEntry[] | undefined;

function serverEntries(): readonly ServerEntry[] {
  servers ??= native.parseJson(send("names", 0, "", "")) as ServerEntry[];
  return servers;
}

function find<T extends readonly string[]>(
  entries: readonly T[],
  spelling: string,
  columns: number,
): T | undefined {
  for (let column = 0; column < columns; column++) {
    for (let at = 0; at < entries.length; at++)
      if (entries[at]![column] === spelling) return entries[at];
  }
  return undefined;
}

function namespace(spelling: string): Namespace {
  const entry = find(serverEntries(), spelling, 2);
  const name = entry === undefined ? spelling : entry[0];
  const known = mapGet(namespaces, name);
  if (known !== undefined) return known;
  const entries =
    entry === undefined ? [] : (native.parseJson(send("names", 0, "", name)) as ToolEntry[]);
  const functions = new native.NativeMap<string, ToolFunction>();
  const made: Namespace = {
    name,
    className: entry === undefined ? "" : entry[2],
    entries,
    functions,
    proxy: readOnly(
      (key) => toolAt(made, key),
      () => entries,
    ),
  };
  native.mapSet(namespaces, name, made);
  return made;
}

/** The function for a tool, known or not: an unknown one fails at its call, where the host can name the nearest. */
function toolAt(space: Namespace, key: string): ToolFunction | undefined {
  if (key === "then") return undefined; // whatever a server offers: a thenable namespace would be called by `await`
  const entry = find(space.entries, key, 2);
  if (entry === undefined && contains(NOT_TOOLS, key)) return undefined;
  const tool = entry === undefined ? key : entry[0];
  const known = mapGet(space.functions, tool);
  if (known !== undefined) return known;
  const call: ToolFunction = (args) => callTool(space.name, tool, args === undefined ? {} : args);
  native.defineProperty(call, "name", { __proto__: null, value: tool } as never);
  native.mapSet(space.functions, tool, native.freeze(call));
  return call;
}

function contains(list: readonly string[], text: string): boolean {
  for (let at = 0; at < list.length; at++) if (list[at] === text) return true;
  return false;
}

/** A proxy that can be read and listed, and nothing else. */
function readOnly(
  get: (key: string) => unknown,
  entries: () => readonly (readonly string[])[],
): object {
  const lookUp = (_target: object, key: string | symbol): unknown =>
    typeof key === "string" ? get(key) : undefined;
  const has = (_target: object, key: string | symbol): boolean =>
    typeof key === "string" && find(entries(), key, 2) !== undefined;
  const no = (): boolean => false;
  return new NativeProxy(
    { __proto__: null },
    {
      get: lookUp,
      has,
      ownKeys: () => {
        const names: string[] = [];
        for (let at = 0; at < entries().length; at++) names[at] = entries()[at]![0]!;
        return names;
      },
      getOwnPropertyDescriptor: (target, key) =>
        has(target, key)
          ? ({
              __proto__: null,
              value: lookUp(target, key),
              enumerable: true,
              configurable: true,
              writable: false,
            } as never)
          : undefined,
      set: no,
      defineProperty: no,
      deleteProperty: no,
      setPrototypeOf: no,
      preventExtensions: no,
      getPrototypeOf: () => null,
    },
  );
}

/** `tools`: an unknown server is a namespace too, whose every call fails with the nearest names. */
export const tools: object = readOnly(
  (key) =>
    contains(NOT_TOOLS, key) && find(serverEntries(), key, 2) === undefined
      ? undefined
      : namespace(key).proxy,
  serverEntries,
);

/** The wrapper class: `new GithubTools()` is the namespace. */
function wrapperClass(space: Namespace): unknown {
  return function () {
    return space.proxy;
  };
}

/** `./mcp-tools/github/create_issue.ts` and its many spellings: folder, server, tool. */
const SPECIFIER =
  /(?:^|\/)(?:mcp-tools|tools|servers|wrappers)\/([^/]+?)(?:\/(?!index(?:\.[a-z]+)?$)(.+?))?(?:\/index)?(?:\.[cm]?[jt]s)?$/;

/** The module for an import. Throws when there is none. */
function resolve(specifier: string): { space: Namespace; tool: ToolEntry | undefined } {
  const parts = matchText(specifier, SPECIFIER);
  if (parts === null) {
    throw new native.NativeError(
      `cannot import '${specifier}': a program can import only tools, e.g. from './mcp-tools/<server>/<tool>'`,
    );
  }
  const server = find(serverEntries(), parts[1]!, 2);
  if (server === undefined) throw noSuch(`'${specifier}'`, "server", parts[1]!, serverEntries());
  const space = namespace(server[0]);
  if (parts[2] === undefined) return { space, tool: undefined };
  const tool = find(space.entries, parts[2], 3);
  if (tool === undefined) throw noSuch(`'${specifier}'`, "tool", parts[2], space.entries);
  return { space, tool };
}

function noSuch(
  subject: string,
  what: string,
  name: string,
  entries: readonly (readonly string[])[],
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
  if (find(space.entries, name, 3) !== undefined)
    return toolAt(space, find(space.entries, name, 3)![0]);
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

/** Discovery is one more set of host calls; the server name is empty, which no server can be called. */
export function discovery(name: string): (...args: unknown[]) => Promise<unknown> {
  return (...args) => callTool("", name, args);
}

/** Make the flat functions that the program mentions: `github_create_issue(args)`. */
export function defineFlat(
  globals: object,
  entries: readonly (readonly [flat: string, server: string, tool: string])[],
): void {
  for (let at = 0; at < entries.length; at++) {
    const [flat, server, tool] = entries[at]!;
    const value =
      toolAt(namespace(server), tool) ??
      ((args?: unknown) => callTool(server, tool, args === undefined ? {} : args));
    native.defineProperty(globals, flat, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
    } as never);
  }
}
