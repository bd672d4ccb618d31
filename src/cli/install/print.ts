/** What `install` shows in place of writing, and the entry that both are about. */
import { resolve } from "node:path";
import { note } from "../output.ts";
import { type Entry, entryFor, entryText, installLinks, npxLauncher, sharedPath } from "./entry.ts";
import { isThere, ownLauncher, type Target } from "./plan.ts";

type Values = Readonly<Record<string, string | boolean | undefined>>;

/** The entry, on standard output alone; where it belongs, beside it. */
export async function print(target: Target, values: Values): Promise<number> {
  const { own, host, path } = target;
  const config = (await isThere(own.config)) ? own.config : undefined;
  process.stdout.write(entryText(host, await wantedEntry(target, values, config)));
  note(`goes into ${path}`);
  return 0;
}

/** Links are for other machines too: they have no path of this one but what `--config` gives. */
export function printLink({ name, host }: Target, given: unknown): number {
  const config = given === undefined ? undefined : resolve(String(given));
  const { app, web } = installLinks(name, entryFor(host, npxLauncher("linux"), config));
  process.stdout.write(`${app}\n`);
  note(`for a web page: ${web}`);
  return 0;
}

/** A project's file is shared: its entry has no path of this machine, as far as that can be. */
export async function wantedEntry(
  { host, project }: Target,
  values: Values,
  fallback: string | undefined,
): Promise<Entry> {
  const isShared = project !== undefined;
  const from =
    values["npx"] === true || isShared ? npxLauncher(process.platform) : await ownLauncher();
  if (values["config"] === undefined) return entryFor(host, from, fallback);
  const file = resolve(String(values["config"]));
  return entryFor(host, from, isShared ? sharedPath(host, project, file) : file);
}
