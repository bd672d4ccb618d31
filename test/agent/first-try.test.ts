/**
 * Programs that were written from the three descriptions and the answers of searches alone, for the tasks in
 * fixtures/programs/first-try/tasks.md, before any of them was run. They run as they were written, one after the other.
 */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime } from "../../src/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createRuntime } from "../support/patient.ts";

const PROGRAMS = fileURLToPath(new URL("../../fixtures/programs/first-try/", import.meta.url));

/** By number of task. Values that hold the folder's path are patterns. */
const VALUES: Readonly<Record<string, unknown>> = {
  "01": { files: 3, folders: 2 },
  "02": 1857.79,
  "03": { "08": 2, "09": 4, "10": 4, "11": 4, "12": 2 },
  "04": { "a.ts": 2, "b.ts": 5 },
  "05": [
    { country: "Norway", revenue: 1165.9 },
    { country: "China", revenue: 413.27 },
    { country: "Spain", revenue: 278.62 },
  ],
  // The last two lines were asked for. The server counts the empty one after the last line break, and its description does not say so.
  "06": {
    first: [
      "2026-03-01 08:00:00 INFO worker 0 step 0",
      "2026-03-01 09:07:00 INFO worker 1 step 1",
      "2026-03-01 10:14:00 WARN worker 2 step 2",
    ],
    last: ["2026-03-03 12:33:00 WARN worker 0 step 39"],
  },
  "07": ["people.md", "plan.md"],
  "08": "open: 1\nrefunded: 6\npaid: 7\n",
  "09": "[FILE] old.md",
  "10": expect.stringContaining("-// TODO name the unit\n+// DONE name the unit\n"),
  "11": { name: "app.log", size: 1686 },
  "12": expect.toSatisfy((characters) => Number(characters) > 88, "more than both files have"),
  "13": [
    "app.log",
    { name: "archive", children: ["old.md"] },
    "customers.csv",
    { name: "notes", children: ["people.md", "plan.md"] },
    "orders.json",
    { name: "src", children: ["a.ts", "b.ts"] },
    "summary.md",
  ],
  "14": 4,
  "15": { type: "file", size: 1071 },
  "16": { code: "tool_error", tool: "filesystem.read_text_file" },
  "17": 42,
  "18": "Echo: hello",
  "19": { temperature: 33, conditions: "Cloudy" },
  "20": { type: "image", mimeType: "image/png", data: expect.stringMatching(/^iVBORw0KGgo/) },
  "21": "Long running operation completed. Duration: 1 seconds, Steps: 2.",
  "22": "Error: Operation failed",
  "23": [1, 3, 6, 10, 15, 21, 28, 36, 45, 55],
  "24": { entities: 3, relations: 2 },
  "25": ["Ann"],
  "26": [{ from: "Ann", to: "Acme", relationType: "works_at" }],
  "27": ["Ann", "Acme"],
  "28": 4,
  "29": 3,
  "30": { count: 10, size: 152 },
};

function npm(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const main = createRequire(import.meta.url).resolve(
    `@modelcontextprotocol/server-${name}/dist/index.js`,
  );
  return { command: process.execPath, args: [main, ...args], env };
}

describe.each(["v8", "quickjs"] as const)("on %s, with the type check", (engine) => {
  let runtime: Runtime;
  beforeAll(async () => {
    const folder = temporaryFolder();
    const data = join(folder, "data");
    cpSync(join(PROGRAMS, "folder"), data, { recursive: true });
    runtime = await createRuntime({
      engine,
      placement: "inline",
      typeCheck: true,
      mcpServers: {
        filesystem: npm("filesystem", [data]),
        memory: npm("memory", [], { MEMORY_FILE_PATH: join(folder, "memory.json") }),
        everything: npm("everything", ["stdio"]),
        thinking: npm("sequential-thinking"),
      },
    });
  }, 120_000);
  afterAll(() => runtime?.close());

  const names = readdirSync(PROGRAMS).filter((name) => name.endsWith(".ts"));

  test("there is a program for each task", () => {
    expect(names.map((name) => name.slice(0, 2))).toEqual(Object.keys(VALUES).toSorted());
  });

  test.each(names)("%s", async (name) => {
    const result = await runtime.run(readFileSync(join(PROGRAMS, name), "utf8"));
    expect(result).toMatchObject({ ok: true, value: VALUES[name.slice(0, 2)] });
  });
});
