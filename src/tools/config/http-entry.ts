/** The part of an entry that is an address. */
import { below, configError } from "../../core/setting-errors.ts";
import { headerValues, type NamedValue, urlValues } from "../secrets.ts";
import type { Expander } from "./expand-variables.ts";
import { urlKeyOf } from "./host-meaning.ts";
import type { CheckedEntry } from "./server-settings.ts";

const TYPES: Readonly<Record<string, "http" | "sse" | "auto">> = {
  http: "http",
  "streamable-http": "http",
  streamableHttp: "http",
  streamable_http: "http",
  sse: "sse",
  remote: "auto",
};
/** Keys that name the transport, in their order. */
export const TYPE_KEYS = ["type", "transport", "transportType"] as const;

/** @throws CodecellError `config_error` naming the path */
export function httpConfig(entry: CheckedEntry, at: string, expander: Expander) {
  const key = urlKeyOf({ ...entry })!;
  const url = entry[key]!;
  const { oauth = {} } = entry;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol))
    throw configError(`${at}.${key} must be an http:// or https:// address`);
  const headers = headersOf(entry, at, expander);
  const credentials = [oauth.clientSecret, oauth.privateKey]
    .filter((text) => text !== undefined)
    .map((value): NamedValue => ({ name: "oauth", value, from: "credentials" }));
  const type = TYPE_KEYS.map((name) => entry[name]).find((name) => name !== undefined);
  const usual = key === "httpUrl" ? ("http" as const) : ("auto" as const);
  return {
    type: type === undefined ? usual : TYPES[type]!,
    url,
    headers,
    oauth,
    values: [...headerValues(headers), ...urlValues(parsed), ...credentials],
  };
}

/** Headers as they stand, and those whose values are in variables. */
function headersOf(entry: CheckedEntry, at: string, expander: Expander): Record<string, string> {
  const { env_http_headers: named = {}, bearer_token_env_var: token } = entry;
  const variables = Object.entries(named).map(([name, variable]) => [
    name,
    expander.variable(variable, below(below(at, "env_http_headers"), name)),
  ]);
  return {
    ...entry.http_headers,
    ...Object.fromEntries(variables),
    ...(token === undefined
      ? {}
      : { Authorization: `Bearer ${expander.variable(token, below(at, "bearer_token_env_var"))}` }),
    ...entry.headers,
  };
}
