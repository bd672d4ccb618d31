/** What a model reads when it searches for tools. Servers name and describe them: no text of theirs forges a line. */
import { oneLine, printable } from "../core/one-line.ts";
import { toolLine } from "../discovery/tool-line.ts";
import { type Runtime, type ToolDetail, ToolError, type ToolSummary } from "../index.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** Finds tools for a request of a model, one line each. @throws ToolError */
export async function searchTools(runtime: Runtime, args: Arguments): Promise<string> {
  const { query, category } = args;
  const offset = args["offset"] === undefined ? 0 : Number(args["offset"]);
  const limit = args["limit"] === undefined ? 10 : Number(args["limit"]);
  if (query === undefined && category === undefined) return await listCategories(runtime);
  const page = {
    detail: (args["detail"] as ToolDetail | undefined) ?? "parameters",
    limit: limit + 1,
    offset,
  };
  const found =
    query === undefined
      ? await runtime.listTools(category as string, page)
      : await runtime.searchTools(query as string, {
          ...page,
          ...(category === undefined ? {} : { category: category as string }),
        });
  if (found.length === 0)
    return offset > 0
      ? "There are no more."
      : "No tool matches. Without a query all categories are listed.";
  const lines = found.slice(0, limit).map(line);
  if (found.length > limit) lines.push(`There are more: offset ${offset + limit}.`);
  return lines.join("\n");
}

async function listCategories(runtime: Runtime): Promise<string> {
  const categories = await runtime.listToolCategories();
  if (categories.length === 0) return "No servers are connected.";
  return categories
    .map(({ name, tools, description = "" }) =>
      oneLine(`${name} (${tools} tools)${description === "" ? "" : `: ${description}`}`),
    )
    .join("\n");
}

function line(summary: ToolSummary): string {
  const { call, declaration } = summary;
  return declaration === undefined
    ? toolLine(summary)
    : `// ${oneLine(call)}\n${printable(declaration)}`;
}

/** Declarations of the tools that a model named. @throws ToolError */
export async function describeTools(runtime: Runtime, args: Arguments): Promise<string> {
  const names = asked(args);
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== "string"))
    throw new ToolError(
      "invalid_arguments",
      'tools must be an array of names like "github.create_issue"',
    );
  const categories = (await runtime.listToolCategories()).map(({ name }) => name);
  const described = names.slice(0, 20).map(async (name: string) => {
    const [category, tool] = split(name, categories);
    const { call, declaration } = await runtime.getToolSpec(category, tool);
    return `// ${call}\n${declaration}`;
  });
  return printable((await Promise.all(described)).join("\n"));
}

/** Models shorten: one name for a list, the category apart. */
function asked({ tools, tool, category }: Arguments): unknown {
  const given = tools ?? tool;
  if (typeof given !== "string") return given;
  return [typeof category === "string" ? `${category}.${given}` : given];
}

/** `tools.github.create_issue`, `github.create_issue`, `github/create_issue`; both names may hold dots. */
function split(name: string, categories: readonly string[]): [category: string, tool: string] {
  const path = name.replace(/^tools\./, "").replace(/\(.*$/s, "");
  const longest = categories
    .filter((category) => path.startsWith(category) && /^[./]./.test(path.slice(category.length)))
    .toSorted((a, b) => b.length - a.length)[0];
  const at = longest === undefined ? path.search(/[./]/) : longest.length;
  return at < 0 ? [path, ""] : [path.slice(0, at), path.slice(at + 1)];
}
