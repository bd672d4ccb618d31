/** The types of what a program imports, and of what it gets without an import. */
import { posix } from "node:path";
import type { GivenGlobal } from "../compile/given-globals.ts";
import type { InspectedProgram } from "../compile/program-uses.ts";
import type { Respelled } from "../compile/tool-references.ts";
import { isIdentifier } from "../core/identifier.ts";
import { type Meaning, memberMeaning } from "../core/meaning.ts";
import type { NameTable, ServerNames } from "../core/names.ts";
import { importMeaning, toolModule } from "../core/tool-modules.ts";

/** Modules that other modules cannot import by a path. */
const NOT_A_PATH = /^(?!\.{0,2}\/)/;

/** The module of what a program gets without declaring it. */
export const GIVEN_MODULE = "codecell:names";

/** What a program gets without declaring it; a variable of its session comes first. */
export function givenIn({
  given = [],
  declared = [],
}: Pick<InspectedProgram, "given" | "declared">): readonly GivenGlobal[] {
  return given.filter(({ word }) => isIdentifier(word) && !declared.includes(word));
}

/** Namespaces have the names of the wrapper classes, for readable messages. */
export function typeOf({ className }: ServerNames): string {
  return className;
}

/** Other spellings in `tools.<spelling>`. */
export function respelledMembers(respelled: readonly Respelled[], names: NameTable): string[] {
  return respelled
    .filter((each) => each.of === undefined)
    .flatMap(({ key }) => {
      const meaning = memberMeaning(names, key);
      return meaning === undefined
        ? []
        : [`readonly ${JSON.stringify(key)}: ${typeOfMeaning(meaning)};`];
    });
}

export function givenText(given: readonly GivenGlobal[], names: NameTable): string {
  const lines = given.map(({ word, kind, server, tool }) => {
    return `  export const ${word}: ${typeNamed(names, kind, server, tool)};`;
  });
  return lines.length === 0 ? "" : `declare module "${GIVEN_MODULE}" {\n${lines.join("\n")}\n}`;
}

/** The type of a server, of its wrapper class, or of a tool, by original names. */
function typeNamed(
  { servers }: NameTable,
  kind: "server" | "class" | "tool",
  server: string,
  tool: string | undefined,
): string {
  const found = servers.find(({ name }) => name === server);
  const named = found?.tools.find(({ name }) => name === tool);
  if (found === undefined) return "any";
  if (kind === "tool")
    return named === undefined ? "any" : typeOfMeaning({ kind, server: found, tool: named });
  return typeOfMeaning({ kind, server: found });
}

function typeOfMeaning(meaning: Meaning): string {
  switch (meaning.kind) {
    case "tool":
      return `${typeOf(meaning.server)}[${JSON.stringify(meaning.tool.alias)}]`;
    case "server":
      return typeOf(meaning.server);
    case "class":
      return `(new (...given: any[]) => ${typeOf(meaning.server)}) & ${typeOf(meaning.server)}`;
    case "all":
      return "typeof tools";
    case "call":
      return "typeof callTool";
    case "client":
      return "typeof mcpClient";
  }
}

export function importedModules(
  { imports }: Pick<InspectedProgram, "imports">,
  names: NameTable,
  folder: string,
): { files: [string, string][]; ambient: string[] } {
  const files: [string, string][] = [];
  const ambient: string[] = [];
  const asked = Map.groupBy(imports, ({ specifier = "" }) => specifier);
  for (const [specifier, uses] of asked) {
    const exported = exportsOf(
      names,
      specifier,
      uses.flatMap((use) => use.names),
    );
    if (exported.size === 0) continue;
    const text = moduleText(exported);
    if (NOT_A_PATH.test(specifier))
      ambient.push(`declare module ${JSON.stringify(specifier)} {\n${text}}`);
    else files.push([`${posix.resolve(folder, specifier).replace(/\.[cm]?[jt]s$/, "")}.ts`, text]);
  }
  return { files, ambient };
}

/** Types of the exports of a module: those that are asked for, and of all servers and tools in it their identifiers. */
function exportsOf(
  names: NameTable,
  specifier: string,
  asked: readonly string[],
): ReadonlyMap<string, string> {
  const exported = new Map<string, string>();
  const add = (name: string, meaning: Meaning | undefined): void => {
    if (meaning !== undefined && !exported.has(name)) exported.set(name, typeOfMeaning(meaning));
  };
  const module = toolModule(names, specifier);
  for (const name of ["default", ...asked])
    if (name !== "*") add(name, importMeaning(names, specifier, name));
  if (module === undefined) return exported;
  if (module.kind === "all") {
    for (const server of names.servers) add(server.alias, { kind: "server", server });
    return exported;
  }
  const { server } = module;
  for (const tool of module.kind === "tool" ? [module.tool] : server.tools)
    for (const name of [tool.alias, tool.name, tool.flat])
      if (isIdentifier(name)) add(name, { kind: "tool", server, tool });
  add(server.className, { kind: "class", server });
  return exported;
}

function moduleText(exported: ReadonlyMap<string, string>): string {
  return Array.from(exported, ([name, type], at) => {
    const declared = `declare const $${at}: ${type};\n`;
    if (name === "default") return `${declared}export default $${at};\n`;
    return `${declared}export { $${at} as ${isIdentifier(name) ? name : JSON.stringify(name)} };\n`;
  }).join("");
}
