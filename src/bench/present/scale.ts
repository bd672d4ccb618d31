/** Positions of values on an axis, and the round values to mark. */

export interface Scale {
  /** Position of a value: 0 at the start of the axis, 1 at the greatest value. */
  at(value: number): number;
  /** At most `max` round values on the axis, ascending. */
  ticks(max: number): readonly number[];
}

/** Steps within a power of ten. */
const STEPS = [1, 2, 5] as const;

/**
 * `linear` starts at 0. `log` starts at the next round value below the least positive one, so that this one has a
 * length, too; values that are not positive are at the start.
 */
export function createScale(kind: "linear" | "log", values: readonly number[]): Scale {
  return kind === "linear" ? linear(values) : logarithmic(values);
}

function linear(values: readonly number[]): Scale {
  const end = Math.max(0, ...values) || 1;
  return {
    at: (value) => Math.min(1, Math.max(0, value / end)),
    ticks: (max) => {
      const step =
        roundSteps(end / 1_000, end * 2).find((each) => end / each + 1 <= max) ?? end * 2;
      return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, at) => at * step);
    },
  };
}

function logarithmic(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const least = positive.length > 0 ? Math.min(...positive) : 1;
  const end = positive.length > 0 ? Math.max(...positive) : 10;
  const start = roundSteps(least / 10, least).findLast((step) => step < least * (1 - 1e-9))!;
  const length = Math.log(end / start);
  const steps = roundSteps(start, end);
  const decades = steps.filter((step) => step === Number(`1e${Math.round(Math.log10(step))}`));
  return {
    at: (value) => (value > start ? Math.min(1, Math.log(value / start) / length) : 0),
    ticks: (max) => {
      if (steps.length <= max || decades.length < 2) return steps.slice(0, max);
      const apart = Math.ceil(decades.length / max);
      return decades.filter((_, at) => at % apart === 0);
    },
  };
}

/** 1, 2, 5, 10, 20, … between two positive values, both included. */
function roundSteps(from: number, to: number): number[] {
  const first = Math.floor(Math.log10(from));
  const powers = Array.from(
    { length: Math.ceil(Math.log10(to)) - first + 1 },
    (_, at) => first + at,
  );
  // Parsed, not multiplied: 5 * 10 ** -3 is not exactly 0.005.
  const all = powers.flatMap((power) => STEPS.map((step) => Number(`${step}e${power}`)));
  return all.filter((step) => step >= from * (1 - 1e-9) && step <= to * (1 + 1e-9));
}
