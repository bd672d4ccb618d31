/**
 * Globals that an entry function finds in what it is called with, `({ tools, console }) => …`, where no server has the name. Those
 * that a runtime does not offer are not there.
 */
export const ENTRY_GLOBALS: readonly string[] = [
  "console",
  "fetch",
  "fs",
  "resources",
  "prompts",
  "crypto",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "performance",
  "structuredClone",
  "AbortController",
  "URL",
  "ToolError",
  "listToolCategories",
  "listTools",
  "getToolSpec",
  "searchTools",
  "callTool",
  "loadToolCategory",
  "loadToolAPI",
  "mcpClient",
  "ask",
];
