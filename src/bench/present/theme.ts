/** Colours and fonts of all charts. Contrast is at least 4.5:1 for text and 3:1 for bars and lines (WCAG 2.2, AA). */

/** Colours by purpose; `line1` to `line8` also differ by their dashes. */
interface Palette {
  readonly page: string;
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  readonly grid: string;
  readonly ours: string;
  readonly other: string;
  readonly line1: string;
  readonly line2: string;
  readonly line3: string;
  readonly line4: string;
  readonly line5: string;
  readonly line6: string;
  readonly line7: string;
  readonly line8: string;
}

/** Colour scheme of a picture. */
export type ThemeName = "light" | "dark";
export type ColourName = keyof Palette;

export const PALETTES: Readonly<Record<ThemeName, Palette>> = {
  light: {
    page: "#ffffff",
    ink: "#1b1f24",
    muted: "#57606a",
    rule: "#c9d1d9",
    grid: "#e9ecf0",
    ours: "#0a5bb5",
    other: "#7d8590",
    line1: "#0a5bb5",
    line2: "#c2410c",
    line3: "#0f766e",
    line4: "#9d3c8c",
    line5: "#8a6a00",
    line6: "#24292f",
    line7: "#c0335e",
    line8: "#6e7781",
  },
  dark: {
    page: "#101418",
    ink: "#e6e9ed",
    muted: "#9aa4b0",
    rule: "#3a424b",
    grid: "#232a31",
    ours: "#5aa9ff",
    other: "#74808d",
    line1: "#5aa9ff",
    line2: "#ff9457",
    line3: "#3cc8b4",
    line4: "#e28bd6",
    line5: "#e0bd4a",
    line6: "#e6e9ed",
    line7: "#ff8098",
    line8: "#8d99a6",
  },
};

/** SVG `stroke-dasharray` of the first line, the second, … */
export const DASHES = [
  "none",
  "7 4",
  "2 3",
  "10 3 2 3",
  "14 4",
  "5 2 1 2 1 2",
  "1 5",
  "4 8",
] as const;

export const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** Text styles of a chart: font size and line height in px. */
export const TEXTS = {
  title: { size: 16, line: 22, bold: true, colour: "ink" },
  group: { size: 13, line: 18, bold: true, colour: "ink" },
  label: { size: 13, line: 17, bold: false, colour: "ink" },
  strong: { size: 13, line: 17, bold: true, colour: "ink" },
  quiet: { size: 13, line: 17, bold: false, colour: "muted" },
  note: { size: 12, line: 16, bold: false, colour: "muted" },
} as const satisfies Record<
  string,
  { size: number; line: number; bold: boolean; colour: ColourName }
>;

export type TextStyle = keyof typeof TEXTS;

/** CSS for the inside of a chart. `colour` returns the CSS of a colour: its value, or a custom property. */
export function chartCss(colour: (name: ColourName) => string): string {
  const texts = Object.entries(TEXTS).map(
    ([name, { size, bold, colour: fill }]) =>
      `.${name}{font-size:${size}px;font-weight:${bold ? 600 : 400};fill:${colour(fill)}}`,
  );
  const lines = DASHES.map(
    (dash, at) =>
      `.line${at + 1}{stroke:${colour(`line${at + 1}` as ColourName)};stroke-dasharray:${dash}}` +
      `.dot${at + 1}{fill:${colour(`line${at + 1}` as ColourName)}}`,
  );
  return [
    // The outline keeps text legible over grid lines.
    `.chart text{font-family:${FONT};font-variant-numeric:tabular-nums;paint-order:stroke;stroke:${colour("page")};stroke-width:4px;stroke-linejoin:round}`,
    ...texts,
    `.page{fill:${colour("page")}}`,
    `.grid{stroke:${colour("grid")}}`,
    `.rule{stroke:${colour("rule")}}`,
    `.ours{fill:${colour("ours")}}`,
    `.other{fill:${colour("other")}}`,
    `.floor{fill:${colour("page")};stroke:${colour("other")};stroke-width:1.25}`,
    `.line{fill:none;stroke-width:1.75;stroke-linejoin:round}`,
    `.heavy{stroke-width:3}`,
    `.leader{fill:none;stroke-width:1;stroke-dasharray:none}`,
    ...lines,
  ].join("\n");
}
