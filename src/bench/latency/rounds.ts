/** Measures all jobs of all subjects in interleaved rounds: disturbances of the machine affect all alike. */
import { messageOf } from "../../core/errors.ts";
import { median, quantile, spread } from "../statistics.ts";
import type { Cell } from "./results.ts";
import { Absent } from "./subject.ts";

/** A job of a subject that is measured in rounds. */
export interface Measured {
  readonly subject: string;
  readonly job: string;
  /** Times of one round, in ms. @throws Absent if there are none */
  measure(): Promise<readonly number[]>;
}

/** Returns the floor of a subject, if it has one. */
export type FloorOf = (subject: string) => string | undefined;

type Samples = { readonly rounds: (readonly number[])[]; absent?: string };

/**
 * Measures every entry `rounds` times, after one warm-up round. `entries` of one job must follow each other, so that their
 * ratios compare figures of the same moment.
 */
export async function interleave(
  entries: readonly Measured[],
  rounds: number,
  floorOf: FloorOf,
  log: (text: string) => void,
): Promise<Cell[]> {
  const samples = new Map<Measured, Samples>(entries.map((entry) => [entry, { rounds: [] }]));
  for (let round = 0; round <= rounds; round++) {
    log(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    for (const [entry, known] of samples) {
      if (known.absent !== undefined) continue;
      try {
        const times = await entry.measure();
        if (round > 0) known.rounds.push(times);
      } catch (error) {
        known.absent = messageOf(error);
        if (!(error instanceof Absent)) throw error;
      }
    }
  }
  const byKey = new Map(
    [...samples].map(([{ job, subject }, known]) => [`${job} ${subject}`, known]),
  );
  return [...samples].map(([entry, known]) =>
    cellOf(entry, known, floorOf(entry.subject), (job, subject) => byKey.get(`${job} ${subject}`)),
  );
}

function cellOf(
  { job, subject }: Measured,
  { rounds, absent }: Samples,
  floor: string | undefined,
  find: (job: string, subject: string) => Samples | undefined,
): Cell {
  if (absent !== undefined) return { job, subject, absent };
  const all = rounds.flat();
  const figure = {
    job,
    subject,
    median: median(all),
    p99: quantile(all, 0.99),
    samples: all.length,
  };
  const beside = floor === undefined ? undefined : find(job, floor);
  if (floor === undefined || beside === undefined || beside.absent !== undefined) return figure;
  const ratios = rounds.map((times, round) => median(times) / median(beside.rounds[round]!));
  return { ...figure, ratio: { to: floor, value: median(ratios), spread: spread(ratios) } };
}
