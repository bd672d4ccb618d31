/** Compares results with stored ones: reports what became slower or costs more tokens, beyond noise. */
import { CodecellError } from "../index.ts";
import { type Figure, isFigure, type LatencyResults, type ProbeCell } from "./latency/results.ts";
import { figure } from "./latency/tables.ts";
import type { Table } from "./present/presentation.ts";
import type { AnyResults } from "./report.ts";
import type { TokenResults } from "./tokens/results.ts";

/** What changed between two results. */
export interface Comparison {
  /** One row for each change beyond noise, the largest increase first. */
  readonly table: Table;
  /** Titles of what got worse, and of what is missing now with its reason. Empty if nothing got worse. */
  readonly regressions: readonly string[];
}

/** Times that change by less (relative) count as equal. */
const SAME_TIME = 0.25;
/** Tokens are counted, not measured; the counts differ slightly with the paths of temporary folders. */
const SAME_TOKENS = 0.02;

interface Changes {
  readonly pairs: readonly Pair[];
  /** What `before` has and `now` has not, with the reason. */
  readonly lost: readonly string[];
}

interface Pair {
  readonly title: string;
  readonly before: number;
  readonly now: number;
  /** Relative change that counts as noise. */
  readonly noise: number;
}

/**
 * Compares two results of the same kind. Times count as changed beyond 25 % (plus the spread of both ratios), tokens
 * beyond 2 %.
 * @param now the new results
 * @param before the stored results
 * @throws CodecellError `config_error` if the kinds differ, or if two token results share no tokenizer
 */
export function compareResults(now: AnyResults, before: AnyResults): Comparison {
  const { pairs, lost } = pairsOf(now, before);
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
      notes: lost,
    },
    regressions: [...lost, ...changed.filter(({ change }) => change > 0).map(({ title }) => title)],
  };
}

function pairsOf(now: AnyResults, before: AnyResults): Changes {
  if (now.kind === "latency" && before.kind === "latency") return latencyChanges(now, before);
  if (now.kind === "tokens" && before.kind === "tokens") return tokenChanges(now, before);
  throw new CodecellError(
    "config_error",
    `results of '${now.kind}' cannot be compared with results of '${before.kind}'`,
  );
}

/** Compares only codecell's own subjects. Prefers ratios to a floor, because they are comparable between machines. */
function latencyChanges(now: LatencyResults, before: LatencyResults): Changes {
  const known = new Map(before.cells.map((cell) => [`${cell.job} ${cell.subject}`, cell]));
  const ours = new Set(now.subjects.filter(({ kind }) => kind === "codecell").map(({ id }) => id));
  const pairs: Pair[] = [];
  const lost: string[] = [];
  for (const cell of now.cells) {
    const old = known.get(`${cell.job} ${cell.subject}`);
    if (!ours.has(cell.subject) || !isFigure(old) || old.median <= 0) continue;
    const title = `${cell.job}, ${cell.subject}`;
    if (isFigure(cell)) pairs.push(latencyPair(title, cell, old));
    else lost.push(`${title}: ${cell.absent}`);
  }
  const able = new Set(before.findings.filter(({ ok }) => ok).map(nameOfFinding));
  for (const finding of now.findings)
    if (!finding.ok && ours.has(finding.subject) && able.has(nameOfFinding(finding)))
      lost.push(`${nameOfFinding(finding)}: ${finding.shown}`);
  return { pairs, lost };
}

const nameOfFinding = ({ probe, subject }: ProbeCell): string => `${probe}, ${subject}`;

function latencyPair(title: string, now: Figure, before: Figure): Pair {
  if (now.ratio === undefined || before.ratio === undefined)
    return { title: `${title} (time)`, before: before.median, now: now.median, noise: SAME_TIME };
  const noise = SAME_TIME + now.ratio.spread + before.ratio.spread;
  return {
    title: `${title} (× ${now.ratio.to})`,
    before: before.ratio.value,
    now: now.ratio.value,
    noise,
  };
}

/** Compares by the first tokenizer that both have. @throws CodecellError `config_error` if there is none */
function tokenChanges(now: TokenResults, before: TokenResults): Changes {
  const common = now.tokenizers.find(({ name }) =>
    before.tokenizers.some((other) => other.name === name),
  );
  if (common === undefined)
    throw new CodecellError("config_error", "the results were counted by different tokenizers");
  const costs = new Map(costsBy(common.name, now));
  const pairs: Pair[] = [];
  const lost: string[] = [];
  for (const [title, old] of costsBy(common.name, before)) {
    const cost = costs.get(title);
    if (cost === undefined) lost.push(`${title}: not counted any more`);
    else if (old > 0) pairs.push({ title, before: old, now: cost, noise: SAME_TOKENS });
  }
  return { pairs, lost };
}

/** Input and output tokens of every workload and way, billed every turn. */
function costsBy(tokenizer: string, { workloads }: TokenResults): [string, number][] {
  return workloads.flatMap(({ world, id, counts }) =>
    Object.entries(counts[tokenizer] ?? {}).map(([way, { plain }]): [string, number] => [
      `${world}: ${id}, ${way}`,
      plain.input.everyTurn + plain.output,
    ]),
  );
}
