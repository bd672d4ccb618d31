import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { messageOf } from "../../core/errors.ts";
import type { ServerConfig } from "../config/server-entry.ts";
import { LoginBegun, LoginNeeded } from "./auth/authorizer.ts";
import { type Link, LinkError } from "./link.ts";

/** `Unsupported protocol version`: the server speaks only versions that this SDK does not. */
const UNSUPPORTED_VERSION = -32_022;
const MAX_TAIL = 600;

/** Removes secrets from a foreign text. */
type Redact = (text: string) => string;

/** Why a server did not start; with the end of its stderr and its place in the config. */
export function describeStart(
  name: string,
  { path }: ServerConfig,
  error: unknown,
  redact: Redact,
): string {
  const { exit, stderr } = error instanceof LinkError ? error.postMortem : {};
  const cause = error instanceof LinkError ? error.cause : error;
  const what = exit === undefined ? redact(describe(cause, name)) : `it ended with ${exit}`;
  const tail = lastLines(redact(stderr ?? ""), MAX_TAIL);
  return `server "${name}" did not start: ${what}${tail === "" ? "" : `: ${tail}`} (${path})`;
}

/** Why a call in progress got no response: its server ended. */
export function describeStop(
  name: string,
  { exit, stderr }: Link["postMortem"],
  redact: Redact,
): string {
  const tail =
    lastLines(redact(stderr ?? ""), 200)
      .split("\n")
      .at(-1) ?? "";
  return `server "${name}" stopped during the call${exit === undefined ? "" : ` (${exit})`}${tail === "" ? "" : `: ${tail}`}`;
}

/** The server's own message, without what the SDK adds. @param server its name, for the advice to log in */
export function describe(error: unknown, server?: string): string {
  if (isUnsupportedVersion(error)) {
    return (
      "it only speaks newer versions of the protocol (2026-07-28) than codecell does (up to 2025-11-25); " +
      "give a connected Client of @modelcontextprotocol/client in the place of its config entry"
    );
  }
  if (error instanceof LoginNeeded || error instanceof LoginBegun)
    return `it wants a login${server === undefined ? "" : `: codecell login ${server}`}`;
  if (error instanceof McpError) return error.message.replace(/^(?:MCP error -?\d+: )+/, "");
  if (error instanceof StreamableHTTPError) return describeHttp(error, server);
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

function describeHttp({ code, message }: StreamableHTTPError, server: string | undefined): string {
  const text = message
    .replace(/^Streamable HTTP error: (?:Error POSTing to endpoint: )?/, "")
    .slice(0, 300)
    .trim();
  const status =
    code === undefined
      ? ""
      : code === 401 || code === 403
        ? `HTTP ${code} (check its credentials${code === 401 && server !== undefined ? `, or codecell login ${server}` : ""})`
        : `HTTP ${code}`;
  return [status, text === "null" ? "" : text].filter(Boolean).join(": ");
}

function lastLines(text: string, length: number): string {
  return text.trim().slice(-length).trim();
}
