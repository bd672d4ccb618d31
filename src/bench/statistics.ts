/** The middle value; for an even number of values, the upper of the two in the middle. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the fraction `part` (0 to 1) of all values lies. @throws RangeError for no values */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new RangeError("no values");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
}

/** Interquartile range relative to the median: how far a figure can be trusted. @throws RangeError for no values */
export function spread(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / Math.abs(median(values));
}
