/** What a program sees, as TypeScript: the tools it names in full, the others by name, and the globals. */
import type { Respelled } from "../compile/tool-references.ts";
import type { TypedParameter } from "../compile/inspected-value.ts";
import { ENTRY_GLOBALS } from "../core/entry-globals.ts";
import type { InspectedProgram, InspectedUse } from "../compile/program-uses.ts";
import { hostTurns } from "../core/host-turns.ts";
import { isIdentifier } from "../core/identifier.ts";
import type { NameTable, ServerNames, ToolNames } from "../core/names.ts";
import { toolModule } from "../core/tool-modules.ts";
import type { ToolTypes } from "../discovery/types/declare.ts";
import { ASK_API, PROGRAM_API } from "../discovery/types/program-api.ts";
import type { WrapperTree } from "../discovery/types/tree.ts";
import { ANY_ARGUMENTS, callForms, isCalledPlainly } from "./call-forms.ts";
import { KEPT_TYPE, toolType } from "./kept-type.ts";
import { givenIn, givenText, importedModules, respelledMembers, typeOf } from "./module-types.ts";

/** What the types of one tool take, in the unit of {@link hostTurns}. */
const TOOL_BYTES = 4_096;

/** A tool that the program names. */
interface UsedTool extends ToolTypes {
  readonly uses: readonly InspectedUse[];
  /** Parameter lists of the other forms in which it is called, for the type of its arguments. Absent: it takes any. */
  readonly forms: ((type: string) => readonly string[]) | undefined;
}

/** The type of what an entry function gets. */
export const ENTRY_TYPE = "EntryTools$";

/** What arguments tools take: those of their schemas, or any. */
export type Arguments = "declared" | "any";

/** Declarations by path: `globals.d.ts` in `folder`, and a file for every module that the program imports. */
export async function environmentFiles(
  uses: Omit<InspectedProgram, "text" | "returns">,
  names: NameTable,
  tree: WrapperTree,
  folder: string,
  takes: Arguments,
): Promise<Map<string, string>> {
  const used = new Map<string, Map<string, UsedTool>>();
  const usesOf = Map.groupBy(uses.tools, ({ server, tool }) => `${server}\n${tool}`);
  for (const { server, tool } of toolsOf(uses, names)) {
    await hostTurns.take(TOOL_BYTES);
    const tools = used.get(server.name) ?? new Map<string, UsedTool>();
    used.set(server.name, tools);
    const { types, info } = await tree.tool(server, tool);
    const own = usesOf.get(`${server.name}\n${tool.name}`) ?? [];
    // Where the text does not show all calls, there may be some in any form.
    const others = uses.dynamic.length > 0 ? [ANY_ARGUMENTS] : [];
    const forms = (type: string): string[] => [...callForms(own, info, type), ...others];
    tools.set(tool.name, { ...types, uses: own, forms: takes === "any" ? undefined : forms });
  }
  const { respelled = [] } = uses;
  const servers = names.servers.map((server, at) => {
    const others = respelled.filter((each) => each.of === server.name);
    return serverText(server, at, used.get(server.name), others);
  });
  const modules = importedModules(uses, names, folder);
  const globals = [
    "export {};",
    "declare global {",
    ...servers,
    `const tools: { ${[...names.servers.map(memberOf), ...respelledMembers(respelled, names)].join(" ")} };`,
    "var global: any;",
    ...(uses.parameter === undefined ? [] : entryType(uses.parameter, names)),
    PROGRAM_API,
    KEPT_TYPE,
    ...(uses.hasModel === true ? [ASK_API] : []),
  ];
  globals.push(...leftBehind(uses.declared ?? [], globals.join("\n")), "}");
  return new Map([
    ...modules.files,
    [`${folder}/globals.d.ts`, globals.join("\n")],
    // Declarations of modules without a path have to be outside any module.
    [`${folder}/modules.d.ts`, [...modules.ambient, givenText(givenIn(uses), names)].join("\n")],
  ]);
}

