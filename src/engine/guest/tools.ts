/**
 * The tools as a program sees them: `tools.<server>.<tool>`, flat functions, discovery. Imports are in modules.ts.
 *
 * Namespaces are proxies that request names from the host at a look-up, so the cost of a VM does not depend on the number of
 * tools. They have no prototype, cannot be changed, and are never thenable: `await tools.github` is the namespace itself.
 */
import { KEEP } from "../../core/call-arguments.ts";
import * as native from "../../core/primordials.ts";
import { callTool, callWith } from "./calls.ts";
import { send } from "./host-port.ts";

type ToolFunction = (...given: unknown[]) => Promise<unknown>;
/** `folder` is null where it equals the name. */
type ServerEntry = readonly [name: string, alias: string, className: string, folder: string | null];
export type ToolEntry = readonly [name: string, alias: string, flat: string, file: string | null];

export interface Namespace {
  readonly name: string;
  readonly className: string;
  readonly entries: readonly ToolEntry[];
  readonly proxy: object;
  readonly functions: Map<string, ToolFunction>;
}

/** Keys that engines, printers and `await` read from any object. A tool function there would be mistaken for a protocol method. */
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
const NativeProxy = Proxy;
let namespaces = new native.NativeMap<string, Namespace>();
let servers: readonly ServerEntry[] | undefined;

export function serverEntries(): readonly ServerEntry[] {
  servers ??= native.parseJson(send("names", 0, "", "")) as ServerEntry[];
  return servers;
}

/** Clears the cached names: the tools may have changed since the session's last program. */
export function forgetNames(): void {
  servers = undefined;
  namespaces = new native.NativeMap();
}

export function find<T extends readonly (string | null)[]>(
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

export function namespace(spelling: string): Namespace {
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

/** The function for a tool, known or unknown: an unknown one fails when called, and the host names the nearest tools. */
export function toolAt(space: Namespace, key: string): ToolFunction | undefined {
  if (key === "then") return undefined; // whatever a server offers: a thenable namespace would be called by `await`
  const entry = find(space.entries, key, 2);
  if (entry === undefined && contains(NOT_TOOLS, key)) return undefined;
  const tool = entry === undefined ? key : entry[0];
  const known = mapGet(space.functions, tool);
  if (known !== undefined) return known;
  const call: ToolFunction = (...given) => callWith(space.name, tool, given);
  native.defineProperty(call, "name", { __proto__: null, value: tool } as never);
  const handle: ToolFunction = (...given) => callWith(space.name, tool, given, KEEP);
  native.defineProperty(call, "handle", { __proto__: null, value: handle } as never);
  native.mapSet(space.functions, tool, native.freeze(call));
  return call;
}

export function contains(list: readonly (string | null)[], text: string): boolean {
  for (let at = 0; at < list.length; at++) if (list[at] === text) return true;
  return false;
}

/** A proxy that can be read and listed, and nothing else. */
export function readOnly(
  get: (key: string) => unknown,
  entries: () => readonly (readonly (string | null)[])[],
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

/** The global `tools`. An unknown server is a namespace too: each of its calls fails with the nearest names. */
export const tools: object = readOnly((key) => {
  if (find(serverEntries(), key, 2) === undefined) {
    if (contains(NOT_TOOLS, key)) return undefined;
    const place = send("place", 0, "", key);
    if (place !== "") {
      const found = native.parseJson(place) as readonly [server: string, tool: string];
      return toolAt(namespace(found[0]), found[1]);
    }
  }
  return namespace(key).proxy;
}, serverEntries);

/** Discovery functions are host calls with an empty server name, which no server can have. */
export function discovery(name: string): (...args: unknown[]) => Promise<unknown> {
  return (...args) => callTool("", name, args);
}

/** Defines the flat functions that the program mentions, e.g. `github_create_issue(args)`, except over a variable of the session. */
export function defineFlat(
  globals: object,
  entries: readonly (readonly [flat: string, server: string, tool: string])[],
): void {
  for (let at = 0; at < entries.length; at++) {
    const [flat, server, tool] = entries[at]!;
    if (native.hasOwn(globals, flat)) continue;
    const value =
      toolAt(namespace(server), tool) ?? ((...given: unknown[]) => callWith(server, tool, given));
    native.defineProperty(globals, flat, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
    } as never);
  }
}
