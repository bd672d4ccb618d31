/** Renders a report as one HTML page. */
import { describeChart, drawChart } from "./charts.ts";
import { type Grid, gridOf } from "./columns.ts";
import { Markup, markup, NOTHING } from "./markup.ts";
import { COLUMN, pageCss } from "./page-style.ts";
import type { Chart, Report, Section, Table } from "./presentation.ts";

/** Width of the narrow form of a chart, in px: it fits a small phone. */
const NARROW = 328;
const FACTS = "facts";
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * Renders one self-contained HTML file without scripts or network access. It supports phones, dark mode, print and
 * screen readers; its content security policy allows only its own style.
 */
export function renderPage(report: Report): string {
  const sections = report.sections.map((section, at) => renderSection(section, `s${at}`));
  const links = [
    ...report.sections.map(({ id, title }) => link(id, title)),
    link(FACTS, report.facts.title),
  ];
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${report.title}</title>
<style>
${new Markup(pageCss())}
</style>
</head>
<body>
<a class="skip" href="#results">Skip to the results</a>
<header>
<h1>${report.title}</h1>
${paragraphs(report.lead)}
</header>
<nav aria-label="Sections"><ul>${links}</ul></nav>
<main id="results" tabindex="-1">
${sections}
<section class="facts" aria-labelledby="${FACTS}">
<h2 id="${FACTS}">${report.facts.title}</h2>
${renderTable(report.facts, FACTS)}
</section>
</main>
</body>
</html>`;
  return `${page.text}\n`;
}

function link(id: string, title: string): Markup {
  return markup`<li><a href="#${encodeURIComponent(id)}">${title}</a></li>`;
}

function paragraphs(texts: readonly string[]): Markup {
  return markup`${texts.map((text) => markup`<p>${text}</p>`)}`;
}

function renderSection(section: Section, key: string): Markup {
  const { id, title, text, charts, tables } = section;
  const isEmpty = text.length + charts.length + tables.length === 0;
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${paragraphs(isEmpty ? ["Nothing was measured here."] : text)}
${charts.map((chart, at) => renderFigure(chart, `${key}-chart${at}`))}
${tables.map((table, at) => renderTable(table, `${key}-table${at}`))}
</section>
`;
}

/** Draws the chart twice: scaled down to the width of a phone, the wide form would be illegible. */
function renderFigure(chart: Chart, key: string): Markup {
  return markup`<figure>${drawInline(chart, COLUMN, "wide", key)}${drawInline(chart, NARROW, "narrow", key)}</figure>`;
}

function drawInline(chart: Chart, width: number, form: "wide" | "narrow", key: string): Markup {
  const { height, body } = drawChart(chart, width);
  const id = `${key}-${form}`;
  return markup`<svg class="chart ${form}" role="img" aria-labelledby="${id}-title ${id}-description" viewBox="0 0 ${width} ${Math.ceil(height)}">
<title id="${id}-title">${chart.title}</title>
<desc id="${id}-description">${describeChart(chart)}</desc>
${body}
</svg>`;
}

function renderTable(table: Table, key: string): Markup {
  const notes = (table.notes ?? []).map((note) => markup`<li>${note}</li>`);
  return markup`<div class="table">
<div class="scroll" role="group" aria-labelledby="${key}-caption" tabindex="0">
<table>
<caption id="${key}-caption"><span>${table.title}</span></caption>
${renderCells(gridOf(table))}
</table>
</div>
${notes.length > 0 ? markup`<ul class="notes">${notes}</ul>` : NOTHING}
</div>
`;
}

function renderCells({ header, rows, alignments }: Grid): Markup {
  const side = (at: number): Markup =>
    alignments[at] === "right" ? markup` class="right"` : NOTHING;
  // Screen readers would announce an empty header cell.
  const head = header.map((cell, at) =>
    cell === "" ? markup`<td></td>` : markup`<th scope="col"${side(at)}>${cell}</th>`,
  );
  const body = rows.map(([name = "", ...cells]) => {
    const first = name === "" ? markup`<td></td>` : markup`<th scope="row">${name}</th>`;
    const rest = cells.map((cell, at) => markup`<td${side(at + 1)}>${cell}</td>`);
    return markup`<tr>${first}${rest}</tr>\n`;
  });
  const nothing = markup`<tr><td colspan="${header.length}">Nothing was measured.</td></tr>\n`;
  return markup`<thead><tr>${head}</tr></thead>
<tbody>
${body.length > 0 ? body : nothing}</tbody>`;
}
