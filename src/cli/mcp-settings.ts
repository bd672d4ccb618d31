import { CodecellError } from "../core/errors.ts";
import type { AgentToolsOptions } from "../serve/agent-tools.ts";
import { asObject, checkKeys } from "../tools/mcp/check.ts";
import { loadConfig } from "../tools/mcp/load.ts";

/** What a config file says of our own server, under `codecell.mcp`. */
export async function mcpSettings(config: string | undefined): Promise<AgentToolsOptions> {
  if (config === undefined) return {};
  const { settings } = await loadConfig(config);
  if (settings?.["mcp"] === undefined) return {};
  const mcp = asObject(
    settings["mcp"],
    "codecell.mcp",
    'an object like { "maxResultChars": 20000 }',
  );
  checkKeys(mcp, ["names", "maxResultChars"], new Set(), "", "codecell.mcp.");
  if (mcp["names"] !== undefined) {
    const names = asObject(mcp["names"], "codecell.mcp.names", "an object of names");
    checkKeys(names, ["search", "details", "execute"], new Set(), "", "codecell.mcp.names.");
  }
  if (mcp["maxResultChars"] !== undefined && typeof mcp["maxResultChars"] !== "number")
    throw new CodecellError(
      "config_error",
      "codecell.mcp.maxResultChars must be a number of characters",
    );
  return mcp as AgentToolsOptions;
}
