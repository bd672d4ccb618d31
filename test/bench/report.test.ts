/** Results as tables, charts and a page: right, escaped, and readable in a real browser. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderConsole } from "../../src/bench/present/console-table.ts";
import { renderMarkdown } from "../../src/bench/present/markdown.ts";
import { renderPage } from "../../src/bench/present/page.ts";
import type { BarChart, LineChart, Report, Table } from "../../src/bench/present/presentation.ts";
import { renderSvg } from "../../src/bench/present/svg.ts";
import { launchBrowser } from "../support/browser.ts";
import { temporaryFolder } from "../support/folders.ts";

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const HOSTILE = `<script>alert("1")</script> & 'x' | *y*`;

const TABLE: Table = {
  title: "Runs, ms",
  columns: ["", "trivial", "20 at once"],
  rows: [
    ["codecell v8 process", "1.06 (0.65×)", "81.8"],
    ["bare isolated-vm", "1.68", "–"],
  ],
  notes: ["bare isolated-vm, 20 at once: it was not asked."],
};

const SUBJECTS = [
  ..."v8 inline,v8 process,v8 sandbox,quickjs inline,quickjs thread,quickjs process,quickjs sandbox"
    .split(",")
    .map((name) => ({ label: `codecell ${name}`, role: "ours" as const })),
  ..."new AsyncFunction,bare isolated-vm,bare quickjs-emscripten"
    .split(",")
    .map((label) => ({ label, role: "floor" as const })),
  ..."run,@ai-sdk/code-mode,TanStack code mode isolated-vm,@utcp/code-mode,@earendil-works/pi-codemode,@sebastianwessel/quickjs,quickjs-wasi bare,secure-exec,node child per run"
    .split(",")
    .map((label) => ({ label, role: "other" as const })),
];

const BARS: BarChart = {
  kind: "bars",
  title: "Runs",
  unit: "ms, median",
  scale: "log",
  groups: ["trivial", "back to back", "30 lines, 5 calls"].map((title, group) => ({
    title,
    bars: SUBJECTS.map((subject, at) =>
      at === 12
        ? { ...subject, absent: "a program of this product cannot call tools at once, it says" }
        : { ...subject, value: 0.002 * 3 ** ((at + group) % 12) },
    ),
  })),
};

const LINES: LineChart = {
  kind: "lines",
  title: "Calls one after the other",
  xTitle: "calls",
  yTitle: "ms, median",
  scale: "linear",
  series: ["codecell v8 process", "codecell quickjs process", "bare isolated-vm", "run"].map(
    (label, at) => ({
      label,
      points: [100, 500, 1_000, 2_000, 4_000].map(
        (size) => [size, size * (0.04 + at / 90)] as const,
      ),
    }),
  ),
};

const WIDE: Table = {
  title: "Jobs",
  columns: ["job", ...Array.from({ length: 8 }, (_, at) => `direct, billed every turn ${at}`)],
  rows: [["10,000 rows, summed up", ...Array.from({ length: 8 }, (_, at) => `${at}16,512`)]],
};

const REPORT: Report = {
  title: "codecell: latency and tokens",
  lead: ["Measured here, and again there."],
  sections: [
    { id: "runs", title: "Runs", text: ["trivial: one run."], charts: [BARS], tables: [TABLE] },
    { id: "growth", title: "Growth", text: [], charts: [LINES], tables: [] },
    { id: "tokens", title: "Tokens", text: ["Whole jobs."], charts: [], tables: [WIDE] },
  ],
  facts: { title: "Machine", columns: ["", ""], rows: [["Node", "26"]] },
};

/** Scripts of the page, as text: there is no document here, and so no types of one. */
/** Pairs of texts of one drawing that lie over each other. */
const OVERLAPS = `[...document.querySelectorAll("svg")].flatMap((svg) => {
  const texts = [...svg.querySelectorAll("text")]
    .map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0);
  const over = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  return texts.flatMap((a, at) =>
    texts.slice(at + 1).filter((b) => over(a.box, b.box)).map((b) => a.words + " / " + b.words));
})`;
const VIOLATIONS = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`;
/** Of a picture in base64: mean brightness, and how many colours there are. */
const LOOK = `async (data) => {
  const image = new Image();
  image.src = "data:image/png;base64," + data;
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
  const colours = new Set();
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    colours.add((pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2]);
    sum += pixels[at] + pixels[at + 1] + pixels[at + 2];
  }
  return { mean: sum / (pixels.length / 4) / 3, colours: colours.size };
}`;
/** Read a drawing as XML and put it into the page. */
const PARSE = `(text) => {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  document.querySelector("main").append(document.importNode(root, true));
  return { name: root.nodeName, label: root.querySelector("title")?.textContent };
}`;

describe("tables", () => {
  test("on a console the first column is left, figures are right, notes below", () => {
    const lines = renderConsole(TABLE).split("\n");
    const row = lines.find((line) => line.startsWith("bare isolated-vm"))!;
    const header = lines.find((line) => line.includes("20 at once"))!;
    expect(row.trimEnd()).toMatch(/^bare isolated-vm +1\.68 +–$/);
    expect(header.trimEnd().length).toBe(row.trimEnd().length);
    expect(lines.join("\n")).toContain("it was not asked");
  });

  test("as Markdown they are what oxfmt makes of them, and plain text", async () => {
    const hostile = { ...TABLE, rows: [[HOSTILE, "1", "2"], ...TABLE.rows] };
    const text = renderMarkdown(hostile);
    expect(text).toContain("\\<script>");
    expect(text).toContain("\\|");
    const file = join(temporaryFolder(), "table.md");
    writeFileSync(file, text);
    await run(here("../../node_modules/.bin/oxfmt"), [file]);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("without rows they are still tables", () => {
    const empty = { title: "Nothing", columns: ["", "a"], rows: [] };
    expect(renderConsole(empty)).toContain("Nothing");
    expect(renderMarkdown(empty)).toContain("---");
  });
});

describe("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => (browser = await launchBrowser()));
  afterAll(async () => await browser?.close());

  async function withPage<T>(
    html: string,
    options: { width: number; colorScheme: "light" | "dark" },
    look: (page: Page, told: readonly string[]) => Promise<T>,
  ): Promise<T> {
    const { width, colorScheme } = options;
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme,
      bypassCSP: true, // for the tests' own scripts
    });
    const told: string[] = [];
    const page = await context.newPage();
    page.on("request", (request) => told.push(`request ${request.url()}`));
    page.on("console", (message) => told.push(`console ${message.text()}`));
    page.on("pageerror", (error) => told.push(`error ${error.message}`));
    try {
      await page.setContent(html);
      return await look(page, told);
    } finally {
      await context.close();
    }
  }

  const overlaps = (page: Page): Promise<string[]> => page.evaluate(OVERLAPS);

  const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  const VIEWS = [360, 1280].flatMap((width) =>
    (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme })),
  );

  test.each(VIEWS)("the page at $width px, $colorScheme", async (view) => {
    await withPage(renderPage(REPORT), view, async (page, told) => {
      expect(told).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      expect(await overlaps(page)).toEqual([]);
      await page.addScriptTag({ path: AXE });
      const violations = await page.evaluate(VIOLATIONS);
      expect(violations).toEqual([]);
    });
  });

  test("a screenshot shows something, and the dark is dark", async () => {
    /** Mean brightness, and how many colours there are. */
    const seen = (colorScheme: "light" | "dark"): Promise<{ mean: number; colours: number }> =>
      withPage(renderPage(REPORT), { width: 800, colorScheme }, async (page) => {
        const shot = (await page.screenshot({ fullPage: true })).toString("base64");
        return await page.evaluate(`(${LOOK})(${JSON.stringify(shot)})`);
      });
    const [light, dark] = [await seen("light"), await seen("dark")];
    expect(light.colours).toBeGreaterThan(50);
    expect(dark.colours).toBeGreaterThan(50);
    expect(light.mean).toBeGreaterThan(200);
    expect(dark.mean).toBeLessThan(70);
  });

  test("nothing that comes from outside is markup", async () => {
    const hostile = JSON.parse(
      JSON.stringify(REPORT).replaceAll("codecell", JSON.stringify(HOSTILE).slice(1, -1)),
    ) as Report;
    const html = renderPage(hostile);
    expect(html).not.toContain("<script");
    await withPage(html, { width: 1280, colorScheme: "light" }, async (page, told) => {
      expect(await page.title()).toContain(HOSTILE);
      expect(told).toEqual([]);
    });
  });

  test.each(["light", "dark"] as const)("a drawing stands alone, %s", async (theme) => {
    const hostile = { ...LINES, title: HOSTILE };
    const svg = renderSvg([BARS, hostile], theme);
    expect(svg).not.toMatch(/<script|href=|url\((?!#)/);
    await withPage("<main></main>", { width: 1000, colorScheme: theme }, async (page) => {
      const parsed = await page.evaluate(`(${PARSE})(${JSON.stringify(svg)})`);
      expect(parsed).toMatchObject({ name: "svg", label: expect.any(String) });
      expect(await overlaps(page)).toEqual([]);
    });
  });

  test.each([
    ["zero", [0, 1, 1_000]],
    ["the same value throughout", [5, 5, 5]],
    ["one value", [0.001]],
    ["no value", []],
  ])("a logarithmic scale bears %s", async (_name, values) => {
    const bars = values.map((value, at) => ({ label: `bar ${at}`, value }));
    const chart: BarChart = { ...BARS, groups: [{ title: "g", bars }] };
    const svg = renderSvg([chart], "light");
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe("codecell bench report", () => {
  const MAIN = here("../../dist/cli/main.js");

  test("makes a page of stored results", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "page.html");
    const stored = here("../../bench/results/tokens.json");
    await run(process.execPath, [MAIN, "bench", "report", stored, "--out", out], { cwd: folder });
    expect(readFileSync(out, "utf8")).toContain("Tokens of whole jobs");
  });

  test("names a file that holds no results", async () => {
    const file = join(temporaryFolder(), "other.json");
    writeFileSync(file, "{}");
    await expect(run(process.execPath, [MAIN, "bench", "report", file])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("other.json cannot be read"),
    });
  });
});
