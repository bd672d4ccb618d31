/** `codecell/mcp`: codecell as an MCP server, for any transport or web server. */
import "../../core/check-node.ts";
export { McpHttpHandler, type McpHttpOptions } from "./http-handler.ts";
export { createMcpServer, type McpServerOptions } from "./server.ts";
