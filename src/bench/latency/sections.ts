/** Turns latency results into sections: each group of comparable jobs gets one table and one chart. */
import type { Bar, BarChart, LineChart, Section } from "../present/presentation.ts";
import { noiseWarnings } from "./noise.ts";
import { type Cell, isFigure, type JobFacts, type LatencyResults } from "./results.ts";
import { OWN_ONLY } from "./subject.ts";
import {
  behindTable,
  capabilityTable,
  goalTable,
  growthTable,
  jobTable,
  lookUp,
} from "./tables.ts";

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
    ...goalSection(results),
    ...behindSection(results),
    ...groups.map((group) => groupSection(results, group)),
    ...growthSection(results),
    ...capabilitySection(results),
  ];
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
    tables: [jobTable(results, jobs, title)],
  };
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

/** If another product has no figure, the reason is shown instead. */
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
  return [
    {
      id: "growth",
      title: "Growth",
      text: [
        "Cost against size. A bend of 1 is a straight line: one more costs the same at both ends.",
      ],
      charts,
      tables: [growthTable(growth)],
    },
  ];
}

function capabilitySection(results: LatencyResults): Section[] {
  const { probes } = results;
  if (probes.length === 0) return [];
  return [
    {
      id: "capabilities",
      title: "What each can do and withstand",
      text: probes.map(({ title, what }) => `${title}: ${what}`),
      charts: [],
      tables: [capabilityTable(results)],
    },
  ];
}

/** Present whenever other products were measured, even if none was faster. */
function behindSection(results: LatencyResults): Section[] {
  if (results.subjects.every(({ kind }) => kind !== "peer")) return [];
  const behind = behindTable(results);
  const text =
    behind.rows.length === 0
      ? ["In no job of this run was another product faster than the best of ours."]
      : ["In these jobs another product was faster than the best of ours."];
  const tables = behind.rows.length === 0 ? [] : [behind];
  return [{ id: "behind", title: behind.title, text, charts: [], tables }];
}

function goalSection({ goals, ...results }: LatencyResults): Section[] {
  if (goals.every(({ measured }) => measured === undefined)) return [];
  const warnings = noiseWarnings({ goals, ...results });
  return [
    {
      id: "goals",
      title: "Goals",
      text: ["What codecell has set itself; judged on the medians of this run.", ...warnings],
      charts: [],
      tables: [goalTable(goals)],
    },
  ];
}
