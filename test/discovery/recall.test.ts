/** How many of the tools that people and models look for a search finds by names alone, over those of twelve real servers. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LANGUAGES, NAMES, SEVERAL, TASKS, TYPOS } from "../../fixtures/catalogues/queries.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

/** The servers of the catalogue that have no words for mail. */
const SMALL = ["filesystem", "memory", "everything"];

function open(isIncluded: (server: string) => boolean): Promise<Runtime> {
  const file = new URL("../../fixtures/catalogues/servers.tsv", import.meta.url);
  const tools: Record<string, Record<string, ReturnType<typeof tool>>> = {};
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
    const [server = "", name = "", parameters = ""] = line.split("\t");
    if (!isIncluded(server)) continue;
    const keys = parameters.split(" ").filter((key) => key !== "");
    const properties = Object.fromEntries(keys.map((key) => [key, {}]));
    const input = { type: "object", properties };
    (tools[server] ??= {})[name] = tool({ description: "", input, run: () => 1 });
  }
  return createRuntime({ engine: "quickjs", placement: "inline", tools });
}

async function found(runtime: Runtime, query: string): Promise<string[]> {
  const all = await runtime.searchTools(query, "name");
  return all.map(({ category, name }) => `${category}.${name}`);
}

describe("of the wanted tools, the first ten results have at least", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await open(() => true);
  });
  afterAll(() => runtime.close());

  // A task in words that no name has is not found by names: half of them.
  test.each([
    ["names", NAMES, 20],
    ["typos", TYPOS, 8],
    ["several", SEVERAL, 14],
    ["languages", LANGUAGES, 4],
    ["tasks", TASKS, 20],
  ] as const)("%s", async (_name, queries, least) => {
    const missed: string[] = [];
    let wantedCount = 0;
    for (const [query, ...wanted] of queries) {
      const results = await found(runtime, query);
      wantedCount += wanted.length;
      for (const one of wanted)
        if (!one.split(" | ").some((each) => results.includes(each)))
          missed.push(`${query}: ${one}`);
    }
    expect(wantedCount - missed.length, missed.join("\n")).toBeGreaterThanOrEqual(least);
  });

  test("and a query with the name of a tool gets few others", async () => {
    for (const query of ["git_log", "browser_click", "kusto_table_schema", "cherry pick"])
      expect((await found(runtime, query)).length, query).toBeLessThanOrEqual(4);
  });
});

test("a search for what no server has gets few tools", async () => {
  await using runtime = await open((server) => SMALL.includes(server));
  for (const query of ["send an email", "email a customer", "translate a text to German"])
    expect((await found(runtime, query)).length, query).toBeLessThanOrEqual(5);
  expect((await found(runtime, "send an email")).length).toBeLessThanOrEqual(3);
});
