/** What a search answers over a catalogue like those of real servers: names first, nothing that is unrelated. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentTools } from "../../src/agent/agent-tools.ts";
import { type Runtime, tool } from "../../src/index.ts";
import { createRuntime } from "../support/patient.ts";

/** Names, descriptions and parameters as servers have them. */
const CATALOGUE: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  filesystem: {
    read_file: [
      "Read the complete contents of a file as text. DEPRECATED: Use read_text_file instead.",
      "path tail head",
    ],
    read_text_file: [
      "Read the complete contents of a file from the file system as text. Handles various text encodings.",
      "path tail head",
    ],
    read_multiple_files: ["Read the contents of multiple files simultaneously.", "paths"],
    write_file: [
      "Create a new file or completely overwrite an existing file with new content.",
      "path content",
    ],
    edit_file: ["Make line-based edits to a text file. Returns a git-style diff.", "path edits"],
    list_directory: [
      "Get a detailed listing of all files and directories in a specified path.",
      "path",
    ],
    search_files: [
      "Recursively search for files and directories matching a pattern.",
      "path pattern",
    ],
    get_file_info: ["Retrieve detailed metadata about a file or directory.", "path"],
  },
  memory: {
    create_entities: ["Create multiple new entities in the knowledge graph", "entities"],
    add_observations: [
      "Add new observations to existing entities in the knowledge graph",
      "observations",
    ],
    delete_entities: [
      "Delete multiple entities and their associated relations from the knowledge graph",
      "entityNames",
    ],
    search_nodes: ["Search for nodes in the knowledge graph based on a query", "query"],
    open_nodes: ["Open specific nodes in the knowledge graph by their names", "names"],
  },
  everything: {
    "get-sum": ["Returns the sum of two numbers", "a b"],
    echo: ["Echoes back the input string", "message"],
    "simulate-research-query": [
      "Simulates a deep research operation that gathers, analyzes, and synthesizes information. Sends progress.",
      "topic",
    ],
  },
  github: {
    create_issue: ["Create a new issue in a GitHub repository", "owner repo title body labels"],
    add_issue_comment: ["Add a comment to an existing issue", "owner repo issue_number body"],
    search_issues: ["Search for issues and pull requests across GitHub repositories", "q"],
    list_pull_requests: ["List and filter repository pull requests", "owner repo state"],
    merge_pull_request: ["Merge a pull request", "owner repo pull_number"],
    get_pull_request_files: [
      "Get the list of files changed in a pull request",
      "owner repo pull_number",
    ],
    push_files: [
      "Push multiple files to a GitHub repository in a single commit",
      "owner repo branch files",
    ],
  },
  browser: {
    take_screenshot: ["Take a screenshot of the page or element.", "filename"],
    press_key: ["Press a key on the keyboard", "key"],
    network_requests: ["List all network requests since loading the page", "static"],
    drag: ["Perform drag and drop between two elements. Sends mouse events.", "from to"],
  },
};

let runtime: Runtime;
beforeAll(async () => {
  const tools = Object.entries(CATALOGUE).map(([server, list]) => [
    server,
    Object.fromEntries(
      Object.entries(list).map(([name, [description, parameters]]) => {
        const properties = Object.fromEntries(parameters.split(" ").map((key) => [key, {}]));
        return [name, tool({ description, input: { type: "object", properties }, run: () => 1 })];
      }),
    ),
  ]);
  runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    tools: Object.fromEntries(tools),
  });
});
afterAll(() => runtime.close());

const found = async (query: string): Promise<string[]> =>
  (await runtime.searchTools(query, "name")).map(({ category, name }) => `${category}.${name}`);

describe("the best match comes first", () => {
  test.each([
    ["read_text_file", "filesystem.read_text_file"],
    ["readTextFile", "filesystem.read_text_file"],
    ["read_file", "filesystem.read_file"],
    ["get sum", "everything.get-sum"],
    ["sum", "everything.get-sum"],
    ["memory open nodes", "memory.open_nodes"],
    ["pull request files", "github.get_pull_request_files"],
    ["create issue", "github.create_issue"],
    ["how do I read a text file", "filesystem.read_text_file"],
    ["create entities in the knowledge graph", "memory.create_entities"],
    ["take a screenshot of a page", "browser.take_screenshot"],
    ["list pull requests", "github.list_pull_requests"],
  ])("%s", async (query, expected) => {
    expect((await found(query))[0]).toBe(expected);
  });
});

describe("what has little to do with the query is left out", () => {
  test.each([
    ["send an email", 3],
    ["write a file", 3],
    ["open nodes by name", 2],
    ["sum of two numbers", 2],
    ["take a screenshot", 1],
    ["translate a text to German", 3],
  ])("%s: at most %i", async (query, most) => {
    expect((await found(query)).length).toBeLessThanOrEqual(most);
  });

  test("whatever is named so stays, however many", async () => {
    expect((await found("pull request")).slice(0, 3).toSorted()).toEqual([
      "github.get_pull_request_files",
      "github.list_pull_requests",
      "github.merge_pull_request",
    ]);
  });
});

test("only an answer that goes on says so", async () => {
  const [search] = agentTools(runtime);
  const text = async (args: object): Promise<string> => (await search!.execute(args)).text;
  expect(await text({ query: "write a file" })).not.toMatch(/more|\d+ of \d+/);
  expect(await text({ query: "pull request", limit: 2 })).toMatch(/\nThere are more: offset 2\.$/);
  const pages = await Promise.all(
    [0, 2, 4, 6].map((offset) => text({ query: "pull request", limit: 2, offset })),
  );
  const lines = pages.flatMap((page) =>
    page.split("\n").filter((line) => line.startsWith("tools.")),
  );
  expect(lines).toHaveLength((await found("pull request")).length);
});
