/**
 * A config file that nobody named. The invariant: nothing of it is started, asked or expanded before it is trusted, by its path
 * and by the bytes that are then parsed.
 */
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { ConfigFile } from "../../index.ts";
import { inputsNeeded } from "../../tools/config/config-text.ts";
import { checkConfig, parseConfigText } from "../../tools/config/parse-config.ts";
import { askOnTerminal } from "../ask-inputs.ts";
import { note, printable } from "../output.ts";
import { askYes, isTerminal } from "../terminal.ts";
import { describeFound } from "./describe.ts";
import { type FoundFile, readFound } from "./found-file.ts";
import { checkFoundSettings } from "./found-settings.ts";
import { readTrust, rememberTrust, trustOf, type TrustState } from "./store.ts";

/** How a user may consent to a found file. */
export interface Consent {
  /** `--trust`: for this start. */
  readonly trust: boolean;
  /** False where standard input belongs to somebody else. */
  readonly mayAsk: boolean;
}

type Untrusted = Exclude<TrustState, "trusted">;

/** How a found file that is not trusted is spoken of. */
export const FOUND: Readonly<Record<Untrusted, string>> = {
  unknown: "was only found in this folder, and is not trusted",
  changed: "was only found in this folder, and has changed since it was trusted",
};

/** Reads a found file once it is trusted. @throws CodecellError `config_error` where it is not */
export async function foundConfig(path: string, { trust, mayAsk }: Consent): Promise<ConfigFile> {
  const file = await readFound(path);
  if (!trust && !isTrustedByEnvironment()) await requireTrust(file, mayAsk && isTerminal());
  const json = foundJson(file);
  const needed = mayAsk && isTerminal() ? inputsNeeded(json, process.env) : [];
  const answers = needed.length === 0 ? undefined : await askOnTerminal(needed);
  const env = answers === undefined ? process.env : { ...process.env, ...answers };
  return checkConfig(json, path, env);
}

/** The JSON of a found file, unless it sets what it may not. */
export function foundJson({ text, path }: FoundFile): unknown {
  const json = parseConfigText(text, path);
  checkFoundSettings((json as { codecell?: unknown } | null)?.codecell, path);
  return json;
}

/** Shows a person what a found file would do. */
export function showFound(file: FoundFile): void {
  const lines = describeFound(foundJson(file), file.path);
  for (const line of lines) process.stderr.write(`  ${printable(line)}\n`);
}

/** Consent of whoever set the environment, e.g. in CI. */
export function isTrustedByEnvironment(): boolean {
  return process.env["CODECELL_TRUST"] === "1";
}

async function requireTrust(file: FoundFile, canAsk: boolean): Promise<void> {
  const store = await readTrust();
  const state = trustOf(store, file);
  if (state === "trusted") return;
  if (store.problem !== undefined) note(store.problem);
  if (!canAsk) throw untrusted(file, state);
  note(`${nameOf(file)} ${FOUND[state]}. It would use:`);
  showFound(file);
  if (!askYes("Trust it, as it is now?")) throw untrusted(file, state);
  await rememberTrust(file).catch((error: unknown) =>
    note(`this could not be remembered: ${messageOf(error)}`),
  );
}

function untrusted(file: FoundFile, state: Untrusted): CodecellError {
  const message = `${nameOf(file)} ${FOUND[state]}: nothing of it was started`;
  return new CodecellError("config_error", message, { hint: howToTrust(file) });
}

/** The commands that trust a found file. */
export function howToTrust(file: FoundFile): string {
  const path = quoted(file.path);
  return `To see what it does, and trust it: codecell trust ${path}. For one start: --trust, or CODECELL_TRUST=1. Or name it: --config ${path}.`;
}

function nameOf({ path, realPath }: FoundFile): string {
  return path === realPath ? path : `${path} (${realPath})`;
}

/** For a shell: the folder has the name that its maker gave it. */
function quoted(path: string): string {
  const plain = process.platform === "win32" ? /^[\w@+=:,./~\\-]+$/ : /^[\w@%+=:,./~-]+$/;
  return plain.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
