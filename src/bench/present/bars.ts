/** Draws horizontal bars with their names to the left or, on narrow charts, above. */
import { type Drawing, space, stack } from "./drawing.ts";
import { formatFigure } from "./figures.ts";
import { markup, NOTHING } from "./markup.ts";
import type { Bar, BarChart, Role } from "./presentation.ts";
import { createScale, type Scale } from "./scale.ts";
import { drawText, textHeight, textWidth, wrapText } from "./text-layout.ts";
import { TEXTS, type TextStyle } from "./theme.ts";

/** Below this width, in px, names are above their bars. */
const NARROW = 560;
const THICKNESS: Readonly<Record<Role, number>> = { ours: 14, other: 12, floor: 10 };
/** Between a bar and a text beside it. */
const MARGIN = 8;
const ROW_GAP = 8;
const TICK_SPACE = 20;
/** Minimum length of a positive bar, so that it is visible. */
const LEAST = 1.5;

interface Layout {
  readonly width: number;
  readonly isNarrow: boolean;
  readonly labelWidth: number;
  /** Start of all bars, and length of the longest. */
  readonly left: number;
  readonly span: number;
  readonly scale: Scale;
}

export function drawBars(chart: BarChart, width: number): Drawing {
  const bars = chart.groups.flatMap((group) => group.bars);
  if (bars.length === 0) return drawNote("Nothing was measured.", 0, width);
  const layout = layOut(chart, bars, width);
  const groups = chart.groups.map(({ title, bars: rows }) =>
    stack([
      ...(title.trim() === "" ? [] : [drawGroupTitle(title, width)]),
      stack(
        rows.map((bar) => drawRow(bar, layout)),
        ROW_GAP,
      ),
    ]),
  );
  const body = stack([stack(groups, 16), space(8)]);
  const figures = bars.some((bar) => measured(bar) !== undefined);
  return figures ? withAxis(body, layout) : body;
}

/** The value, if it can be drawn. */
export function measured(bar: Bar): number | undefined {
  return Number.isFinite(bar.value) ? bar.value : undefined;
}

/** Why there is no value. */
export function absence(bar: Bar): string {
  return bar.absent ?? "not measured";
}

function layOut(chart: BarChart, bars: readonly Bar[], width: number): Layout {
  const values = bars.map(measured).filter((value) => value !== undefined);
  const isNarrow = width < NARROW;
  const widest = Math.max(...bars.map((bar) => textWidth(bar.label, labelStyle(bar))));
  const labelWidth = isNarrow ? width : Math.min(Math.ceil(widest), width * 0.36);
  const left = isNarrow ? 0 : labelWidth + 12;
  const beside = Math.max(
    0,
    ...values.map((value) => textWidth(formatFigure(value), "strong") + MARGIN),
  );
  const scale = createScale(chart.scale, values);
  return { width, isNarrow, labelWidth, left, span: width - left - beside, scale };
}

function labelStyle({ role = "other" }: Bar): TextStyle {
  return ({ ours: "strong", other: "label", floor: "quiet" } as const)[role];
}

function drawGroupTitle(title: string, width: number): Drawing {
  const lines = wrapText(title, width, "group");
  const height = textHeight(lines, "group") + 10;
  const rule = markup`<path class="rule" d="M0 ${height - 6.5}H${width}"/>`;
  return { height: height + 2, body: markup`${drawText(lines, 0, 0, "group")}${rule}` };
}

function drawRow(bar: Bar, layout: Layout): Drawing {
  const style = labelStyle(bar);
  const lines = wrapText(bar.label, layout.labelWidth, style);
  const label = { height: textHeight(lines, style), body: drawText(lines, 0, 0, style) };
  const value = measured(bar);
  const mark =
    value === undefined
      ? drawNote(`– ${absence(bar)}`, layout.left + MARGIN, layout.width)
      : drawBar(bar, value, layout);
  if (layout.isNarrow) return stack([label, mark]);
  const height = Math.max(label.height, mark.height);
  const middle = (part: Drawing) =>
    markup`<g transform="translate(0 ${(height - part.height) / 2})">${part.body}</g>`;
  return { height, body: markup`${middle(label)}${middle(mark)}` };
}

function drawBar(bar: Bar, value: number, { left, span, scale }: Layout): Drawing {
  const role = bar.role ?? "other";
  const height = TEXTS.label.line;
  const thickness = THICKNESS[role];
  const length = value > 0 ? Math.max(LEAST, scale.at(value) * span) : 0;
  const top = (height - thickness) / 2;
  const shape =
    length > 0
      ? markup`<rect class="${role}" x="${left}" y="${top}" width="${length}" height="${thickness}"/>`
      : NOTHING;
  const figure = drawText([formatFigure(value)], left + length + MARGIN, 0, labelStyle(bar));
  return { height, body: markup`${shape}${figure}` };
}

function drawNote(text: string, left: number, width: number): Drawing {
  const lines = wrapText(text, width - left, "note");
  return { height: textHeight(lines, "note"), body: drawText(lines, left, 0, "note") };
}

/** Adds grid lines behind the bars and their values below. */
function withAxis(bars: Drawing, { left, span, scale, width }: Layout): Drawing {
  const room = (ticks: readonly number[]): number =>
    Math.max(...ticks.map((tick) => textWidth(formatFigure(tick), "note"))) + TICK_SPACE;
  const ticks = scale.ticks(Math.min(8, Math.max(2, Math.floor(span / room(scale.ticks(8))))));
  const bottom = bars.height;
  const grid = ticks.map((tick) => {
    const x = left + scale.at(tick) * span;
    return markup`<path class="grid" d="M${x} 0V${bottom}"/>`;
  });
  const labels = ticks.map((tick) => {
    const text = formatFigure(tick);
    const half = textWidth(text, "note") / 2;
    const x = Math.min(width - half, Math.max(half, left + scale.at(tick) * span));
    return drawText([text], x, bottom + 4, "note", "middle");
  });
  const rule = markup`<path class="rule" d="M${left} 0V${bottom}"/>`;
  return {
    height: bottom + 4 + TEXTS.note.line,
    body: markup`${grid}${rule}${bars.body}${labels}`,
  };
}
