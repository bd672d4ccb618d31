/**
 * The namespaces of tools, and discovery. What else names tools is in meanings.ts.
 *
 * Namespaces are proxies that request names from the host at a look-up, so the cost of a VM does not depend on the number of
 * tools. They have no prototype, cannot be changed, and are never thenable: `await tools.github` is the namespace itself.
 */
import { KEEP } from "../../core/call-arguments.ts";
import * as native from "../../core/primordials.ts";
import { callTool, callWith } from "./calls.ts";
import { send } from "./host-port.ts";
import { noteTool } from "./item-callbacks.ts";

type ToolFunction = (...given: unknown[]) => Promise<unknown>;
/** What a server, or a tool, is called: its original name, and its identifier. */
export type NameEntry = readonly [name: string, alias: string];

interface Namespace {
  readonly name: string;
  readonly entries: readonly NameEntry[];
  readonly proxy: object;
  readonly functions: Map<string, ToolFunction>;
}

/** Keys that engines, printers and `await` read from any object. A tool function there would be mistaken for a protocol method. */
export const NOT_TOOLS: readonly string[] = [
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
let servers: readonly NameEntry[] | undefined;

export function serverEntries(): readonly NameEntry[] {
  servers ??= native.parseJson(send("names", 0, "", "")) as NameEntry[];
  return servers;
}

/** Clears the cached names: the tools may have changed since the session's last program. */
export function forgetNames(): void {
  servers = undefined;
  namespaces = new native.NativeMap();
}

/** The entry with exactly this name, or else with this identifier. */
export function find(entries: readonly NameEntry[], spelling: string): NameEntry | undefined {
  for (let column = 0; column < 2; column++) {
    for (let at = 0; at < entries.length; at++)
      if (entries[at]![column] === spelling) return entries[at];
  }
  return undefined;
}

export function namespace(spelling: string): Namespace {
  const entry = find(serverEntries(), spelling);
  const name = entry === undefined ? spelling : entry[0];
  const known = mapGet(namespaces, name);
  if (known !== undefined) return known;
  const entries =
    entry === undefined ? [] : (native.parseJson(send("names", 0, "", name)) as NameEntry[]);
  const functions = new native.NativeMap<string, ToolFunction>();
  const made: Namespace = {
    name,
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
  const entry = find(space.entries, key);
  if (entry === undefined && contains(NOT_TOOLS, key)) return undefined;
  const tool = entry === undefined ? key : entry[0];
  const known = mapGet(space.functions, tool);
  if (known !== undefined) return known;
  const call: ToolFunction = (...given) => callWith(space.name, tool, given);
  native.defineProperty(call, "name", { __proto__: null, value: tool } as never);
  const handle = noteTool((...given: unknown[]) => callWith(space.name, tool, given, KEEP));
  native.defineProperty(call, "handle", { __proto__: null, value: handle } as never);
  native.mapSet(space.functions, tool, noteTool(native.freeze(call)));
  return call;
}

export function contains(list: readonly string[], text: string): boolean {
  for (let at = 0; at < list.length; at++) if (list[at] === text) return true;
  return false;
}

/** A proxy that can be read and listed, and nothing else. */
export function readOnly(
  get: (key: string) => unknown,
  entries: () => readonly NameEntry[],
): object {
  const lookUp = (_target: object, key: string | symbol): unknown =>
    typeof key === "string" ? get(key) : undefined;
  const has = (_target: object, key: string | symbol): boolean =>
    typeof key === "string" && find(entries(), key) !== undefined;
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

/** Discovery functions are host calls with an empty server name, which no server can have. */
export function discovery(name: string): (...args: unknown[]) => Promise<unknown> {
  return (...args) => callTool("", name, args);
}
