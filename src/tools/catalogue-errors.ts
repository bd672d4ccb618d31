/** What is said of a server or a tool that is not there, or not now. */
import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { ToolError } from "../core/tool-error.ts";
import type { CatalogueEntry } from "./catalogue-entry.ts";
import { OUTAGE_HINT } from "./outage-hint.ts";

const CONNECTING_HINT = "Call its tool in a program: the call waits until the server is connected.";

/** @param alike those that can be spelled so, where they are several */
export function unknownServer(
  server: string,
  alike: readonly string[],
  all: readonly string[],
): ToolError {
  const closest = alike.length > 1 ? alike : nearest(server, all, 3);
  const advice =
    closest.length > 0 ? `did you mean ${closest.join(" or ")}?` : `the servers are ${listed(all)}`;
  const message = `there is no server '${server.slice(0, 100)}'; ${advice}`;
  return new ToolError("unknown_tool", oneLine(message));
}

/** @param alike those that can be spelled so, where they are several */
export function unknownTool(
  server: string,
  tool: string,
  alike: readonly string[],
  all: readonly string[],
): ToolError {
  const closest = (alike.length > 1 ? alike : nearest(tool, all, 3)).map(
    (candidate) => `${server}.${candidate}`,
  );
  const advice =
    closest.length > 0 ? `did you mean ${closest.join(" or ")}?` : `its tools are ${listed(all)}`;
  const label = `${server}.${tool.slice(0, 100)}`;
  const message = oneLine(`${label} is not a tool; ${advice}`);
  return new ToolError("unknown_tool", message, { tool: label });
}

/** Why a server that has not listed its tools cannot be used now. */
export function unavailable({ source: { name }, outage }: CatalogueEntry, tool: string): ToolError {
  return new ToolError("tool_error", outage ?? `server "${name}" is still connecting`, {
    tool: `${name}.${tool.slice(0, 100)}`,
    hint: outage === undefined ? CONNECTING_HINT : OUTAGE_HINT,
  });
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.length > 10
    ? `${names.slice(0, 10).join(", ")} … (${names.length})`
    : names.join(", ");
}
