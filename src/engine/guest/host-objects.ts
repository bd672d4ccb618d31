/** What a program finds beside its tools: the tree of wrappers to read, the servers' resources and prompts. */
import * as native from "../../core/primordials.ts";
import { discovery } from "./tools.ts";

type Functions = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

function functions(names: Readonly<Record<string, string>>): Functions {
  const object = { __proto__: null } as unknown as Record<string, Functions[string]>;
  const keys = native.objectKeys(names);
  for (let at = 0; at < keys.length; at++)
    native.defineProperty(object, keys[at]!, {
      __proto__: null,
      value: discovery(names[keys[at]!]!),
      enumerable: true,
    } as never);
  return object;
}

const files = functions({ readdir: "readdir", readFile: "readFile" });
native.defineProperty(files, "promises", { __proto__: null, value: files } as never);

/** Enough of `node:fs/promises` to look around in. */
export const fs = native.freeze(files);
export const resources = native.freeze(
  functions({ list: "resources.list", templates: "resources.templates", read: "resources.read" }),
);
export const prompts = native.freeze(functions({ list: "prompts.list", get: "prompts.get" }));
