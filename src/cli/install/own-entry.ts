/** Between the entry of a host and that of codecell's config, which are the same for most hosts. */
import { isObject } from "../../core/is-object.ts";
import type { Host } from "./hosts.ts";

type Entry = Readonly<Record<string, unknown>>;

/** What hosts replace in their texts by what only they know. */
const OF_HOST = /\$\{(?:input:|command:|config:|workspaceFolder|workspaceRoot|CLAUDE_)/;

/** The entry of codecell's config in the form of the host's file. The other way it moves as it is. */
export function hostEntry(entry: Entry, host: Host): Entry {
  return host.format === "toml" ? toCodex(entry) : entry;
}

/** Codex has other names for what a person may have added, and its times are seconds. */
function toCodex({ headers, startTimeoutMs: start, timeoutMs: call, ...entry }: Entry): Entry {
  return {
    ...entry,
    ...(headers === undefined ? {} : { http_headers: headers }),
    ...(typeof start === "number" ? { startup_timeout_sec: start / 1_000 } : {}),
    ...(typeof call === "number" ? { tool_timeout_sec: call / 1_000 } : {}),
  };
}

/** Codecell's entry with what servers behind it need: Codex gives a server hardly a variable but those that it names. */
export function withVariables(
  entry: Entry,
  moved: readonly { readonly entry: Entry }[],
  { format }: Host,
): Entry {
  const names = format === "toml" ? moved.flatMap((server) => variablesOf(server.entry)) : [];
  if (names.length === 0) return entry;
  return { ...entry, env_vars: [...new Set([...listOf(entry["env_vars"]), ...names])] };
}

function variablesOf(entry: Entry): unknown[] {
  const { env_vars: names, bearer_token_env_var: token, env_http_headers: headers } = entry;
  const ofHeaders = isObject(headers) ? Object.values(headers) : [];
  return [...listOf(names), token, ...ofHeaders].filter((name) => name !== undefined);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Why a server cannot go behind codecell, as far as its entry says; nothing where it has to be tried. */
export function whyItStays(entry: Entry, host: Host): string | undefined {
  if (entry["disabled"] === true || entry["enabled"] === false) return "it is disabled";
  const text = JSON.stringify(entry);
  if (host.isLiteral === true && text.includes("${"))
    return `it has \${…}, which ${host.title} takes as it is written, and codecell would replace`;
  const [match] = OF_HOST.exec(text) ?? [];
  return match === undefined
    ? undefined
    : `it has ${match}…}, which only ${host.title} can replace`;
}
