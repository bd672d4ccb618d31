import { readSetting, readSettings } from "../../core/check-settings.ts";
import { below, configError } from "../../core/setting-errors.ts";
import { CodecellError } from "../../core/errors.ts";
import type { Schema, SchemaFor } from "../../core/setting-schema.ts";
import type { Environment } from "./expand-variables.ts";
import { errorPosition } from "./json-position.ts";
import { readEntry, type ServerConfig } from "./server-entry.ts";

/** A config file, read and checked. */
export interface ConfigFile {
  /** Path of the file or folder. */
  readonly path: string;
  /** Its servers, with their variables expanded. */
  readonly servers: Readonly<Record<string, ServerConfig>>;
  /** The value of the key `codecell`: each part is checked by what uses it. */
  readonly settings: Readonly<Record<string, unknown>> | undefined;
}

/** The format of the file. */
export interface ConfigText {
  /** MCP servers by name, in the format that MCP hosts share. */
  readonly mcpServers?: unknown;
  /** The same, as VS Code names it. */
  readonly servers?: unknown;
  /** Settings of codecell itself. */
  readonly codecell?: Readonly<Record<string, unknown>>;
}

export const CONFIG_TEXT: SchemaFor<ConfigText> = {
  title: "ConfigText",
  type: "object",
  noun: "key",
  wanted: "an object with mcpServers",
  shows: "kind",
  ignored: ["$schema", "inputs"],
  properties: {
    mcpServers: {},
    servers: {},
    codecell: {
      type: "object",
      additionalProperties: {},
      wanted: "an object of settings",
      shows: "kind",
    },
  },
};

const SERVERS: Schema = {
  type: "object",
  additionalProperties: {},
  wanted: "an object of servers by name",
  shows: "kind",
};

/**
 * Checks the text of a config file.
 * @param fileName for messages
 * @param bare the name of the server when the file may be one entry alone, as under `~/.mcp/servers/<name>/`
 * @throws CodecellError `config_error` naming the file and the path in it
 */
export function parseConfig(
  text: string,
  fileName: string,
  env: Environment,
  bare?: string,
): ConfigFile {
  return checkConfig(parseConfigText(text, fileName), fileName, env, bare);
}

/** Checks what {@link parseConfigText} returned, and expands the variables of its servers. */
export function checkConfig(
  json: unknown,
  fileName: string,
  env: Environment,
  bare?: string,
): ConfigFile {
  const file = `${fileName}: `;
  if (bare !== undefined && isEntry(json)) {
    const servers = checkServers({ [bare]: json }, "", env, file);
    return { path: fileName, servers, settings: undefined };
  }
  const { servers, mcpServers, codecell } = readSettings(CONFIG_TEXT, json, file);
  return {
    path: fileName,
    servers: {
      ...checkServers(servers ?? {}, "servers", env, file),
      ...checkServers(mcpServers ?? {}, "mcpServers", env, file),
    },
    settings: codecell,
  };
}

/**
 * Checks an object in the `mcpServers` format; entries with `disabled: true` are left out.
 * @param path its name in messages, e.g. `mcpServers`
 * @param file put before the path, e.g. `.mcp.json: `
 * @throws CodecellError `config_error` naming the path
 */
export function checkServers(
  servers: unknown,
  path: string,
  env: Environment,
  file = "",
): Record<string, ServerConfig> {
  const at = `${file}${path}`;
  const entries = Object.entries(readSetting(SERVERS, servers, at) as Record<string, object>);
  const checked = entries.flatMap(([name, entry]): [string, ServerConfig][] => {
    if (name === "") throw configError(`${at} has a server without a name`);
    return isLeftOut(entry) ? [] : [[name, readEntry(entry, below(at, name), env)]];
  });
  return Object.fromEntries(checked);
}

function isEntry(json: unknown): boolean {
  return typeof json === "object" && json !== null && ("command" in json || "url" in json);
}

function isLeftOut(entry: { disabled?: unknown; enabled?: unknown } | null): boolean {
  return entry?.disabled === true || entry?.enabled === false;
}

/**
 * The JSON of a config file, unchecked.
 * @throws CodecellError `config_error` naming the position of what is no JSON
 */
export function parseConfigText(text: string, fileName: string): unknown {
  const json = text.replace(/^\uFEFF/, "");
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
