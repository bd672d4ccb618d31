/** The section about where direct calling costs less, and the break-even points. */
import type { Section, Table } from "../present/presentation.ts";
import { type Bill, BILLS, type BreakEven, type TokenResults } from "./results.ts";
import {
  BILL_TITLES,
  NOTHING,
  tokensText,
  WAY_TITLES,
  type WorldGroup,
  worldGroups,
} from "./words.ts";

export function breakEvenSection(results: TokenResults): Section {
  const { tokenizers } = results;
  const { name } = tokenizers[0]!;
  const groups = worldGroups(results);
  return {
    id: "tokens-break-even",
    title: "Where direct calling wins, and the break-even",
    text: [
      `Counted by ${name}, input and output together.`,
      ...groups.flatMap((group) => BILLS.map((bill) => winners(results, group, bill))),
    ],
    charts: [],
    tables: groups.flatMap((group) => BILLS.map((bill) => breakEvenTable(results, group, bill))),
  };
}

function points(
  { breakEven, tokenizers }: TokenResults,
  { worlds }: WorldGroup,
  bill: Bill,
): BreakEven[] {
  const { name } = tokenizers[0]!;
  return breakEven.filter(
    (one) => worlds.includes(one.world) && one.bill === bill && one.tokenizer === name,
  );
}

function winners(results: TokenResults, group: WorldGroup, bill: Bill): string {
  const all = points(results, group, bill);
  const wins = (["direct", "search"] as const).map((against) => {
    const lost = all.filter((one) => one.against === against && one.theirs <= one.ours);
    const names = lost.map(({ workload }) => titleOf(results, workload));
    return `${WAY_TITLES[against]}: ${names.length === 0 ? "nowhere" : names.join("; ")}`;
  });
  return `${group.title}, ${BILL_TITLES[bill]}. Costs no more than code execution: ${wins.join(". ")}.`;
}

function titleOf({ workloads }: TokenResults, id: string): string {
  return workloads.find((one) => one.id === id)?.title ?? id;
}

function breakEvenTable(results: TokenResults, group: WorldGroup, bill: Bill): Table {
  const all = points(results, group, bill);
  const jobs = [...new Set(all.map(({ workload }) => workload))];
  const find = (workload: string, against: BreakEven["against"]): BreakEven =>
    all.find((one) => one.workload === workload && one.against === against)!;
  return {
    title: `${group.title}, ${BILL_TITLES[bill]}`,
    columns: [
      "code execution costs less than",
      "direct: from calls",
      "from result bytes",
      "from tools",
      "host's search: from calls",
      "from result bytes",
    ],
    rows: jobs.map((job) => {
      const [direct, search] = [find(job, "direct"), find(job, "search")];
      return [
        titleOf(results, job),
        callsText(direct),
        tokensText(direct.resultBytes),
        tokensText(direct.tools),
        callsText(search),
        tokensText(search.resultBytes),
      ];
    }),
    notes: [
      "0: whatever their number. More than all calls of the job: not within what was recorded.",
      `${NOTHING} for result bytes: the value grows with the results.`,
    ],
  };
}

function callsText({ calls }: BreakEven): string {
  return calls === null ? "more than all" : String(calls);
}
