/** The workloads: the user's request, the committed programs, the queries of a model, and its first mistake. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Mistake, Workload } from "../../src/bench/index.ts";
import { resetData, ROWS } from "./data.ts";
import { FILES } from "./tiers.ts";

type Job = Omit<Workload, "programs" | "prepare" | "check"> & {
  /** Files under programs/. */
  readonly programs: readonly string[];
  readonly check: (outcome: { text: string; files: string }) => boolean | Promise<boolean>;
};

/** A mistake: the argument `right` is named `wrong`, in the program and in a direct call with `args`. */
function wrongName(
  [server, tool]: readonly [string, string],
  program: readonly [right: string, wrong: string],
  args: object,
): { readonly mistake: Mistake } {
  return { mistake: { program, call: { server, tool, args } } };
}

const readWrong = (path: string, [right, wrong]: readonly [string, string]) =>
  wrongName(["filesystem", "read_text_file"], [right, wrong], { file: path });
const TICKET = "# Ticket 001\n\nState: open\nPriority: normal\n";
const writeWrong = (program: readonly [string, string]) =>
  wrongName(["filesystem", "write_file"], program, { file: "out/ticket-001.md", content: TICKET });

const JOBS: readonly Job[] = [
  {
    id: "one-call",
    title: "One call, small result",
    task: "Add 17 and 25 with the tool that sums numbers.",
    programs: ["one-call"],
    servers: ["everything"],
    searches: ["add two numbers"],
    ...wrongName(["everything", "get-sum"], ["a: 17, b: 25", "x: 17, y: 25"], { x: 17, y: 25 }),
    check: ({ text }) => text.includes("42"),
  },
  {
    id: "whole-result",
    title: "One call, all of its result wanted",
    task: "Show me notes.md as it is, all of it.",
    programs: ["whole-result"],
    servers: ["filesystem"],
    searches: ["read a text file"],
    ...readWrong("notes.md", ["path: ", "file: "]),
    check: ({ text }) => text.includes("(1): ") && text.includes("(40): "),
  },
  {
    id: "find-then-use",
    title: "Find a tool, then use it",
    task: "Find out whether there is a tool for the weather of a city, and get Chicago's.",
    programs: ["find-then-use", "find-then-use-2"],
    disclosure: "program",
    servers: ["everything"],
    searches: ["structured weather of a city"],
    check: ({ text }) => /temperature/i.test(text),
    mistake: {
      program: ["searchTools(", "searchTool("],
      call: { server: "everything", tool: "get-structured-content", args: { city: "Chicago" } },
    },
  },
  {
    id: "three-calls",
    title: "3 calls, each from the last one's result",
    task: "Which order of March 2025 (orders/2025-03.json) was the largest? Note it with its customer in the memory, and read the note back.",
    programs: ["three-calls"],
    servers: ["filesystem", "memory"],
    searches: ["read a text file", "create entities in the knowledge graph", "open nodes by name"],
    ...readWrong("orders/2025-03.json", ['path: "orders', 'file: "orders']),
    check: ({ text }) => text.includes("2025-03-"),
  },
  {
    id: "five-calls",
    title: "5 reads at once",
    task: "Which of the first five months of 2025 had the most refunds, in money? The orders are in orders/2025-01.json and so on.",
    programs: ["five-calls"],
    servers: ["filesystem"],
    searches: ["read a text file"],
    ...readWrong("orders/2025-01.json", ["path: `", "file: `"]),
    check: ({ text }) => text.includes("2025-0"),
  },
  {
    id: "fifteen-calls",
    title: "15 calls on three servers",
    task: "Sum up what each customer paid in 2025 (orders/2025-01.json to 2025-12.json), note it in the memory, one entity a customer, and count orders and customers together with the sum tool. Who paid the most?",
    programs: ["fifteen-calls"],
    servers: ["filesystem", "memory", "everything"],
    searches: ["read a text file", "create entities in the knowledge graph", "add two numbers"],
    ...readWrong("orders/2025-01.json", ["path: `", "file: `"]),
    check: ({ text }) => /sum of \d+ and \d+/.test(text),
  },
  {
    id: "rows",
    title: "10,000 rows, summed up",
    task: "Per region of rows.csv: the number of rows, the share of failed ones, the amount.",
    programs: ["rows"],
    servers: ["filesystem"],
    searches: ["read a text file"],
    ...readWrong("rows.csv", ["path: ", "file: "]),
    check: ({ text }) =>
      [...text.matchAll(/"rows":(\d+)/g)].reduce((sum, [, rows]) => sum + Number(rows), 0) === ROWS,
  },
  {
    id: "document",
    title: "A large document from one tool to another",
    task: "Copy transcript.md to out/transcript.md.",
    programs: ["document"],
    servers: ["filesystem"],
    searches: ["read a text file", "write a file"],
    ...readWrong("transcript.md", ["path: ", "file: "]),
    check: async ({ files }) =>
      isDeepStrictEqual(
        await readFile(join(files, "out/transcript.md")),
        await readFile(join(files, "transcript.md")),
      ),
  },
  {
    id: "writes-loop",
    title: "50 small writes, one after the other",
    task: "Write the tickets 001 to 050 to out/ticket-001.md and so on; every fifth has high priority.",
    programs: ["writes-loop"],
    servers: ["filesystem"],
    searches: ["write a file"],
    ...writeWrong(["path: ", "file: "]),
    check: async ({ files }) => (await readdir(join(files, "out"))).length === 50,
  },
  {
    id: "writes-at-once",
    title: "50 small writes at once",
    task: "Write the tickets 001 to 050 to out/ticket-001.md and so on; every fifth has high priority.",
    programs: ["writes-at-once"],
    servers: ["filesystem"],
    searches: ["write a file"],
    ...writeWrong(["path: ", "file: "]),
    check: async ({ files }) => (await readdir(join(files, "out"))).length === 50,
  },
  {
    id: "git-history",
    title: "5 calls of git, in order",
    task: "Make a git repository in repo with a README.md, commit it, and show me the log.",
    programs: ["git-history"],
    servers: ["filesystem", "git"],
    searches: ["git init", "git add and commit", "git log", "write a file"],
    ...wrongName(["git", "git_init"], ["initialBranch", 'bare: "no", initialBranch'], {
      path: "repo",
      bare: "no",
      initialBranch: "main",
    }),
    check: ({ text }) => text.includes("docs: begin"),
  },
];

/** All workloads, with files in `folder`. */
export async function loadWorkloads(folder: string): Promise<Workload[]> {
  return await Promise.all(
    JOBS.map(async ({ programs, check, ...job }) => ({
      ...job,
      programs: await Promise.all(programs.map(readProgram)),
      prepare: () => resetData(folder),
      check: ({ text }) => check({ text, files: join(folder, FILES) }),
    })),
  );
}

async function readProgram(name: string): Promise<string> {
  return await readFile(new URL(`programs/${name}.ts`, import.meta.url), "utf8");
}
