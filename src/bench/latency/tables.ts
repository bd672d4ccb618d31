/** Formats latency results as tables. */
import type { Table } from "../present/presentation.ts";
import { isNoisy } from "./noise.ts";
import {
  type Cell,
  type Figure,
  type Goal,
  type GrowthResult,
  isFigure,
  type JobFacts,
  type LatencyResults,
} from "./results.ts";
import { NO_QUESTION, OWN_ONLY } from "./subject.ts";

/** Formats a figure with about three significant digits: `0.003`, `1.24`, `43.5`, `1,204`. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  const digits = value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 2 : 3;
  return value.toFixed(digits);
}

/** One row for each subject, one column for each job; subjects without any figure are omitted. */
export function jobTable(results: LatencyResults, jobs: readonly JobFacts[], title: string): Table {
  const notes = new Set<string>();
  const find = lookUp(results.cells);
  const rows = results.subjects.flatMap((subject) => {
    const cells = jobs.map(({ id }) => find(id, subject.id));
    if (!cells.some(isFigure)) return [];
    const texts = cells.map((cell, at) => {
      if (isFigure(cell) && isNoisy(cell)) notes.add("~: the rounds did not agree on this ratio.");
      if (isFigure(cell)) return shown(cell);
      if (cell !== undefined && cell.absent !== OWN_ONLY && cell.absent !== NO_QUESTION)
        notes.add(`${subject.title}, ${jobs[at]!.title}: ${cell.absent}`);
      return "–";
    });
    return [[subject.title, ...texts]];
  });
  const unit = jobs[0]?.unit ?? "ms";
  return {
    title: `${title}, ${unit}${unit === "ms" ? ", median (and beside its floor)" : ""}`,
    columns: ["", ...jobs.map((job) => job.title)],
    rows,
    notes: [...notes],
  };
}

/** The median, and the ratio to the floor; `~` if the rounds did not agree. */
function shown(cell: Figure): string {
  const { median, ratio } = cell;
  if (ratio === undefined) return figure(median);
  return `${figure(median)} (${isNoisy(cell) ? "~" : ""}${figure(ratio.value)}×)`;
}

/** Returns a function that finds a cell by job and subject. */
export function lookUp(cells: readonly Cell[]): (job: string, subject: string) => Cell | undefined {
  const known = new Map(cells.map((cell) => [`${cell.job} ${cell.subject}`, cell]));
  return (job, subject) => known.get(`${job} ${subject}`);
}

/** Capabilities of each subject, without the floors, which enforce no limits and are not probed. */
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

/** Jobs in which another product was faster than every engine and placement of codecell. */
export function behindTable({ jobs, cells, subjects }: LatencyResults): Table {
  const kindOf = new Map(subjects.map(({ id, kind }) => [id, kind]));
  const titleOf = new Map(subjects.map(({ id, title }) => [id, title]));
  const best = (job: string, kind: string): Figure | undefined =>
    cells
      .filter(isFigure)
      .filter((cell) => cell.job === job && kindOf.get(cell.subject) === kind)
      .toSorted((a, b) => a.median - b.median)[0];
  const shownBest = ({ subject, median }: Figure): string =>
    `${figure(median)} (${titleOf.get(subject)})`;
  const rows = jobs.flatMap(({ id, title, group }) => {
    const [ours, theirs] = [best(id, "codecell"), best(id, "peer")];
    if (ours === undefined || theirs === undefined || ours.median <= theirs.median) return [];
    return [[`${group}: ${title}`, shownBest(ours), shownBest(theirs)]];
  });
  return {
    title: "Where another product is faster",
    columns: ["", "codecell's best", "theirs"],
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
