/** The call of a program's entry function, with the tools. */
import { ENTRY_GLOBALS } from "../../core/entry-globals.ts";
import * as native from "../../core/primordials.ts";
import type { ProgramScope } from "../../core/program.ts";
import { tools } from "./meanings.ts";
import { contains, readOnly, serverEntries } from "./tools.ts";

type Keys = Parameters<ProgramScope["finish"]>[1];

const { get: reflectGet, has: reflectHas } = Reflect;

/**
 * What the program's entry returns where it is a function, else the entry itself. The function is called with one read-only value:
 * `tools` in it is all tools, other keys are servers as in `tools`, or globals. Where `keys` is `tools`, it stands for `tools`
 * itself, and a server of that name comes first.
 */
export function finish(entry: unknown, keys?: Keys): unknown {
  if (typeof entry !== "function") return entry;
  if (keys === undefined || (keys === "declared" && entry.length === 0)) return entry();
  return entry(entryValue(keys));
}

function entryValue(keys: Keys): object {
  const tool = (key: string): unknown => reflectGet(tools, key);
  const valueOf = (key: string): unknown => {
    const isServer = reflectHas(tools, key);
    if (key === "tools" && !(isServer && keys === "tools")) return tools;
    if (isServer) return tool(key);
    if (contains(ENTRY_GLOBALS, key) && native.hasOwn(globalThis, key))
      return (globalThis as unknown as Record<string, unknown>)[key];
    return keys === "all" || keys === "tools" ? tool(key) : undefined;
  };
  return readOnly(valueOf, serverEntries);
}
