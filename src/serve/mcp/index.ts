/** `codecell/mcp`: codecell as an MCP server, to be put behind any transport or web server. */
export { McpHttpHandler, type McpHttpOptions } from "./http-handler.ts";
export { createMcpServer, type McpServerOptions } from "./server.ts";
