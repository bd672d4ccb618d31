/**
 * `npm run bench:readme`: writes the README's figures from the results that are committed in bench/results, so that none
 * of them is copied by hand. `--check` fails where the README says something else.
 */
import { readFile, writeFile } from "node:fs/promises";
import { judgeGoals } from "../src/bench/latency/goals.ts";
import { machineLine } from "../src/bench/report.ts";
import type { LatencyResults } from "../src/bench/latency/results.ts";
import { behindTable, capabilityTable, goalTable, jobTable } from "../src/bench/latency/tables.ts";
import { renderMarkdown } from "../src/bench/present/markdown.ts";
import type { Table } from "../src/bench/present/presentation.ts";
import { cost } from "../src/bench/tokens/count.ts";
import type { TokenResults } from "../src/bench/tokens/results.ts";

const BEGIN = "<!-- Written by bench/readme.ts from bench/results: do not edit. -->";
const END = "<!-- End of what bench/readme.ts writes. -->";
const README = new URL("../README.md", import.meta.url);
/** What a reader compares; all the rest is in the results. */
const JOBS = "trivial trivial-loop runs-20 calls-1000 slow-10 filter cpu-fib cold".split(" ");
const TIERS = ["one", "small", "medium", "large"];

async function readResults<T>(name: string): Promise<T> {
  const file = new URL(`results/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as T;
}

/** Without notes: reasons and signs are told in the text around. */
const plain = (table: Table): string => renderMarkdown({ ...table, notes: [] });

function latencyText(results: LatencyResults): string[] {
  const jobs = JOBS.map((id) => results.jobs.find((job) => job.id === id)!);
  const { machine, at, rounds, cells, growth } = results;
  const goals = judgeGoals(cells, growth); // as they stand now, on what was measured then
  return [
    `${machineLine(machine)}; ${at.slice(0, 10)}, ${rounds} rounds. Milliseconds, median; in parentheses the ratio to the bare engine in the same rounds (\\~: the rounds did not agree).`,
    plain({ ...jobTable(results, jobs, ""), title: "" }),
    "What each can do was found by programs, each in a process of its own:",
    plain({ ...capabilityTable(results), title: "" }),
    "Where another product was faster than the best of codecell's:",
    plain({ ...behindTable(results), title: "" }),
    "What codecell has set itself, in the same run (a bend of 1 is a straight line: one more costs the same at both ends):",
    plain({ ...goalTable(goals), title: "" }),
  ];
}

/** One row a job: its calls, and its cost in the three ways, billed every turn. */
function tokenText({ workloads, catalogues, tokenizers }: TokenResults): string[] {
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
  return [
    `Tokens of whole jobs, input and output, each turn billed with all its context (${name}); accuracy is not measured:`,
    plain({ title: "", columns, rows }),
  ];
}

const text = [
  BEGIN,
  ...latencyText(await readResults<LatencyResults>("latency")),
  ...tokenText(await readResults<TokenResults>("tokens")),
  END,
]
  .map((part) => part.trimEnd())
  .join("\n\n");
const readme = await readFile(README, "utf8");
const [before, rest] = readme.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`README.md has no part between ${BEGIN} and ${END}`);
const wanted = `${before}${text}${after}`;
if (!process.argv.includes("--check")) await writeFile(README, wanted);
else if (readme !== wanted) {
  console.error("README.md does not say what bench/results says: npm run bench:readme");
  process.exitCode = 1;
}
