/**
 * What a benchmark presents, independent of the output: the console, Markdown, SVG and the HTML page all render these
 * types, so that each figure is worded once. All texts are plain text; the renderers escape them.
 */

/** Rows of text; the first column names the row. */
export interface Table {
  /** Heading of the table; may be empty. */
  readonly title: string;
  /** Column headings; an empty one has no text. */
  readonly columns: readonly string[];
  /** Cells by row. Missing cells are empty; additional cells get a column without a heading. */
  readonly rows: readonly (readonly string[])[];
  /** Explanations of cells, one sentence each: why one is missing, what a sign means. */
  readonly notes?: readonly string[];
}

/** How a bar or line is drawn: `ours` emphasized, `floor` de-emphasized, `other` in between. */
export type Role = "ours" | "floor" | "other";

/** One measured value, or the reason why there is none. */
export interface Bar {
  /** Name of the bar. */
  readonly label: string;
  /** The value, in the chart's unit; absent, or not finite, if there is none. */
  readonly value?: number;
  /** Why there is no value. @default "not measured" */
  readonly absent?: string;
  /** @default "other" */
  readonly role?: Role;
}

/** Horizontal bars in groups: shorter is better. */
export interface BarChart {
  /** Distinguishes the kinds of charts. */
  readonly kind: "bars";
  /** Heading of the chart. */
  readonly title: string;
  /** Unit of all values, with the statistic: `ms, median`. */
  readonly unit: string;
  /** Scale of the axis; on `log`, bars of values that are not positive have no length. */
  readonly scale: "linear" | "log";
  /** Bars that belong together. */
  readonly groups: readonly {
    /** Heading of the group; may be empty. */
    readonly title: string;
    /** The bars, from top to bottom. */
    readonly bars: readonly Bar[];
  }[];
}

/** Cost against size: a straight line if it grows linearly. */
export interface LineChart {
  /** Distinguishes the kinds of charts. */
  readonly kind: "lines";
  /** Heading of the chart. */
  readonly title: string;
  /** Meaning and unit of the horizontal axis. */
  readonly xTitle: string;
  /** Meaning and unit of the vertical axis. */
  readonly yTitle: string;
  /** Scale of both axes; `log` omits points that are not positive and reports how many. */
  readonly scale: "linear" | "log";
  /** The lines. */
  readonly series: readonly {
    /** Name of the line. */
    readonly label: string;
    /** @default "other" */
    readonly role?: Role;
    /** Points in any order; points that are not finite are omitted and reported. */
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

/** A chart of either kind. */
export type Chart = BarChart | LineChart;

/** A part of a report. */
export interface Section {
  /** Unique within the report; the fragment of its address on the page. */
  readonly id: string;
  /** Heading of the section. */
  readonly title: string;
  /** Paragraphs. */
  readonly text: readonly string[];
  /** Charts, shown after the text. */
  readonly charts: readonly Chart[];
  /** Tables, shown after the charts. */
  readonly tables: readonly Table[];
}

/** Everything that one or more benchmarks present. */
export interface Report {
  /** Title of the page. */
  readonly title: string;
  /** Paragraphs at the start: the main findings. */
  readonly lead: readonly string[];
  /** The sections, in the order in which they are read. */
  readonly sections: readonly Section[];
  /** The machine and the versions. */
  readonly facts: Table;
}
