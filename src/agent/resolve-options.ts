/** Checks what `agentTools` takes, and fills in the defaults. */
import { callerNamed } from "../core/caller.ts";
import { checkKeys, readSetting } from "../core/check-settings.ts";
import { resolveLimits } from "../core/limits.ts";
import { SESSION_ID_PATTERN, SESSION_ID_WANTED } from "../core/session-id.ts";
import { configError, kindOf, shown } from "../core/setting-errors.ts";
import { defaultsOf, type ObjectSchema, type StringSchema } from "../core/setting-schema.ts";
import type { Limits } from "../index.ts";
import {
  AGENT_NAMES,
  AGENT_SETTINGS,
  type AgentToolNames,
  type AgentToolsOptions,
} from "./settings.ts";

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

const SESSION_ID: StringSchema = {
  type: "string",
  pattern: SESSION_ID_PATTERN,
  wanted: SESSION_ID_WANTED,
  shows: "value",
};

/** For the names of the options alone: what is in them is checked one by one. */
const OPTIONS: ObjectSchema = {
  title: "AgentToolsOptions",
  type: "object",
  properties: {
    ...AGENT_SETTINGS.properties,
    user: {},
    session: SESSION_ID,
    scope: SESSION_ID,
    limits: {},
    typeCheck: {},
    onProgress: {},
  },
};

/**
 * @throws CodecellError `config_error` naming the option, for what makes no sense
 */
export function resolveAgentOptions(given: AgentToolsOptions): ResolvedAgentOptions {
  if (typeof given !== "object" || given === null)
    throw configError(`the options of agentTools must be an object, not ${kindOf(given)}`);
  checkKeys(OPTIONS, given, "");
  const { user, limits, typeCheck = "auto", onProgress } = given;
  callerNamed(user);
  if (limits !== undefined) resolveLimits(limits);
  if (typeCheck !== "auto" && typeCheck !== false)
    throw configError(`typeCheck is ${shown(typeCheck)}; it must be "auto" or false`);
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw configError(`onProgress must be a function, not ${kindOf(onProgress)}`);
  const session = idOf(given.session, "session");
  const scope = given.scope === false ? false : idOf(given.scope, "scope");
  const chars = AGENT_SETTINGS.properties.maxResultChars;
  return {
    names: namesOf(given.names),
    maxChars: readSetting(chars, given.maxResultChars, "maxResultChars") as number,
    user,
    session,
    scope: scope ?? session ?? crypto.randomUUID(),
    limits: limits ?? {},
    typeCheck,
    onProgress,
  };
}

function idOf(given: unknown, at: string): string | undefined {
  return given === undefined ? undefined : (readSetting(SESSION_ID, given, at) as string);
}

function namesOf(given: AgentToolNames = {}): Required<AgentToolNames> {
  checkKeys(AGENT_NAMES, given, "names");
  const names = { ...defaultsOf(AGENT_NAMES), ...given } as Required<AgentToolNames>;
  const all = [names.search, names.details, names.execute];
  const pattern = new RegExp(AGENT_NAMES.properties.search.pattern!, "u");
  const bad = all.find((name) => typeof name !== "string" || !pattern.test(name));
  if (bad !== undefined)
    throw configError(`a tool cannot be named ${shown(bad)}: 1 to 64 letters, digits, _ and -`);
  if (new Set(all).size < all.length)
    throw configError(`two tools have the same name: ${all.join(", ")}`);
  return names;
}
