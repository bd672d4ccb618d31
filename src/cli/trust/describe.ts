/** What a found file would do, for the person who decides. Nothing of it is expanded, started or asked. */
import { isObject } from "../../core/is-object.ts";
import { configError } from "../../core/setting-errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { variablesIn } from "../../tools/config/expand-variables.ts";
import { SERVER_ENTRY } from "../../tools/config/server-settings.ts";

/** Levels that a config file needs are fewer than ten. */
const MAX_DEPTH = 64;
/** Names of values that are more likely a secret than a reason to distrust. */
const SECRET = /key|token|secret|passw|auth|credential/i;
/** Characters that `oneLine` leaves and that show as nothing, or as an ordinary blank. */
const INVISIBLE = /(?! )[\p{C}\p{Z}]/gu;

/**
 * One line each: servers with what they start or reach, the variables of the environment that would be read, and the settings.
 * @throws CodecellError `config_error` for a text that is nested without measure
 */
export function describeFound(json: unknown, file: string): string[] {
  const variables = [...new Set(textsIn(json, file).flatMap(variablesIn))].toSorted();
  const { mcpServers, servers, codecell } = isObject(json) ? json : {};
  const entries = [servers, mcpServers].flatMap((list) =>
    isObject(list) ? Object.entries(list) : [],
  );
  return [
    ...entries.flatMap(([name, entry]) => describeServer(name, entry)),
    ...(entries.length === 0 ? ["no servers"] : []),
    ...(variables.length === 0 ? [] : [`reads environment variables: ${variables.join(", ")}`]),
    ...Object.entries(isObject(codecell) ? codecell : {}).map(
      ([key, value]) => `sets codecell.${visible(key)}: ${jsonOf(value)}`,
    ),
  ];
}

function describeServer(name: string, entry: unknown): string[] {
  const label = `server ${visible(name)}`;
  if (!isObject(entry)) return [`${label}: ${jsonOf(entry)}`];
  const { command, args, url, env, headers, ...rest } = entry;
  const words = [command, ...(Array.isArray(args) ? (args as unknown[]) : [])].map(word);
  const others = Object.entries(rest).filter(([key]) => !SERVER_ENTRY.ignored!.includes(key));
  return [
    ...(command === undefined ? [] : [`${label} starts ${words.join(" ")}`]),
    ...(url === undefined ? [] : [`${label} connects to ${word(url)}`]),
    ...(command === undefined && url === undefined ? [label] : []),
    ...(isObject(env) ? Object.entries(env).map(variable) : []),
    ...(isObject(headers) ? [`  headers: ${Object.keys(headers).map(visible).join(", ")}`] : []),
    ...others.map(([key, value]) => `  ${visible(key)}: ${jsonOf(value)}`),
  ];
}

/** Values steer programs (`NODE_OPTIONS`), so they are shown; those that look like a secret of the file are not. */
function variable([name, value]: [string, unknown]): string {
  return `  with ${visible(name)}=${jsonOf(value, name)}`;
}

function word(value: unknown): string {
  const plain = typeof value === "string" && /^[\w@%+=:,./~${}-]+$/.test(value);
  return plain ? value : jsonOf(value);
}

function jsonOf(value: unknown, name = ""): string {
  const text = JSON.stringify({ [name]: value }, (key, each: unknown) =>
    SECRET.test(key) && typeof each === "string" && variablesIn(each).length === 0 ? "…" : each,
  );
  return visible(text.slice(JSON.stringify(name).length + 2, -1));
}

/** On one line, with an escape for each character that could hide or move others. */
function visible(text: string): string {
  return oneLine(text).replace(
    INVISIBLE,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** All texts of the file, by a list instead of recursion: it may be nested by hundreds of thousands. */
function textsIn(json: unknown, file: string): string[] {
  const texts: string[] = [];
  const open: [value: unknown, depth: number][] = [[json, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (typeof value === "string") texts.push(value);
    if (typeof value !== "object" || value === null) continue;
    if (depth >= MAX_DEPTH) throw configError(`${file} is nested deeper than ${MAX_DEPTH} levels`);
    for (const each of Object.values(value)) open.push([each, depth + 1]);
  }
  return texts;
}
