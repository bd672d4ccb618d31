/** What a found file would do, for the person who decides. Nothing of it is expanded, started or asked. */
import { isObject } from "../../core/is-object.ts";
import { configError } from "../../core/setting-errors.ts";
import { oneLine } from "../../core/one-line.ts";
import { inputsIn, variablesIn } from "../../tools/config/expand-variables.ts";
import { placesAt } from "../../tools/config/places.ts";
import { serverLists } from "../../tools/config/config-text.ts";
import { SERVER_ENTRY } from "../../tools/config/server-settings.ts";

/** Levels that a config file needs are fewer than ten. */
const MAX_DEPTH = 64;
/** Names of values that are more likely a secret than a reason to distrust. */
const SECRET = /key|token|secret|passw|auth|credential/i;
/** What is no variable of the environment. */
const FOLDERS = placesAt(".");
/** Characters that `oneLine` leaves and that show as nothing, or as an ordinary blank. */
const INVISIBLE = /(?! )[\p{C}\p{Z}]/gu;

/**
 * One line each: servers with what they start or reach, the variables of the environment that would be read, and the settings.
 * @throws CodecellError `config_error` for a text that is nested without measure
 */
export function describeFound(json: unknown, file: string): string[] {
  const texts = textsIn(json, file);
  const { codecell } = isObject(json) ? json : {};
  const entries = serverLists(json).flatMap(({ servers }) =>
    isObject(servers) ? Object.entries(servers) : [],
  );
  const named = entries.flatMap(([, entry]) => namedVariables(entry));
  const used = texts.flatMap(variablesIn).filter((name) => !Object.hasOwn(FOLDERS, name));
  const variables = [...new Set([...used, ...named])].toSorted();
  const inputs = [...new Set(texts.flatMap(inputsIn))].toSorted();
  return [
    ...entries.flatMap(([name, entry]) => describeServer(name, entry)),
    ...(entries.length === 0 ? ["no servers"] : []),
    ...(variables.length === 0
      ? []
      : [`reads environment variables: ${variables.map(visible).join(", ")}`]),
    ...(inputs.length === 0 ? [] : [`asks for: ${inputs.map(visible).join(", ")}`]),
    ...Object.entries(isObject(codecell) ? codecell : {}).map(
      ([key, value]) => `sets codecell.${visible(key)}: ${jsonOf(value)}`,
    ),
  ];
}

/** Variables that an entry names without `${…}`. */
function namedVariables(entry: unknown): string[] {
  if (!isObject(entry)) return [];
  const {
    bearer_token_env_var: token,
    env_http_headers: headers,
    env_vars: more,
    inheritEnv,
  } = entry;
  const lists = [more, inheritEnv].flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  const names: unknown[] = [token, ...(isObject(headers) ? Object.values(headers) : []), ...lists];
  return names.filter((name) => typeof name === "string");
}

function describeServer(name: string, entry: unknown): string[] {
  const label = `server ${visible(name)}`;
  if (!isObject(entry)) return [`${label}: ${jsonOf(entry)}`];
  const { command, args, url, serverUrl, httpUrl, env, headers, ...rest } = entry;
  const addresses = [url, serverUrl, httpUrl].filter((address) => address !== undefined);
  const words = [command, ...(Array.isArray(args) ? (args as unknown[]) : [])].map(word);
  const others = Object.entries(rest).filter(([key]) => !SERVER_ENTRY.ignored!.includes(key));
  return [
    ...(command === undefined ? [] : [`${label} starts ${words.join(" ")}`]),
    ...addresses.map((address) => `${label} connects to ${word(address)}`),
    ...(command === undefined && addresses.length === 0 ? [label] : []),
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
