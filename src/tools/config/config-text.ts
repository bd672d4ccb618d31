/** What a config file is: where its servers are, and what else may be in it. */
import { isObject } from "../../core/is-object.ts";
import { nearest } from "../../core/nearest.ts";
import { below, unknownKey } from "../../core/setting-errors.ts";
import type { SchemaFor } from "../../core/setting-schema.ts";
import { type Environment, inputsIn } from "./expand-variables.ts";
import { isLeftOut } from "./host-meaning.ts";
import { type InputRequest, Inputs } from "./inputs.ts";

/** The format of the file. */
export interface ConfigText {
  /** MCP servers by name, in the format that MCP hosts share. */
  readonly mcpServers?: unknown;
  /** The same, as VS Code names it. */
  readonly servers?: unknown;
  /** The same, as Codex names it. */
  readonly mcp_servers?: unknown;
  /** The same, as Zed names it. */
  readonly context_servers?: unknown;
  /** `servers` and `inputs`, in the settings of VS Code. */
  readonly mcp?: unknown;
  /** Values that a person gives: `${input:…}`. */
  readonly inputs?: unknown;
  /** Settings of codecell itself. */
  readonly codecell?: Readonly<Record<string, unknown>>;
}

export const CONFIG_TEXT: SchemaFor<ConfigText> = {
  title: "ConfigText",
  type: "object",
  noun: "key",
  wanted: "an object with mcpServers",
  shows: "kind",
  ignored: ["$schema"],
  properties: {
    mcpServers: {},
    servers: {},
    mcp_servers: {},
    context_servers: {},
    mcp: {},
    inputs: {},
    codecell: {
      type: "object",
      additionalProperties: {},
      wanted: "an object of settings",
      shows: "kind",
    },
  },
};

/** Keys that hold servers; of two with one name the last one counts. */
export const LISTS = ["context_servers", "mcp_servers", "servers", "mcpServers"] as const;

/** What `mcp` holds in the settings of VS Code. */
const NESTED = ["servers", "inputs"];

/** A key this much longer or shorter than ours is no slip. */
const MAX_SLIP = 2;
/** Keys that a warning names. */
const MAX_NAMED = 3;

/**
 * Warnings for keys that codecell does not know, where the file is a config all the same: hosts keep other settings in the
 * same file. A key that is spelled almost like one of ours is an error: what it was to set would be lost.
 */
export function foreignKeys(json: object, file: string): string[] {
  const known = Object.keys(CONFIG_TEXT.properties);
  const keys = Object.keys(json);
  const isConfig = keys.some((key) => known.includes(key));
  const foreign = keys.filter((key) => !known.includes(key) && !CONFIG_TEXT.ignored!.includes(key));
  for (const key of foreign) {
    const [closest] = nearest(key, known, 1);
    const isSlip = closest !== undefined && Math.abs(closest.length - key.length) <= MAX_SLIP;
    if (!isConfig || isSlip) throw unknownKey(CONFIG_TEXT, key, file);
  }
  const paths = [...foreign.map((key) => below("", key)), ...foreignNested(json)];
  if (paths.length <= MAX_NAMED)
    return paths.map((path) => `${file}${path} is not a known key, and has no effect`);
  const named = paths.slice(0, MAX_NAMED).join(", ");
  return [
    `${file}${named} and ${paths.length - MAX_NAMED} more are not known keys, and have no effect`,
  ];
}

/** Other hosts have servers, or lists of those that are off, where VS Code has `mcp.servers`. */
function foreignNested(json: object): string[] {
  const mcp = "mcp" in json ? json.mcp : undefined;
  const keys = isObject(mcp) ? Object.keys(mcp) : [];
  return keys.filter((key) => !NESTED.includes(key)).map((key) => below("mcp", key));
}

/** One object of servers in a config file. */
export interface ServerList {
  /** Its path in the file. */
  readonly path: string;
  readonly servers: unknown;
  readonly inputs: unknown;
  readonly inputsPath: string;
}

/** All places of a config file where servers can be, unchecked. */
export function serverLists(json: unknown): ServerList[] {
  if (!isObject(json)) return [];
  const { mcp, inputs } = json;
  const inputsPath = "inputs";
  const nested: ServerList[] = isObject(mcp)
    ? [
        {
          path: "mcp.servers",
          servers: mcp["servers"],
          inputs: mcp["inputs"],
          inputsPath: "mcp.inputs",
        },
      ]
    : [];
  const flat = LISTS.map((path) => ({ path, servers: json[path], inputs, inputsPath }));
  return [...nested, ...flat].filter(({ servers }) => servers !== undefined && servers !== null);
}

/**
 * What a person would be asked for before the servers of a config file can start. What is wrong with an input is said where
 * the file is checked.
 */
export function inputsNeeded(json: unknown, env: Environment): InputRequest[] {
  const requests = serverLists(json).flatMap(({ servers, inputs, inputsPath }) => {
    const list = new Inputs(inputs, inputsPath);
    const entries = isObject(servers) ? Object.values(servers) : [];
    const used = entries.filter((entry) => isObject(entry) && !isLeftOut(entry));
    const ids = [...new Set(inputsIn(textOf(used)))];
    return ids.flatMap((id) => {
      try {
        return [list.request(id, "")];
      } catch {
        return [];
      }
    });
  });
  return requests.filter(({ variable }) => env[variable] === undefined);
}

/** What is nested without measure is refused where it is checked. */
function textOf(entries: readonly unknown[]): string {
  try {
    return JSON.stringify(entries);
  } catch {
    return "";
  }
}
