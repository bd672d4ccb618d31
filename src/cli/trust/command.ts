import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { CodecellError } from "../../core/errors.ts";
import { readArguments } from "../arguments.ts";
import { note, printable, printJson } from "../output.ts";
import { showFound } from "./found-config.ts";
import { placeOf, readFound } from "./found-file.ts";
import { forgetTrust, readTrust, rememberTrust } from "./store.ts";

const FLAGS = {
  list: { type: "boolean" },
  remove: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** `codecell trust FILE`: shows what a found file would do, and remembers that it may. */
export async function trust(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, 1);
  const [file] = positionals;
  const json = values["json"] === true;
  if (values["list"] === true) return await list(json);
  if (file === undefined)
    throw new CodecellError("config_error", "which file?", {
      hint: "codecell trust FILE, codecell trust --remove FILE, or codecell trust --list.",
    });
  return values["remove"] === true ? await remove(file, json) : await add(file, json);
}

async function add(path: string, json: boolean): Promise<number> {
  const file = await readFound(resolve(path));
  const { problem } = await readTrust();
  if (problem !== undefined) note(problem);
  showFound(file);
  await rememberTrust(file);
  note(`${file.realPath} is trusted as it is now; codecell trust --remove takes it back`);
  if (json) printJson({ ok: true, trusted: file.realPath, digest: file.digest });
  return 0;
}

async function remove(path: string, json: boolean): Promise<number> {
  const absolute = resolve(path);
  const place = await placeOf(absolute).catch(() => absolute); // also of a file that is gone, and of a folder
  const real = await realpath(absolute).catch(() => absolute);
  const isKnown = await forgetTrust([absolute, place, real]);
  if (!isKnown)
    throw new CodecellError("config_error", `${absolute} is not trusted`, {
      hint: "codecell trust --list shows what is.",
    });
  note(`${absolute} is no longer trusted`);
  if (json) printJson({ ok: true, removed: absolute });
  return 0;
}

async function list(json: boolean): Promise<number> {
  const { files, problem } = await readTrust();
  if (problem !== undefined) note(problem);
  if (json)
    printJson({ ok: true, files: Array.from(files, ([path, digest]) => ({ path, digest })) });
  else for (const path of files.keys()) process.stdout.write(`${printable(path)}\n`);
  return 0;
}
