/** Results on disk and on the console. */
import { constants } from "node:fs";
import { access, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
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

/** What every result has; the rest is read by what knows the kind. */
const RESULTS = z.looseObject({
  format: z.literal(1),
  kind: z.enum(["latency", "tokens"]),
  at: z.string(),
  machine: z.looseObject({ cpu: z.string() }),
});
const LISTS = {
  latency: ["subjects", "jobs", "cells", "probes", "findings", "growth", "goals"],
  tokens: ["tokenizers", "catalogues", "workloads", "breakEven", "models", "problems", "notes"],
} as const;

/** @throws CodecellError `config_error` for a file that holds no results */
export async function readResults(file: string): Promise<AnyResults> {
  try {
    const results = RESULTS.parse(JSON.parse(await readFile(file, "utf8")));
    const missing = LISTS[results.kind].find((list) => !Array.isArray(results[list]));
    if (missing !== undefined) throw new Error(`it has no list '${missing}'`);
    return results as unknown as AnyResults;
  } catch (error) {
    const why =
      error instanceof z.ZodError ? "it is no result of this version's bench" : messageOf(error);
    throw new CodecellError("config_error", `${file} cannot be read: ${why}`, {
      hint: "codecell bench latency --json FILE and codecell bench tokens --json FILE write such files.",
      cause: error,
    });
  }
}

/**
 * Checks the files before minutes pass: those to compare with must exist, those to write must be writable.
 * @throws CodecellError `config_error`
 */
export async function prepare(
  { json, svg, compare }: Values,
  kind: AnyResults["kind"],
): Promise<AnyResults | undefined> {
  for (const file of [json, svg]) {
    if (typeof file !== "string") continue;
    await access(dirname(resolve(file)), constants.W_OK).catch((error: unknown) => {
      throw unwritable(file, error);
    });
  }
  if (typeof compare !== "string") return undefined;
  const before = await readResults(compare);
  if (before.kind === kind) return before;
  throw new CodecellError("config_error", `${compare} holds results of bench ${before.kind}`);
}

/**
 * Prints the results, writes the requested files, compares with the stored ones. Returns what got worse.
 */
export async function reportResults(
  results: AnyResults,
  values: Values,
  before: AnyResults | undefined,
): Promise<readonly string[]> {
  const sections = sectionsOf(results);
  for (const { title, text, tables } of sections) {
    process.stdout.write(`\n${title}\n${"─".repeat(title.length)}\n`);
    for (const line of text) process.stdout.write(`${line}\n`);
    for (const table of tables) process.stdout.write(`\n${renderConsole(table)}\n`);
  }
  const { json, svg } = values;
  if (typeof json === "string") await write(json, `${JSON.stringify(results, null, 1)}\n`);
  if (typeof svg === "string") {
    const charts = sections.flatMap((section) => section.charts);
    await write(svg, renderSvg(charts, "light"));
    await write(darkName(svg), renderSvg(charts, "dark"));
  }
  if (before === undefined) return [];
  const { table, regressions } = compareResults(results, before);
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
    throw unwritable(file, error);
  }
  note(`written: ${file}`);
}

function unwritable(file: string, cause: unknown): CodecellError {
  return new CodecellError("config_error", `${file} cannot be written: ${messageOf(cause)}`, {
    cause,
  });
}
