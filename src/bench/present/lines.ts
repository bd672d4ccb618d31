/** Draws lines over two axes, each named at its end or, on narrow charts, in a legend above. */
import { type Drawing, stack } from "./drawing.ts";
import { formatFigure } from "./figures.ts";
import { type Markup, markup, NOTHING } from "./markup.ts";
import type { LineChart, Role } from "./presentation.ts";
import { createScale, type Scale } from "./scale.ts";
import { drawText, textHeight, textWidth, wrapText } from "./text-layout.ts";
import { DASHES, TEXTS, type TextStyle } from "./theme.ts";

/** Below this width, in px, there is no space for names beside the plot. */
const NARROW = 560;
const PLOT_HEIGHT = 280;
const NARROW_PLOT_HEIGHT = 220;
/** Space for the leader lines between the plot and the names. */
const LEADER = 26;
/** Length of a line in the legend. */
const SAMPLE = 34;
const MARGIN = 8;
const TICK_SPACE = 20;
/** Lines with more points have no dots, because these would overlap. */
const MAX_DOTS = 40;

/** A drawable line: its points from left to right, and the number of its style, from 1, by its position in the chart. */
export interface Line {
  readonly label: string;
  readonly role: Role;
  readonly style: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Plot {
  readonly left: number;
  readonly right: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

export function drawLines(chart: LineChart, width: number): Drawing {
  const all = drawableLines(chart);
  const lines = all.filter(({ points }) => points.length > 0);
  const notes = omissions(chart, all).map((note) => drawParagraph(note, width));
  if (lines.length === 0) return stack([drawParagraph("Nothing was measured.", width), ...notes]);
  const isNarrow = width < NARROW;
  const gutter = isNarrow ? MARGIN : LEADER + namesWidth(lines, width);
  const plot = layOut(chart, lines, width - gutter, isNarrow);
  const names = isNarrow ? NOTHING : drawNames(lines, plot, width);
  return stack([
    ...(isNarrow ? [drawLegend(lines, width)] : []),
    drawParagraph(chart.yTitle, width),
    {
      height: plot.height + MARGIN,
      body: markup`<g transform="translate(0 ${MARGIN})">${drawGrid(plot)}${drawPaths(lines, plot)}${names}</g>`,
    },
    drawXAxis(chart, plot),
    ...notes,
  ]);
}

/** Omits points that are not finite or, on a logarithmic axis, not positive. */
export function drawableLines(chart: LineChart): Line[] {
  const isDrawable = (value: number): boolean =>
    Number.isFinite(value) && (chart.scale === "linear" || value > 0);
  return chart.series.map(({ label, role = "other", points }, at) => ({
    label,
    role,
    style: (at % DASHES.length) + 1,
    points: points.filter((point) => point.every(isDrawable)).toSorted((a, b) => a[0] - b[0]),
  }));
}

function omissions(chart: LineChart, lines: readonly Line[]): string[] {
  return chart.series.flatMap(({ label, points }, at) => {
    const omitted = points.length - lines[at]!.points.length;
    if (points.length === 0) return [`${label}: nothing was measured.`];
    if (omitted === 0) return [];
    const why = chart.scale === "log" ? "a logarithmic axis has no place for it" : "no number";
    return [`${label}: ${omitted} of ${points.length} points not drawn (${why}).`];
  });
}

function drawParagraph(text: string, width: number): Drawing {
  const lines = wrapText(text, width, "note");
  return { height: textHeight(lines, "note") + 4, body: drawText(lines, 0, 0, "note") };
}

const nameStyle = ({ role }: Line): TextStyle => (role === "ours" ? "strong" : "label");

function namesWidth(lines: readonly Line[], width: number): number {
  const widest = Math.max(...lines.map((line) => textWidth(line.label, nameStyle(line))));
  return Math.min(Math.ceil(widest), width * 0.3);
}

function layOut(chart: LineChart, lines: readonly Line[], right: number, isNarrow: boolean): Plot {
  const points = lines.flatMap((line) => line.points);
  const x = createScale(
    chart.scale,
    points.map(([each]) => each),
  );
  const y = createScale(
    chart.scale,
    points.map(([, each]) => each),
  );
  const widest = Math.max(...yTicks(y).map((tick) => textWidth(formatFigure(tick), "note")));
  const names = isNarrow ? 0 : lines.reduce((sum, line) => sum + nameHeight(line, right), 0);
  const height = Math.max(isNarrow ? NARROW_PLOT_HEIGHT : PLOT_HEIGHT, names);
  return { left: Math.ceil(widest) + MARGIN, right, height, x, y };
}

const yTicks = (scale: Scale): readonly number[] => scale.ticks(6);

const xAt = (plot: Plot, value: number): number =>
  plot.left + plot.x.at(value) * (plot.right - plot.left);
const yAt = (plot: Plot, value: number): number => plot.height * (1 - plot.y.at(value));

function drawGrid(plot: Plot): Markup {
  const lines = yTicks(plot.y).map((tick) => {
    const y = yAt(plot, tick);
    const text = drawText(
      [formatFigure(tick)],
      plot.left - MARGIN,
      y - TEXTS.note.line / 2,
      "note",
      "end",
    );
    return markup`<path class="grid" d="M${plot.left} ${y}H${plot.right}"/>${text}`;
  });
  return markup`${lines}<path class="rule" d="M${plot.left} ${plot.height}H${plot.right}"/>`;
}

function drawPaths(lines: readonly Line[], plot: Plot): Markup {
  const drawn = lines.map(({ points, style, role }) => {
    const at = points.map(([x, y]) => [xAt(plot, x), yAt(plot, y)] as const);
    const path = at.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
    const dots = at.length > MAX_DOTS ? [] : at;
    const heavy = role === "ours" ? " heavy" : "";
    return markup`<path class="line line${style}${heavy}" d="M${path}"/>${dots.map(
      ([x, y]) =>
        markup`<circle class="dot${style}" cx="${x}" cy="${y}" r="${role === "ours" ? 3.5 : 2.75}"/>`,
    )}`;
  });
  return markup`${drawn}`;
}

function nameHeight(line: Line, right: number): number {
  return textHeight(wrapText(line.label, right, nameStyle(line)), nameStyle(line));
}

/** Draws names beside the ends of their lines, moved apart if they would overlap. */
function drawNames(lines: readonly Line[], plot: Plot, width: number): Markup {
  const left = plot.right + LEADER;
  const names = lines
    .map((line) => {
      const [x, y] = line.points.at(-1)!;
      const text = wrapText(line.label, width - left, nameStyle(line));
      return {
        line,
        text,
        x: xAt(plot, x),
        y: yAt(plot, y),
        height: textHeight(text, nameStyle(line)),
      };
    })
    .toSorted((a, b) => a.y - b.y);
  const tops = spread(names, plot.height);
  const drawn = names.map(({ line, text, x, y }, at) => {
    const middle = tops[at]! + TEXTS.label.line / 2;
    const leader = markup`<path class="leader line${line.style}" d="M${x + 5} ${y}L${plot.right + 8} ${y}L${left - 5} ${middle}"/>`;
    return markup`${leader}${drawText(text, left, tops[at]!, nameStyle(line))}`;
  });
  return markup`${drawn}`;
}

/** Tops of boxes, sorted by their preferred `y`, without overlap and within the height if they fit. */
function spread(boxes: readonly { y: number; height: number }[], height: number): number[] {
  const tops: number[] = [];
  let free = -TEXTS.label.line / 2;
  for (const box of boxes) {
    tops.push(Math.max(free, box.y - TEXTS.label.line / 2));
    free = tops.at(-1)! + box.height;
  }
  let end = height + TEXTS.label.line / 2;
  for (let at = boxes.length - 1; at >= 0; at--) {
    tops[at] = Math.min(tops[at]!, end - boxes[at]!.height);
    end = tops[at]!;
  }
  return tops;
}

function drawLegend(lines: readonly Line[], width: number): Drawing {
  const rows = lines.map((line): Drawing => {
    const text = wrapText(line.label, width - SAMPLE - MARGIN, nameStyle(line));
    const middle = TEXTS.label.line / 2;
    const heavy = line.role === "ours" ? " heavy" : "";
    return {
      height: textHeight(text, nameStyle(line)) + 3,
      body: markup`<path class="line line${line.style}${heavy}" d="M0 ${middle}H${SAMPLE}"/>${drawText(text, SAMPLE + MARGIN, 0, nameStyle(line))}`,
    };
  });
  return stack([stack(rows), { height: 10, body: NOTHING }]);
}

function drawXAxis(chart: LineChart, plot: Plot): Drawing {
  const span = plot.right - plot.left;
  const widest = Math.max(...plot.x.ticks(8).map((tick) => textWidth(formatFigure(tick), "note")));
  const ticks = plot.x.ticks(Math.min(8, Math.max(2, Math.floor(span / (widest + TICK_SPACE)))));
  const marks = ticks.map((tick) => {
    const x = xAt(plot, tick);
    const text = drawText([formatFigure(tick)], x, 6, "note", "middle");
    return markup`<path class="rule" d="M${x} 0v5"/>${text}`;
  });
  const title = wrapText(chart.xTitle, span, "note");
  const top = 6 + TEXTS.note.line + 2;
  return {
    height: top + textHeight(title, "note") + 6,
    body: markup`${marks}${drawText(title, (plot.left + plot.right) / 2, top, "note", "middle")}`,
  };
}
