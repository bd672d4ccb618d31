/** Renders charts as a standalone SVG, for a README. */
import { describeChart, drawChart } from "./charts.ts";
import { stack } from "./drawing.ts";
import { Markup, markup } from "./markup.ts";
import type { Chart } from "./presentation.ts";
import { chartCss, PALETTES, type ThemeName } from "./theme.ts";

const WIDTH = 860;
const MARGIN = 24;
/** Between two charts. */
const GAP = 48;

/**
 * Renders one SVG file with all charts below each other, 860 px wide, in fixed colours. It has no external references,
 * scripts, fonts or custom properties, so that viewers other than browsers show it, too.
 */
export function renderSvg(charts: readonly Chart[], theme: ThemeName): string {
  const palette = PALETTES[theme];
  const content = WIDTH - 2 * MARGIN;
  const { height: inside, body } = stack(
    charts.map((chart) => drawChart(chart, content)),
    GAP,
  );
  const height = Math.ceil(inside + 2 * MARGIN);
  const css = new Markup(chartCss((name) => palette[name]));
  const title = charts.map((chart) => chart.title).join("; ");
  const description = charts.map((chart) => `${chart.title}. ${describeChart(chart)}`).join(" ");
  return `${
    markup`<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="title description" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">
<title id="title">${title}</title>
<desc id="description">${description}</desc>
<style>${css}</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
<g transform="translate(${MARGIN} ${MARGIN})">${body}</g>
</svg>`.text
  }\n`;
}
