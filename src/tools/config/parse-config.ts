import { readSetting } from "../../core/check-settings.ts";
import { CodecellError, messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/is-object.ts";
import { below, configError, wrongValue } from "../../core/setting-errors.ts";
import type { Schema } from "../../core/setting-schema.ts";
import { CONFIG_TEXT, foreignKeys, LISTS, serverLists } from "./config-text.ts";
import type { Environment } from "./expand-variables.ts";
import { isLeftOut } from "./host-meaning.ts";
import { Inputs } from "./inputs.ts";
import { errorPosition } from "./json-position.ts";
import { plainJson } from "./jsonc.ts";
import { placesAt, workspaceOf } from "./places.ts";
import { readEntry, type ServerConfig } from "./server-entry.ts";
import type { EntryPlace } from "./stdio-entry.ts";

/** A config file, read and checked. */
export interface ConfigFile {
  /** Path of the file or folder. */
  readonly path: string;
  /** Its servers, with their variables expanded. */
  readonly servers: Readonly<Record<string, ServerConfig>>;
  /**
   * Servers whose entry is wrong, with what is wrong with it.
   * @default none
   */
  readonly failures?: Readonly<Record<string, string>>;
  /**
   * What was left out or has no effect, and why.
   * @default none
   */
  readonly warnings?: readonly string[];
  /** The value of the key `codecell`: each part is checked by what uses it. */
  readonly settings: Readonly<Record<string, unknown>> | undefined;
  /**
   * It is a folder of servers, whose new ones a runtime finds while it runs.
   * @default false
   */
  readonly isFolder?: boolean;
}

const SERVERS: Schema = {
  type: "object",
  additionalProperties: {},
  wanted: "an object of servers by name",
  shows: "kind",
};
/** Servers that were read, and what was not. */
type Servers = Required<Pick<ConfigFile, "servers" | "failures">>;

/** Where the entries of a file are. */
interface ConfigPlace {
  /** Name of the server when the file may be one entry alone, as under `~/.mcp/servers/<name>/`. */
  readonly bare?: string;
  /** Where a process starts whose entry names no `cwd`. */
  readonly cwd?: string;
}

/**
 * Checks the text of a config file. An entry that is wrong is in `failures`, and stops no other.
 * @param fileName for messages, and what paths in the file are relative to
 * @throws CodecellError `config_error` where the file is no JSON, or no config
 */
export function parseConfig(
  text: string,
  fileName: string,
  env: Environment,
  place?: ConfigPlace,
): ConfigFile {
  return checkConfig(parseConfigText(text, fileName), fileName, env, place);
}

/** Checks what {@link parseConfigText} returned, and expands the variables of its servers. */
export function checkConfig(
  json: unknown,
  fileName: string,
  env: Environment,
  { bare, cwd }: ConfigPlace = {},
): ConfigFile {
  const file = `${fileName}: `;
  const workspace = workspaceOf(fileName);
  const at = {
    places: placesAt(workspace),
    folder: workspace,
    ...(cwd === undefined ? {} : { cwd }),
  };
  if (bare !== undefined && isEntry(json))
    return configFile(fileName, readServers({ [bare]: json }, "", env, file, at));
  if (!isObject(json)) throw wrongValue(CONFIG_TEXT, json, file);
  const warnings = foreignKeys(json, file);
  const { codecell } = CONFIG_TEXT.properties;
  const settings = json["codecell"];
  if (settings !== undefined) readSetting(codecell, settings, `${file}codecell`);
  const read = serverLists(json).map(({ path, servers, inputs, inputsPath }) =>
    readServers(servers, path, env, file, { ...at, inputs: new Inputs(inputs, file + inputsPath) }),
  );
  const all = merged(read);
  const config = configFile(fileName, all, [...warnings, ...all.warnings]);
  return isObject(settings) ? { ...config, settings } : config;
}

function configFile(
  path: string,
  { servers, failures }: Servers,
  warnings: readonly string[] = [],
): ConfigFile {
  return {
    path,
    servers,
    ...(Object.keys(failures).length === 0 ? {} : { failures }),
    ...(warnings.length === 0 ? {} : { warnings }),
    settings: undefined,
  };
}

/** Of two entries with one name the last one counts, whether it is right or wrong; the other is a warning. */
function merged(read: readonly Servers[]): Servers & { readonly warnings: readonly string[] } {
  const servers = new Map<string, ServerConfig>();
  const failures = new Map<string, string>();
  const warnings: string[] = [];
  const replace = (name: string): void => {
    const before = failures.get(name) ?? servers.get(name)?.path;
    if (before === undefined) return;
    warnings.push(servers.has(name) ? `${before} is left out: its name is there again` : before);
    servers.delete(name);
    failures.delete(name);
  };
  for (const list of read) {
    for (const name of [...Object.keys(list.servers), ...Object.keys(list.failures)]) replace(name);
    for (const [name, config] of Object.entries(list.servers)) servers.set(name, config);
    for (const [name, failure] of Object.entries(list.failures)) failures.set(name, failure);
  }
  return { servers: Object.fromEntries(servers), failures: Object.fromEntries(failures), warnings };
}

/**
 * Checks an object in the `mcpServers` format; entries that are turned off are left out.
 * @param path its name in messages, e.g. `mcpServers`
 * @param file put before the path, e.g. `.mcp.json: `
 * @param folder what relative paths of files are from
 * @throws CodecellError `config_error` naming the path of the first entry that is wrong
 */
export function checkServers(
  servers: unknown,
  path: string,
  env: Environment,
  file = "",
  folder = process.cwd(),
): Record<string, ServerConfig> {
  const at = `${file}${path}`;
  const place = { places: placesAt(folder), folder };
  const entries = Object.entries(readSetting(SERVERS, servers, at) as Record<string, unknown>);
  const checked = entries.flatMap(([name, entry]) => readOne(name, entry, at, env, place));
  return Object.fromEntries(checked);
}

/** The same for a file: an entry that is wrong is no error, but a failure of its server. */
function readServers(
  servers: unknown,
  path: string,
  env: Environment,
  file: string,
  place: EntryPlace,
): Servers {
  const at = `${file}${path}`;
  const entries = Object.entries(readSetting(SERVERS, servers, at) as Record<string, unknown>);
  const failures: [string, string][] = [];
  const checked = entries.flatMap(([name, entry]) => {
    try {
      return readOne(name, entry, at, env, place);
    } catch (error) {
      failures.push([name === "" ? "(no name)" : name, messageOf(error)]);
      return [];
    }
  });
  return { servers: Object.fromEntries(checked), failures: Object.fromEntries(failures) };
}

function readOne(
  name: string,
  entry: unknown,
  at: string,
  env: Environment,
  place: EntryPlace,
): [string, ServerConfig][] {
  if (isObject(entry) && isLeftOut(entry)) return [];
  if (name === "") throw configError(`${at} has a server without a name`);
  return [[name, readEntry(entry, below(at, name), env, place)]];
}

/** The server of a folder that holds its program alone. */
export function readProgram(
  name: string,
  program: string,
  folder: string,
  env: Environment,
): ConfigFile {
  const place = { folder, cwd: folder };
  return configFile(
    program,
    readServers({ [name]: { command: program } }, "", env, `${folder}: `, place),
  );
}

function isEntry(json: unknown): boolean {
  return isObject(json) && ![...LISTS, "mcp", "codecell"].some((key) => key in json);
}

/**
 * The JSON of a config file, unchecked. It may have comments and trailing commas.
 * @throws CodecellError `config_error` naming the position of what is no JSON
 */
export function parseConfigText(text: string, fileName: string): unknown {
  const json = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(json);
  } catch {
    return parsePlain(plainJson(json), fileName);
  }
}

function parsePlain(json: string, fileName: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const { line, column } = errorPosition(json);
    throw new CodecellError(
      "config_error",
      `${fileName} is not valid JSON: line ${line}, column ${column}`,
      { cause },
    );
  }
}
