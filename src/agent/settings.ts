import type { SchemaFor, StringSchema } from "../core/setting-schema.ts";

/** Names of the agent's tools: 1 to 64 letters, digits, `_` and `-` each, all different. */
export interface AgentToolNames {
  /**
   * Name of the tool that finds tools.
   * @default "search_tools"
   */
  readonly search?: string;
  /**
   * Name of the tool that describes tools.
   * @default "get_tool_details"
   */
  readonly details?: string;
  /**
   * Name of the tool that runs programs.
   * @default "execute_code"
   */
  readonly execute?: string;
}

/** Names of the agent's tools and the size of their results; in a config file, `codecell.mcp`. */
export interface AgentToolsOptions {
  /**
   * Other names of the tools.
   * @default see each of {@link AgentToolNames}
   */
  readonly names?: AgentToolNames;
  /**
   * Longest text of an answer in characters, at least 500. Text and structured content together have at most twice as many, and
   * about a thousand for what every result reports; links, resources and the like that a program returns have at most as much text
   * again. The bytes of pictures, sounds and resources are a part of its value, whose largest size is `limits.callBytes`.
   * @default 20_000
   */
  readonly maxResultChars?: number;
}

/** Names that every model API takes. */
const NAME: StringSchema = {
  type: "string",
  pattern: "^[A-Za-z0-9_\\-]{1,64}$",
  wanted: "a name of 1 to 64 letters, digits, _ and -",
  shows: "value",
};

export const AGENT_NAMES: SchemaFor<AgentToolNames> = {
  title: "AgentToolNames",
  type: "object",
  properties: {
    search: { ...NAME, default: "search_tools" },
    details: { ...NAME, default: "get_tool_details" },
    execute: { ...NAME, default: "execute_code" },
  },
};

export const AGENT_SETTINGS: SchemaFor<AgentToolsOptions> = {
  title: "AgentToolsOptions",
  type: "object",
  wanted: 'an object like { "maxResultChars": 20000 }',
  properties: {
    names: AGENT_NAMES,
    maxResultChars: { type: "integer", minimum: 500, default: 20_000, shows: "nothing" },
  },
};
