import { CodecellError } from "../core/errors.ts";
import type { Discovery } from "../discovery/discovery.ts";
import { CACHED } from "../discovery/tool-line.ts";
import type { CategorySummary, ListOptions, ToolDetail, ToolSummary } from "../index.ts";
import type { Toolbox } from "../runtime/toolbox.ts";
import { readArguments, RUNTIME_FLAGS } from "./arguments.ts";
import { connectTools } from "./connect.ts";
import { paint, printable, printJson } from "./output.ts";

const FLAGS = {
  ...RUNTIME_FLAGS,
  search: { type: "string" },
  detail: { type: "string" },
  context: { type: "boolean" },
  limit: { type: "string" },
  offset: { type: "string" },
} as const;

/** Longer than for a program, whose calls wait: who asks for the tools wants all of them. */
const START_MS = 10_000;

/** `codecell tools [CATEGORY [TOOL]] [--search QUERY]` */
export async function tools(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, 2);
  await using toolbox = await connectTools(values, START_MS);
  const { discovery } = toolbox;
  if (values["context"] === true) return await printContext(toolbox, values["json"] === true);
  const page = pageOf(values);
  const query = values["search"] as string | undefined;
  const found = await findTools(discovery, positionals, query, page);
  if (values["json"] === true) printJson(found.json);
  else process.stdout.write(found.text);
  return 0;
}

/** The text for a system prompt. */
async function printContext(toolbox: Toolbox, json: boolean): Promise<number> {
  const context = await toolbox.startContext();
  if (json) printJson({ context });
  else process.stdout.write(printable(context));
  return 0;
}

interface Found {
  readonly json: unknown;
  readonly text: string;
}

function pageOf(values: Readonly<Record<string, unknown>>): ListOptions {
  const detail = values["detail"] as ToolDetail | undefined;
  return {
    ...(detail === undefined ? {} : { detail }),
    ...wholeNumber("limit", values["limit"]),
    ...wholeNumber("offset", values["offset"]),
  };
}

function wholeNumber(name: string, text: unknown): Record<string, number> {
  if (text === undefined) return {};
  if (typeof text === "string" && /^\d{1,9}$/.test(text)) return { [name]: Number(text) };
  throw new CodecellError(
    "config_error",
    `--${name} is '${String(text)}'; it must be a whole number`,
  );
}

async function findTools(
  discovery: Discovery,
  [category, tool]: readonly string[],
  query: string | undefined,
  page: ListOptions,
): Promise<Found> {
  if (query !== undefined) {
    const within = category === undefined ? {} : { category };
    const matches = await discovery.searchTools(query, { ...page, ...within });
    return {
      json: { tools: matches },
      text: matches.length === 0 ? "no tool matches\n" : lines(matches),
    };
  }
  if (category === undefined) return listCategories(await discovery.listToolCategories());
  if (tool === undefined) {
    const list = await discovery.listTools(category, page);
    return { json: { tools: list }, text: lines(list) };
  }
  const spec = await discovery.getToolSpec(category, tool);
  return { json: spec, text: printable(`${spec.call}\n\n${spec.declaration}`) };
}

function listCategories(categories: Awaited<ReturnType<Discovery["listToolCategories"]>>): Found {
  const text = categories
    .map((category) => {
      const { name, tools: count, description = "" } = category;
      const counted = `${count} ${count === 1 ? "tool" : "tools"}`;
      const rest = [`${counted}${stateOf(category)}`, description].filter(Boolean).map(printable);
      return `${[paint("bold", printable(name)), ...rest].join("  ")}\n`;
    })
    .join("");
  return {
    json: { categories },
    text: text === "" ? "no servers are configured; see codecell help tools\n" : text,
  };
}

function stateOf({ state, cached }: CategorySummary): string {
  const now = state === "failed" ? ", not available now" : ", still connecting";
  return `${cached === true ? ", listed last time" : ""}${state === undefined ? "" : now}`;
}

function lines(list: readonly ToolSummary[]): string {
  return list
    .map(({ call, description, parameters, result, declaration, cached }) => {
      const head = paint("bold", printable(call));
      if (declaration !== undefined) return `${head}\n${printable(declaration)}\n`;
      const answer = result === undefined ? undefined : `=> ${result}`;
      const mark = cached === true ? `[${CACHED}]` : undefined;
      const parts = [parameters, answer, mark, description];
      const rest = parts.filter((part) => part !== undefined).map(printable);
      return `${[head, ...rest].join("  ")}\n`;
    })
    .join("");
}
