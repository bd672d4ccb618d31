/** Results beside stored ones: what became slower or dearer, and is not noise. */
import { CodecellError } from "../index.ts";
import { figure } from "./latency/tables.ts";
import { isFigure, type LatencyResults } from "./latency/results.ts";
import type { Table } from "./present/presentation.ts";
import type { AnyResults } from "./report.ts";
import type { TokenResults } from "./tokens/results.ts";

export interface Comparison {
  readonly table: Table;
  /** What got worse. */
  readonly regressions: readonly string[];
}

/** Times that change by less are the same. */
const SAME_TIME = 0.25;
/** Tokens are counted, not measured; a few come and go with paths of temporary folders. */
const SAME_TOKENS = 0.02;

interface Pair {
  readonly title: string;
  readonly before: number;
  readonly now: number;
  /** What may change without a meaning, relative. */
  readonly noise: number;
}

/**
 * What changed between two results of the same kind.
 * @throws CodecellError `config_error` where they are not
 */
export function compareResults(now: AnyResults, before: AnyResults): Comparison {
  const pairs = pairsOf(now, before);
  const changed = pairs
    .map((pair) => ({ ...pair, change: pair.now / pair.before - 1 }))
    .filter(({ change, noise }) => Math.abs(change) > noise)
    .toSorted((a, b) => b.change - a.change);
  return {
    table: {
      title: `Against the results of ${before.at}: ${changed.length} of ${pairs.length} changed`,
      columns: ["", "before", "now", "change"],
      rows: changed.map((each) => [
        each.title,
        figure(each.before),
        figure(each.now),
        `${each.change > 0 ? "+" : "−"}${figure(Math.abs(each.change * 100))} %`,
      ]),
    },
    regressions: changed.filter(({ change }) => change > 0).map(({ title }) => title),
  };
}

function pairsOf(now: AnyResults, before: AnyResults): Pair[] {
  if (now.kind === "latency" && before.kind === "latency") return latencyPairs(now, before);
  if (now.kind === "tokens" && before.kind === "tokens") return tokenPairs(now, before);
  throw new CodecellError(
    "config_error",
    `results of '${now.kind}' cannot be compared with results of '${before.kind}'`,
  );
}

/** Ratios to a floor are compared where there are some: they hold between machines, as times do not. */
function latencyPairs(now: LatencyResults, before: LatencyResults): Pair[] {
  const known = new Map(before.cells.map((cell) => [`${cell.job} ${cell.subject}`, cell]));
  return now.cells.flatMap((cell): Pair[] => {
    const old = known.get(`${cell.job} ${cell.subject}`);
    if (!isFigure(cell) || !isFigure(old)) return [];
    const title = `${cell.job}, ${cell.subject}`;
    if (cell.ratio === undefined || old.ratio === undefined)
      return [{ title: `${title} (time)`, before: old.median, now: cell.median, noise: SAME_TIME }];
    const noise = SAME_TIME + cell.ratio.spread + old.ratio.spread;
    return [
      {
        title: `${title} (× ${cell.ratio.to})`,
        before: old.ratio.value,
        now: cell.ratio.value,
        noise,
      },
    ];
  });
}

function tokenPairs(now: TokenResults, before: TokenResults): Pair[] {
  const known = new Map(costs(before));
  return costs(now).flatMap(([title, cost]): Pair[] => {
    const old = known.get(title);
    return old === undefined || old === 0
      ? []
      : [{ title, before: old, now: cost, noise: SAME_TOKENS }];
  });
}

/** Input and output of every workload and way, by the first tokenizer and billed every turn. */
function costs({ workloads, tokenizers }: TokenResults): [string, number][] {
  const tokenizer = tokenizers[0]?.name ?? "";
  return workloads.flatMap(({ world, id, counts }) =>
    Object.entries(counts[tokenizer] ?? {}).map(([way, { plain }]): [string, number] => [
      `${world}: ${id}, ${way}`,
      plain.input.everyTurn + plain.output,
    ]),
  );
}
