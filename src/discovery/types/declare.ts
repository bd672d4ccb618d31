/** The door to json-schema-to-typescript, as build.ts bundles it: the types of one tool's arguments and result. */
import { messageOf } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { Turns } from "../../core/turns.ts";
import type { JsonSchema, ToolInfo } from "../../tools/tool.ts";
import { commentText } from "./comment.ts";
import { type PassedSchema, passSchema } from "./schema-pass.ts";
import { splitSchema } from "./split-schema.ts";
import { TypeNames } from "./type-names.ts";

/** A tool in TypeScript. */
export interface ToolTypes {
  /** `CreateIssueArgs`, or `unknown` where nothing is known. */
  readonly args: string;
  /** True when the tool can be called without an argument. */
  readonly argsOptional: boolean;
  readonly result: string;
  /** `export interface CreateIssueArgs { … }` and the types that it needs. */
  readonly declarations: string;
  /** What could not be said in types, for a comment. */
  readonly notes: readonly string[];
}

const OPTIONS = {
  bannerComment: "",
  format: false,
  additionalProperties: false,
  unreachableDefinitions: false,
  // Schemas come from servers: nothing that they refer to is fetched or read. (The pass before has no such references left.)
  $refOptions: { resolve: { external: false, file: false, http: false } },
};
const MAX_TEXT = 200_000;
/** Parts of a schema whose type is made at once. */
const WHOLE_PARTS = 200;

/**
 * Types for `info`. A schema that cannot be turned into a type becomes `unknown`, and a note says why.
 * @param typeName what names begin with: `CreateIssue`
 */
export async function declareTool(typeName: string, info: ToolInfo): Promise<ToolTypes> {
  const names = new TypeNames(typeName);
  const args = await typeOf(names, "Args", info.inputSchema);
  const result = await typeOf(names, "Result", info.outputSchema);
  const { inputSchema } = info;
  return {
    args: args.name,
    argsOptional: inputSchema === undefined || !hasRequired(inputSchema),
    result: result.name,
    declarations: [args.text, result.text].filter(Boolean).join("\n"),
    notes: [
      ...args.notes.map((note) => `Arguments: ${note}.`),
      ...result.notes.map((note) => `Result: ${note}.`),
    ],
  };
}

interface Generated {
  readonly name: string;
  readonly text: string;
  readonly notes: readonly string[];
}

async function typeOf(
  names: TypeNames,
  side: string,
  schema: JsonSchema | undefined,
): Promise<Generated> {
  if (schema === undefined) return { name: "unknown", text: "", notes: [] };
  try {
    const root = names.take(side);
    const passed = passSchema(schema, names);
    if (Object.keys(passed.schema).length === 0)
      return { name: "unknown", text: "", notes: passed.notes };
    const text = tidy(await generate(passed, root, names));
    if (!new RegExp(`\\b(?:interface|type) ${root}\\b`).test(text))
      throw new Error("it has no type");
    return { name: names.spell(root), text: names.spell(text), notes: passed.notes };
  } catch (error) {
    const why = commentText(messageOf(error).slice(0, 200)).replace(/\.$/, "");
    return { name: "unknown", text: "", notes: [`the schema cannot be used (${why})`] };
  }
}

/** A large schema is made in pieces, with turns for others between them. */
async function generate(
  { schema, parts }: PassedSchema,
  root: string,
  names: TypeNames,
): Promise<string> {
  const { compile } = await import("../../../dist/vendor/json-schema-to-typescript.mjs");
  if (parts <= WHOLE_PARTS) return within(await compile(schema, root, OPTIONS));
  const turns = new Turns();
  let text = "";
  for (const piece of splitSchema(schema, root, names)) {
    text = within(`${text}${await compile(piece.schema, piece.name, OPTIONS)}\n`);
    if (turns.isDue) await turns.pause();
  }
  return text;
}

function within(text: string): string {
  if (text.length > MAX_TEXT) throw new Error("its type would be too long");
  return text;
}

function hasRequired({ required }: JsonSchema): boolean {
  return Array.isArray(required) && required.length > 0;
}

/** Comments on one line, two spaces a level. */
function tidy(text: string): string {
  const lines = text
    .replace(/\/\*\*(?:\n \* @(?:min|max)Items \d+)+\n \*\/\n/g, "")
    .replace(/(?:\n \*)?(?:\n \* @(?:min|max)Items \d+)+/g, "")
    .replace(/\/\*\*\n \* ([^\n]*)\n \*\//g, "/** $1 */")
    .replace(/\[k: string\]: unknown \| undefined/g, "[k: string]: unknown")
    .split("\n");
  let level = 0;
  const indented = lines.map((line) => {
    if (line.startsWith("}")) level--;
    const indentation = "  ".repeat(Math.max(0, level));
    if (line.endsWith("{")) level++;
    // Names and choices are a server's text too: as escapes they mean the same and steer no terminal.
    return oneLine(indentation + line).trimEnd();
  });
  return `${indented.join("\n").trim()}\n`;
}
