/** What a model has to know before its first program, in few words whatever the number of tools. */
import { oneLine } from "../core/one-line.ts";
import { cutUnits } from "../core/utf8.ts";
import type { Discovery } from "./discovery.ts";
import type { CategorySummary } from "./summary.ts";
import { toolLine } from "./tool-line.ts";

const HOW = `Write one TypeScript program. It runs next to these tools; what it returns is all that comes back, so loop, filter and join in it and return little.
Call a tool with one object: const found = await tools.<category>.<tool>({ … }). A failed call throws a ToolError (message, code, tool). Use Promise.all for calls at once.`;
const MORE =
  'Find tools in a program: await searchTools("words", "parameters"), await listTools(category), (await getToolSpec(category, tool)).declaration.';

/** Characters that all tools in one line each may take; with more, only the categories are listed. */
const TOOL_CHARS = 900;
/** Characters of the list of categories, ~1,600 tokens with what is around it. */
const CATEGORY_CHARS = 5_000;

/** A text for a system prompt: the form of programs, then the few tools there are, or the categories of the many. */
export async function startContext(discovery: Discovery): Promise<string> {
  const categories = await discovery.listToolCategories();
  const tools = await fewTools(discovery, categories);
  if (tools !== undefined) return `${HOW}\n\nTools:\n${tools}\n`;
  return `${HOW}\n${MORE}\n\nCategories:\n${categoryLines(categories)}\n`;
}

/** All tools with their parameters, where they are few. */
async function fewTools(
  discovery: Discovery,
  categories: readonly CategorySummary[],
): Promise<string | undefined> {
  if (categories.reduce((sum, { tools }) => sum + tools, 0) > 20) return undefined;
  const lists = await Promise.all(
    categories.map(({ name }) => discovery.listTools(name, { detail: "parameters" })),
  );
  const text = lists.flat().map(toolLine).join("\n");
  return text.length > TOOL_CHARS ? undefined : text;
}

function categoryLines(categories: readonly CategorySummary[]): string {
  const lines: string[] = [];
  let room = CATEGORY_CHARS;
  for (const [at, { name, tools, description = "" }] of categories.entries()) {
    const counted = `${oneLine(name)} (${tools} ${tools === 1 ? "tool" : "tools"})`;
    const line = description === "" ? counted : `${counted}: ${cutUnits(description, 100)}`;
    room -= line.length + 1;
    if (room < 0)
      return [...lines, `and ${categories.length - at} more: await listToolCategories()`].join(
        "\n",
      );
    lines.push(line);
  }
  return lines.join("\n");
}
