import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { messageOf } from "../../core/errors.ts";
import { cutUnits } from "../../core/utf8.ts";
import type { ServerConfig } from "../config/server-entry.ts";
import { LoginBegun, LoginNeeded } from "./auth/authorizer.ts";
import { type Link, LinkError } from "./link.ts";
import { type HttpRefusal, httpRefusal } from "./lost-session.ts";
import { StartError } from "./start-error.ts";

/** `Unsupported protocol version`: the server speaks only versions that this SDK does not. */
const UNSUPPORTED_VERSION = -32_022;
const MAX_TAIL = 600;
/** Longest message of a server's own, in characters. */
const MAX_MESSAGE = 64_000;

/** Removes secrets from a foreign text. */
type Redact = (text: string) => string;

/**
 * What is said of a server that failed. Its stderr, its command and its place in the config may hold paths and secrets:
 * only whoever runs codecell reads them. Programs, models and clients read its name and the kind of failure.
 */
export interface Outage {
  /** For whoever runs codecell. */
  readonly report: string;
  /** For everybody else. */
  readonly summary: string;
}

/** Why a server did not start. */
export function describeStart(
  name: string,
  { path }: ServerConfig,
  error: unknown,
  redact: Redact,
): Outage {
  const { exit, stderr } = error instanceof LinkError ? error.postMortem : {};
  const cause = error instanceof LinkError ? error.cause : error;
  const ended = exit === undefined ? undefined : `it ended with ${exit}`;
  const tail = lastLines(redact(stderr ?? ""), MAX_TAIL);
  const told = `server "${name}" did not start: `;
  return {
    report: `${told}${ended ?? redact(describe(cause, name))}${tail === "" ? "" : `: ${tail}`} (${path})`,
    summary: told + (ended ?? kindOf(cause, name)),
  };
}

/** Why a call in progress got no response: its server ended. */
export function describeStop(
  name: string,
  { exit, stderr }: Link["postMortem"],
  redact: Redact,
): Outage {
  const tail =
    lastLines(redact(stderr ?? ""), 200)
      .split("\n")
      .at(-1) ?? "";
  const summary = `server "${name}" stopped during the call${exit === undefined ? "" : ` (${exit})`}`;
  return { report: tail === "" ? summary : `${summary}: ${tail}`, summary };
}

/** The kind of a failure in words of our own: nothing that the error says itself. */
function kindOf(error: unknown, server: string): string {
  if (isUnsupportedVersion(error) || isLogin(error)) return describe(error, server);
  if (error instanceof StreamableHTTPError)
    return error.code !== undefined && error.code > 0
      ? `HTTP ${error.code}`
      : "it does not speak MCP";
  if (error instanceof McpError) return "it refused";
  if (error instanceof StartError) return error.kind;
  return error instanceof Error && error.cause instanceof Error
    ? "it cannot be reached"
    : "it cannot be used";
}

function isLogin(error: unknown): boolean {
  return error instanceof LoginNeeded || error instanceof LoginBegun;
}

/** The server's own message, without what the SDK adds. @param server its name, for the advice to log in */
export function describe(error: unknown, server?: string): string {
  if (isUnsupportedVersion(error)) {
    return (
      "it only speaks newer versions of the protocol (2026-07-28) than codecell does (up to 2025-11-25); " +
      "give a connected Client of @modelcontextprotocol/client in the place of its config entry"
    );
  }
  if (isLogin(error))
    return `it wants a login${server === undefined ? "" : `: codecell login ${server}`}`;
  if (error instanceof McpError)
    return cutUnits(error.message, MAX_MESSAGE).replace(/^(?:MCP error -?\d+: )+/, "");
  const refusal = httpRefusal(error);
  if (refusal !== undefined) return describeHttp(refusal, server);
  if (error instanceof Error && "issues" in error && Array.isArray(error.issues))
    return "its answer is not in the form of the protocol";
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return messageOf(error);
  // `fetch failed` means nothing without its cause.
  return `${messageOf(error)}: ${"code" in cause ? String(cause.code) : cause.message}`;
}

function isUnsupportedVersion(error: unknown): boolean {
  if (error instanceof McpError) return error.code === UNSUPPORTED_VERSION;
  return (
    error instanceof StreamableHTTPError && error.message.includes(String(UNSUPPORTED_VERSION))
  );
}

function describeHttp({ status, text: said }: HttpRefusal, server: string | undefined): string {
  const text = said.slice(0, 300).trim();
  const login = status === 401 && server !== undefined ? `, or codecell login ${server}` : "";
  const advice = status === 401 || status === 403 ? ` (check its credentials${login})` : "";
  return [`HTTP ${status}${advice}`, text === "null" ? "" : text].filter(Boolean).join(": ");
}

function lastLines(text: string, length: number): string {
  return text.trim().slice(-length).trim();
}
