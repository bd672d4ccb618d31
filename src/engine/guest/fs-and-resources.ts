/** Globals of a program beside its tools: files, and the servers' resources and prompts. */
import * as native from "../../core/primordials.ts";
import { promiseThen } from "./promises.ts";
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

const files = functions({
  readdir: "readdir",
  readFile: "readFile",
  writeFile: "writeFile",
  mkdir: "mkdir",
  rm: "rm",
});
const askStat = discovery("stat");

interface Stat {
  readonly isDirectory: boolean;
  readonly mtimeMs: number;
}

/** The host's facts about a file as `Stats` of Node. */
function stat(...args: unknown[]): Promise<unknown> {
  return promiseThen(askStat(...args), (facts) => {
    const { isDirectory, ...rest } = facts as Stat;
    return {
      ...rest,
      mtime: new native.NativeDate(rest.mtimeMs),
      isDirectory: () => isDirectory,
      isFile: () => !isDirectory,
    };
  });
}

for (const [name, value] of [
  ["stat", stat],
  ["promises", files],
] as const)
  native.defineProperty(files, name, {
    __proto__: null,
    value,
    enumerable: name === "stat",
  } as never);

/** The subset of `node:fs/promises` that a workspace supports. */
export const fs = native.freeze(files);
export const resources = native.freeze(
  functions({ list: "resources.list", templates: "resources.templates", read: "resources.read" }),
);
export const prompts = native.freeze(functions({ list: "prompts.list", get: "prompts.get" }));
