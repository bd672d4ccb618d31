/** What a model has to know before its first program, in few words whatever the number of tools. */
import { readSettings } from "../core/check-settings.ts";
import { oneLine } from "../core/one-line.ts";
import type { SchemaFor } from "../core/setting-schema.ts";
import { categoryLine, outageLines } from "./category-line.ts";
import type { Discovery } from "./discovery.ts";
import type { CategorySummary } from "./summary.ts";
import { toolLine } from "./tool-line.ts";

const HOW = `Write one TypeScript program. It runs next to these tools; what it returns is all that comes back, so loop, filter and join in it and return little.
Call a tool with one object: const found = await tools.<category>.<tool>({ … }). A failed call throws a ToolError (message, code, tool). Use Promise.all for calls at once.`;
const MORE =
  'Find tools in a program: await searchTools("words", "parameters"), await listTools(category), (await getToolSpec(category, tool)).declaration.';

/** Characters of the list of categories, ~1,600 tokens with what is around it. */
const CATEGORY_CHARS = 5_000;
/** The same beside the tools for agents, which every request pays for and which find the others. */
const BRIEF_CHARS = 250;
/** Characters that the line of a tool has at least. */
const LEAST_LINE = 12;

/** What the text for a system prompt holds. */
export interface StartContextOptions {
  /**
   * Characters that all tools in one line each may take; with more, only the categories are listed. 0 lists no tools.
   * @default the option `startContextChars` of the runtime
   */
  readonly chars?: number;
  /**
   * Say how programs call tools, and find others. `false` beside the tools of `agentTools`, whose descriptions say it.
   * @default true
   */
  readonly form?: boolean;
}

/** Characters of a list of all tools, as an option. */
export const START_CONTEXT_CHARS = {
  type: "integer",
  minimum: 0,
  maximum: 1_000_000,
  default: 1_500,
} as const;

const OPTIONS: SchemaFor<StartContextOptions> = {
  title: "StartContextOptions",
  type: "object",
  wanted: "an object like { chars: 3000, form: false }",
  properties: { chars: START_CONTEXT_CHARS, form: { type: "boolean", default: true } },
};

/**
 * A text for a system prompt: the form of programs, then the few tools there are, or the categories of the many.
 * @param budget characters that the tools may take where `given` does not say
 * @throws CodecellError `config_error`
 */
export async function startContext(
  discovery: Discovery,
  given: StartContextOptions,
  budget: number,
): Promise<string> {
  const { chars = budget, form = true } = readSettings(OPTIONS, given, "startContext");
  const categories = await discovery.listToolCategories();
  const tools = await fewTools(discovery, categories, chars);
  const outages = outageLines(categories).map((line) => `${line}\n`);
  if (tools !== undefined)
    return `${form ? `${HOW}\n\n` : ""}Tools:\n${[...tools, ...outages].join("")}`;
  if (!form) return `Servers: ${brief(categories)}\n${outages.join("")}`;
  return `${HOW}\n${MORE}\n\nCategories:\n${categoryLines(categories)}\n`;
}

/** The lines of all tools with their types, where they are few. */
async function fewTools(
  discovery: Discovery,
  categories: readonly CategorySummary[],
  chars: number,
): Promise<string[] | undefined> {
  const count = categories.reduce((sum, { tools }) => sum + tools, 0);
  if (count * LEAST_LINE > chars) return undefined;
  const lines: string[] = [];
  let room = chars;
  for (const { name } of categories.filter(({ tools }) => tools > 0)) {
    const tools = await discovery.listTools(name, { detail: "parameters" });
    for (const tool of tools) {
      const line = `${toolLine(tool)}\n`;
      room -= line.length;
      if (room < 0) return undefined;
      lines.push(line);
    }
  }
  return lines;
}

function brief(categories: readonly CategorySummary[]): string {
  const names = categories.filter(({ outage }) => outage === undefined).map(({ name }) => name);
  const shown: string[] = [];
  let room = BRIEF_CHARS;
  for (const name of names) {
    room -= name.length + 2;
    if (room < 0) return oneLine([...shown, `and ${names.length - shown.length} more`].join(", "));
    shown.push(name);
  }
  return oneLine(shown.join(", ")) || "none";
}

function categoryLines(categories: readonly CategorySummary[]): string {
  const lines: string[] = [];
  let room = CATEGORY_CHARS;
  for (const [at, category] of categories.entries()) {
    const line = categoryLine(category, 100);
    room -= line.length + 1;
    if (room < 0)
      return [...lines, `and ${categories.length - at} more: await listToolCategories()`].join(
        "\n",
      );
    lines.push(line);
  }
  return lines.join("\n");
}
