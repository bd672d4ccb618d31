import { homedir } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CodecellError } from "../../core/errors.ts";
import { asObject, checkKeys, kindOf, problem } from "./check.ts";
import { type Environment, Expander } from "./expand.ts";
import { type OAuthConfig, readOAuth } from "./oauth-entry.ts";

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
    const oauth = readOAuth(this.#entry["oauth"], `${this.#path}.oauth`, this.#file, (value, key) =>
      this.#expandText(value, `oauth.${key}`),
    );
    const secrets = [oauth.clientSecret, oauth.privateKey].filter((secret) => secret !== undefined);
    return {
      type,
      url,
      headers,
      oauth,
      ...this.#common([...Object.values(headers), ...inUrl, ...secrets]),
    };
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
