/** Between the entry of a host and that of codecell's config, which are the same for most hosts. */
import { isObject } from "../../core/is-object.ts";
import type { Host } from "./hosts.ts";

type Entry = Readonly<Record<string, unknown>>;

/** What hosts replace in their texts by what only they know. */
const OF_HOST = /\$\{(?:input:|command:|config:|workspaceFolder|workspaceRoot|userHome|CLAUDE_)/;

/** The entry in the form of codecell's config. */
export function ownEntry(entry: Entry, host: Host): Entry {
  return host.format === "toml" ? fromCodex(entry) : entry;
}

/** The entry in the form of the host's file. */
export function hostEntry(entry: Entry, host: Host): Entry {
  return host.format === "toml" ? toCodex(entry) : entry;
}

/** Names of variables are values in Codex, and times are seconds. */
function fromCodex({
  bearer_token_env_var: token,
  http_headers: headers,
  env_http_headers: fromEnv,
  env_vars: names,
  startup_timeout_sec: start,
  tool_timeout_sec: call,
  ...entry
}: Entry): Entry {
  const variable = (name: unknown): string => `\${${String(name)}}`;
  const env = texts(names).map((name) => [name, variable(name)]);
  const all = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${variable(token)}` }),
    ...(isObject(headers) ? headers : {}),
    ...Object.fromEntries(pairs(fromEnv).map(([key, name]) => [key, variable(name)])),
  };
  return {
    ...entry,
    ...(env.length === 0
      ? {}
      : { env: { ...Object.fromEntries(env), ...Object.fromEntries(pairs(entry["env"])) } }),
    ...(Object.keys(all).length === 0 ? {} : { headers: all }),
    ...(typeof start === "number" ? { startTimeoutMs: start * 1_000 } : {}),
    ...(typeof call === "number" ? { timeoutMs: call * 1_000 } : {}),
  };
}

function toCodex({ headers, startTimeoutMs: start, timeoutMs: call, ...entry }: Entry): Entry {
  return {
    ...entry,
    ...(headers === undefined ? {} : { http_headers: headers }),
    ...(typeof start === "number" ? { startup_timeout_sec: start / 1_000 } : {}),
    ...(typeof call === "number" ? { tool_timeout_sec: call / 1_000 } : {}),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function pairs(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

/** Why a server cannot go behind codecell, as far as its entry says; nothing where it has to be tried. */
export function whyItStays(entry: Entry, host: Host): string | undefined {
  if (entry["disabled"] === true || entry["enabled"] === false) return "it is disabled";
  const [match] = OF_HOST.exec(JSON.stringify(entry)) ?? [];
  return match === undefined
    ? undefined
    : `it has ${match}…}, which only ${host.title} can replace`;
}