/** Variables of a session, of which nothing is known; what is declared anyway stays what it is. */
function leftBehind(declared: readonly string[], globals: string): string[] {
  if (declared.length === 0) return [];
  const declarations = globals.matchAll(/\b(?:const|var|function|class) ([\p{ID_Continue}$]+)/gu);
  const known = new Set(Array.from(declarations, ([, name]) => name));
  return declared.filter((name) => !known.has(name)).map((name) => `var ${name}: any;`);
}

function* toolsOf(
  { tools, imports }: Pick<InspectedProgram, "tools" | "imports">,
  names: NameTable,
): Generator<{ server: ServerNames; tool: ToolNames }> {
  const asked = new Map<string, Set<string | undefined>>();
  for (const { server, tool } of tools) {
    const found = asked.get(server) ?? new Set();
    asked.set(server, found.add(tool));
  }
  for (const server of names.servers)
    for (const tool of asked.has(server.name) ? server.tools : [])
      if (asked.get(server.name)!.has(tool.name)) yield { server, tool };
  for (const specifier of new Set(imports.map((each) => each.specifier ?? ""))) {
    const found = toolModule(names, specifier);
    if (found?.kind === "tool") yield { server: found.server, tool: found.tool };
  }
}

function serverText(
  server: ServerNames,
  at: number,
  used: ReadonlyMap<string, UsedTool> | undefined,
  others: readonly Respelled[],
): string {
  if (used === undefined && server.tools.length > 200)
    return `interface ${typeOf(server)} { readonly [tool: string]: AnyTool }`;
  const lines: string[] = [];
  const members = server.tools.flatMap((tool, index) => {
    const types = used?.get(tool.name);
    const space = `T${at}_${index}`;
    if (types !== undefined)
      lines.push(`namespace ${space} {\n${loose(types.declarations.replace(/^export /gm, ""))}}`);
    const shape = types === undefined ? "AnyTool" : signature(types, space);
    const spelled = others.filter((each) => each.tool === tool.name).map(({ key }) => key);
    return [...new Set([tool.alias, tool.name, ...spelled])].map(
      (name) => `  ${JSON.stringify(name)}: ${shape};`,
    );
  });
  const flats = server.tools
    .filter(({ flat }) => isIdentifier(flat))
    .map(({ flat, alias }) => `const ${flat}: ${typeOf(server)}[${JSON.stringify(alias)}];`);
  return [...lines, `interface ${typeOf(server)} {`, ...members, "}", ...flats].join("\n");
}

function signature({ args, argsOptional, result, forms, uses }: UsedTool, space: string): string {
  const type = (name: string): string => (name === "unknown" ? "any" : `${space}.${name}`);
  if (forms === undefined) return toolType([ANY_ARGUMENTS], type(result));
  const others = forms(type(args));
  const one = `args${argsOptional ? "?" : ""}: ${type(args)}`;
  const isPlain = others.length !== 1 || isCalledPlainly(uses, others);
  return toolType(isPlain ? [one, ...others] : others, type(result));
}

/** What has no declared type gets no diagnostics. */
function loose(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\*[\s\S]*?\*\/|\bunknown\b(?!\??:)/g, (part) =>
    part === "unknown" ? "any" : part,
  );
}

function memberOf(server: ServerNames): string {
  const { name, alias } = server;
  return [...new Set([alias, name])]
    .map((key) => `readonly ${JSON.stringify(key)}: ${typeOf(server)};`)
    .join(" ");
}

/** See the guest's entry.ts. */
function entryType({ keys, isTools }: TypedParameter, { servers }: NameTable): string[] {
  const spelled = new Set(servers.flatMap(({ name, alias }) => [name, alias]));
  const isAll = !(isTools && spelled.has("tools"));
  const globals = ENTRY_GLOBALS.filter((name) => !spelled.has(name));
  return [
    `interface ${ENTRY_TYPE} extends Omit<typeof tools, ${isAll ? '"tools"' : "never"}> {`,
    isAll ? "readonly tools: typeof tools;" : "",
    ...globals.map(
      (name) => `readonly ${name}: typeof globalThis extends { ${name}: infer T } ? T : any;`,
    ),
    keys === "known" ? "readonly [key: string]: any;" : "",
    "}",
  ];
}
