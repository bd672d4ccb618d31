/** What codecell keeps of a host, in its home: the servers that went behind it, and what is needed to put them back. */
import { createHash } from "node:crypto";
import { readdir, rm, rmdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import { withFileLock } from "../../core/file-lock.ts";
import {
  codecellHome,
  makePrivateFolder,
  readPrivate,
  writePrivate,
} from "../../core/private-files.ts";
import { configError } from "../../core/setting-errors.ts";
import { DocumentError } from "./change.ts";

const ENTRY = z.record(z.string(), z.unknown());
const RECORD = z.object({
  version: z.literal(1),
  /** The host's file as it was first, and as codecell left it: while it is that, it is put back to the letter. */
  before: z.object({ digest: z.string(), backup: z.string() }).optional(),
  after: z.string(),
  /** Servers that went behind codecell. */
  moved: z.array(
    z.object({
      name: z.string(),
      /** As the host had it. */
      entry: ENTRY,
      /** As codecell has it. */
      own: ENTRY,
      /** Names of the servers that followed. */
      before: z.array(z.string()),
    }),
  ),
});

/** What `install` did to the file of a host. */
export type InstallRecord = Readonly<z.infer<typeof RECORD>>;
export type MovedServer = InstallRecord["moved"][number];

/** The format of codecell's own config file. */
export const OWN_FORMAT = { format: "json", key: "mcpServers" } as const;
const EMPTY = '{\n  "mcpServers": {}\n}\n';

export class OwnFiles {
  readonly #folder: string;
  /** The config file of codecell for this host. */
  readonly config: string;
  readonly #record: string;

  /** @param project its folder, where the host's file is the project's */
  constructor(host: string, project: string | undefined) {
    const id = project === undefined ? host : `${host}-${nameOf(project)}`;
    this.#folder = join(codecellHome(), "hosts", id);
    this.config = join(this.#folder, "config.json");
    this.#record = join(this.#folder, "record.json");
  }

  /** The text of the config file; nothing where there is none. */
  async readConfig(): Promise<string | undefined> {
    return await readIfThere(this.config);
  }

  async writeConfig(text: string): Promise<void> {
    await writePrivate(this.config, text);
  }

  /** @throws CodecellError `config_error` for one that is damaged */
  async readRecord(): Promise<InstallRecord | undefined> {
    const text = await readIfThere(this.#record);
    if (text === undefined) return undefined;
    try {
      return RECORD.parse(JSON.parse(text));
    } catch {
      throw configError(
        `${this.#record} is damaged: what went behind codecell is in ${this.config}`,
        "Copy the servers back by hand, and remove the folder.",
      );
    }
  }

  async writeRecord(record: InstallRecord): Promise<void> {
    await writePrivate(this.#record, `${JSON.stringify(record, undefined, 2)}\n`);
  }

  /** Forgets what was done. The config goes too where nothing is left in it. @returns whether it has gone */
  async forget(config: string | undefined): Promise<boolean> {
    if (config !== undefined) await this.writeConfig(config);
    else await rm(this.config, { force: true });
    await rm(this.#record, { force: true });
    const left = await readdir(this.#folder).catch(() => ["?"]);
    if (left.length === 0) await rmdir(this.#folder);
    return config === undefined;
  }

  /** Two installations at once would each lose what the other did. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    await makePrivateFolder(this.#folder);
    return await withFileLock(`${this.#folder}.lock`, work);
  }
}

/** The text of a config without servers. */
export function emptyConfig(): string {
  return EMPTY;
}

/** Adds where it was to what is wrong with a text. */
export function named<T>(path: string, advice: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DocumentError) throw configError(`${path}: ${messageOf(error)}`, advice);
    throw error;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readPrivate(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw configError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

/** Of a project: readable, and another one for each folder. */
function nameOf(project: string): string {
  const path = resolve(project);
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 12);
  return `${basename(path).replaceAll(/[^\w.-]+/g, "_")}-${digest}`;
}
