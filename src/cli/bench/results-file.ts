/** Results on disk and on the console. */
import { readFile, writeFile } from "node:fs/promises";
import {
  type AnyResults,
  compareResults,
  renderConsole,
  renderSvg,
  sectionsOf,
} from "../../bench/index.ts";
import { CodecellError, messageOf } from "../../core/errors.ts";
import { note } from "../output.ts";

/** Flags of every bench. */
export const OUTPUT_FLAGS = {
  json: { type: "string" },
  svg: { type: "string" },
  compare: { type: "string" },
  check: { type: "boolean" },
} as const;

type Values = Readonly<Record<string, unknown>>;

/** @throws CodecellError `config_error` for a file that holds no results */
export async function readResults(file: string): Promise<AnyResults> {
  try {
    const results = JSON.parse(await readFile(file, "utf8")) as AnyResults;
    if (results.format === 1 && (results.kind === "latency" || results.kind === "tokens"))
      return results;
    throw new Error("it is no result of codecell bench, or of another version's");
  } catch (error) {
    throw new CodecellError("config_error", `${file} cannot be read: ${messageOf(error)}`, {
      hint: "codecell bench latency --json FILE and codecell bench tokens --json FILE write such files.",
      cause: error,
    });
  }
}

/**
 * Print the results, write the files that were asked for, compare with the stored ones. The answer is what got worse.
 */
export async function tellResults(results: AnyResults, values: Values): Promise<readonly string[]> {
  const sections = sectionsOf(results);
  for (const { title, text, tables } of sections) {
    process.stdout.write(`\n${title}\n${"─".repeat(title.length)}\n`);
    for (const line of text) process.stdout.write(`${line}\n`);
    for (const table of tables) process.stdout.write(`\n${renderConsole(table)}\n`);
  }
  const { json, svg, compare } = values;
  if (typeof json === "string") await write(json, `${JSON.stringify(results, null, 1)}\n`);
  if (typeof svg === "string") {
    const charts = sections.flatMap((section) => section.charts);
    await write(svg, renderSvg(charts, "light"));
    await write(darkName(svg), renderSvg(charts, "dark"));
  }
  if (typeof compare !== "string") return [];
  const { table, regressions } = compareResults(results, await readResults(compare));
  process.stdout.write(`\n${renderConsole(table)}\n`);
  return regressions;
}

/** `charts.svg` in the dark is `charts.dark.svg`. */
function darkName(file: string): string {
  return file.endsWith(".svg") ? `${file.slice(0, -4)}.dark.svg` : `${file}.dark`;
}

export async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CodecellError("config_error", `${file} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
  note(`written: ${file}`);
}
