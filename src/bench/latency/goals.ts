/** The goals of codecell. A goal is judged if its job was measured. */
import { cellLookup, type Cell, type Goal, type GrowthResult } from "./results.ts";

type Look = (job: string, subject: string) => number | undefined;

interface GoalRule {
  readonly id: string;
  readonly title: string;
  readonly unit: Goal["unit"];
  readonly limit: number;
  measure(median: Look, ratio: Look): number | undefined;
}

const over = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a - b;

const RULES: readonly GoalRule[] = [
  {
    id: "warm",
    title:
      "A run in v8 process after a pause (its VM is made ahead), beside making and ending a bare isolate",
    unit: "×",
    limit: 1.5,
    measure: (_median, ratio) => ratio("trivial", "v8-process"),
  },
  {
    id: "back-to-back",
    title: "Runs in v8 process without a pause (nothing is made ahead), beside the same",
    unit: "×",
    limit: 1.5,
    measure: (_median, ratio) => ratio("trivial-loop", "v8-process"),
  },
  {
    id: "runs-20",
    title: "20 runs at once with a tool of 50 ms, v8 process",
    unit: "ms",
    limit: 80,
    measure: (median) => median("runs-20", "v8-process"),
  },
  {
    id: "calls",
    title: "1,000 calls in turn, v8 process",
    unit: "ms",
    limit: 80,
    measure: (median) => median("calls-1000", "v8-process"),
  },
  {
    id: "worker-start",
    title: "A run that starts its worker, v8 sandbox",
    unit: "ms",
    limit: 100,
    measure: (median) => median("worker-start", "v8-sandbox"),
  },
  {
    id: "cli",
    title: "The command line, from its start to the first result",
    unit: "ms",
    limit: 250,
    measure: (median) => median("cli", "v8-process"),
  },
  {
    id: "live-session",
    title: "An idle V8 session that is not parked, in memory, over a bare isolate",
    unit: "MB",
    limit: 1.6,
    measure: (median) =>
      over(median("memory-live", "v8-inline"), median("memory-live", "bare-isolate")),
  },
  {
    id: "stored-session",
    title: "A stored QuickJS session, in memory",
    unit: "MB",
    limit: 0.3,
    measure: (median) => median("memory-stored", "quickjs-process"),
  },
  {
    id: "snapshot",
    title: "A snapshot of 1 MiB of QuickJS state, over the run before it",
    unit: "ms",
    limit: 5,
    measure: (median) =>
      over(median("snapshot", "quickjs-inline"), median("session-run", "quickjs-inline")),
  },
  {
    id: "restore",
    title: "Restoring it and a run, over a fresh session and a run",
    unit: "ms",
    limit: 5,
    measure: (median) =>
      over(median("restore", "quickjs-inline"), median("fresh-session", "quickjs-inline")),
  },
  {
    id: "search",
    title: "A search over 2,000 tools",
    unit: "ms",
    limit: 5,
    measure: (median) => median("search", "v8-inline"),
  },
];

/** Greatest bend of a line that counts as straight. */
const MOST_BEND = 1.5;

export function judgeGoals(cells: readonly Cell[], growth: readonly GrowthResult[]): Goal[] {
  const find = cellLookup(cells);
  const median: Look = (job, subject) => find(job, subject)?.median;
  const ratio: Look = (job, subject) => find(job, subject)?.ratio?.value;
  const own = RULES.map(({ measure, ...rule }) => judged(rule, measure(median, ratio)));
  const lines = growth.flatMap(({ id, title, series }) =>
    series.map(({ subject, bend }) =>
      judged(
        {
          id: `linear-${id}-${subject}`,
          title: `${title}, ${subject}`,
          unit: "×",
          limit: MOST_BEND,
        },
        bend,
      ),
    ),
  );
  return [...own, ...lines];
}

function judged(
  goal: Pick<Goal, "id" | "title" | "unit" | "limit">,
  measured: number | undefined,
): Goal {
  const { id, title, unit, limit } = goal;
  const known = { id, title, unit, limit };
  return measured === undefined ? known : { ...known, measured, met: measured <= limit };
}
