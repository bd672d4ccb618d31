import { CodecellError } from "../core/errors.ts";
import { readArguments, RUNTIME_FLAGS } from "./arguments.ts";
import { connectTools } from "./connect.ts";
import { note, printJson } from "./output.ts";
import { TypeFolder } from "./type-folder.ts";

const FLAGS = { ...RUNTIME_FLAGS, out: { type: "string" } } as const;

/** Files are for all tools: each server has its own `startTimeoutMs`. */
const ALL_MS = 2 ** 31 - 1;

/** `codecell types --out DIR` */
export async function types(args: string[]): Promise<number> {
  const { values } = readArguments(args, FLAGS, 0);
  const out = values["out"];
  if (typeof out !== "string" || out === "")
    throw new CodecellError("config_error", "where to? codecell types --out DIR");
  await using toolbox = await connectTools(values, ALL_MS);
  const folder = await TypeFolder.open(out);
  const kept = new Set<string>();
  let written = 0;
  for await (const [path, text] of toolbox.discovery.tree.files()) {
    kept.add(path);
    if (await folder.write(path, text)) written++;
  }
  // A server that did not start has no tools now, and may have them again next time.
  const failed = toolbox.report().servers.filter(({ state }) => state !== "connected");
  const removed = failed.length > 0 ? 0 : await folder.removeOthers(kept);
  if (values["json"] === true) printJson({ files: kept.size, written, removed });
  else note(`${kept.size} files in ${out}: ${written} written, ${removed} removed`);
  return failed.length > 0 ? 1 : 0;
}
