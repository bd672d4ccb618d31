/** Formats numbers, the same in every chart. */

const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** Three significant digits, the precision of the measurements: `0.041`, `1.82`, `1,234`, `2.5M`. */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return COMPACT.format(value);
  return (size >= 100 ? WHOLE : SHORT).format(value);
}
