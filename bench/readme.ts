/**
 * `npm run bench:readme`: writes the figures of docs/benchmarks.md and README.md from the committed results in bench/results,
 * so that none is copied by hand. `--check` fails if a page differs.
 */
import { readFile, writeFile } from "node:fs/promises";
import { judgeGoals } from "../src/bench/latency/goals.ts";
import { type Figure, isFigure, type LatencyResults } from "../src/bench/latency/results.ts";
import {
  behindTable,
  capabilityTable,
  figure,
  goalTable,
  jobTable,
} from "../src/bench/latency/tables.ts";
import { renderMarkdown } from "../src/bench/present/markdown.ts";
import type { Table } from "../src/bench/present/presentation.ts";
import { machineLine } from "../src/bench/report.ts";
import { cost } from "../src/bench/tokens/count.ts";
import type { TokenResults } from "../src/bench/tokens/results.ts";

const BEGIN = "<!-- Written by bench/readme.ts from bench/results: do not edit. -->";
const END = "<!-- End of what bench/readme.ts writes. -->";
/** The jobs of the page; all others are in the results. */
const JOBS = "trivial trivial-loop runs-20 calls-1000 slow-10 filter cpu-fib cold".split(" ");
const TIERS = ["one", "small", "medium", "large"];
/** The jobs of the README, for the usual placements and their floors. */
const SUMMARY_JOBS = "trivial trivial-loop calls-1000 filter cold".split(" ");
const SUMMARY_SUBJECTS = "v8-process v8-sandbox quickjs-process bare-isolate bare-quickjs".split(
  " ",
);
const SUMMARY_WORKLOADS = [
  ["one", "One call, all of its result wanted"],
  ["medium", "One call, small result"],
  ["medium", "15 calls on three servers"],
  ["medium", "10,000 rows, summed up"],
  ["large", "50 small writes at once"],
];

async function readResults<T>(name: string): Promise<T> {
  const file = new URL(`results/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as T;
}

/** Renders without notes: the surrounding text explains reasons and signs. */
const plain = (table: Table): string => renderMarkdown({ ...table, notes: [] });

function latencyText(results: LatencyResults): string[] {
  const jobs = JOBS.map((id) => results.jobs.find((job) => job.id === id)!);
  const { machine, at, rounds, cells, growth } = results;
  const goals = judgeGoals(cells, growth); // today's goals on the stored figures
  return [
    `${machineLine(machine)}; ${at.slice(0, 10)}, ${rounds} rounds. Milliseconds, median; in parentheses the ratio to the bare engine in the same rounds (\\~: the rounds did not agree).`,
    plain({ ...jobTable(results, jobs, ""), title: "" }),
    "What each can do, found by programs, each in a process of its own:",
    plain({ ...capabilityTable(results), title: "" }),
    "Where another product was faster than the best of codecell's:",
    plain({ ...behindTable(results), title: "" }),
    "Goals of codecell, measured in the same run (a bend of 1 is a straight line: one more costs the same at both ends):",
    plain({ ...goalTable(goals), title: "" }),
  ];
}

function latencySummary(results: LatencyResults): string[] {
  const jobs = SUMMARY_JOBS.map((id) => results.jobs.find((job) => job.id === id)!);
  const subjects = results.subjects.filter(({ id }) => SUMMARY_SUBJECTS.includes(id));
  const { columns, rows } = jobTable({ ...results, subjects }, jobs, "");
  const { machine, at } = results;
  return [
    `${machineLine(machine)}; ${at.slice(0, 10)}. Milliseconds, median; in parentheses the ratio to the bare engine in the same rounds (\\~: the rounds did not agree).`,
    plain({ title: "", columns, rows: [...rows, ...peerRows(results)] }),
  ];
}

/** The fastest and the slowest of the other products in each job. */
function peerRows({ cells, subjects }: LatencyResults): string[][] {
  const peers = new Map(
    subjects.filter(({ kind }) => kind === "peer").map(({ id, title }) => [id, title]),
  );
  const ranked = SUMMARY_JOBS.map((id) =>
    cells
      .filter(isFigure)
      .filter(({ job, subject }) => job === id && peers.has(subject))
      .toSorted((a, b) => a.median - b.median),
  );
  const shown = ({ median, subject }: Figure): string =>
    `${figure(median)} (${peers.get(subject)})`;
  return [
    [`fastest of ${peers.size} others`, ...ranked.map((figures) => shown(figures[0]!))],
    [`slowest of ${peers.size} others`, ...ranked.map((figures) => shown(figures.at(-1)!))],
  ];
}

/** One row for each job: its calls, and its tokens in the three ways, billed every turn. */
function tokenTable({ workloads, catalogues, tokenizers }: TokenResults): Table {
  const { name } = tokenizers[0]!;
  const number = (value: number): string => value.toLocaleString("en");
  const rows = TIERS.flatMap((tier) => {
    const catalogue = catalogues.find(({ world }) => world === tier);
    return workloads
      .filter(({ world }) => world === tier)
      .map(({ title, calls, counts }) => [
        title,
        `${catalogue!.tools}`,
        `${calls}`,
        ...(["direct", "search", "code"] as const).map((way) =>
          number(cost(counts[name]![way].plain, "everyTurn")),
        ),
      ]);
  });
  const columns = ["job", "tools", "calls", "direct", "host's tool search", "code execution"];
  return { title: "", columns, rows };
}

function tokenText(results: TokenResults): string[] {
  const { name } = results.tokenizers[0]!;
  return [
    `Tokens of whole jobs, input and output, each turn billed with all its context (${name}); accuracy is not measured:`,
    plain(tokenTable(results)),
  ];
}

function tokenSummary(results: TokenResults): string[] {
  const workloads = SUMMARY_WORKLOADS.map(([world, title]) =>
    results.workloads.find((each) => each.world === world && each.title === title)!,
  );
  return tokenText({ ...results, workloads });
}

/** Writes `parts` between the marks of a page. */
async function write(page: string, parts: readonly string[]): Promise<void> {
  const file = new URL(`../${page}`, import.meta.url);
  const current = await readFile(file, "utf8");
  const [before, rest] = current.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${page} has no part between ${BEGIN} and ${END}`);
  const text = [BEGIN, ...parts, END].map((part) => part.trimEnd()).join("\n\n");
  const wanted = `${before}${text}${after}`;
  if (!process.argv.includes("--check")) await writeFile(file, wanted);
  else if (current !== wanted) {
    console.error(`${page} does not say what bench/results says: npm run bench:readme`);
    process.exitCode = 1;
  }
}

const latency = await readResults<LatencyResults>("latency");
const tokens = await readResults<TokenResults>("tokens");
await write("README.md", [...latencySummary(latency), ...tokenSummary(tokens)]);
await write("docs/benchmarks.md", [...latencyText(latency), ...tokenText(tokens)]);
