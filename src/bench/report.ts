/** Turns results of either kind into the sections of one report. */
import type { LatencyResults } from "./latency/results.ts";
import { latencySections } from "./latency/sections.ts";
import { type Machine } from "./machine.ts";
import type { Report, Section } from "./present/presentation.ts";
import type { TokenResults } from "./tokens/results.ts";
import { tokenSections } from "./tokens/sections.ts";

/** Results of `benchLatency` or `benchTokens`; `kind` distinguishes them. */
export type AnyResults = LatencyResults | TokenResults;

/** The sections of one set of results, in the order in which they are read. */
export function sectionsOf(results: AnyResults): Section[] {
  return results.kind === "latency" ? latencySections(results) : tokenSections(results);
}

/** Combines results into one report for `renderPage`; its facts list the machine and the versions of each. */
export function reportOf(all: readonly AnyResults[]): Report {
  const kinds = all.map(({ kind }) => kind);
  return {
    title: `codecell: ${[...new Set(kinds)].join(" and ")}`,
    lead: [
      "Measured by codecell's own bench, which anyone can run again: codecell bench latency, codecell bench tokens.",
      ...(kinds.includes("latency")
        ? ["Times are medians of one machine; ratios, of the same moment, say more than they do."]
        : []),
    ],
    sections: all.flatMap(sectionsOf),
    facts: {
      title: "Machine and versions",
      columns: ["", ""],
      rows: all.flatMap(factsOf),
    },
  };
}

function factsOf(results: AnyResults): string[][] {
  const { kind, at, machine } = results;
  const versions =
    results.kind === "tokens" ? Object.entries(results.versions) : subjectsOf(results);
  return [
    [`Measured (${kind})`, at],
    [`Machine (${kind})`, machineLine(machine)],
    ...versions.map(([name, version]) => [name, version]),
  ];
}

export function machineLine({ cpu, cores, memoryGb, system, node, v8 }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}, V8 ${v8}`;
}

function subjectsOf({ subjects }: LatencyResults): [string, string][] {
  return subjects.map(({ title, version = "–" }) => [title, version]);
}
