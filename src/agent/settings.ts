import { checkKeys, readSetting } from "../core/check-settings.ts";
import { callerNamed } from "../core/caller.ts";
import { resolveLimits } from "../core/limits.ts";
import { SESSION_ID_PATTERN, SESSION_ID_WANTED } from "../core/session-id.ts";
import { configError, kindOf, shown, unknownKey } from "../core/setting-errors.ts";
import { defaultsOf, type SchemaFor, type StringSchema } from "../core/setting-schema.ts";
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

const SESSION_ID: StringSchema = {
  type: "string",
  pattern: SESSION_ID_PATTERN,
  wanted: SESSION_ID_WANTED,
  shows: "value",
};

/** For the messages about keys; what the values may be is checked one by one. */
const OPTIONS = {
  title: "AgentToolsOptions",
  type: "object",
  noun: "setting",
  properties: Object.fromEntries(
    [
      "names",
      "maxResultChars",
      "user",
      "session",
      "scope",
      "limits",
      "typeCheck",
      "onProgress",
    ].map((name) => [name, {}]),
  ),
} as const;

/** The options, checked, with what they are by default. */
export interface ResolvedAgentOptions {
  readonly names: Required<AgentToolNames>;
  readonly maxChars: number;
  readonly user: string | undefined;
  readonly session: string | undefined;
  readonly scope: string | false;
  readonly limits: Partial<Limits>;
  readonly typeCheck: "auto" | false;
  readonly onProgress: ((message: string) => void) | undefined;
}

/** @throws CodecellError `config_error` naming the option, for what makes no sense */
export function resolveAgentOptions(given: AgentToolsOptions): ResolvedAgentOptions {
  if (typeof given !== "object" || given === null)
    throw configError(`the options of agentTools must be an object, not ${kindOf(given)}`);
  const { names, user, limits, typeCheck = "auto", onProgress } = given;
  for (const key of Object.keys(given))
    if (!(key in OPTIONS.properties)) throw unknownKey(OPTIONS, key, "");
  callerNamed(user);
  const session = readSetting(SESSION_ID, given.session, "session") as string | undefined;
  if (limits !== undefined) resolveLimits(limits);
  if (typeCheck !== "auto" && typeCheck !== false)
    throw configError(`typeCheck is ${shown(typeCheck)}; it must be "auto" or false`);
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw configError(`onProgress must be a function, not ${kindOf(onProgress)}`);
  const scope =
    given.scope === false
      ? false
      : (readSetting(SESSION_ID, given.scope, "scope") as string | undefined);
  return {
    names: namesOf(names),
    maxChars: readSetting(
      AGENT_SETTINGS.properties.maxResultChars,
      given.maxResultChars,
      "maxResultChars",
    ) as number,
    user,
    session,
    scope: scope ?? session ?? crypto.randomUUID(),
    limits: limits ?? {},
    typeCheck,
    onProgress,
  };
}

function namesOf(given: AgentToolNames | undefined): Required<AgentToolNames> {
  if (given !== undefined) checkKeys(AGENT_NAMES, given, "names");
  const names = { ...defaultsOf(AGENT_NAMES), ...given } as Required<AgentToolNames>;
  const all = [names.search, names.details, names.execute];
  const pattern = new RegExp(NAME.pattern!, "u");
  const bad = all.find((name) => typeof name !== "string" || !pattern.test(name));
  if (bad !== undefined)
    throw configError(`a tool cannot be named ${shown(bad)}: 1 to 64 letters, digits, _ and -`);
  if (new Set(all).size < all.length)
    throw configError(`two tools have the same name: ${all.join(", ")}`);
  return names;
}
