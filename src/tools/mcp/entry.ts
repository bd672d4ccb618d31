import { homedir } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CodecellError } from "../../core/errors.ts";
import { asObject, checkKeys, kindOf, problem } from "./check.ts";
import { type Environment, Expander } from "./expand.ts";

interface CommonConfig {
  /** Longest time of one call in ms; progress resets it. Default: none of its own. */
  readonly timeoutMs?: number;
  /** Longest time until the server has answered `initialize`, in ms. */
  readonly startTimeoutMs: number;
  /** Where it stands, for messages: `.mcp.json: mcpServers.github`. */
  readonly path: string;
  /** Folders that the server is told it may work in, as `file:` addresses. */
  readonly roots?: readonly { readonly uri: string; readonly name?: string }[];
  /** Values that must not show in any message. */
  readonly secrets: readonly string[];
}

/** A server that is a process. */
export interface StdioConfig extends CommonConfig {
  readonly type: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A server behind a URL. `auto`: streamable HTTP, or SSE where the server refuses that. */
export interface HttpConfig extends CommonConfig {
  readonly type: "http" | "sse" | "auto";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly oauth: OAuthConfig;
}

/** Who we are to an authorization server. Everything left out is found out or registered. */
export interface OAuthConfig {
  /** Default: a person's, by `codecell login`. */
  readonly grant?: "authorization_code" | "client_credentials";
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** PEM, for `private_key_jwt` (RFC 7523). */
  readonly privateKey?: string;
  /** Of the private key's signatures. Default `ES256`. */
  readonly algorithm?: string;
  /** Separated by spaces. */
  readonly scope?: string;
  /** The only authorization server that gets a service's credentials. */
  readonly issuer?: string;
  /** The address of a client metadata document, in place of a registration. */
  readonly clientMetadataUrl?: string;
  /** Of the loopback listener of a login. Default: any free one. */
  readonly callbackPort?: number;
}

/** One entry of `mcpServers`, checked and expanded. */
export type ServerConfig = StdioConfig | HttpConfig;

const DEFAULT_START_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const ENTRY_KEYS = [
  "type",
  "command",
  "args",
  "env",
  "cwd",
  "url",
  "headers",
  "oauth",
  "roots",
  "timeoutMs",
  "startTimeoutMs",
];
/** Keys that other hosts put into entries. */
const IGNORED_ENTRY_KEYS = new Set([
  "disabled",
  "enabled",
  "description",
  "autoApprove",
  "alwaysAllow",
  "disabledTools",
  "timeout",
  "envFile",
  "gallery",
  "version",
  "icon",
  "icons",
  "name",
  "title",
  "dev",
  "trust",
  "tools",
  "transport",
  "transportType",
  "note",
  "$schema",
]);
const OAUTH_TEXTS = [
  "grant",
  "clientId",
  "clientSecret",
  "privateKey",
  "algorithm",
  "scope",
  "issuer",
  "clientMetadataUrl",
];
/** Keys that other hosts put there. */
const IGNORED_OAUTH_KEYS = new Set(["authServerMetadataUrl", "clientName"]);
const TYPES: Readonly<Record<string, ServerConfig["type"]>> = {
  stdio: "stdio",
  http: "http",
  "streamable-http": "http",
  streamableHttp: "http",
  sse: "sse",
};

/** Reads one entry; every complaint names its path. */
export class EntryReader {
  readonly #entry: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #file: string;
  readonly #expander: Expander;

  constructor(
    entry: Readonly<Record<string, unknown>>,
    path: string,
    file: string,
    env: Environment,
  ) {
    this.#entry = entry;
    this.#path = path;
    this.#file = file;
    this.#expander = new Expander(env, file);
  }

  read(): ServerConfig {
    checkKeys(this.#entry, ENTRY_KEYS, IGNORED_ENTRY_KEYS, this.#file, `${this.#path}.`);
    const { command, url } = this.#entry;
    if (command !== undefined && url !== undefined)
      throw this.#problem("", "has both a command and a url; keep one");
    if (command === undefined && url === undefined) {
      throw this.#problem("", 'needs a "command" (a program to start) or a "url"');
    }
    const type = this.#type(url === undefined ? "stdio" : "auto");
    return url === undefined ? this.#readStdio() : this.#readHttp(type as HttpConfig["type"]);
  }

  #readStdio(): StdioConfig {
    const command = this.#text("command");
    const args = this.#texts("args");
    const env = this.#map("env");
    const cwd = this.#entry["cwd"] === undefined ? undefined : this.#text("cwd");
    if (command.trim() === "")
      throw this.#problem("command", "is empty; write the program to start");
    const config = {
      type: "stdio" as const,
      command,
      args,
      env,
      ...(cwd === undefined ? {} : { cwd }),
    };
    return { ...config, ...this.#common(Object.values(env)) };
  }

  #readHttp(type: HttpConfig["type"]): HttpConfig {
    const url = this.#text("url");
    const headers = this.#map("headers");
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
      throw this.#problem("url", "must be an http:// or https:// address");
    }
    const inUrl = [parsed.username, parsed.password, ...parsed.searchParams.values()];
    const oauth = this.#readOAuth();
    const secrets = [oauth.clientSecret, oauth.privateKey].filter((secret) => secret !== undefined);
    return {
      type,
      url,
      headers,
      oauth,
      ...this.#common([...Object.values(headers), ...inUrl, ...secrets]),
    };
  }

