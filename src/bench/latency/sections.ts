/** The results as a report: what is measured in one unit and can be compared stands in one table and one chart. */
import type { Bar, BarChart, LineChart, Section, Table } from "../present/presentation.ts";
import {
  type Cell,
  type Figure,
  isFigure,
  type Goal,
  type JobFacts,
  type LatencyResults,
} from "./results.ts";

import { OWN_ONLY } from "./subject.ts";

/** Above that, a ratio says more of the machine than of the subject. */
const WIDE_SPREAD = 0.25;

const GROUP_TITLES: Readonly<Record<string, string>> = {
  runs: "Runs",
  calls: "Tool calls",
  computing: "Computing",
  "payloads in": "Results into the program",
  "payloads out": "Arguments out of the program",
  starts: "Starts",
  sessions: "Sessions",
  knowledge: "Knowing the tools",
  memory: "Memory",
};

export function latencySections(results: LatencyResults): Section[] {
  const groups = [...new Set(results.jobs.map(({ group }) => group))];
  return [
    ...goalSection(results.goals),
    ...groups.map((group) => groupSection(results, group)),
    ...growthSection(results),
    ...capabilitySection(results),
  ];
}

/** `0.0031`, `1.24`, `43.5`, `1,204`: three figures that mean something. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  const digits = value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 2 : 3;
  return value.toFixed(digits);
}

function groupSection(results: LatencyResults, group: string): Section {
  const jobs = results.jobs.filter((job) => job.group === group);
  const title = GROUP_TITLES[group] ?? group;
  const what = jobs.map((job) => `${job.title}: ${job.what}`);
  return {
    id: group.replaceAll(" ", "-"),
    title,
    text: what,
    charts: [barChart(results, jobs, title)],
    tables: [table(results, jobs, title)],
  };
}

function table(results: LatencyResults, jobs: readonly JobFacts[], title: string): Table {
  const notes = new Set<string>();
  const find = lookUp(results.cells);
  const rows = results.subjects.flatMap((subject) => {
    const cells = jobs.map(({ id }) => find(id, subject.id));
    if (!cells.some(isFigure)) return [];
    const told = cells.map((cell, at) => {
      if (isFigure(cell)) return shown(cell);
      if (cell !== undefined && cell.absent !== OWN_ONLY)
        notes.add(`${subject.title}, ${jobs[at]!.title}: ${cell.absent}`);
      return "–";
    });
    return [[subject.title, ...told]];
  });
  const unit = jobs[0]?.unit ?? "ms";
  return {
    title: `${title}, ${unit}${unit === "ms" ? ", median (and beside its floor)" : ""}`,
    columns: ["", ...jobs.map((job) => job.title)],
    rows,
    notes: [...notes],
  };
}

/** The median, and the ratio to the floor; `~` where the rounds did not agree. */
function shown({ median, ratio }: Figure): string {
  if (ratio === undefined) return figure(median);
  return `${figure(median)} (${ratio.spread > WIDE_SPREAD ? "~" : ""}${figure(ratio.value)}×)`;
}

function lookUp(cells: readonly Cell[]): (job: string, subject: string) => Cell | undefined {
  const known = new Map(cells.map((cell) => [`${cell.job} ${cell.subject}`, cell]));
  return (job, subject) => known.get(`${job} ${subject}`);
}

function barChart(results: LatencyResults, jobs: readonly JobFacts[], title: string): BarChart {
  const find = lookUp(results.cells);
  return {
    kind: "bars",
    title,
    unit: jobs[0]?.unit === "MB" ? "MB" : "ms, median",
    scale: "log",
    groups: jobs.map((job) => ({
      title: job.title,
      bars: results.subjects.flatMap((subject) => barOf(subject, find(job.id, subject.id))),
    })),
  };
}

/** Where another product has no figure, its reason stands there. */
function barOf(
  { title: label, kind }: LatencyResults["subjects"][number],
  cell: Cell | undefined,
): Bar[] {
  const role = kind === "codecell" ? "ours" : kind === "floor" ? "floor" : "other";
  if (isFigure(cell)) return [{ label, value: cell.median, role }];
  if (cell === undefined || kind !== "peer" || cell.absent === OWN_ONLY) return [];
  return [{ label, absent: cell.absent, role }];
}

function growthSection({ growth, subjects }: LatencyResults): Section[] {
  if (growth.length === 0) return [];
  const titleOf = new Map(subjects.map(({ id, title }) => [id, title]));
  const charts = growth.map(({ title, xTitle, series }): LineChart => ({
    kind: "lines",
    title,
    xTitle,
    yTitle: "ms, median",
    scale: "linear",
    series: series.map(({ subject, points }) => ({
      label: titleOf.get(subject) ?? subject,
      points,
    })),
  }));
  const rows = growth.flatMap(({ title, series }) =>
    series.map(({ subject, bend }) => [
      `${title}, ${titleOf.get(subject) ?? subject}`,
      bend === undefined ? "–" : figure(bend),
    ]),
  );
  return [
    {
      id: "growth",
      title: "Growth",
      text: [
        "Cost against size. A bend of 1 is a straight line: one more costs the same at both ends.",
      ],
      charts,
      tables: [{ title: "Growth", columns: ["", "bend"], rows }],
    },
  ];
}

function capabilitySection({ probes, findings, subjects }: LatencyResults): Section[] {
  if (probes.length === 0) return [];
  const known = new Map(findings.map((each) => [`${each.probe} ${each.subject}`, each]));
  const probed = subjects.filter(({ kind }) => kind !== "floor");
  const rows = probed.map(({ id, title, isolation }) => [
    title,
    isolation,
    ...probes.map((probe) => {
      const finding = known.get(`${probe.id} ${id}`);
      return finding === undefined ? "–" : `${finding.ok ? "✓" : "✗"} ${finding.shown}`;
    }),
  ]);
  return [
    {
      id: "capabilities",
      title: "What each can do and withstand",
      text: probes.map(({ title, what }) => `${title}: ${what}`),
      charts: [],
      tables: [
        {
          title: "Found by programs, each in a process of its own",
          columns: ["", "isolation", ...probes.map(({ title }) => title)],
          rows,
        },
      ],
    },
  ];
}

function goalSection(goals: readonly Goal[]): Section[] {
  const measured = goals.filter(({ measured: found }) => found !== undefined);
  if (measured.length === 0) return [];
  const rows = measured.map(({ title, unit, limit, measured: found, met }) => [
    title,
    `${figure(found!)} ${unit}`,
    `${figure(limit)} ${unit}`,
    met === true ? "✓ met" : "✗ missed",
  ]);
  return [
    {
      id: "goals",
      title: "Goals",
      text: ["What codecell has set itself; judged on the medians of this run."],
      charts: [],
      tables: [{ title: "Goals", columns: ["", "measured", "at most", ""], rows }],
    },
  ];
}
