/** The section about the tokens of whole jobs. */
import type { BarChart, LineChart, Section, Table } from "../present/presentation.ts";
import { cost } from "./count.ts";
import { type Bill, BILLS, type TokenResults, WAYS, type WorkloadResult } from "./results.ts";
import { BILL_TITLES, tokensText, WAY_TITLES, workloadsOf, worldGroups } from "./words.ts";

/** Minimum number of turns of a job with a chart of its growth. */
const CHART_CALLS = 10;

export function totalsSection(results: TokenResults): Section {
  const { tokenizers, workloads } = results;
  const groups = worldGroups(results);
  return {
    id: "tokens-workloads",
    title: "Tokens of whole jobs",
    text: [
      "Input and output of all requests of a job, in the three ways. The smallest of each bill is in the last columns: code execution does not win everywhere.",
      "Accuracy is not measured: every figure is of a job that is done right at the first attempt.",
    ],
    charts: groups
      .filter(({ isSingle }) => isSingle)
      .flatMap((group) => [
        totalsChart(group.title, tokenizers[0]!.name, workloadsOf(workloads, group)),
        ...growthChart(group.title, workloadsOf(workloads, group)),
      ]),
    tables: groups.flatMap((group) =>
      tokenizers.map(({ name }) =>
        totalsTable(`${group.title}, ${name}`, name, workloadsOf(workloads, group)),
      ),
    ),
  };
}

function totalsChart(
  title: string,
  tokenizer: string,
  workloads: readonly WorkloadResult[],
): BarChart {
  return {
    kind: "bars",
    title: `Whole jobs: ${title}`,
    unit: `tokens billed every turn, ${tokenizer}`,
    scale: "log",
    groups: workloads.map(({ title: job, counts }) => ({
      title: job,
      bars: WAYS.map((way) => ({
        label: WAY_TITLES[way],
        value: cost(counts[tokenizer]![way].plain, "everyTurn"),
        role: way === "code" ? ("ours" as const) : ("other" as const),
      })),
    })),
  };
}

function totalsTable(
  title: string,
  tokenizer: string,
  workloads: readonly WorkloadResult[],
): Table {
  return {
    title,
    columns: [
      "job",
      "calls",
      "turns",
      ...BILLS.flatMap((bill) => WAYS.map((way) => `${way}, ${BILL_TITLES[bill]}`)),
      "least",
    ],
    rows: workloads.map(({ title: job, calls, turns, counts }) => {
      const costs = (bill: Bill): number[] =>
        WAYS.map((way) => cost(counts[tokenizer]![way].plain, bill));
      const least = BILLS.map((bill) => WAYS[costs(bill).indexOf(Math.min(...costs(bill)))]!);
      return [
        job,
        String(calls),
        String(turns),
        ...BILLS.flatMap((bill) => costs(bill).map(tokensText)),
        [...new Set(least)].join(" / "),
      ];
    }),
    notes: [
      "Turns are those of direct calling. Where the two bills differ in what costs least, both are named.",
    ],
  };
}

/** A chart of the cost of each further call, for the job with the most turns. */
function growthChart(title: string, workloads: readonly WorkloadResult[]): LineChart[] {
  const [longest] = workloads.toSorted((a, b) => b.turns - a.turns);
  if (longest === undefined || longest.turns < CHART_CALLS) return [];
  const { direct, search } = longest.walk;
  const code = cost(Object.values(longest.counts)[0]!.code.plain, "everyTurn");
  const points = (costs: readonly number[]) => costs.map((tokens, k) => [k, tokens] as const);
  return [
    {
      kind: "lines",
      title: `${longest.title}: ${title}`,
      xTitle: "calls",
      yTitle: "tokens, billed every turn",
      scale: "linear",
      series: [
        { label: WAY_TITLES.direct, points: points(direct).slice(1) },
        { label: WAY_TITLES.search, points: points(search).slice(1) },
        { label: WAY_TITLES.code, points: points(direct.map(() => code)).slice(1) },
      ],
    },
  ];
}
