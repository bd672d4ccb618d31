/** The wrappers as TypeScript text: a file per tool, an index per server, the globals of a program. */
import { cutUnits } from "../../core/utf8.ts";
import { isIdentifier } from "../../core/identifier.ts";
import { printableJson } from "../../core/one-line.ts";
import type { Steps } from "../../core/turns.ts";
import type { ServerNames, ToolNames } from "../../core/names.ts";
import type { ToolInfo } from "../../tools/tool.ts";
import { jsDoc } from "./comment.ts";
import type { ToolTypes } from "./declare.ts";
import { ASK_API, PROGRAM_API } from "./program-api.ts";

/** A tool, its spellings and its types. */
export interface TypedTool {
  readonly names: ToolNames;
  readonly info: ToolInfo;
  readonly types: ToolTypes;
}

/** Longest title and description in a comment, in characters. */
const MAX_TITLE = 200;
const MAX_DESCRIPTION = 4_000;

/** Properties that no namespace has as a tool (see the guest's tools.ts), or that a class cannot have. */
const NO_MEMBER = new Set(["then", "constructor", "prototype", "__proto__"]);

/** `createIssue` → `CreateIssue`. */
export function typeNameOf({ alias }: ToolNames): string {
  return alias.replace(/^[$_]*./u, (start) => start.toUpperCase());
}

/** Its file in the tree, without `.ts`. */
export function fileOf({ name, file }: ToolNames): string {
  return file ?? name;
}

/** Its folder in the tree. */
export function folderOf({ name, folder }: ServerNames): string {
  return folder ?? name;
}

function signature({ args, argsOptional, result }: ToolTypes): string {
  return `(args${argsOptional ? "?" : ""}: ${args}): Promise<${result}>`;
}

/** What a model has to read to call the tool: description, signature, types. */
export function declaration(tool: TypedTool): string {
  const own = tool.types.declarations.replace(/^export /gm, "");
  const call = `declare function ${tool.names.alias}${signature(tool.types)};\n`;
  return `${documentation(tool)}${call}${own === "" ? "" : `\n${own}`}`;
}

function documentation({ info, types }: TypedTool): string {
  const { title, description = "", annotations = {} } = info;
  const lines = cutUnits(description, MAX_DESCRIPTION).split("\n");
  if (title !== undefined && title !== info.name) lines.unshift(cutUnits(title, MAX_TITLE), "");
  // Claims of the server, not facts.
  if (annotations["readOnlyHint"] === true) lines.push("", "Says it only reads.");
  else if (annotations["destructiveHint"] === true) lines.push("", "Says it can destroy.");
  if (types.notes.length > 0) lines.push("", ...types.notes);
  return jsDoc(lines);
}

/** `<server>/<tool>.ts` */
export function toolModule(server: ServerNames, tool: TypedTool): string {
  const { names, types } = tool;
  // A tool can be called `call` too.
  const local = names.alias === "call" ? "callTool" : "call";
  const call = `${local}(${printableJson(server.name)}, ${printableJson(names.alias)}, args)`;
  const body = `${documentation(tool)}export function ${names.alias}${signature(types)} {\n  return ${call};\n}\n`;
  const others = exportsOf(names).filter((name) => name !== names.alias);
  const aliases = others.map((name) => `${names.alias} as ${name}`);
  return [
    `import { ${local === "call" ? local : `call as ${local}`} } from "../call.js";\n`,
    types.declarations,
    body,
    `export { ${[...aliases, `${names.alias} as default`].join(", ")} };\n`,
  ]
    .filter(Boolean)
    .join("\n");
}

/** The names that a tool can be imported by, its identifier first. */
function exportsOf({ alias, name, flat }: ToolNames): string[] {
  return [...new Set([alias, flat, name])].filter(
    (each) => isIdentifier(each) && each !== "default",
  );
}

/** `<server>/index.ts` */
export function* serverIndex(server: ServerNames, tools: readonly TypedTool[]): Steps<string> {
  const taken = new Set<string>([server.className]);
  const imports: string[] = [];
  const exports: string[] = [];
  const members: string[] = [];
  for (const [at, { names, types }] of tools.entries()) {
    yield;
    const values = exportsOf(names).filter((name) => !taken.has(name));
    const shapes = [types.args, types.result].filter(
      (name) => name !== "unknown" && !taken.has(name),
    );
    for (const name of [...values, ...shapes]) taken.add(name);
    const list = [...values, ...shapes.map((name) => `type ${name}`)];
    const file = fileIn(names);
    if (list.length > 0) exports.push(`export { ${list.join(", ")} } from ${file};`);
    imports.push(`import { ${names.alias} as tool${at} } from ${file};`);
    for (const name of new Set([names.alias, names.name]))
      if (!NO_MEMBER.has(name)) members.push(`  readonly ${printableJson(name)} = tool${at};`);
  }
  return [
    ...imports,
    ...exports,
    "",
    `export class ${server.className} {`,
    ...members,
    "}",
    `export default new ${server.className}();`,
    "",
  ].join("\n");
}

function fileIn(names: ToolNames): string {
  return printableJson(`./${fileOf(names)}.js`);
}

/** `globals.d.ts`: what a program finds without an import. */
export function* globalsModule(servers: readonly ServerNames[]): Steps<string> {
  const imports = servers.map((server, at) => {
    const from = printableJson(`./${folderOf(server)}/index.js`);
    return `import type { ${server.className} as Server${at} } from ${from};`;
  });
  const members = servers.flatMap(({ name, alias }, at) =>
    [...new Set([alias, name])]
      .filter((each) => each !== "then")
      .map((each) => `    readonly ${printableJson(each)}: Server${at};`),
  );
  const flats: string[] = [];
  for (const [at, { tools }] of servers.entries()) {
    for (const { flat, alias } of tools) {
      yield;
      if (isIdentifier(flat)) flats.push(`  const ${flat}: Server${at}[${printableJson(alias)}];`);
    }
  }
  return [
    ...imports,
    "",
    "declare global {",
    "  const tools: {",
    ...members,
    "  };",
    ...flats,
    PROGRAM_API,
    ASK_API,
    "}",
    "",
  ].join("\n");
}

/** `call.ts`: what the wrappers stand on. */
export const CALL_MODULE = `/** Calls a tool. The wrappers work in programs that codecell runs, where \`tools\` is a global. */
export function call<Result>(server: string, tool: string, args: unknown): Promise<Result> {
  const { tools } = globalThis as unknown as { tools?: Record<string, Record<string, (args: unknown) => Promise<unknown>>> };
  const found = tools?.[server]?.[tool];
  if (found === undefined) throw new Error(\`\${server}.\${tool} can only be called in a program that codecell runs\`);
  return found(args) as Promise<Result>;
}
`;
