/** The sections about the purpose of tokens, the cost of a failed attempt, and runs of a model. */
import type { Section, Table } from "../present/presentation.ts";
import { cost } from "./count.ts";
import { PARTS } from "./messages.ts";
import {
  type Bill,
  BILLS,
  type TokenResults,
  type WayCount,
  WAYS,
  type WorkloadResult,
} from "./results.ts";
import { BILL_TITLES, tokensText, WAY_TITLES, workloadsOf, worldGroups } from "./words.ts";

export function partsSection(results: TokenResults): Section {
  const { workloads, tokenizers } = results;
  const { name } = tokenizers[0]!;
  return {
    id: "tokens-parts",
    title: "What the tokens are for",
    text: [
      `Input by part, counted by ${name}. Program: what the model writes to do the job, calls or a program. Results: what tools returned and the model reads. Value: what a program returned. Output is the part of it that the model writes.`,
    ],
    charts: [],
    tables: worldGroups(results).flatMap((group) =>
      BILLS.map((bill) =>
        partsTable(
          `${group.title}, ${BILL_TITLES[bill]}`,
          name,
          bill,
          workloadsOf(workloads, group),
        ),
      ),
    ),
  };
}

function partsTable(
  title: string,
  tokenizer: string,
  bill: Bill,
  workloads: readonly WorkloadResult[],
): Table {
  const parts = PARTS.filter((part) => part !== "failure");
  return {
    title,
    columns: ["job", "way", "requests", ...parts, "input", "output"],
    rows: workloads.flatMap(({ title: job, counts }) =>
      WAYS.map((way) => {
        const { plain } = counts[tokenizer]![way];
        return [
          job,
          way,
          String(plain.requests),
          ...parts.map((part) => tokensText(plain.parts[part][bill])),
          tokensText(plain.input[bill]),
          tokensText(plain.output),
        ];
      }),
    ),
  };
}

export function failureSection(results: TokenResults): Section {
  const { workloads, tokenizers } = results;
  const { name } = tokenizers[0]!;
  return {
    id: "tokens-failure",
    title: "One failed attempt and its repair",
    text: [
      `What a job costs more when the model first makes a mistake: the wrong call or program, what really came back, and the whole right one after it. A program has to be written a second time; a call is only one of several. Counted by ${name}.`,
    ],
    charts: [],
    tables: worldGroups(results).map((group) =>
      failureTable(group.title, name, workloadsOf(workloads, group)),
    ),
  };
}

function failureTable(
  title: string,
  tokenizer: string,
  workloads: readonly WorkloadResult[],
): Table {
  const columns = BILLS.flatMap((bill) => WAYS.map((way) => `${way}, ${BILL_TITLES[bill]}`));
  const missing = workloads.filter(({ noFailure }) => noFailure !== undefined);
  return {
    title,
    columns: ["job", ...columns],
    rows: workloads.map(({ title: job, counts }) => [
      job,
      ...BILLS.flatMap((bill) => WAYS.map((way) => extra(counts[tokenizer]![way], bill))),
    ]),
    notes: missing.map(({ title: job, noFailure }) => `${job}: ${noFailure}.`),
  };
}

function extra({ plain, repaired }: { plain: WayCount; repaired?: WayCount }, bill: Bill): string {
  return repaired === undefined
    ? tokensText(null)
    : `+${tokensText(cost(repaired, bill) - cost(plain, bill))}`;
}

export function modelSection({ models, tokenizers, workloads }: TokenResults): Section {
  const { name } = tokenizers[0]!;
  const titles = new Map(workloads.map(({ id, title }) => [id, title]));
  return {
    id: "tokens-model",
    title: "Done by a model",
    text: ["Conversations that a model really had, and whether the job was done."],
    charts: [],
    tables: [
      {
        title: `By the model, ${name}`,
        columns: [
          "job",
          "servers",
          "way",
          "solved",
          "requests",
          "billed every turn",
          "cached once",
          "output",
        ],
        rows: models.map(({ workload, world, way, solved, counts }) => {
          const count = counts[name]!;
          return [
            titles.get(workload) ?? workload,
            world,
            WAY_TITLES[way],
            solved ? "yes" : "no",
            String(count.requests),
            ...BILLS.map((bill) => tokensText(count.input[bill])),
            tokensText(count.output),
          ];
        }),
        notes: models.flatMap(({ workload, way, reason }) =>
          reason === undefined ? [] : [`${workload}, ${way}: ${reason}`],
        ),
      },
    ],
  };
}
