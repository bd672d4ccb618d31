/** Draws a chart of either kind with its heading, and describes it in words. */
import { absence, drawBars, measured } from "./bars.ts";
import { type Drawing, space, stack } from "./drawing.ts";
import { formatFigure } from "./figures.ts";
import { drawableLines, drawLines } from "./lines.ts";
import { markup } from "./markup.ts";
import type { BarChart, Chart, LineChart, Role } from "./presentation.ts";
import { drawText, textHeight, textWidth, wrapText } from "./text-layout.ts";
import { TEXTS } from "./theme.ts";

const KEY_NAMES: Readonly<Record<Role, string>> = {
  ours: "codecell",
  other: "others",
  floor: "floor",
};
const SWATCH = 11;

/** Draws the chart `width` px wide, at its natural height. */
export function drawChart(chart: Chart, width: number): Drawing {
  const title = wrapText(chart.title, width, "title");
  const unit = wrapText(subtitle(chart), width, "note");
  const heading = [
    { height: textHeight(title, "title") + 2, body: drawText(title, 0, 0, "title") },
    { height: textHeight(unit, "note"), body: drawText(unit, 0, 0, "note") },
  ];
  if (chart.kind === "lines") return stack([...heading, space(12), drawLines(chart, width)]);
  return stack([...heading, drawKey(chart), space(14), drawBars(chart, width)]);
}

function subtitle(chart: Chart): string {
  if (chart.kind === "lines") return chart.scale === "log" ? "both axes logarithmic" : "";
  return `${chart.unit}${chart.scale === "log" ? " · logarithmic scale" : ""} · shorter is better`;
}

/** Legend of the roles of bars, if there is more than one. */
function drawKey(chart: BarChart): Drawing {
  const roles = new Set(
    chart.groups.flatMap(({ bars }) => bars).map(({ role }) => role ?? "other"),
  );
  if (roles.size < 2) return space(0);
  let left = 0;
  const items = (["ours", "other", "floor"] as const)
    .filter((role) => roles.has(role))
    .map((role) => {
      const x = left;
      left += SWATCH + 6 + textWidth(KEY_NAMES[role], "note") + 16;
      return markup`<rect class="${role}" x="${x + 0.5}" y="8.5" width="${SWATCH}" height="${SWATCH - 1}"/>${drawText([KEY_NAMES[role]], x + SWATCH + 7, 6, "note")}`;
    });
  return { height: 6 + TEXTS.note.line, body: markup`${items}` };
}

/** Text alternative of a chart: what is measured, then every figure. */
export function describeChart(chart: Chart): string {
  return chart.kind === "bars" ? describeBars(chart) : describeLines(chart);
}

function describeBars(chart: BarChart): string {
  const groups = chart.groups.map(({ title, bars }) => {
    const figures = bars.map((bar) => {
      const value = measured(bar);
      return `${bar.label}: ${value === undefined ? absence(bar) : formatFigure(value)}`;
    });
    return `${title}: ${figures.join("; ")}.`;
  });
  return [`Bars, ${subtitle(chart)}.`, ...groups].join(" ");
}

function describeLines(chart: LineChart): string {
  const lines = drawableLines(chart).map(({ label, points }) => {
    const said = points.map(([x, y]) => `${formatFigure(y)} at ${formatFigure(x)}`);
    return `${label}: ${said.length > 0 ? said.join(", ") : "nothing was measured"}.`;
  });
  return [`Lines, ${chart.yTitle} against ${chart.xTitle}.`, ...lines].join(" ");
}
