/** The results as tables. */
import type { Table } from "../present/presentation.ts";
import {
  type Cell,
  type Figure,
  type Goal,
  type GrowthResult,
  isFigure,
  type JobFacts,
  type LatencyResults,
} from "./results.ts";
import { OWN_ONLY } from "./subject.ts";

/** Above that, a ratio says more of the machine than of the subject. */
const WIDE_SPREAD = 0.25;

/** `0.0031`, `1.24`, `43.5`, `1,204`: three figures that mean something. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  const digits = value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 2 : 3;
  return value.toFixed(digits);
}

/** One row a subject, one column a job; who has none of them is left out. */
export function jobTable(results: LatencyResults, jobs: readonly JobFacts[], title: string): Table {
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

/** Finds a cell by job and subject. */
export function lookUp(cells: readonly Cell[]): (job: string, subject: string) => Cell | undefined {
  const known = new Map(cells.map((cell) => [`${cell.job} ${cell.subject}`, cell]));
  return (job, subject) => known.get(`${job} ${subject}`);
}

/** What each subject can do; the floors keep no limits, and were not asked. */
export function capabilityTable({ probes, findings, subjects }: LatencyResults): Table {
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
  return {
    title: "Found by programs, each in a process of its own",
    columns: ["", "isolation", ...probes.map(({ title }) => title)],
    rows,
  };
}

export function goalTable(goals: readonly Goal[]): Table {
  const rows = goals
    .filter(({ measured }) => measured !== undefined)
    .map(({ title, unit, limit, measured, met }) => [
      title,
      `${figure(measured!)} ${unit}`,
      `${figure(limit)} ${unit}`,
      met === true ? "✓ met" : "✗ missed",
    ]);
  return { title: "Goals", columns: ["", "measured", "at most", ""], rows };
}

export function growthTable(growth: readonly GrowthResult[]): Table {
  const rows = growth.flatMap(({ title, series }) =>
    series.map(({ subject, bend }) => [
      `${title}, ${subject}`,
      bend === undefined ? "–" : figure(bend),
    ]),
  );
  return { title: "Growth", columns: ["", "bend"], rows };
}
