/** Detects figures that are too noisy. */
import { isFigure, type Figure, type LatencyResults } from "./results.ts";

/** Spread above which a ratio depends more on the machine than on the subject. */
const WIDE_SPREAD = 0.25;
/** Share of the ratios that may be noisy by chance. */
const FEW = 0.2;
/** With fewer rounds the spread has no meaning. */
const ENOUGH_ROUNDS = 3;

/** Whether the rounds did not agree. */
export function isNoisy({ ratio }: Figure): boolean {
  return ratio !== undefined && ratio.spread > WIDE_SPREAD;
}

/** Warnings for readers of the results; empty if the machine was quiet. */
export function noiseWarnings({ cells, rounds }: LatencyResults): string[] {
  if (rounds < ENOUGH_ROUNDS)
    return [`${rounds} rounds do not show how noisy the machine was: at least ${ENOUGH_ROUNDS} do`];
  const ratios = cells.filter(isFigure).filter(({ ratio }) => ratio !== undefined);
  const noisy = ratios.filter(isNoisy);
  if (noisy.length <= ratios.length * FEW) return [];
  return [
    `noisy: in ${noisy.length} of ${ratios.length} ratios the rounds did not agree (marked ~); run it again on a quiet machine`,
  ];
}
