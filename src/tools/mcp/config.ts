import { CodecellError } from "../../core/errors.ts";
import { asObject, checkKeys, problem } from "./check.ts";
import { EntryReader, type ServerConfig } from "./entry.ts";
import type { Environment } from "./expand.ts";
import { errorPosition } from "./json-position.ts";

export type { ServerConfig } from "./entry.ts";

/** A config file, checked. */
export interface ConfigFile {
  readonly servers: Readonly<Record<string, ServerConfig>>;
  /** The `codecell` key, unchecked. */
  readonly settings: Readonly<Record<string, unknown>> | undefined;
}

const TOP_KEYS = ["mcpServers", "servers", "codecell"];
const IGNORED_TOP_KEYS = new Set(["$schema", "inputs"]);

/**
 * Check the text of a config file.
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
  const file = `${fileName}: `;
  const root = asObject(parseJson(text, fileName), `${fileName}`, "an object with mcpServers");
  if (bare !== undefined && ("command" in root || "url" in root)) {
    return { servers: checkServers({ [bare]: root }, "", env, file), settings: undefined };
  }
  checkKeys(root, TOP_KEYS, IGNORED_TOP_KEYS, file, "");
  const servers = {
    ...checkServers(root["servers"] ?? {}, "servers", env, file),
    ...checkServers(root["mcpServers"] ?? {}, "mcpServers", env, file),
  };
  const settings = root["codecell"];
  return {
    servers,
    settings:
      settings === undefined
        ? undefined
        : asObject(settings, `${file}codecell`, "an object of settings"),
  };
}

/**
 * Check an object in the `mcpServers` format; entries with `disabled: true` are left out.
 * @param path what to call it in messages, e.g. `mcpServers`
 * @param file put before the path, e.g. `.mcp.json: `
 * @throws CodecellError `config_error` naming the path
 */
export function checkServers(
  servers: unknown,
  path: string,
  env: Environment,
  file = "",
): Record<string, ServerConfig> {
  const entries = Object.entries(
    asObject(servers, `${file}${path}`, "an object of servers by name"),
  );
  const checked = entries.flatMap(([name, raw]): [string, ServerConfig][] => {
    const at = path === "" ? name : `${path}.${name}`;
    if (name === "") throw problem(file, path, "has a server without a name");
    const entry = asObject(
      raw,
      `${file}${at}`,
      'an object like { "command": "npx", "args": ["-y", "some-server"] }',
    );
    return entry["disabled"] === true || entry["enabled"] === false
      ? []
      : [[name, new EntryReader(entry, at, file, env).read()]];
  });
  return Object.fromEntries(checked);
}

function parseJson(text: string, fileName: string): unknown {
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
