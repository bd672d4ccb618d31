import { createRuntime, type Runtime } from "../runtime.ts";
import { readArguments, RUNTIME_FLAGS, runtimeOptions } from "./arguments.ts";
import { paint, printable, printJson } from "./output.ts";
import { tellProblems } from "./run.ts";
import type { ToolSummary } from "../discovery/discovery.ts";

const FLAGS = { ...RUNTIME_FLAGS, search: { type: "string" } } as const;

/** `codecell tools [CATEGORY [TOOL]] [--search QUERY]` */
export async function tools(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, 2);
  const options = await runtimeOptions(values);
  await using runtime = await createRuntime({
    placement: "auto",
    ...options,
    workers: { spare: 0 },
  });
  tellProblems(runtime);
  const found = lookUp(runtime, positionals, values["search"] as string | undefined);
  if (values["json"] === true) printJson(found.json);
  else process.stdout.write(found.text);
  return 0;
}

interface Found {
  readonly json: unknown;
  readonly text: string;
}

function lookUp(
  runtime: Runtime,
  [category, tool]: readonly string[],
  query: string | undefined,
): Found {
  if (query !== undefined) {
    const matches = runtime.searchTools(query);
    return {
      json: { tools: matches },
      text: matches.length === 0 ? "no tool matches\n" : lines(matches),
    };
  }
  if (category === undefined) {
    const categories = runtime.listToolCategories();
    const text = categories
      .map(({ name, tools: count }) => `${paint("bold", printable(name))}  ${count} tools\n`)
      .join("");
    return {
      json: { categories },
      text: text === "" ? "no servers are configured; see codecell help tools\n" : text,
    };
  }
  if (tool === undefined) {
    const list = runtime.listTools(category);
    return { json: { tools: list }, text: lines(list) };
  }
  const spec = runtime.getToolSpec(category, tool);
  const { call, description, inputSchema, outputSchema } = spec;
  const schemas = Object.entries({ input: inputSchema, output: outputSchema }).filter(
    ([, schema]) => schema !== undefined,
  );
  const details = schemas
    .map(([label, schema]) => `\n${label} ${JSON.stringify(schema, null, 2)}\n`)
    .join("");
  return { json: spec, text: printable(`${call}\n\n${description}\n${details}`) };
}

function lines(list: readonly ToolSummary[]): string {
  return list
    .map(
      ({ call, description }) => `${paint("bold", printable(call))}  ${printable(description)}\n`,
    )
    .join("");
}
