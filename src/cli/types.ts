import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CodecellError } from "../core/errors.ts";
import { readArguments, RUNTIME_FLAGS } from "./arguments.ts";
import { connectTools } from "./connect.ts";
import { note, printJson } from "./output.ts";

/** The first line of every file; a file that begins otherwise is not deleted. */
const MARK = "// Written by codecell types.\n";

const FLAGS = { ...RUNTIME_FLAGS, out: { type: "string" } } as const;

/** `codecell types --out DIR` */
export async function types(args: string[]): Promise<number> {
  const { values } = readArguments(args, FLAGS, 0);
  const out = values["out"];
  if (typeof out !== "string" || out === "")
    throw new CodecellError("config_error", "where to? codecell types --out DIR");
  await using toolbox = await connectTools(values);
  const kept = new Set<string>();
  let written = 0;
  for await (const [path, text] of toolbox.discovery.tree.files()) {
    kept.add(path);
    if (await writeIfChanged(join(out, path), MARK + text)) written++;
  }
  // A server that did not start has no tools now, and may have them again next time.
  const failed = toolbox.report().servers.filter(({ failure }) => failure !== undefined);
  const removed = failed.length > 0 ? 0 : await removeOthers(out, kept);
  if (values["json"] === true) printJson({ files: kept.size, written, removed });
  else note(`${kept.size} files in ${out}: ${written} written, ${removed} removed`);
  return failed.length > 0 ? 1 : 0;
}

async function writeIfChanged(file: string, text: string): Promise<boolean> {
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (before === text) return false;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return true;
}

/** Removes files of tools that no longer exist. */
async function removeOthers(out: string, kept: ReadonlySet<string>): Promise<number> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  let removed = 0;
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !entry.name.endsWith(".ts") || kept.has(relativeTo(out, file))) continue;
    if (!(await readFile(file, "utf8")).startsWith(MARK)) continue;
    await rm(file);
    removed++;
    await rmdir(dirname(file)).catch(() => {});
  }
  return removed;
}

function relativeTo(folder: string, file: string): string {
  return file.slice(join(folder, "/").length).replaceAll("\\", "/");
}
