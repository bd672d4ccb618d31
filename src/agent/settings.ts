import type { SchemaFor, StringSchema } from "../core/setting-schema.ts";
import type { Limits } from "../index.ts";

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
export interface AgentToolsSettings {
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

/** What {@link agentTools} takes: for whom its programs run, in which sessions, and under which limits. */
export interface AgentToolsOptions extends AgentToolsSettings {
  /**
   * Who the programs run for; local tools receive it as `context.user`. Nobody else can use their sessions.
   * @default no user
   */
  readonly user?: string;
  /**
   * The session of the chat, as `runtime.session(id, { user })` has it: programs run in it, unless the model names another one.
   * With it, the tools that are made for the next request of the chat go on where these end.
   * @default none: a program of which the model names no session starts afresh
   */
  readonly session?: string;
  /**
   * Where the names of the model are looked up: tools of one scope and one user share the sessions that their models name. 1 to 200
   * letters, digits or any of . : @ _ -. With `false` the names are ids of `runtime.session(id, { user })`, which all share.
   * @default `session`, where it is given; else a scope of its own for each call of `agentTools`, so that two chats never meet
   */
  readonly scope?: string | false;
  /**
   * Caps of each program; `memoryMb` is that of a session for as long as it lasts.
   * @default each is the runtime's
   */
  readonly limits?: Partial<Limits>;
  /**
   * `"auto"`: refuse programs whose types are sure to fail, where the runtime has no setting of it. `false` leaves it to the runtime.
   * @default "auto"
   */
  readonly typeCheck?: "auto" | false;
  /**
   * Called with each console line and each finished call while a program runs.
   * @default none
   */
  readonly onProgress?: (message: string) => void;
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

/** What a config file may say of them. */
export const AGENT_SETTINGS: SchemaFor<AgentToolsSettings> = {
  title: "AgentToolsSettings",
  type: "object",
  wanted: 'an object like { "maxResultChars": 20000 }',
  properties: {
    names: AGENT_NAMES,
    maxResultChars: { type: "integer", minimum: 500, default: 20_000, shows: "nothing" },
  },
};