  #readOAuth(): OAuthConfig {
    const given = this.#entry["oauth"];
    if (given === undefined) return {};
    const at = `${this.#path}.oauth`;
    const raw = asObject(given, `${this.#file}${at}`, 'an object like { "clientId": "…" }');
    checkKeys(raw, [...OAUTH_TEXTS, "callbackPort"], IGNORED_OAUTH_KEYS, this.#file, `${at}.`);
    const texts = OAUTH_TEXTS.filter((key) => raw[key] !== undefined).map((key) => [
      key,
      this.#expandText(raw[key], `oauth.${key}`),
    ]);
    const port = raw["callbackPort"];
    if (
      port !== undefined &&
      !(Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536)
    )
      throw this.#problem("oauth.callbackPort", "must be a port, from 1 to 65535");
    const oauth = {
      ...Object.fromEntries(texts),
      ...(port === undefined ? {} : { callbackPort: port }),
    } as OAuthConfig;
    this.#checkGrant(oauth);
    return oauth;
  }

  #checkGrant({ grant, clientId, clientSecret, privateKey }: OAuthConfig): void {
    if (grant !== undefined && grant !== "authorization_code" && grant !== "client_credentials")
      throw this.#problem("oauth.grant", "must be authorization_code or client_credentials");
    const service = grant === "client_credentials";
    if (
      service &&
      (clientId === undefined || (clientSecret === undefined) === (privateKey === undefined))
    )
      throw this.#problem("oauth", "needs a clientId and either a clientSecret or a privateKey");
    if (!service && privateKey !== undefined)
      throw this.#problem("oauth.privateKey", 'is for services: set "grant": "client_credentials"');
  }

  /** Folders as absolute paths, `~` being the home folder, or as `file:` addresses. */
  #readRoots(): { uri: string; name?: string }[] {
    return this.#texts("roots").map((root, at) => {
      if (root.startsWith("file://")) return { uri: root };
      const path = root === "~" || root.startsWith("~/") ? join(homedir(), root.slice(1)) : root;
      if (!isAbsolute(path))
        throw this.#problem(`roots[${at}]`, "must be an absolute path or a file: address");
      return { uri: pathToFileURL(path).href, name: basename(path) };
    });
  }

  #common(secrets: readonly string[]): CommonConfig {
    const timeoutMs = this.#milliseconds("timeoutMs");
    return {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      startTimeoutMs: this.#milliseconds("startTimeoutMs") ?? DEFAULT_START_TIMEOUT_MS,
      path: `${this.#file}${this.#path}`,
      ...(this.#entry["roots"] === undefined ? {} : { roots: this.#readRoots() }),
      secrets: [...secrets, ...this.#expander.used],
    };
  }

  #type(fallback: ServerConfig["type"]): ServerConfig["type"] {
    const { type } = this.#entry;
    if (type === undefined) return fallback;
    const known = typeof type === "string" && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (known === undefined)
      throw this.#problem(
        "type",
        `is ${JSON.stringify(type)}; it must be one of ${Object.keys(TYPES).join(", ")}`,
      );
    if ((known === "stdio") !== (fallback === "stdio")) {
      throw this.#problem(
        "type",
        `is "${String(type)}", but the entry has a ${fallback === "stdio" ? "command" : "url"}`,
      );
    }
    return known;
  }

  #text(key: string): string {
    return this.#expandText(this.#entry[key], key);
  }

  #expandText(value: unknown, key: string): string {
    if (typeof value !== "string")
      throw this.#problem(key, `is ${kindOf(value)}; it must be a string${quotedAdvice(value)}`);
    return this.#expander.expand(value, `${this.#path}.${key}`);
  }

  #texts(key: string): string[] {
    const value = this.#entry[key] ?? [];
    if (!Array.isArray(value))
      throw this.#problem(key, `is ${kindOf(value)}; it must be an array of strings`);
    return value.map((item: unknown, at) => this.#expandText(item, `${key}[${at}]`));
  }

  #map(key: string): Record<string, string> {
    const value = asObject(
      this.#entry[key] ?? {},
      `${this.#file}${this.#path}.${key}`,
      "an object of strings",
    );
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.#expandText(item, `${key}.${name}`)]),
    );
  }

  #milliseconds(key: string): number | undefined {
    const value = this.#entry[key];
    if (value === undefined) return undefined;
    if (typeof value === "number" && value > 0 && value <= MAX_TIMEOUT_MS) return Math.ceil(value);
    throw this.#problem(
      key,
      `is ${JSON.stringify(value)}; it must be a number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`,
    );
  }

  #problem(key: string, what: string): CodecellError {
    return problem(this.#file, key === "" ? this.#path : `${this.#path}.${key}`, what);
  }
}

function quotedAdvice(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? `: write "${value}"` : "";
}
