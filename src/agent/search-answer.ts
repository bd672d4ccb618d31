/** What a model reads when it searches for tools. Servers name and describe them: no text of theirs forges a line. */
import { oneLine, printable } from "../core/one-line.ts";
import { categoryLine, outageLines } from "../discovery/category-line.ts";
import { toolLine } from "../discovery/tool-line.ts";
import { type Runtime, type ToolDetail, ToolError, type ToolSummary } from "../index.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** Tools that one request describes. */
const MAX_DETAILS = 20;

/** Finds tools for a request of a model, one line each. @throws ToolError */
export async function searchTools(runtime: Runtime, args: Arguments): Promise<string> {
  const { query, category } = args;
  const offset = args["offset"] === undefined ? 0 : Number(args["offset"]);
  const limit = args["limit"] === undefined ? 10 : Math.max(1, Number(args["limit"]));
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
  if (found.length === 0) return offset > 0 ? "There are no more." : await noMatch(runtime);
  const lines = found.slice(0, limit).map(line);
  if (found.length > limit) lines.push(`There are more: offset ${offset + limit}.`);
  else if (category === undefined) lines.push(...(await connecting(runtime)));
  return lines.join("\n");
}

/** Servers whose tools cannot be among the matches yet. */
async function connecting(runtime: Runtime): Promise<string[]> {
  const categories = await runtime.listToolCategories();
  return outageLines(categories.filter(({ state }) => state === "connecting"));
}

async function listCategories(runtime: Runtime): Promise<string> {
  const categories = await runtime.listToolCategories();
  if (categories.length === 0) return "No servers are connected.";
  return categories.map((category) => categoryLine(category)).join("\n");
}

/** The tool that is wanted may be one of a server that failed. */
async function noMatch(runtime: Runtime): Promise<string> {
  const outages = outageLines(await runtime.listToolCategories());
  return ["No tool matches. Without a query all categories are listed.", ...outages].join("\n");
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
  const described = await Promise.allSettled(
    names.slice(0, MAX_DETAILS).map((name: string) => describeTool(runtime, name)),
  );
  if (described.every((one) => one.status === "rejected"))
    throw allFailed(described.map(({ reason }) => reason as unknown));
  const texts = described.map((one) =>
    one.status === "fulfilled" ? one.value : failed(one.reason),
  );
  if (names.length > MAX_DETAILS)
    texts.push(`// ${names.length - MAX_DETAILS} more were named; ask for them in a further call`);
  return printable(texts.join("\n"));
}

async function describeTool(runtime: Runtime, name: string): Promise<string> {
  const { call, declaration } = await runtime.getToolSpec(plain(name));
  return `// ${call}\n${declaration}`;
}

/** Why one of several is not described; the others are. */
function failed(error: unknown): string {
  if (!(error instanceof ToolError)) throw error;
  return `// ${oneLine(`${error.code}: ${error.message}`)}`;
}

/** One error that says of each tool why it is not described. */
function allFailed(errors: readonly unknown[]): unknown {
  const [first, ...others] = errors;
  if (others.length === 0 || !(first instanceof ToolError)) return first;
  const messages = errors.map((error) =>
    error instanceof ToolError ? error.message : failed(error),
  );
  return new ToolError(first.code, [...new Set(messages)].join("; "));
}

/** Models shorten: one name for a list, the category apart. */
function asked({ tools, tool, category }: Arguments): unknown {
  const given = tools ?? tool;
  if (typeof given !== "string") return given;
  return [typeof category === "string" ? `${category}.${given}` : given];
}

/** Without what is around a name: `await tools.github.createIssue(args)`, as it is printed and called. */
function plain(name: string): string {
  return name
    .trim()
    .replace(/^await\s+/, "")
    .replace(/^tools\./, "")
    .replace(/\(.*$/s, "");
}
