/**
 * What a benchmark has to show, before anyone decides how: the console, Markdown, SVG and the page are all made from
 * these, so that a figure is put into words once.
 */

/** Rows of text; the first column names the row. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What a reader has to know of cells, one sentence each: why one is missing, what a sign means. */
  readonly notes?: readonly string[];
}

/** `ours` stands out, `floor` stands back; `other` when nothing is said. */
export type Role = "ours" | "floor" | "other";

/** One measured thing, or the reason why there is none. */
export interface Bar {
  readonly label: string;
  readonly value?: number;
  /** Why there is no value. */
  readonly absent?: string;
  readonly role?: Role;
}

/** Horizontal bars in groups: shorter is better. */
export interface BarChart {
  readonly kind: "bars";
  readonly title: string;
  /** Said once: `ms, median`. */
  readonly unit: string;
  readonly scale: "linear" | "log";
  readonly groups: readonly { readonly title: string; readonly bars: readonly Bar[] }[];
}

/** Cost against size: straight where it grows linearly. */
export interface LineChart {
  readonly kind: "lines";
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly scale: "linear" | "log";
  readonly series: readonly {
    readonly label: string;
    readonly role?: Role;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

export type Chart = BarChart | LineChart;

/** A part of a report, in the order in which it is read. */
export interface Section {
  /** A fragment of the page's address. */
  readonly id: string;
  readonly title: string;
  /** Paragraphs of plain text. */
  readonly text: readonly string[];
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
}

/** All that a benchmark has to say. */
export interface Report {
  readonly title: string;
  /** Paragraphs of plain text: what was found. */
  readonly lead: readonly string[];
  readonly sections: readonly Section[];
  /** The machine and the versions. */
  readonly facts: Table;
}
